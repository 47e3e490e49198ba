import { Temporal } from "temporal-polyfill";
import { epochMs, type Instant } from "../../../shared/domain/instant.ts";

const QUARTER = { minutes: 15 };

/**
 * A moment as a query parameter: wall clock, no offset. A time that clocks show twice cannot be named, so the span is made
 * longer until its ends can be; what was not wanted is left out of the answer.
 */
export function localParameter(at: Instant, zone: string, end: "from" | "to"): string {
  let zoned = zonedAt(at, zone);
  while (comesTwice(zoned)) zoned = end === "from" ? zoned.subtract(QUARTER) : zoned.add(QUARTER);
  return zoned.toPlainDateTime().toString({ smallestUnit: "second" });
}

/** The hour that clocks in the zone show. */
export function localHour(at: Instant, zone: string): number {
  return zonedAt(at, zone).hour;
}

function zonedAt(at: Instant, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(epochMs(at)).toZonedDateTimeISO(zone);
}

function comesTwice(zoned: Temporal.ZonedDateTime): boolean {
  const local = zoned.toPlainDateTime();
  const zone = zoned.timeZoneId;
  const first = local.toZonedDateTime(zone, { disambiguation: "earlier" });
  return !first.equals(local.toZonedDateTime(zone, { disambiguation: "later" }));
}
