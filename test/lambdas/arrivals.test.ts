import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  expectedOn,
  isScarce,
  keptFreeKwh,
  laxityMs,
  type SiteStay,
  servedInTurn,
  stillToCome,
} from "../../lambdas/optimiser/arrivals.ts";
import { epochMs, HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { localTime, localToInstant } from "../../shared/zone.ts";

const LONDON = "Europe/London";
const msOf = (date: string, time: string, zone = LONDON) => epochMs(localToInstant(date, time, zone));
/** What is kept free for each mean day, going by so many. */
const timesMean = (days: number) => 1 + 0.67 * Math.sqrt(1 + 1 / days);
const sumKwh = (stays: readonly SiteStay[] | undefined) =>
  (stays ?? []).reduce((sum, { energyKwh }) => sum + energyKwh, 0);

/** A car of 7 kW that stays four hours. */
function stayOn(date: string, time: string, energyKwh: number, zone = LONDON): SiteStay {
  const arrivesAtMs = msOf(date, time, zone);
  return { arrivesAtMs, departsAtMs: arrivesAtMs + 4 * HOUR_MS, energyKwh, maxPowerKw: 7 };
}

describe("who comes to a site", () => {
  // 12 January 2026 is a Monday.
  const week = [
    stayOn("2026-01-12", "09:00", 4),
    stayOn("2026-01-13", "09:30", 8),
    stayOn("2026-01-14", "08:15", 10),
    stayOn("2026-01-15", "08:30", 12),
    stayOn("2026-01-15", "12:00", 6),
  ];

  it("is nobody's guess without a day of this kind and without chargers", () => {
    expect(expectedOn("2026-01-12", { stays: [], chargers: undefined, timeZone: LONDON })).toBeUndefined();
    expect(expectedOn("2026-01-17", { stays: week, chargers: undefined, timeZone: LONDON })).toBeUndefined();
  });

  it("is at first a usual car for each charger, at any hour alike", () => {
    const visitors = expectedOn("2026-01-12", { stays: [], chargers: 10, timeZone: LONDON }) ?? [];
    expect(visitors).toHaveLength(24);
    expect(sumKwh(visitors)).toBeCloseTo(timesMean(1) * 10 * 13, 9);
    expect(new Set(visitors.map(({ energyKwh }) => energyKwh.toFixed(9))).size).toBe(1);
    // One hour is missing on the night when clocks go forward.
    expect(expectedOn("2026-03-29", { stays: [], chargers: 10, timeZone: LONDON })).toHaveLength(23);
  });

  it("is between that guess and the days seen, as long as these are few", () => {
    const monday = week.slice(0, 1);
    const visitors = expectedOn("2026-01-13", { stays: monday, chargers: 10, timeZone: LONDON });
    // The one day took 4 kWh; ten chargers with a car of its mean would take 40.
    expect(sumKwh(visitors)).toBeCloseTo((timesMean(2) * (4 + 40)) / 2, 9);
  });

  it("is the last four days of the kind, each car with its part of energy and charger, at its time", () => {
    const visitors = expectedOn("2026-01-16", { stays: week, chargers: 10, timeZone: LONDON }) ?? [];
    expect(sumKwh(visitors)).toBeCloseTo((timesMean(4) * 40) / 4, 9);
    expect(visitors[0]).toEqual({
      arrivesAtMs: msOf("2026-01-16", "09:00"),
      departsAtMs: msOf("2026-01-16", "13:00"),
      energyKwh: timesMean(4),
      maxPowerKw: (7 * timesMean(4)) / 4,
    });
    const older = stayOn("2026-01-09", "09:00", 100);
    expect(expectedOn("2026-01-16", { stays: [older, ...week], chargers: 10, timeZone: LONDON })).toEqual(visitors);
  });

  it("counts a day of the kind on which nobody came", () => {
    const stays = [stayOn("2026-01-12", "09:00", 8), stayOn("2026-01-17", "10:00", 8)];
    const visitors = expectedOn("2026-01-19", { stays, chargers: undefined, timeZone: LONDON });
    expect(visitors).toEqual([]);
    const wednesday = expectedOn("2026-01-14", { stays, chargers: undefined, timeZone: LONDON });
    expect(sumKwh(wednesday)).toBeCloseTo((timesMean(2) * 8) / 2, 9);
  });

  it("comes at the same local time across every change of clocks", () => {
    const zones = ["Europe/London", "America/Los_Angeles", "Australia/Lord_Howe"];
    // From a Saturday to its Sunday, on whose night clocks change in all of them.
    const hours = fc.integer({ min: 5, max: 22 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 50 }), hours, (timeZone, weeks, hour) => {
        const dateOf = (days: number) => instant(Date.parse("2026-01-12T00:00Z") + days * 24 * HOUR_MS).slice(0, 10);
        const time = `${String(hour).padStart(2, "0")}:20`;
        const stays = [stayOn(dateOf(7 * weeks + 5), time, 5, timeZone)];
        const [visitor] = expectedOn(dateOf(7 * weeks + 6), { stays, chargers: undefined, timeZone }) ?? [];
        expect(localTime(instant(visitor?.arrivesAtMs ?? 0), timeZone)).toBe(time);
      }),
      { numRuns: 100 },
    );
  });
});

describe("who may still come", () => {
  const nowMs = msOf("2026-01-12", "10:00");
  const expected = (date: string) =>
    date <= "2026-01-13" ? ["09:00", "10:00", "15:00"].map((time) => stayOn(date, time, 8)) : undefined;
  const hoursOf = (stays: readonly SiteStay[] | undefined) =>
    stays?.map(({ arrivesAtMs }) => (arrivesAtMs - msOf("2026-01-12", "00:00")) / HOUR_MS);

  it("is the rest of today, and who comes tomorrow before the last car leaves", () => {
    const ask = (untilMs: number) => hoursOf(stillToCome(expected, { nowMs, untilMs, timeZone: LONDON }));
    expect(ask(msOf("2026-01-12", "11:00"))).toEqual([15]);
    expect(ask(msOf("2026-01-13", "00:00"))).toEqual([15]);
    expect(ask(msOf("2026-01-13", "12:00"))).toEqual([15, 33, 34]);
  });

  it("is unknown once it depends on a day that is", () => {
    expect(stillToCome(expected, { nowMs, untilMs: msOf("2026-01-14", "08:00"), timeZone: LONDON })).toBeUndefined();
  });

  it("can be kept free of future caps, no more and no less than is needed in all", () => {
    const stays = fc.array(
      fc.record({
        from: fc.integer({ min: 0, max: 20 }),
        hours: fc.integer({ min: 1, max: 4 }),
        kwh: fc.integer({ min: 0, max: 40 }),
      }),
    );
    fc.assert(
      fc.property(stays, (some) => {
        const visitors = some.map(({ from, hours, kwh }) => ({
          arrivesAtMs: nowMs + from * HOUR_MS,
          departsAtMs: nowMs + (from + hours) * HOUR_MS,
          energyKwh: kwh,
          maxPowerKw: 50,
        }));
        const slots = Array.from({ length: 48 }, (_, index) => ({
          startMs: nowMs + (index * HOUR_MS) / 2,
          endMs: nowMs + ((index + 1) * HOUR_MS) / 2,
        }));
        const kept = keptFreeKwh(visitors, slots);
        expect(kept.reduce((sum, kwh) => sum + kwh, 0)).toBeCloseTo(sumKwh(visitors), 6);
        for (const [index, kwh] of kept.entries()) {
          const here = visitors.filter(
            ({ arrivesAtMs, departsAtMs }) =>
              arrivesAtMs < (slots[index]?.endMs ?? 0) && departsAtMs > (slots[index]?.startMs ?? 0),
          );
          expect(kwh > 0).toBe(sumKwh(here) > 0);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("a scarce site", () => {
  it("is one whose best plan is short by more than rounding", () => {
    expect(isScarce({ shortfallKwh: 0.05, neededKwh: 100 })).toBe(false);
    expect(isScarce({ shortfallKwh: 0.2, neededKwh: 100 })).toBe(true);
    expect(isScarce({ shortfallKwh: 0, neededKwh: 0 })).toBe(false);
  });

  it("serves whoever can wait least, one after the other, until the cap is used", () => {
    const cars = [
      { departsAtMs: 6 * HOUR_MS, needKwh: 6, maxPowerKw: 6 },
      { departsAtMs: 2 * HOUR_MS, needKwh: 18, maxPowerKw: 6 },
      { departsAtMs: 3 * HOUR_MS, needKwh: 6, maxPowerKw: 6 },
    ];
    const wishes = cars.map((car) => ({ rank: laxityMs(car, HOUR_MS), wishKwh: car.needKwh }));
    expect(wishes.map(({ rank }) => rank / HOUR_MS)).toEqual([4, -2, 1]);
    expect(servedInTurn(wishes, 20)).toEqual([0, 18, 2]);
    expect(servedInTurn(wishes, 0)).toEqual([0, 0, 0]);
    expect(servedInTurn(wishes, 100)).toEqual([6, 18, 6]);
  });
});
