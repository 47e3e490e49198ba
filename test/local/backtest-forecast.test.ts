import { describe, expect, it } from "vitest";
import { dayAheadForecast, marginalForecast } from "../../local/backtest/forecast.ts";
import { makeGrid, stepAt } from "../../local/backtest/grid.ts";
import { laterArrivals } from "../../local/backtest/later-arrivals.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { atHour, hourly, MONDAY_MS, stay } from "./backtest-builders.ts";

const LONDON = { zone: "Europe/London", publishedAt: "16:00" };

describe("day-ahead prices as they were known", () => {
  // Four days, each hour with a price of its own.
  const prices = hourly(Array.from({ length: 96 }, (_, hour) => hour));
  const grid = makeGrid({ fromMs: MONDAY_MS, toMs: atHour(96), stepMs: HOUR_MS }, { price: prices }, 0);
  const { valueAt, issueAt } = dayAheadForecast(grid, prices, LONDON);

  it("end with the local day until 16:00, then with the next", () => {
    expect(valueAt(24 + 15, 47)).toBe(47);
    expect(valueAt(24 + 15, 48)).toBe(24);
    expect(valueAt(24 + 16, 48)).toBe(48);
    expect(valueAt(24 + 16, 71)).toBe(71);
  });

  it("beyond that are those of the same time a day or two earlier, then dearer than all else", () => {
    expect(valueAt(24 + 15, 48 + 3)).toBe(24 + 3);
    expect(valueAt(24 + 15, 72 + 3)).toBe(24 + 3);
    expect(valueAt(15, 72 + 3)).toBeGreaterThan(10_000);
  });

  it("are news once a day", () => {
    expect(issueAt(24 + 15)).toBe(issueAt(17));
    expect(issueAt(24 + 16)).toBe(issueAt(17) + 1);
  });

  it("follow the zone's clock into another day", () => {
    const there = dayAheadForecast(grid, prices, { zone: "America/Los_Angeles", publishedAt: "16:00" });
    // 15:00 in Los Angeles is 23:00 UTC; its day ends at 08:00 UTC.
    expect(there.valueAt(47, 48 + 7)).toBe(55);
    expect(there.valueAt(47, 48 + 8)).toBe(32);
    expect(there.valueAt(48, 48 + 8)).toBe(56);
  });
});

describe("a marginal signal as it was forecast", () => {
  const rows = 3 * 288;
  const points = Array.from({ length: rows }, (_, row) => ({
    startsAtMs: MONDAY_MS + row * 5 * MINUTE_MS,
    endsAtMs: MONDAY_MS + (row + 1) * 5 * MINUTE_MS,
    value: row,
  }));
  const forecasts = [points.map((_, row) => 10_000 + row), points.map((_, row) => 20_000 + row)];
  const marginal = { points, aheadMs: [5 * MINUTE_MS, 15 * MINUTE_MS], forecasts };
  const grid = makeGrid({ fromMs: MONDAY_MS, toMs: atHour(72), stepMs: 5 * MINUTE_MS }, { carbon: points }, 0);
  const { valueAt } = marginalForecast(grid, marginal);

  it("is known now, forecast in its columns, and drawn straight between them", () => {
    expect(valueAt(300, 300)).toBe(300);
    expect(valueAt(300, 301)).toBe(10_300);
    expect(valueAt(300, 302)).toBe(15_300);
    expect(valueAt(300, 303)).toBe(20_300);
  });

  it("is beyond them the mean of the same time on days before, on the first day the farthest forecast", () => {
    expect(valueAt(600, 610)).toBe((610 - 288 + (610 - 576)) / 2);
    expect(valueAt(100, 110)).toBe(20_100);
  });

  it("never looks at what had not happened", () => {
    // One step more than a day ahead: the value of that time yesterday is still to come.
    expect(valueAt(300, 300 + 288)).toBe((300 + 12) / 2);
    expect(valueAt(300, 301 + 288)).toBe(301 - 288);
  });
});

describe("who may still come", () => {
  const grid = makeGrid({ fromMs: MONDAY_MS, toMs: atHour(15 * 24), stepMs: HOUR_MS }, { price: [] }, 0);
  const onDay = (day: number, from: number, to: number, kwh: number, station?: string) =>
    stay(day * 24 + from, day * 24 + to, kwh, station === undefined ? {} : { station });
  // Monday and Tuesday: a car at nine each; Saturday: one at ten.
  const stays = [onDay(0, 9, 12, 4), onDay(1, 9, 13, 8), onDay(5, 10, 12, 6)];
  const later = laterArrivals(grid, stays, "Europe/London");
  const tonight = (now: number) => later(now, atHour(24 * Math.ceil(now / 24)));

  it("is nobody's guess before there is a day of this kind to go by, where chargers have no names", () => {
    expect(tonight(8)).toBeUndefined();
    expect(tonight(5 * 24 + 8)).toBeUndefined();
  });

  it("is those of the last days of this kind, each with its share, at their time today", () => {
    const sharers = tonight(2 * 24 + 8) ?? [];
    expect(sharers.map(({ from, to }) => [from, to])).toEqual([
      [2 * 24 + 9, 2 * 24 + 12],
      [2 * 24 + 9, 2 * 24 + 13],
    ]);
    const [first, second] = sharers;
    expect((second?.needKwh ?? 0) / (first?.needKwh ?? 1)).toBeCloseTo(2, 9);
    expect(tonight(12 * 24 + 8)).toHaveLength(1);
    expect(tonight(2 * 24 + 9)).toEqual([]);
  });

  it("is a car for each charger that has a name, from the first day on", () => {
    const named = laterArrivals(grid, [onDay(0, 9, 12, 4, "A"), onDay(1, 9, 13, 8, "B")], "Europe/London");
    const needKwh = (named(0, atHour(24)) ?? []).reduce((sum, one) => sum + one.needKwh, 0);
    expect(needKwh).toBeCloseTo(((1 + 0.67 * Math.SQRT2) * 2 * 13 * 23) / 24, 9);
  });

  it("does not know of a stay that has not ended", () => {
    const long = laterArrivals(grid, [onDay(0, 9, 12, 4), onDay(0, 9, 60, 9)], "Europe/London");
    expect(long(24 + 8, atHour(48))?.map(({ needKwh }) => needKwh)).toEqual([4 * (1 + 0.67 * Math.SQRT2)]);
  });

  it("finds the step of a moment", () => expect(stepAt(grid, atHour(2.5))).toBe(2));
});
