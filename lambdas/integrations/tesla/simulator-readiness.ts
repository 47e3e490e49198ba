import { sessionEndsAt } from "./simulator-agenda.ts";
import { kwhAt, supplyKw } from "./simulator-meter.ts";
import type { CarSpec, CarTroubles } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;
/** What any platform loses between deciding and power flowing; not held against it. */
const START_UP_MS = 3 * 60_000;

/** Time in a session during which the charger offered power, ms. */
function offeredMs(spec: CarSpec, troubles: CarTroubles, session: number, startMs: number): number {
  let fromMs = Math.max(spec.sessions[session]?.arrivesAt ?? 0, startMs);
  const endsAtMs = sessionEndsAt(spec, troubles, session);
  let offered = 0;
  for (const gap of [...troubles.noPower].sort((a, b) => a.startsAtMs - b.startsAtMs)) {
    offered += Math.max(0, Math.min(gap.startsAtMs, endsAtMs) - fromMs);
    fromMs = Math.max(fromMs, gap.endsAtMs);
  }
  return offered + Math.max(0, endsAtMs - fromMs);
}

/** The most a battery could hold when a session ends: full power whenever the charger offered it, less a start-up time. */
export function reachableKwh(
  spec: CarSpec,
  troubles: CarTroubles,
  session: number,
  arrivedKwh: number,
  startMs: number,
): number {
  const hours = Math.max(0, offeredMs(spec, troubles, session, startMs) - START_UP_MS) / HOUR_MS;
  const addedKwh = supplyKw(spec, spec.maxCurrentA) * hours * spec.chargeEfficiency;
  return Math.min(arrivedKwh + addedKwh, Math.max(arrivedKwh, kwhAt(spec, 100)));
}
