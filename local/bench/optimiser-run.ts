import { type FleetPlan, type FleetStats, planFleet } from "../../lambdas/optimiser/engine/fleet/fleet.ts";
import type { FleetInput } from "../../lambdas/optimiser/engine/fleet/problem.ts";
import { seededRandom } from "../random.ts";
import { inspect } from "./fleet-checker.ts";
import { generateFleet } from "./fleet-generator.ts";
import { loadHighs, solveByHighs, type Yardstick } from "./highs.ts";
import type { BenchCase } from "./optimiser-cases.ts";

/** One line of the report. Costs in pence, energies in Wh, `gap`, `difference` and `moved` as shares. */
export type BenchLine = {
  case: string;
  seed: number;
  N: number;
  T: number;
  G: number;
  cost: number;
  bound: number;
  gap: number;
  reference: number | null;
  difference: number | null;
  shortfallWh: number;
  maxCapExcessWh: number;
  assetViolations: number;
  breaches: string[];
  msMedian: number;
  msMin: number;
  msMax: number;
  msStages: { pack: number; sample: number; repair: number; fill: number; integer: number; bound: number };
  dijkstras: number;
  pushes: number;
  peakRssMb: number;
  highsMs: number | null;
  ratio: number | null;
  moved: number | null;
};

/** Sizes of the fleets of other seeds that are planned first, until the compiler has settled. */
const WARM_UP = [300, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 3000];

const now = () => performance.now();
const tidy = (value: number) => Math.round(value * 10) / 10;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Plans one case `repeats` times after a warm-up on other fleets. Time covers packed input to schedule and proof. */
export function runCase(bench: BenchCase, repeats: number): BenchLine {
  const minimumPower = bench.kind === "minimum";
  for (const [round, vehicles] of WARM_UP.entries()) {
    const warm = generateFleet({ ...bench.fleet, vehicles, seed: 90 + round });
    const plan = planFleet(warm, { minimumPower });
    if (bench.kind === "first") planFleet(warm, { effort: "first" });
    if (bench.kind === "replan") again(warm, plan);
  }
  let input = generateFleet(bench.fleet);
  const before = bench.kind === "replan" ? planFleet(input) : undefined;
  if (before !== undefined) input = changed(input);
  const ms: number[] = [];
  let plan: FleetPlan | undefined;
  for (let r = 0; r < repeats; r++) {
    plan = undefined;
    // Else the garbage of one repeat is counted as memory of the next.
    (globalThis as { gc?: () => void }).gc?.();
    const startedMs = now();
    plan = once(bench, input, before, startedMs);
    ms.push(now() - startedMs);
  }
  const peakRssMb = process.resourceUsage().maxRSS / 1024;
  if (plan === undefined) throw new RangeError("a case needs at least one repeat");
  const { stageMs, dijkstras, pushes } = plan.stats;
  const reference = bench.reference ?? null;
  return {
    case: bench.name,
    seed: bench.fleet.seed ?? 1,
    N: input.assets.count,
    T: input.slots,
    G: bench.fleet.feeders ?? 1,
    cost: plan.costPence,
    bound: plan.boundPence,
    gap: plan.gap,
    reference,
    difference: reference === null ? null : (plan.costPence - reference) / reference,
    shortfallWh: plan.shortfallWh,
    ...inspect(input, plan, { minimumPower }),
    msMedian: tidy(median(ms)),
    msMin: tidy(Math.min(...ms)),
    msMax: tidy(Math.max(...ms)),
    msStages: stages(stageMs, minimumPower),
    dijkstras,
    pushes,
    peakRssMb: Math.round(peakRssMb),
    highsMs: null,
    ratio: null,
    moved: before === undefined ? null : movedShare(input, before, plan),
  };
}

function once(bench: BenchCase, input: FleetInput, before: FleetPlan | undefined, startedMs: number): FleetPlan {
  if (before !== undefined) return again(input, before);
  const { kind, limitMs } = bench;
  return planFleet(input, {
    now,
    minimumPower: kind === "minimum",
    ...(kind === "first" ? { effort: "first" } : {}),
    ...(limitMs === undefined ? {} : { stop: () => now() - startedMs > limitMs }),
  });
}

function again(input: FleetInput, plan: FleetPlan): FleetPlan {
  return planFleet(input, {
    now,
    previous: { plan, assets: Int32Array.from({ length: input.assets.count }, (_, i) => i) },
  });
}

function stages({ fill, ...rest }: FleetStats["stageMs"], minimumPower: boolean): BenchLine["msStages"] {
  const { pack, sample, repair, bound } = rest;
  return {
    pack: tidy(pack),
    sample: tidy(sample),
    repair: tidy(repair),
    fill: tidy(minimumPower ? 0 : fill),
    integer: tidy(minimumPower ? fill : 0),
    bound: tidy(bound),
  };
}

const CHANGED_SHARE = 0.02;
const isChanged = (count: number) => {
  const random = seededRandom(5);
  return Uint8Array.from({ length: count }, () => (random() < CHANGED_SHARE ? 1 : 0));
};

/** The same fleet with other needs and departures for a fiftieth of it. */
function changed(input: FleetInput): FleetInput {
  const { assets, slots } = input;
  const flags = isChanged(assets.count);
  const random = seededRandom(6);
  const energyWh = Int32Array.from(assets.energyWh, (wh, i) =>
    flags[i] === 1 ? Math.max(1000, Math.round(wh * (0.5 + random()))) : wh,
  );
  const toSlot = Uint16Array.from(assets.toSlot, (slot, i) =>
    flags[i] === 1
      ? Math.max((assets.fromSlot[i] as number) + 3, Math.min(slots, slot + Math.floor(random() * 5) - 2))
      : slot,
  );
  return { ...input, assets: { ...assets, energyWh, toSlot } };
}

/** Share of the assets that had not changed and get other energies all the same. */
function movedShare(input: FleetInput, before: FleetPlan, after: FleetPlan): number {
  const flags = isChanged(input.assets.count);
  let unchanged = 0;
  let moved = 0;
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] === 1) continue;
    unchanged++;
    for (let t = 0; t < input.slots; t++) {
      if (before.energyWh(i, t) === after.energyWh(i, t)) continue;
      moved++;
      break;
    }
  }
  return moved / unchanged;
}

/** The general solver on the same fleet, warmed: median of a few runs where a run is short. */
export async function runYardstick(bench: BenchCase, limitSeconds: number): Promise<Yardstick> {
  const highs = await loadHighs();
  solveByHighs(highs, generateFleet({ ...bench.fleet, vehicles: 200, seed: 99 }), limitSeconds);
  const input = generateFleet(bench.fleet);
  const runs = [solveByHighs(highs, input, limitSeconds)];
  while (runs.length < 3 && (runs[0] as Yardstick).ms < 2000) runs.push(solveByHighs(highs, input, limitSeconds));
  return { ...(runs[0] as Yardstick), ms: median(runs.map((run) => run.ms)) };
}
