import { betweenMs, draw } from "../../../shared/integration/simulation-random.ts";
import type { CallFault, FaultRule } from "./simulator-faults.ts";
import type { ChargerSpec } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type Night = { seed: number; chargers: readonly ChargerSpec[]; startsAtMs: number; endsAtMs: number };
type Dose = {
  afflicted: number;
  kindsEach: number;
  probability: number;
  times: number;
  device: number;
  customer: number;
};

const DOSES: Record<"some" | "many", Dose> = {
  some: { afflicted: 0.33, kindsEach: 1, probability: 0.3, times: 3, device: 0.05, customer: 0 },
  many: { afflicted: 0.7, kindsEach: 3, probability: 0.5, times: 6, device: 0.15, customer: 0.08 },
};

const TRANSIENT: readonly CallFault[] = [
  "server-503",
  "html-502",
  "server-504",
  "cut-after-acting",
  "rate-limited",
  "forbidden-throttle",
  "token-expired-early",
  "accepted-not-executed",
  "lost-response",
  "rejected-by-charger",
  "zero-session",
  "stale-mode",
  "values-missing",
];
/** One story for each charger, not a rate. */
const ONCE: readonly CallFault[] = [
  "cut-after-acting",
  "token-expired-early",
  "accepted-not-executed",
  "rejected-by-charger",
];

/** A night's faults for a fleet, the same for the same seed and chargers. */
export function faultPreset(level: "none" | "some" | "many", night: Night): FaultRule[] {
  const { seed, chargers, startsAtMs, endsAtMs } = night;
  if (level === "none" || chargers.length === 0) return [];
  const dose = DOSES[level];
  const ids = chargers.map(({ id }) => id);
  const accounts = [...new Set(chargers.map(({ accountId }) => accountId))];
  const span = (topic: string, id: string, minMs: number, maxMs: number) => {
    const atMs = betweenMs(startsAtMs, endsAtMs - maxMs, draw(seed, topic, id, "when"));
    return { startsAtMs: atMs, endsAtMs: atMs + betweenMs(minMs, maxMs, draw(seed, topic, id, "length")) };
  };
  return [
    { kind: "vendor-outage", ...span("outage", "", 10 * MINUTE_MS, 20 * MINUTE_MS) },
    ...chosen(seed, "access", ids, dose.customer).map(
      (id): FaultRule => ({ kind: "access-withdrawn", subjects: [id] }),
    ),
    ...chosen(seed, "afflicted", ids, dose.afflicted).flatMap((id, index) =>
      Array.from({ length: dose.kindsEach }, (_, nth): FaultRule => {
        // Every kind has its turn before any comes twice, so that a small fleet meets many.
        const kind = TRANSIENT[(index * dose.kindsEach + nth) % TRANSIENT.length] ?? "server-503";
        const rate = ONCE.includes(kind) ? { times: 1 } : { probability: dose.probability, times: dose.times };
        return { kind, subjects: [id], ...rate };
      }),
    ),
    ...chosen(seed, "rotation", accounts, dose.device).map(
      (id): FaultRule => ({ kind: "lost-rotation", subjects: [id], times: 1 }),
    ),
    ...chosen(seed, "offline", ids, dose.device).map(
      (id): FaultRule => ({ kind: "charger-offline", subjects: [id], ...span("offline", id, 20 * MINUTE_MS, HOUR_MS) }),
    ),
    ...chosen(seed, "own plan", ids, dose.device).map(
      (id): FaultRule => ({ kind: "own-plan", subjects: [id], ...span("own plan", id, HOUR_MS, 2 * HOUR_MS) }),
    ),
  ];
}

/** The share of a list with the lowest draws, at least one when the share is above zero. */
function chosen(seed: number, topic: string, list: readonly string[], share: number): string[] {
  if (share <= 0) return [];
  const drawn = (item: string) => draw(seed, topic, item);
  return [...list].sort((a, b) => drawn(a) - drawn(b)).slice(0, Math.max(1, Math.round(list.length * share)));
}
