import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMs, Instant, instant, later, parseInstant, plusMs, ZonedTime } from "../../shared/domain/instant.ts";

const FIRST_MS = Date.parse("0001-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");
const moments = fc.integer({ min: FIRST_MS, max: LAST_MS });

describe("an instant", () => {
  it.each([
    "2026-11-20T19:00:00",
    "2026-11-20 19:00:00Z",
    "2026-11-20T19:00:00.000",
    "2026-11-20",
    "20 Nov 2026 19:00 UTC",
    "1795201200",
    "",
  ])("is not made of a time without a zone or of another form: %j", (text) => {
    expect(() => parseInstant(text)).toThrow(/without a zone, or not ISO 8601/);
    expect(ZonedTime.safeParse(text).success).toBe(false);
  });

  it.each([
    ["2026-11-20T19:00Z", "2026-11-20T19:00:00.000Z"],
    ["2026-11-20T19:00:00Z", "2026-11-20T19:00:00.000Z"],
    ["2026-11-20T19:00:00.1Z", "2026-11-20T19:00:00.100Z"],
    ["2026-11-20T19:00:00.123456789Z", "2026-11-20T19:00:00.123Z"],
    ["2026-11-20T20:00:00+01:00", "2026-11-20T19:00:00.000Z"],
    ["2026-11-21T00:30:00.5+05:30", "2026-11-20T19:00:00.500Z"],
    ["2026-11-20T24:00:00Z", "2026-11-21T00:00:00.000Z"],
  ])("has one form, whatever the precision and the zone: %s", (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
    expect(ZonedTime.parse(text)).toBe(expected);
  });

  it.each(["2026-02-30T00:00:00Z", "2026-04-31T10:00:00+02:00", "2026-13-01T00:00:00Z", "2025-02-29T12:00:00Z"])(
    "is not made of a day that the calendar does not have: %s",
    (text) => {
      expect(() => parseInstant(text)).toThrow(/not a calendar date/);
    },
  );

  it.each([
    "2026-11-20T19:00:00Z",
    "2026-11-20T19:00:00.000000Z",
    "2026-11-20T19:00:00.000+00:00",
    "2026-11-20T24:00:00.000Z",
    "2026-02-30T00:00:00.000Z",
  ])("is stored in its one form only: %s is refused", (text) => {
    expect(Instant.safeParse(text).success).toBe(false);
  });

  it("names the text that it refuses, cut short", () => {
    expect(() => parseInstant("x".repeat(100))).toThrow(`"${"x".repeat(40)}"`);
  });

  it("is refused where there is no such number", () => {
    expect(() => instant(Number.NaN)).toThrow(RangeError);
    expect(() => instant(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });

  it("sorts as text as it does in time", () => {
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        expect(instant(a) < instant(b)).toBe(a < b);
        expect(later(instant(a), instant(b))).toBe(instant(Math.max(a, b)));
      }),
    );
  });

  it("goes to milliseconds and back without a change", () => {
    fc.assert(
      fc.property(moments, (ms) => {
        expect(epochMs(instant(ms))).toBe(ms);
        expect(parseInstant(instant(ms))).toBe(instant(ms));
        expect(Instant.safeParse(instant(ms)).success).toBe(true);
      }),
    );
  });

  it("means the same moment under any offset", () => {
    const offsets = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(fc.integer({ min: FIRST_MS + 1e9, max: LAST_MS - 1e9 }), offsets, (ms, minutes) => {
        const local = instant(ms + minutes * 60_000).slice(0, -1);
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const two = (value: number) => String(value).padStart(2, "0");
        expect(parseInstant(`${local}${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`)).toBe(instant(ms));
      }),
    );
  });

  it("moves by milliseconds", () => {
    expect(plusMs(parseInstant("2026-12-31T23:59:59.999Z"), 1)).toBe("2027-01-01T00:00:00.000Z");
    expect(plusMs(parseInstant("2026-03-01T00:00Z"), -1)).toBe("2026-02-28T23:59:59.999Z");
  });
});
