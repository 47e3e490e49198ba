const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  formats.set(timeZone, made);
  return made;
}

/** Offset of the zone from UTC at that moment, minutes. */
export function utcOffsetMinutes(atMs: number, timeZone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(atMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
  return (Date.UTC(year, month - 1, day, hour, minute) - Math.floor(atMs / MINUTE_MS) * MINUTE_MS) / MINUTE_MS;
}

/** Minutes after local midnight at that moment. */
export function localMinutes(atMs: number, timeZone: string): number {
  const minutes = Math.floor(atMs / MINUTE_MS) + utcOffsetMinutes(atMs, timeZone);
  return ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
}

/** The first moment strictly after `afterMs` when the local clock shows that time. */
export function nextLocalTime(afterMs: number, minutesAfterLocalMidnight: number, timeZone: string): number {
  const offset = utcOffsetMinutes(afterMs, timeZone);
  const localDay = Math.floor((afterMs / MINUTE_MS + offset) / DAY_MINUTES);
  for (let day = localDay; ; day++) {
    const wallMinutes = day * DAY_MINUTES + minutesAfterLocalMidnight;
    // Twice, because the offset that holds now need not hold then.
    const guess = utcOffsetMinutes((wallMinutes - offset) * MINUTE_MS, timeZone);
    const atMs = (wallMinutes - guess) * MINUTE_MS;
    if (atMs > afterMs) return atMs;
  }
}
