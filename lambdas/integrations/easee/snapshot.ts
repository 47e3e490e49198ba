import { epochMs, type Instant, later, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { type EaseeObservation, type EaseeState, OBSERVATIONS } from "./api.ts";

/** A value and when the charger measured it; null when only the flat state told it. */
type Told<T> = { value: T; at: Instant | null };

/** What is known of a charger at one look, by value. Absent values are undefined. */
export type Snapshot = {
  online: boolean | undefined;
  opMode: Told<number> | undefined;
  powerKw: Told<number> | undefined;
  sessionKwh: Told<number> | undefined;
  dynamicA: Told<number> | undefined;
  reason: Told<number> | undefined;
  /** The newest time that any value carries: what is older and was not told anew held until then. */
  measuredAt: Instant | undefined;
};

// A heartbeat older than this is a charger without a cloud, whatever the flag says.
const PULSE_LIFE_MS = 15 * MINUTE_MS;

/** Puts dated observations first and fills what they leave out from the flat state. Throws `malformed-message`. */
export function snapshotOf(
  observations: readonly EaseeObservation[],
  state: EaseeState | undefined,
  now: Instant,
): Snapshot {
  const newest = new Map<number, EaseeObservation>();
  for (const observation of observations) {
    const known = newest.get(observation.id);
    if (!known || known.timestamp <= observation.timestamp) newest.set(observation.id, observation);
  }
  const told = <T>(
    name: keyof typeof OBSERVATIONS,
    parse: (raw: unknown, name: string) => T,
    flat: T | null | undefined,
  ) => {
    const observation = newest.get(OBSERVATIONS[name]);
    if (observation?.value !== null && observation?.value !== undefined)
      return { value: parse(observation.value, name), at: observation.timestamp };
    return flat === null || flat === undefined ? undefined : { value: flat, at: null };
  };
  const times = [...newest.values()].filter(({ value }) => value !== null && value !== undefined);
  return {
    online: onlineOf(told("connectedToCloud", toBool, undefined)?.value, state, now),
    opMode: told("chargerOpMode", toNumber, state?.chargerOpMode),
    powerKw: told("totalPower", toNumber, state?.totalPower),
    sessionKwh: told("sessionEnergy", toNumber, state?.sessionEnergy),
    dynamicA: told("dynamicChargerCurrent", toNumber, state?.dynamicChargerCurrent),
    reason: told("reasonForNoCurrent", toNumber, state?.reasonForNoCurrent),
    measuredAt: times
      .map(({ timestamp }) => timestamp)
      .reduce<Instant | undefined>((a, b) => (a ? later(a, b) : b), undefined),
  };
}

/** What is needed of a look and was not observed: then the flat state is asked too. */
export function isComplete(snapshot: Snapshot): boolean {
  return snapshot.online !== undefined && snapshot.opMode !== undefined;
}

function onlineOf(observed: boolean | undefined, state: EaseeState | undefined, now: Instant): boolean | undefined {
  if (observed === false || state?.isOnline === false) return false;
  const pulse = state?.latestPulse;
  if (pulse && epochMs(now) - epochMs(pulse) > PULSE_LIFE_MS) return false;
  return observed ?? state?.isOnline ?? undefined;
}

function toNumber(raw: unknown, name: string): number {
  const value = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw malformed(`${name} is not a number`);
}

function toBool(raw: unknown, name: string): boolean {
  const word = String(raw).toLowerCase();
  if (word === "true" || word === "1") return true;
  if (word === "false" || word === "0") return false;
  throw malformed(`${name} is neither true nor false`);
}

export function malformed(message: string): VendorError {
  return new VendorError({ fault: "malformed-message", operation: "observations", message });
}
