import { Temporal } from "temporal-polyfill";
import { epochMs, type Instant, instant } from "./domain/instant.ts";

/**
 * The first moment strictly after `after` at which clocks in `zone` show `localTime` (`HH:MM`). A time that a clock change
 * skips is moved on by the gap; one that comes twice is its first.
 */
export function nextLocalTime(after: Instant, zone: string, localTime: string): Instant {
  const start = Temporal.Instant.fromEpochMilliseconds(epochMs(after)).toZonedDateTimeISO(zone).toPlainDate();
  for (let days = 0; ; days++) {
    const at = localToInstant(start.add({ days }).toString(), localTime, zone);
    if (at > after) return at;
  }
}

/** The moment at which clocks in `zone` show `localTime` (`HH:MM`) on `date` (`YYYY-MM-DD`). */
export function localToInstant(date: string, localTime: string, zone: string): Instant {
  const zoned = Temporal.PlainDate.from(date).toZonedDateTime({
    timeZone: zone,
    plainTime: Temporal.PlainTime.from(localTime),
  });
  return instant(zoned.epochMilliseconds);
}

/** The calendar date in `zone`, `YYYY-MM-DD`. */
export function localDate(at: Instant, zone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs(at)).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/** What clocks in `zone` show at `at`, `HH:MM`; seconds are left off. */
export function localTime(at: Instant, zone: string): string {
  const time = Temporal.Instant.fromEpochMilliseconds(epochMs(at)).toZonedDateTimeISO(zone).toPlainTime();
  return time.toString({ smallestUnit: "minute" });
}

/** `date` (`YYYY-MM-DD`) moved by whole calendar days. */
export function plusDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** Calendar days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(to, { largestUnit: "day" }).days;
}

/** Monday to Friday; holidays are not known here. */
export function isWorkingDay(date: string): boolean {
  return Temporal.PlainDate.from(date).dayOfWeek <= 5;
}
