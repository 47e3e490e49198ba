import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { CarbonRegion } from "../../lambdas/signals/sources/carbon-intensity.ts";
import { REGIONS, Region } from "../../shared/domain/region.ts";
import { holdsAt, Tariff } from "../../shared/domain/tariff.ts";

const rate = (from: string, to: string, pencePerKwh = 7.5) => ({ from, to, pencePerKwh });
const timeOfUse = (...rates: unknown[]) => ({ kind: "time-of-use", rates, otherwisePencePerKwh: 30 });
const told = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input).error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];

describe("a tariff", () => {
  it.each([
    { kind: "agile" },
    { kind: "flat", pencePerKwh: 24.5 },
    timeOfUse(rate("00:30", "05:30")),
    timeOfUse(rate("23:30", "05:30")),
    timeOfUse(rate("16:00", "19:00", 40), rate("23:30", "05:30"), rate("05:30", "06:00", 20)),
    timeOfUse(rate("00:00", "12:00"), rate("12:00", "00:00", 20)),
  ])("is kept as written: %j", (tariff) => {
    expect(Tariff.parse(tariff)).toEqual(tariff);
  });

  it.each([
    ["a kind that is none", { kind: "economy-7" }, "kind: expected one of: agile, flat, time-of-use"],
    ["a price in pounds and words", { kind: "flat", pencePerKwh: "0.25" }, "pencePerKwh: "],
    ["a price beyond belief", { kind: "flat", pencePerKwh: 2450 }, "pencePerKwh: "],
    ["a field of another kind", { kind: "agile", pencePerKwh: 3 }, ": "],
    ["an hour without a nought", timeOfUse(rate("0:30", "05:30")), "rates.0.from: expected HH:MM"],
    ["midnight at the end of the day", timeOfUse(rate("23:30", "24:00")), "rates.0.to: expected HH:MM"],
    ["no rate", timeOfUse(), "rates: names no rate; a price that never changes is a flat tariff"],
    [
      "a rate that ends when it begins",
      timeOfUse(rate("05:30", "05:30"), rate("23:00", "01:00")),
      "rates.0: ends when it begins; leave it out, or make the tariff flat",
    ],
    [
      "a rate that begins within another",
      timeOfUse(rate("00:30", "05:30"), rate("05:29", "07:00")),
      "rates.1: overlaps rates.0, 00:30 to 05:30",
    ],
    [
      "a rate around another",
      timeOfUse(rate("09:00", "10:00"), rate("08:00", "12:00")),
      "rates.1: overlaps rates.0, 09:00 to 10:00",
    ],
    [
      "two rates that meet past midnight",
      timeOfUse(rate("12:00", "13:00"), rate("22:00", "02:00"), rate("01:59", "03:00")),
      "rates.2: overlaps rates.1, 22:00 to 02:00",
    ],
  ])("is refused with %s", (_what, tariff, beginning) => {
    const issues = told(Tariff, tariff);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.startsWith(beginning), issues[0]).toBe(true);
  });

  it("is refused just when two of its rates hold in one minute", () => {
    const time = fc.integer({ min: 0, max: 95 }).map((quarter) => clock(15 * quarter));
    const rates = fc.array(fc.tuple(time, time), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rates, (pairs) => {
        fc.pre(pairs.every(([from, to]) => from !== to));
        const all = pairs.map(([from, to]) => rate(from, to));
        const counts = Array.from({ length: 1440 }, (_, minute) => all.filter((one) => holdsAt(one, minute)).length);
        expect(Tariff.safeParse(timeOfUse(...all)).success).toBe(Math.max(...counts) < 2);
      }),
    );
  });
});

describe("a region", () => {
  it("is the letter of a GSP group", () => {
    expect(Region.options.join("")).toBe("ABCDEFGHJKLMNP");
    for (const wrong of ["I", "O", "Q", "c", "_C", "13", "", undefined]) {
      expect(told(Region, wrong)).toEqual([": expected the letter of a GB electricity region: A to P without I and O"]);
    }
  });

  it.each([
    // The API's own list of regions, and whose network each is.
    ["1", "North Scotland", "P"],
    ["2", "South Scotland", "N"],
    ["3", "North West England", "G"],
    ["4", "North East England", "F"],
    ["5", "Yorkshire", "M"],
    ["6", "North Wales and Merseyside", "D"],
    ["7", "South Wales", "K"],
    ["8", "West Midlands", "E"],
    ["9", "East Midlands", "B"],
    ["10", "East England", "A"],
    ["11", "South West England", "L"],
    ["12", "South England", "H"],
    ["13", "London", "C"],
    ["14", "South East England", "J"],
  ] as const)("number %s at the Carbon Intensity API, %s, is %s", (carbonRegion, name, letter) => {
    expect(REGIONS[letter]).toEqual({ name, carbonRegion });
  });

  it("has a carbon region of its own, one of the 14 networks", () => {
    const ids = Region.options.map((region) => REGIONS[region].carbonRegion);
    expect(ids.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    for (const id of ids) expect(CarbonRegion.parse(id)).toBe(id);
  });
});

function clock(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
