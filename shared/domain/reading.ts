import * as z from "zod";
import { AssetId } from "./asset.ts";
import { FaultClass } from "./fault.ts";
import { Instant } from "./instant.ts";
import { EnergyKwh, PowerKw, SocPercent } from "./units.ts";

/** What a car is doing, in one word for all vendors. */
export const ChargeState = z.enum(["disconnected", "stopped", "starting", "charging", "complete", "no-power"]);
export type ChargeState = z.infer<typeof ChargeState>;

/**
 * The latest word from one car on stream `charge`. A field the device did not tell is null; null never means 0 or no.
 * `observedAt` is when the device measured; `receivedAt` when we got it.
 */
export const Reading = z.strictObject({
  assetId: AssetId,
  stream: z.literal("charge"),
  observedAt: Instant,
  receivedAt: Instant,
  state: ChargeState.nullable(),
  plugged: z.boolean().nullable(),
  /** Grid-side AC power, kW. */
  powerKw: PowerKw.nullable(),
  socPercent: SocPercent.nullable(),
  /** Energy in the battery, kWh: finer than a whole percent where the vendor gives it. */
  storedKwh: EnergyKwh.nullable(),
  chargeLimitPercent: SocPercent.nullable(),
  /** Current the car would draw when charging, A per phase. */
  currentLimitA: z.number().nonnegative().nullable(),
  /** The owner's own schedule will start or block charging. */
  ownScheduleActive: z.boolean().nullable(),
});
export type Reading = z.infer<typeof Reading>;

/** How far in the future a device's clock may be before its reading is refused, ms. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** What we know of reaching an asset: kept beside the reading, changed by every attempt. */
export const Reachability = z.strictObject({
  lastFetchedAt: Instant,
  /** The vendor's own evidence; null when the last attempt failed before it could tell. */
  online: z.boolean().nullable(),
  /** Failed attempts in a row. */
  failures: z.number().int().nonnegative(),
  faultClass: FaultClass.nullable(),
});
export type Reachability = z.infer<typeof Reachability>;

/** True when the planner or the verifier could decide differently because of `next`. */
export function changeMatters(previous: Reading | undefined, next: Reading): boolean {
  if (!previous) return true;
  return (
    previous.state !== next.state ||
    previous.plugged !== next.plugged ||
    previous.chargeLimitPercent !== next.chargeLimitPercent ||
    Math.floor(previous.socPercent ?? -1) !== Math.floor(next.socPercent ?? -1)
  );
}
