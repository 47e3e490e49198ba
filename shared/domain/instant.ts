import * as z from "zod";

const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A moment in UTC in the one form this platform writes: `2026-11-20T19:00:00.000Z`, fixed width, so that
 * text order is time order. Use `epochMs` wherever a condition or arithmetic needs a number.
 */
export const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, "expected a UTC instant such as 2026-11-20T19:00:00.000Z")
  // The way there and back: Date.parse takes 30 February and 24:00, which would sort apart from what they mean.
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
  return Instant.parse(new Date(ms).toISOString());
}

/** Epoch milliseconds of an instant. */
export function epochMs(at: Instant): number {
  return Date.parse(at);
}

/** `at` moved by `ms` milliseconds. */
export function plusMs(at: Instant, ms: number): Instant {
  return instant(epochMs(at) + ms);
}

/** The later of two moments. */
export function later(a: Instant, b: Instant): Instant {
  return a < b ? b : a;
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

function isCanonical(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
