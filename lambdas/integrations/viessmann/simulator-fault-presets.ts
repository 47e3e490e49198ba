import { between, draw, pick } from "../../../shared/integration/simulation-random.ts";
import type { CallFaultRule, FaultRule, FaultScript } from "./simulator-faults.ts";

type Night = { seed: number; pumps: readonly string[]; startsAtMs: number; endsAtMs: number };

type Dose = {
  /** Shares of heat pumps; at least one when above zero. */
  transientShare: number;
  offlineShare: number;
  withdrawnShare: number;
  kindsPerPump: number;
  probability: number;
  times: number;
  outages: number;
};

const MINUTE_MS = 60_000;
const DOSES: Record<"some" | "many", Dose> = {
  some: {
    transientShare: 0.33,
    offlineShare: 0.05,
    withdrawnShare: 0,
    kindsPerPump: 1,
    probability: 0.3,
    times: 3,
    outages: 1,
  },
  many: {
    transientShare: 0.7,
    offlineShare: 0.2,
    withdrawnShare: 0.08,
    kindsPerPump: 3,
    probability: 0.5,
    times: 6,
    outages: 2,
  },
};

const TRANSIENT: readonly [
  Pick<CallFaultRule, "kind" | "times" | "probability">,
  ...Pick<CallFaultRule, "kind" | "times" | "probability">[],
] = [
  { kind: "html-502" },
  { kind: "server-502" },
  { kind: "backend-502" },
  { kind: "rate-limited" },
  { kind: "device-offline" },
  { kind: "gateway-offline" },
  { kind: "stuck-tank" },
  { kind: "token-expired-early", probability: 1, times: 1 },
  { kind: "cut-after-acting", probability: 1, times: 1 },
  { kind: "empty-200", probability: 1, times: 1 },
  { kind: "accepted-not-executed", probability: 1, times: 1 },
  { kind: "refused", probability: 1, times: 1 },
  { kind: "not-executable", times: 2 },
];

/** A night's faults for a fleet, the same for the same seed and heat pumps. */
export function faultPreset(level: "none" | "some" | "many", night: Night): FaultScript {
  if (level === "none" || night.pumps.length === 0) return { rules: [] };
  const { seed, pumps, startsAtMs, endsAtMs } = night;
  const dose = DOSES[level];
  const lengthMs = endsAtMs - startsAtMs;
  const outages = Array.from({ length: dose.outages }, (_, nth): FaultRule => {
    const part = lengthMs / dose.outages;
    const atMs = Math.round(startsAtMs + part * (nth + between(0.3, 0.7, draw(seed, "outage", nth))));
    const forMs = Math.round(between(15, 25, draw(seed, "outage length", nth)) * MINUTE_MS);
    return { kind: "vendor-outage", startsAtMs: atMs, endsAtMs: atMs + forMs };
  });
  const withdrawn = chosen(night, "withdrawn", dose.withdrawnShare).map(
    (pump): FaultRule => ({ kind: "consent-withdrawn", pumps: [pump] }),
  );
  const offline = chosen(night, "offline", dose.offlineShare).map((pump, index): FaultRule => {
    const atMs = Math.round(startsAtMs + lengthMs * between(0.1, 0.7, draw(seed, "offline", pump, "when")));
    const kind = index % 2 === 0 ? "gateway-offline" : "device-offline";
    return { kind, pumps: [pump], startsAtMs: atMs, endsAtMs: atMs + 60 * MINUTE_MS };
  });
  const transient = chosen({ ...night, pumps }, "afflicted", dose.transientShare).flatMap((pump, index) =>
    Array.from({ length: dose.kindsPerPump }, (_, nth): FaultRule => {
      // Every kind has its turn before any comes twice, so that a small fleet meets many kinds.
      const turn = ((index * dose.kindsPerPump + nth) % TRANSIENT.length) / TRANSIENT.length;
      return { probability: dose.probability, times: dose.times, ...pick(TRANSIENT, turn), pumps: [pump] };
    }),
  );
  return { rules: [...outages, ...withdrawn, ...offline, ...transient] };
}

function chosen({ pumps, seed }: Night, topic: string, share: number): string[] {
  if (share <= 0) return [];
  const count = Math.max(1, Math.round(pumps.length * share));
  return [...pumps].sort((a, b) => draw(seed, topic, a) - draw(seed, topic, b)).slice(0, count);
}
