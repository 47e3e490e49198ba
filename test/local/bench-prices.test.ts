import { describe, expect, it } from "vitest";
import { chunksOf64Kb, hasRisen, NOTHING, PRICES, type Usage, usdPerAssetMonth } from "../../local/bench/prices.ts";

const ofOne = (usage: Partial<Usage>) => usdPerAssetMonth({ ...NOTHING, ...usage }, { assets: 1, hours: 730 }).total;

describe("the price of the scheduler", () => {
  it.each<[keyof Usage, number, number]>([
    ["writeUnits", 1e6, 0.625],
    ["readUnits", 1e6, 0.125],
    ["invokes", 1e6, 0.2],
    ["gbSeconds", 1e6, 13.3334],
    ["events", 1e6, 1],
    ["queueRequests", 1e6, 0.4],
    ["logBytes", 2 ** 30, 0.5],
    ["kmsRequests", 10_000, 0.03],
  ])("prices %s by the table", (name, amount, usd) => {
    expect(ofOne({ [name]: amount })).toBeCloseTo(usd, 9);
  });

  it("carries an hour of a fleet on to a month of one asset", () => {
    const used = { ...NOTHING, writeUnits: 400_000, readUnits: 800_000 };
    const usd = usdPerAssetMonth(used, { assets: 100_000, hours: 1 });
    // Four writes an hour are 2,920 a month.
    expect(usd.writeUnits).toBeCloseTo(2920 * PRICES.usd.writeUnit, 12);
    expect(usd.readUnits).toBeCloseTo(5840 * PRICES.usd.readUnit, 12);
    expect(usd.total).toBeCloseTo(usd.writeUnits + usd.readUnits, 12);
  });

  it("counts chunks that are begun", () => {
    expect([0, 1, 65_536, 65_537].map(chunksOf64Kb)).toEqual([1, 1, 1, 2]);
  });

  it("calls a rise of five hundredths a rise", () => {
    expect(hasRisen(0.00315, 0.003)).toBe(true);
    expect(hasRisen(0.00314, 0.003)).toBe(false);
    expect(hasRisen(0.002, 0.003)).toBe(false);
  });
});
