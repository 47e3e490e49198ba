import type { AssetId } from "../../../shared/domain/asset.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { type ChargeReading, type ChargeState, MAX_CLOCK_SKEW_MS } from "../../../shared/domain/reading.ts";
import { round } from "../../../shared/domain/units.ts";
import { numberWithin } from "../../../shared/integration/odd.ts";
import type { Scalar, TelemetryRecord } from "./telemetry-record.ts";
import { chargeState, flag, pluggedIn } from "./words.ts";

/** What a record made known. Everything absent was not told. */
export type Applied = {
  /** The reading as it is now, when the record changed it or proved it to be fresh. */
  reading?: ChargeReading;
  /** Whether the car was connected when it made the record. */
  online?: boolean;
  /** Values of ours that are not understood, raw: their fields are unknown. */
  unknown: { key: string; raw: string }[];
  /** Why the record says nothing: it is overtaken, not dated, or dated in the future. */
  dropped?: "older" | "undated" | "future";
};

/** A car sends what changed, so silence means unchanged; but a longer one may have been a drive. */
const CARRIES_MS = 15 * MINUTE_MS;
/** Less is noise, or a charger that hovers. */
export const DRAWING_KW = 0.3;
/** The largest charger that was ever built into a car; more is direct current. */
const MOST_AC_KW = 22.5;

/**
 * A pushed record applied to the last reading known of its car. A record carries changed fields only, so what it does not
 * tell stands; records come twice, late and out of order, so an overtaken one says nothing. Pure.
 */
export function applyRecord(
  { assetId, previous }: { assetId: AssetId; previous: ChargeReading | undefined },
  record: TelemetryRecord,
  receivedAt: Instant,
): Applied {
  if (!record.createdAt) return { unknown: [], dropped: "undated" };
  const { at } = record.createdAt;
  if (epochMs(at) - epochMs(receivedAt) > MAX_CLOCK_SKEW_MS) return { unknown: [], dropped: "future" };
  if (previous && at < previous.observedAt) return { unknown: [], dropped: "older" };
  if (record.kind === "connectivity") return connectivity(record.status);
  if (record.kind === "other") return { unknown: [] };

  const { told, unknown } = read(record.fields);
  if (Object.keys(told).length === 0) return { online: true, unknown };
  const reading = merge(base(assetId, previous, at), told);
  return { reading: { ...reading, observedAt: at, receivedAt }, online: true, unknown };
}

function connectivity(status: string): Applied {
  if (status === "CONNECTED") return { online: true, unknown: [] };
  if (status === "DISCONNECTED") return { online: false, unknown: [] };
  return { unknown: [{ key: "status", raw: shortened(status) }] };
}

/** What stands of the last reading: all of it while the car keeps talking, else only what people set. */
function base(assetId: AssetId, previous: ChargeReading | undefined, at: Instant): ChargeReading {
  if (previous && epochMs(at) - epochMs(previous.observedAt) <= CARRIES_MS) return previous;
  return {
    assetId,
    stream: "charge",
    observedAt: at,
    receivedAt: at,
    state: null,
    plugged: null,
    powerKw: null,
    socPercent: null,
    storedKwh: null,
    sessionKwh: null,
    chargeLimitPercent: previous?.chargeLimitPercent ?? null,
    currentLimitA: previous?.currentLimitA ?? null,
    ownScheduleActive: null,
  };
}

type Told = Partial<
  Pick<ChargeReading, "state" | "plugged" | "socPercent" | "storedKwh" | "chargeLimitPercent" | "currentLimitA"> & {
    ownScheduleActive: boolean | null;
    acKw: number | null;
    dcKw: number | null;
  }
>;

function merge(known: ChargeReading, { acKw, dcKw, ...told }: Told): ChargeReading {
  const next: ChargeReading = { ...known, ...told };
  // The two tell one thing: the finer one is not left to age beside the other.
  if (told.socPercent !== undefined && told.storedKwh === undefined) next.storedKwh = null;
  next.powerKw = powerNow(known, next.state, { acKw, dcKw });
  // What was told last before the cable came out stays told.
  if (next.state === "disconnected") next.powerKw = 0;
  // Cars have been seen stuck in this word: https://github.com/teslamotors/fleet-telemetry/issues/413
  if (next.state === "starting" && (next.powerKw ?? 0) >= DRAWING_KW) next.state = "charging";
  return next;
}

/** What the car draws: by what is told of alternating and direct current, each by itself and at its own time. */
function powerNow(
  known: ChargeReading,
  state: ChargeState | null,
  { acKw, dcKw }: { acKw: number | null | undefined; dcKw: number | null | undefined },
): number | null {
  if ((dcKw ?? 0) > 0) return dcKw ?? null;
  const wasDirect = (known.powerKw ?? 0) > MOST_AC_KW;
  // None of the one says nothing of the other.
  if (acKw !== undefined) return acKw === 0 && dcKw === undefined && wasDirect ? known.powerKw : acKw;
  if (dcKw === 0 && wasDirect) return 0;
  return carriedPower(known, state);
}

/** The last power told, unless the state now contradicts it: a stop does not make 11 kW into 0, but into unknown. */
function carriedPower({ powerKw, state: before }: ChargeReading, state: ChargeState | null): number | null {
  if (powerKw === null || state === null || state === before) return powerKw;
  const isPossible = state === "charging" || state === "starting" ? powerKw > 0 : powerKw < DRAWING_KW;
  return isPossible ? powerKw : null;
}

/** Reads one value; undefined when it is not understood. */
type Reader = (raw: string | number | boolean) => Told | undefined;

const percent = (field: "socPercent" | "chargeLimitPercent"): Reader => within(0, 100, (value) => ({ [field]: value }));

/**
 * The fields of ours: https://developer.tesla.com/docs/fleet-api/fleet-telemetry/available-data. `ChargeState` is not one
 * of them: it is a word of the charger's own works (`Enable`, `ClearFaults`) and says nothing about charging.
 */
const READERS: Record<string, { fields: readonly (keyof Told)[]; read: Reader }> = {
  DetailedChargeState: { fields: ["state", "plugged"], read: toldState },
  ACChargingPower: { fields: ["acKw"], read: within(-1000, 1000, (acKw) => ({ acKw })) },
  DCChargingPower: { fields: ["dcKw"], read: within(0, 1000, (dcKw) => ({ dcKw })) },
  // `Soc` leaves out what a cold battery cannot give; the driver sees `BatteryLevel`, which therefore comes last and wins.
  Soc: { fields: ["socPercent"], read: percent("socPercent") },
  BatteryLevel: { fields: ["socPercent"], read: percent("socPercent") },
  EnergyRemaining: { fields: ["storedKwh"], read: within(0, 1000, (storedKwh) => ({ storedKwh })) },
  ChargeLimitSoc: { fields: ["chargeLimitPercent"], read: percent("chargeLimitPercent") },
  ChargeCurrentRequest: { fields: ["currentLimitA"], read: within(0, 200, (currentLimitA) => ({ currentLimitA })) },
  ScheduledChargingPending: { fields: ["ownScheduleActive"], read: toldSchedule },
};

function read(fields: readonly { key: string; raw: Scalar | undefined }[]): Pick<Applied, "unknown"> & { told: Told } {
  const told: Told = {};
  const unknown: Applied["unknown"] = [];
  for (const [key, reader] of Object.entries(READERS)) {
    for (const { raw } of fields.filter((field) => field.key === key)) {
      const value = raw === null || raw === undefined ? undefined : reader.read(raw);
      if (raw !== null && value === undefined) unknown.push({ key, raw: shortened(String(raw)) });
      const untold = reader.fields.filter((field) => !(field in told));
      Object.assign(told, value ?? Object.fromEntries(untold.map((field) => [field, null])));
    }
  }
  return { told, unknown };
}

// The enumeration's numbers, for a server that hands on numbers.
const STATE_NUMBERS = ["Unknown", "Disconnected", "NoPower", "Starting", "Charging", "Complete", "Stopped"];

function toldState(raw: string | number | boolean): Told | undefined {
  const text = typeof raw === "number" ? STATE_NUMBERS[raw] : String(raw);
  const word = text?.replace(/^DetailedChargeState/, "");
  const state = word === undefined || word === "Unknown" ? undefined : chargeState(word);
  if (word === "Unknown") return { state: null, plugged: null };
  return word === undefined || state === undefined ? undefined : { state, plugged: pluggedIn(word, state) };
}

function toldSchedule(raw: string | number | boolean): Told | undefined {
  const ownScheduleActive = flag(raw);
  return ownScheduleActive === undefined ? undefined : { ownScheduleActive };
}

function within(least: number, most: number, told: (value: number) => Told): Reader {
  return (raw) => {
    const value = numberWithin(least, most, raw);
    // The car's own single precision: more digits than these are noise.
    return value === undefined ? undefined : told(round(value, 3));
  };
}

function shortened(raw: string): string {
  return raw.slice(0, 40);
}
