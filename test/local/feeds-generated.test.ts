import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generatedDay, generatedSpan } from "../../local/feeds/generated.ts";
import { HALF_HOUR_MS } from "../../local/feeds/points.ts";

const zone = "Europe/London";
const values = (points: { value: number }[]) => points.map(({ value }) => value);
const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe("generated days", () => {
  it("are the same for the same seed and date, alone or in a span, and differ otherwise", () => {
    const day = generatedDay({ seed: 7, date: "2026-11-20", zone });
    const span = generatedSpan({
      seed: 7,
      fromMs: Date.parse("2026-11-19T00:00Z"),
      toMs: Date.parse("2026-11-22T00:00Z"),
      zone,
    });
    expect(span.prices.slice(48, 96)).toEqual(day.prices);
    expect(span.carbon.slice(48, 96)).toEqual(day.carbon);
    expect(values(generatedDay({ seed: 8, date: "2026-11-20", zone }).prices)).not.toEqual(values(day.prices));
    expect(values(generatedDay({ seed: 7, date: "2026-11-21", zone }).prices)).not.toEqual(values(day.prices));
  });

  it.each([
    ["2026-03-29", 46],
    ["2026-10-25", 50],
    ["2026-11-20", 48],
  ])("%s has %i half-hours without a gap", (date, count) => {
    const { prices, carbon } = generatedDay({ seed: 1, date, zone });
    expect([prices.length, carbon.length]).toEqual([count, count]);
    prices.forEach((price, i) => {
      expect(price.startsAtMs).toBe((prices[0]?.startsAtMs ?? 0) + i * HALF_HOUR_MS);
    });
  });

  it("have a dear evening, a cheaper night, bounded values, and are sometimes negative", () => {
    let negative = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 364 }), (seed, offset) => {
        const date = new Date(Date.UTC(2026, 0, 1 + offset)).toISOString().slice(0, 10);
        const { prices, carbon } = generatedDay({ seed, date, zone });
        const hourOf = (ms: number) =>
          Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone: zone }).format(ms));
        const between = (from: number, to: number) =>
          values(prices.filter(({ startsAtMs }) => hourOf(startsAtMs) >= from && hourOf(startsAtMs) < to));
        expect(mean(between(16, 19))).toBeGreaterThan(mean(between(1, 5)) + 10);
        expect(values(prices).every((value) => value > -40 && value <= 100)).toBe(true);
        expect(values(carbon).every((value) => value >= 25 && value < 350)).toBe(true);
        if (values(prices).some((value) => value < 0)) negative++;
      }),
    );
    expect(negative).toBeGreaterThan(0);
  });

  it("have cleaner hours when they are cheaper", () => {
    const { prices, carbon } = generatedSpan({
      seed: 3,
      fromMs: Date.parse("2026-11-01T00:00Z"),
      toMs: Date.parse("2026-12-01T00:00Z"),
      zone,
    });
    const middle = [...values(prices)].sort((a, b) => a - b)[prices.length / 2] ?? 0;
    const cleanliness = (cheap: boolean) =>
      mean(values(carbon.filter((_, i) => (prices[i]?.value ?? 0) < middle === cheap)));
    expect(cleanliness(true)).toBeLessThan(cleanliness(false) - 20);
  });
});
