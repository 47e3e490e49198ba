import { Temporal } from "temporal-polyfill";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";

/** Writes instants as clocks at the site show them. A time whose UTC offset is not that of now carries its own. */
export type LocalClock = {
  /** `Europe/London (UTC+00:00)`. */
  name: string;
  /** `Thu 15 Jan 06:30`. */
  dayTime(at: Instant): string;
  /** `06:30`. */
  time(at: Instant): string;
  /** `15 Jan 06:30:05`. */
  second(at: Instant): string;
  /** The wall-clock hour, 0 to 23, and minute. */
  hourMinute(at: Instant): { hour: number; minute: number };
  /** The start of the wall-clock hour that `at` lies in. */
  hourStart(at: Instant): Instant;
};

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function localClock(zone: string, now: Instant): LocalClock {
  const known = isZone(zone) ? zone : "UTC";
  const at = (moment: Instant) => Temporal.Instant.fromEpochMilliseconds(epochMs(moment)).toZonedDateTimeISO(known);
  const offset = at(now).offset;
  const suffix = (zoned: Temporal.ZonedDateTime) => (zoned.offset === offset ? "" : zoned.offset);
  const date = (zoned: Temporal.ZonedDateTime) => `${zoned.day} ${MONTHS[zoned.month - 1]}`.padStart(6, "0");
  const clock = (zoned: Temporal.ZonedDateTime) => `${two(zoned.hour)}:${two(zoned.minute)}`;
  return {
    name: `${known} (UTC${offset})${known === zone ? "" : ", because the site's own time zone is not known"}`,
    dayTime(moment) {
      const zoned = at(moment);
      return `${DAYS[zoned.dayOfWeek - 1]} ${date(zoned)} ${clock(zoned)}${suffix(zoned)}`;
    },
    time(moment) {
      const zoned = at(moment);
      return clock(zoned) + suffix(zoned);
    },
    second(moment) {
      const zoned = at(moment);
      return `${date(zoned)} ${clock(zoned)}:${two(zoned.second)}${suffix(zoned)}`;
    },
    hourMinute(moment) {
      const { hour, minute } = at(moment);
      return { hour, minute };
    },
    hourStart(moment) {
      const { minute, second, millisecond } = at(moment);
      return instant(epochMs(moment) - minute * MINUTE_MS - second * 1000 - millisecond);
    },
  };
}

/** Is it a zone of the IANA database? `EST` or an offset is refused: they know no summer time. */
export function isZone(name: string): boolean {
  if (!name.includes("/") && name !== "UTC") return false;
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `48 s`, `2 min 10 s`, `1 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  if (hours < 48) return pair(hours, "h", minutes % 60, "min");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** How long ago `at` was, to the minute from two minutes on. */
export function ago(at: Instant, now: Instant): string {
  const ms = epochMs(now) - epochMs(at);
  if (ms < 0) return `${duration(-ms)} ahead of our clock`;
  if (ms < 2 * MINUTE_MS) return `${duration(ms)} ago`;
  if (ms < 48 * HOUR_MS) return `${duration(Math.floor(ms / MINUTE_MS) * MINUTE_MS)} ago`;
  return `${duration(Math.floor(ms / HOUR_MS) * HOUR_MS)} ago`;
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
