import { epochMs, type Instant, later, MINUTE_MS, ZonedTime } from "../../../shared/domain/instant.ts";
import { MAX_CLOCK_SKEW_MS } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import { numberWithin, oddity } from "../../../shared/integration/odd.ts";
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
  /** What was said and could not be read. */
  odd: readonly string[];
};

// A heartbeat older than this is a charger without a cloud, whatever the flag says.
const PULSE_LIFE_MS = 15 * MINUTE_MS;

// What can be true of a charger: a figure beyond is none.
const CODE = { least: 0, most: 100_000 };
const POWER_KW = { least: -1, most: 100 };
const SESSION_KWH = { least: -1, most: 1000 };
const CURRENT_A = { least: 0, most: 1000 };

/** Puts dated observations first and fills what they leave out, or tell oddly, from the flat state. */
export function snapshotOf(
  observations: readonly EaseeObservation[],
  state: EaseeState | undefined,
  now: Instant,
): Snapshot {
  const odd: string[] = [];
  const newest = newestOf(observations, now, odd);
  const read = <T>(field: string, raw: unknown, parse: (raw: unknown) => T | undefined): T | undefined => {
    if (raw === null || raw === undefined) return undefined;
    const value = parse(raw);
    if (value === undefined) odd.push(oddity(field, raw));
    return value;
  };
  const number = (name: keyof EaseeState & keyof typeof OBSERVATIONS, range: Range): Told<number> | undefined => {
    const observation = newest.get(OBSERVATIONS[name]);
    const observed = read(name, observation?.value, (raw) => numberWithin(range.least, range.most, raw));
    if (observation && observed !== undefined) return { value: observed, at: observation.at };
    const flat = read(name, state?.[name], (raw) => numberWithin(range.least, range.most, raw));
    return flat === undefined ? undefined : { value: flat, at: null };
  };
  const flags = [
    read("connectedToCloud", newest.get(OBSERVATIONS.connectedToCloud)?.value, toBool),
    read("isOnline", state?.isOnline, toBool),
  ];
  const pulse = read("latestPulse", state?.latestPulse, toInstant);
  const isSilent = pulse !== undefined && epochMs(now) - epochMs(pulse) > PULSE_LIFE_MS;
  const times = [...newest.values()].map(({ at }) => at);
  return {
    online: isSilent || flags.includes(false) ? false : (flags[0] ?? flags[1]),
    opMode: number("chargerOpMode", CODE),
    powerKw: number("totalPower", POWER_KW),
    sessionKwh: number("sessionEnergy", SESSION_KWH),
    dynamicA: number("dynamicChargerCurrent", CURRENT_A),
    reason: number("reasonForNoCurrent", CODE),
    measuredAt: times.reduce<Instant | undefined>((a, b) => (a ? later(a, b) : b), undefined),
    odd,
  };
}

/** What is needed of a look and was not observed: then the flat state is asked too. */
export function isComplete(snapshot: Snapshot): boolean {
  return snapshot.online !== undefined && snapshot.opMode !== undefined;
}

/** The newest of each id that has a value and a time; one without a zone, or dated ahead of us, is no time. */
function newestOf(observations: readonly EaseeObservation[], now: Instant, odd: string[]) {
  const newest = new Map<number, { value: unknown; at: Instant }>();
  for (const { id, timestamp, value } of observations) {
    if (value === null || value === undefined) continue;
    const at = toInstant(timestamp);
    const known = newest.get(id);
    if (at === undefined || epochMs(at) - epochMs(now) > MAX_CLOCK_SKEW_MS)
      odd.push(oddity(`time of observation ${id}`, timestamp));
    else if (!known || known.at <= at) newest.set(id, { value, at });
  }
  return newest;
}

type Range = { least: number; most: number };

function toBool(raw: unknown): boolean | undefined {
  const word = String(raw).toLowerCase();
  if (word === "true" || word === "1") return true;
  return word === "false" || word === "0" ? false : undefined;
}

function toInstant(raw: unknown): Instant | undefined {
  return ZonedTime.safeParse(raw).data;
}

export function malformed(message: string): VendorError {
  return new VendorError({ fault: "malformed-message", operation: "observations", message });
}
