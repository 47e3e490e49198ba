import type { ChargerSpec, Span, Troubles } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;
/** What any platform loses between deciding and power flowing; not held against it. */
const START_UP_MS = 3 * 60_000;

/**
 * The most that the car of the one stay could have had until a moment, kWh: all that the charger may give, without a
 * cloud its offline limit, nothing under its owner's own plan. A session that must be started waits for the cloud.
 */
export function reachableKwh(spec: ChargerSpec, troubles: Troubles, mayBeStarted: boolean, untilMs: number): number {
  const [session] = spec.sessions;
  if (!session || (spec.needsStart && !mayBeStarted)) return 0;
  const unplugged = troubles.unpluggedAtMs.filter((atMs) => atMs > session.arrivesAt);
  const endsAtMs = Math.min(untilMs, session.departsAt, ...unplugged);
  const edges = [...troubles.offline, ...troubles.ownPlan].flatMap(({ startsAtMs, endsAtMs: end }) => [
    startsAtMs,
    end,
  ]);
  const times = [session.arrivesAt, ...edges.filter((ms) => ms > session.arrivesAt && ms < endsAtMs).sort(byTime)];
  let isStarted = !spec.needsStart;
  let kwh = 0;
  for (const [index, fromMs] of times.entries()) {
    const toMs = times[index + 1] ?? endsAtMs;
    const isOffline = troubles.offline.some((span) => isIn(span, fromMs));
    isStarted ||= !isOffline;
    const amps = isOffline ? (spec.offlineCurrentA ?? spec.maxCurrentA) : spec.maxCurrentA;
    const isHeld = troubles.ownPlan.some((span) => isIn(span, fromMs));
    if (isStarted && !isHeld) kwh += powerKw(spec, amps) * (Math.max(0, toMs - fromMs) / HOUR_MS);
  }
  return Math.max(0, kwh - powerKw(spec, spec.maxCurrentA) * (START_UP_MS / HOUR_MS));
}

function powerKw({ voltageV, phases }: ChargerSpec, amps: number): number {
  return (voltageV * phases * amps) / 1000;
}

function isIn({ startsAtMs, endsAtMs }: Span, atMs: number): boolean {
  return startsAtMs <= atMs && atMs < endsAtMs;
}

function byTime(a: number, b: number): number {
  return a - b;
}
