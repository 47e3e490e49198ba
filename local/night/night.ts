import { epochMs } from "../../shared/domain/instant.ts";
import { localToInstant } from "../../shared/zone.ts";
import { BadInput } from "../feeds/bad-input.ts";

/** Noon to noon at the site: 24 hours, or 23 or 25 when the clocks change. */
export type Night = { date: string; zone: string; startsAtMs: number; endsAtMs: number };

/** The night that begins at noon of `date` (`YYYY-MM-DD`). Throws BadInput for a date or zone that is none. */
export function nightOf(date: string, zone: string): Night {
  if (
    !/^\d{4}-\d{2}-\d{2}$/.test(date) ||
    Number.isNaN(Date.parse(date)) ||
    new Date(date).toISOString().slice(0, 10) !== date
  ) {
    throw new BadInput(`--night wants a date such as 2023-10-15, not "${date}"`);
  }
  try {
    const nextDate = new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
    return {
      date,
      zone,
      startsAtMs: epochMs(localToInstant(date, "12:00", zone)),
      endsAtMs: epochMs(localToInstant(nextDate, "12:00", zone)),
    };
  } catch (cause) {
    if (isZone(zone)) throw new BadInput(`--night wants a date such as 2023-10-15, not "${date}"`, { cause });
    throw new BadInput(`"${zone}" is not a time zone name such as Europe/London`, { cause });
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
