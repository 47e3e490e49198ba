import * as z from "zod";
import { AssetId } from "./asset.ts";
import { FaultClass } from "./fault.ts";
import { epochMs, HOUR_MS, Instant, later } from "./instant.ts";
import { EnergyKwh, PowerKw, SocPercent } from "./units.ts";

/** What a car is doing, in one word for all vendors. */
export const ChargeState = z.enum(["disconnected", "stopped", "starting", "charging", "complete", "no-power"]);
export type ChargeState = z.infer<typeof ChargeState>;

const common = {
  assetId: AssetId,
  /** When the device measured. */
  observedAt: Instant,
  /** When we got it. */
  receivedAt: Instant,
};

/**
 * The latest word from one car or charger. A field the device did not tell is null; null never means 0 or no.
 */
export const ChargeReading = z.strictObject({
  ...common,
  stream: z.literal("charge"),
  state: ChargeState.nullable(),
  plugged: z.boolean().nullable(),
  /** Grid-side AC power, kW. */
  powerKw: PowerKw.nullable(),
  socPercent: SocPercent.nullable(),
  /** Energy in the battery, kWh: finer than a whole percent where the vendor gives it. */
  storedKwh: EnergyKwh.nullable(),
  /** Grid-side energy of this plug-in session, kWh: what a charger knows in place of a state of charge. */
  sessionKwh: EnergyKwh.nullable(),
  chargeLimitPercent: SocPercent.nullable(),
  /** Current the car would draw when charging, A per phase. */
  currentLimitA: z.number().nonnegative().nullable(),
  /** The owner's own schedule will start or block charging. */
  ownScheduleActive: z.boolean().nullable(),
});
export type ChargeReading = z.infer<typeof ChargeReading>;

/** How hard a heat pump is asked to work: its owner's normal, more (storing heat), or less (within comfort). */
export const HeatMode = z.enum(["normal", "boost", "reduced"]);
export type HeatMode = z.infer<typeof HeatMode>;

/** The latest word from one heat pump. */
export const HeatReading = z.strictObject({
  ...common,
  stream: z.literal("heat"),
  mode: HeatMode.nullable(),
  compressorOn: z.boolean().nullable(),
  /** Electrical power, kW. */
  powerKw: PowerKw.nullable(),
  /** True when the power is worked out from something else because the device gives none in watts. */
  powerEstimated: z.boolean(),
  hotWaterC: z.number().nullable(),
  indoorC: z.number().nullable(),
  outdoorC: z.number().nullable(),
});
export type HeatReading = z.infer<typeof HeatReading>;

/** The latest word from one solar site. */
export const ProductionReading = z.strictObject({
  ...common,
  stream: z.literal("production"),
  /** What the panels give, kW, never negative. */
  productionKw: PowerKw.nonnegative().nullable(),
  /** Energy made over the stated period, kWh. */
  producedKwh: EnergyKwh.nullable(),
  producedFrom: Instant.nullable(),
  /** Site grid power, kW: positive on import. */
  gridKw: PowerKw.nullable(),
  consumptionKw: PowerKw.nullable(),
});
export type ProductionReading = z.infer<typeof ProductionReading>;

export const Reading = z.discriminatedUnion("stream", [ChargeReading, HeatReading, ProductionReading]);
export type Reading = z.infer<typeof Reading>;

/** A kind of data with a cadence of its own. */
export const Stream = z.enum(["charge", "heat", "production"]);
export type Stream = z.infer<typeof Stream>;

/** The reading if it is of a car or charger. */
export function asCharge(reading: Reading | undefined): ChargeReading | undefined {
  return reading?.stream === "charge" ? reading : undefined;
}

/** How far in the future a device's clock may be before its reading is refused, ms. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** A change of an asset's fault that is still to be told. */
const Owed = z.strictObject({ name: z.enum(["FaultRaised", "FaultCleared"]), faultClass: FaultClass });
export type Owed = z.infer<typeof Owed>;

/** What we know of reaching an asset: kept beside the reading, changed by every attempt. */
export const Reachability = z.strictObject({
  lastFetchedAt: Instant,
  /** The vendor's own evidence; null when the last attempt failed before it could tell. */
  online: z.boolean().nullable(),
  /** Failed attempts in a row. */
  failures: z.number().int().nonnegative(),
  faultClass: FaultClass.nullable(),
  /** The time of a reading that was refused because it lies ahead of ours. */
  quarantined: Instant.optional(),
  owes: z.array(Owed).optional(),
});
export type Reachability = z.infer<typeof Reachability>;

/** Two slow fetch periods: what was seen longer ago moves nothing any more. */
const STALE_AFTER_MS = 2 * HOUR_MS;

/**
 * When an asset was last known to be as its reading says. A look that the vendor answered counts as seeing what has not
 * changed since; so does one that found a car asleep, but not one that found a device without its cloud.
 */
export function seenAt(reading: Reading, reach: Reachability, sleeps: boolean): Instant {
  const looked = reach.failures === 0 && (reach.online === true || sleeps);
  return looked ? later(reading.observedAt, reach.lastFetchedAt) : reading.observedAt;
}

/** True when an asset was seen so long ago that it may be doing anything. */
export function isStale(
  { reading, reach }: { reading: Reading | undefined; reach: Reachability },
  sleeps: boolean,
  now: Instant,
): boolean {
  return !reading || epochMs(now) - epochMs(seenAt(reading, reach, sleeps)) > STALE_AFTER_MS;
}

/** True when the planner or the verifier could decide differently because of `next`. */
export function changeMatters(previous: Reading | undefined, next: Reading): boolean {
  if (!previous || previous.stream !== next.stream) return true;
  // Whoever was unheard of for so long was left alone meanwhile.
  if (epochMs(next.observedAt) - epochMs(previous.observedAt) > STALE_AFTER_MS) return true;
  return significant(previous) !== significant(next);
}

/** What of a reading decisions rest on, coarse enough that noise is not a change. */
function significant(reading: Reading): string {
  switch (reading.stream) {
    case "charge":
      return JSON.stringify([
        reading.state,
        reading.plugged,
        reading.chargeLimitPercent,
        Math.floor(reading.socPercent ?? -1),
        Math.floor(reading.sessionKwh ?? -1),
      ]);
    case "heat":
      return JSON.stringify([
        reading.mode,
        reading.compressorOn,
        // Downwards, so that falling below a whole degree, where bands end, is a change.
        whole(reading.hotWaterC, 1),
        whole(reading.indoorC, 1),
      ]);
    case "production":
      // What a planner takes from it is the surplus, and half a kilowatt of that.
      return JSON.stringify([
        reading.productionKw === null ? null : Math.round(reading.productionKw),
        whole(reading.gridKw, 0.5),
      ]);
  }
}

function whole(value: number | null, step: number): number | null {
  return value === null ? null : Math.floor(value / step);
}

/** How busy a device is, which decides how often it is looked at. */
export function activity(reading: Reading | undefined): "idle" | "plugged" | "charging" {
  switch (reading?.stream) {
    case undefined:
      return "idle";
    case "charge":
      if (reading.state === "charging" || reading.state === "starting") return "charging";
      return reading.plugged === true ? "plugged" : "idle";
    case "heat":
      return reading.compressorOn === true ? "charging" : "plugged";
    case "production":
      return (reading.productionKw ?? 0) > 0 ? "charging" : "idle";
  }
}
