import type { FleetOptions } from "./fleet-generator.ts";

/** What the planner is asked for: the optimum, the first answer, minimum powers, or the plan after a few have changed. */
type Kind = "exact" | "first" | "within" | "minimum" | "replan";

export type BenchCase = {
  name: string;
  kind: Kind;
  fleet: FleetOptions;
  /** Proven elsewhere, pence. */
  reference?: number;
  /** With `within`: when to stop, ms. */
  limitMs?: number;
  target?: { ms?: number; ratio?: number; gap?: number; peakRssMb?: number; moved?: number };
};

const event = [17, 21, 0.4] as const;

function exact(
  shape: string,
  vehicles: number,
  fleet: Omit<FleetOptions, "vehicles">,
  reference: number,
  target?: BenchCase["target"],
): BenchCase {
  const feeders = fleet.feeders === undefined ? "" : ` in ${fleet.feeders}`;
  const name = `${shape} ${vehicles}${feeders}`;
  return { name, kind: "exact", fleet: { vehicles, ...fleet }, reference, ...(target === undefined ? {} : { target }) };
}

/** Optima of seed 1, each found by at least two programs or certified by the dual. */
export const benchCases: readonly BenchCase[] = [
  exact("base", 1_000, {}, 164600.9811, { ms: 60, ratio: 5 }),
  exact("base", 5_000, {}, 853821.7264),
  exact("base", 10_000, {}, 1725078.7894, { ms: 200, ratio: 40 }),
  exact("base", 100_000, {}, 17324903.6313, { ms: 1500, peakRssMb: 256 }),
  exact("base", 1_000_000, {}, 173215990.7, { ms: 10_000, peakRssMb: 512 }),
  exact("neg", 1_000, { negative: true }, 137403.1178),
  exact("neg", 10_000, { negative: true }, 1450265.0046),
  exact("neg", 100_000, { negative: true }, 14599615.5687, { ms: 1500 }),
  exact("event", 1_000, { event }, 173732.3089),
  exact("event", 10_000, { event }, 1816585.9665),
  exact("event", 100_000, { event }, 18244339.7013, { ms: 1500 }),
  exact("flat", 1_000, { flat: true }, 247338.9),
  exact("flat", 100_000, { flat: true }, 25394303.25, { ms: 1500 }),
  exact("feeders", 100, { feeders: 5 }, 15682.1785),
  exact("feeders", 1_000, { feeders: 10 }, 164628.4455),
  exact("feeders", 1_000, { feeders: 50 }, 165269.346),
  exact("feeders", 10_000, { feeders: 100 }, 1725563.1322, { ms: 10_000, ratio: 1 }),
  {
    name: "feeders 10000 in 100 within 3 s",
    kind: "within",
    limitMs: 2700,
    fleet: { vehicles: 10_000, feeders: 100 },
    target: { ms: 3000, gap: 0.001 },
  },
  {
    name: "feeders 100000 in 100",
    kind: "exact",
    fleet: { vehicles: 100_000, feeders: 100 },
    target: { ms: 10_000, gap: 0.001 },
  },
  { name: "first 100000", kind: "first", fleet: { vehicles: 100_000 } },
  { name: "first 1000000", kind: "first", fleet: { vehicles: 1_000_000 }, target: { ms: 1500, gap: 0.003 } },
  { name: "minimum 1000", kind: "minimum", fleet: { vehicles: 1_000 }, target: { gap: 0.0015 } },
  { name: "minimum 10000", kind: "minimum", fleet: { vehicles: 10_000 }, target: { gap: 0.0008 } },
  { name: "minimum 100000", kind: "minimum", fleet: { vehicles: 100_000 }, target: { gap: 0.0005 } },
  { name: "replan 100000", kind: "replan", fleet: { vehicles: 100_000 }, target: { ms: 500, moved: 0.01 } },
];

/** The same gates on a fleet nobody has seen. */
export function drawnCases(seed: number): BenchCase[] {
  return [
    { name: "drawn 1000", kind: "exact", fleet: { vehicles: 1_000, seed } },
    { name: "drawn 2000 in 10", kind: "exact", fleet: { vehicles: 2_000, feeders: 10, seed } },
    { name: "drawn 100000", kind: "exact", fleet: { vehicles: 100_000, seed }, target: { ms: 1500 } },
    { name: "drawn minimum 10000", kind: "minimum", fleet: { vehicles: 10_000, seed }, target: { gap: 0.0008 } },
  ];
}
