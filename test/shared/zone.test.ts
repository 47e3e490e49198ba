import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMs, HOUR_MS, instant } from "../../shared/domain/instant.ts";
import {
  daysBetween,
  isWorkingDay,
  localDate,
  localTime,
  localToInstant,
  nextLocalTime,
  plusDays,
} from "../../shared/zone.ts";
import { at } from "../builders.ts";

const ZONES = ["Europe/London", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"];

describe("the next time that clocks show an hour", () => {
  it.each([
    ["later today", "2026-11-20T06:00Z", "07:00", "2026-11-20T07:00:00.000Z"],
    ["tomorrow, when it is past", "2026-11-20T18:00Z", "07:00", "2026-11-21T07:00:00.000Z"],
    ["tomorrow, when it is now", "2026-11-20T07:00Z", "07:00", "2026-11-21T07:00:00.000Z"],
    ["an hour earlier in UTC in summer", "2026-06-20T18:00Z", "07:00", "2026-06-21T06:00:00.000Z"],
    ["at midnight", "2026-06-20T18:00Z", "00:00", "2026-06-20T23:00:00.000Z"],
    ["the same date in UTC, the next one here", "2026-06-20T23:30Z", "07:00", "2026-06-21T06:00:00.000Z"],
  ])("is %s", (_, after, time, expected) => {
    expect(nextLocalTime(at(after), "Europe/London", time)).toBe(expected);
  });

  it("knows zones that are not whole hours from UTC", () => {
    expect(nextLocalTime(at("2026-11-20T00:00Z"), "Asia/Kathmandu", "07:00")).toBe("2026-11-20T01:15:00.000Z");
  });

  it("refuses a zone that does not exist", () => {
    expect(() => nextLocalTime(at("2026-11-20T00:00Z"), "Europe/Atlantis", "07:00")).toThrow(RangeError);
  });
});

describe("on the morning when clocks go forward", () => {
  const before = at("2026-03-28T18:00Z");

  it("the night is an hour shorter", () => {
    expect(nextLocalTime(before, "Europe/London", "07:00")).toBe("2026-03-29T06:00:00.000Z");
    expect(nextLocalTime(before, "Europe/London", "00:30")).toBe("2026-03-29T00:30:00.000Z");
  });

  it("a time that is skipped is as long after the gap as it was into it", () => {
    expect(nextLocalTime(before, "Europe/London", "01:00")).toBe("2026-03-29T01:00:00.000Z");
    expect(nextLocalTime(before, "Europe/London", "01:30")).toBe("2026-03-29T01:30:00.000Z");
    expect(nextLocalTime(before, "Europe/London", "02:00")).toBe("2026-03-29T01:00:00.000Z");
  });
});

describe("on the morning when clocks go back", () => {
  it("the night is an hour longer", () => {
    expect(nextLocalTime(at("2026-10-24T18:00Z"), "Europe/London", "07:00")).toBe("2026-10-25T07:00:00.000Z");
  });

  it("a time that comes twice is its first", () => {
    expect(nextLocalTime(at("2026-10-24T18:00Z"), "Europe/London", "01:30")).toBe("2026-10-25T00:30:00.000Z");
    expect(nextLocalTime(at("2026-10-25T00:30Z"), "Europe/London", "01:30")).toBe("2026-10-26T01:30:00.000Z");
  });
});

describe("in any zone at any time", () => {
  const moments = fc.integer({ min: Date.parse("2015-01-01T00:00Z"), max: Date.parse("2035-01-01T00:00Z") });
  const times = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
  const text = ([hour, minute]: [number, number]) =>
    `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  const shown = (ms: number, timeZone: string) =>
    new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);

  it("the next local time lies ahead, within a day and an hour, and clocks show it unless it is skipped", () => {
    fc.assert(
      fc.property(moments, times, fc.constantFrom(...ZONES), (ms, time, zone) => {
        const next = epochMs(nextLocalTime(instant(ms), zone, text(time)));
        expect(next).toBeGreaterThan(ms);
        expect(next - ms).toBeLessThanOrEqual(26 * HOUR_MS);
        if (shown(next, zone) === text(time)) return;
        // Skipped: the clock jumped within the hour before.
        const jump = (at: number) => Date.parse(`${localDate(instant(at), zone)}T${shown(at, zone)}Z`) - at;
        expect(jump(next) - jump(next - HOUR_MS)).toBeGreaterThan(0);
      }),
    );
  });

  it("a local date and time of a moment lead back to the same wall-clock", () => {
    fc.assert(
      fc.property(moments, fc.constantFrom(...ZONES), (ms, zone) => {
        const back = localToInstant(localDate(instant(ms), zone), shown(ms, zone), zone);
        expect(shown(epochMs(back), zone)).toBe(shown(ms, zone));
        expect(localDate(back, zone)).toBe(localDate(instant(ms), zone));
      }),
    );
  });
});

describe("a local day", () => {
  it("tells what clocks show, whole minutes", () => {
    expect(localTime(at("2026-06-20T18:05:59Z"), "Europe/London")).toBe("19:05");
    expect(localTime(at("2026-11-20T00:00Z"), "Asia/Kathmandu")).toBe("05:45");
  });

  it("counts in calendar days, through months, years and clock changes", () => {
    expect(plusDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(plusDays("2028-03-01", -1)).toBe("2028-02-29");
    expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
    expect(daysBetween("2027-01-01", "2026-12-31")).toBe(-1);
  });

  it("is a working day from Monday to Friday", () => {
    const week = [0, 1, 2, 3, 4, 5, 6].map((days) => isWorkingDay(plusDays("2026-11-16", days)));
    expect(week).toEqual([true, true, true, true, true, false, false]);
  });
});
