import * as z from "zod";

const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A moment in UTC in the one form this platform writes: `2026-11-20T19:00:00.000Z`, fixed width, so that
 * text order is time order. Use `epochMs` wherever a condition or arithmetic needs a number.
 */
export const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, "expected a UTC instant such as 2026-11-20T19:00:00.000Z")
  // 30 February and 24:00 would sort apart from what they mean.
  .refine((text) => isCanonical(text), "not a calendar date")
  .brand<"Instant">();
export type Instant = z.infer<typeof Instant>;

/** A vendor's or customer's time with an explicit zone, any precision, normalised to `Instant`. */
export const ZonedTime = z.string().transform((text, context): Instant => {
  try {
    return parseInstant(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

/** A wall-clock time, `HH:MM`: a moment only together with a date and a zone. */
export const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected HH:MM");

/** The instant at `ms` epoch milliseconds. Throws a RangeError for a number that is no date. */
export function instant(ms: number): Instant {
  const text = new Date(ms).toISOString();
  // Of years beyond 9999 or before 0 the form is another.
  return text.length === WIDTH ? (text as Instant) : Instant.parse(text);
}

/** Epoch milliseconds of an instant, read as numbers too: a plan asks for those of every price of two days. */
export function epochMs(at: Instant): number {
  // `Date.UTC` takes the first hundred years for those of the twentieth century.
  if (at.length !== WIDTH || at < "0100") return Date.parse(at);
  const year = 100 * digits(at, 0) + digits(at, 2);
  const ms = 10 * digits(at, 20) + at.charCodeAt(22) - ZERO;
  return Date.UTC(year, digits(at, 5) - 1, digits(at, 8), digits(at, 11), digits(at, 14), digits(at, 17), ms);
}

/** `at` moved by `ms` milliseconds. */
export function plusMs(at: Instant, ms: number): Instant {
  return instant(epochMs(at) + ms);
}

/** The later of two moments. */
export function later(a: Instant, b: Instant): Instant {
  return a < b ? b : a;
}

/** The earlier of two moments. */
export function earlier(a: Instant, b: Instant): Instant {
  return a < b ? a : b;
}

/** Parses a time that names its zone (`Z` or an offset). Throws when the zone is missing: a guess would be a bug. */
export function parseInstant(text: string): Instant {
  if (!ZONED.test(text)) {
    throw new RangeError(`time without a zone, or not ISO 8601: "${text.slice(0, 40)}"; write it with Z or an offset`);
  }
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || !isCanonical(`${text.slice(0, 10)}T00:00:00.000Z`)) {
    throw new RangeError(`not a calendar date: "${text.slice(0, 40)}"`);
  }
  return instant(ms);
}

const WIDTH = "2026-11-20T19:00:00.000Z".length;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether digits in the fixed form name a moment that there is: read as numbers, for every stored row is checked so. */
function isCanonical(text: string): boolean {
  const [year, month, day] = [100 * digits(text, 0) + digits(text, 2), digits(text, 5), digits(text, 8)];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days && digits(text, 11) < 24 && digits(text, 14) < 60 && digits(text, 17) < 60;
}

const ZERO = "0".charCodeAt(0);

/** Two digits as a number. */
function digits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - ZERO) + text.charCodeAt(at + 1) - ZERO;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
