import * as z from "zod";
import { FAULT_TREATMENT } from "./fault.ts";
import { hash32 } from "./hash.ts";
import { epochMs, type Instant, instant, MINUTE_MS } from "./instant.ts";
import type { Cadence } from "./manifest.ts";
import { activity, MAX_CLOCK_SKEW_MS, type Reachability, type Reading } from "./reading.ts";

/** Why an asset is looked at: its turn on the wheel, an exception from it, or to find out whether a vendor is back. */
export const LookWhy = z.enum(["routine", "charging", "command", "edge", "backoff", "probe"]);
export type LookWhy = z.infer<typeof LookWhy>;

/** Somebody else has the next move: looking more often than this costs money and shows nothing. */
export const BLOCKED_MINUTES = 60;

/** The slot, 0 to `periodMinutes - 1`, that an asset keeps on the wheel of a period whatever happens. */
export function slotOf(assetId: string, periodMinutes: number): number {
  return hash32(assetId) % periodMinutes;
}

/** The slot whose turn a minute is. */
export function slotAt(minute: Instant, periodMinutes: number): number {
  return minuteNumber(minute) % periodMinutes;
}

/** The minute that a moment is in. */
export function minuteOf(at: Instant): Instant {
  return instant(minuteNumber(at) * MINUTE_MS);
}

export function minuteNumber(at: Instant): number {
  return Math.floor(epochMs(at) / MINUTE_MS);
}

export function minuteAt(number: number): Instant {
  return instant(number * MINUTE_MS);
}

/** Minutes between an asset's turns on the wheel. What charges stays on the wheel of what is plugged, and is looked at between. */
export function wheelMinutes(reading: Reading | undefined, cadence: Cadence): number {
  const { idleMinutes, pluggedMinutes, chargingMinutes } = cadence;
  const minutes = {
    idle: idleMinutes,
    plugged: pluggedMinutes,
    charging: Math.max(pluggedMinutes, chargingMinutes),
  };
  return minutes[activity(reading)];
}

/** Every period that a cadence can put an asset on. */
export function periodsOf({ idleMinutes, pluggedMinutes, chargingMinutes }: Cadence): number[] {
  return [...new Set([idleMinutes, pluggedMinutes, Math.max(pluggedMinutes, chargingMinutes)])];
}

/** How long it may be until every asset of an integration has had its turn, minutes. */
export function slowestTurnMinutes(streams: readonly { cadence: Cadence }[]): number {
  return Math.max(...streams.flatMap(({ cadence }) => periodsOf(cadence)));
}

/** What failed on our side so often in a row is no hiccup of a service that we use. */
const OURS_FOR_SURE = 3;

/** True when somebody else has the next move, so that a look before an hour is over shows nothing. */
export function isBlocked(reach: Reachability | undefined): boolean {
  if (!reach?.faultClass || FAULT_TREATMENT[reach.faultClass].retry) return false;
  return reach.failures >= (reach.faultClass === "our-fault" ? OURS_FOR_SURE : 1);
}

/** True when an asset was looked at, well or not, after `since`. A time ahead of ours tells nothing: its clock was wrong. */
export function isFetchedSince(reach: Reachability | undefined, since: Instant, now: Instant): boolean {
  if (!reach || reach.lastFetchedAt <= since) return false;
  return epochMs(reach.lastFetchedAt) - epochMs(now) <= MAX_CLOCK_SKEW_MS;
}
