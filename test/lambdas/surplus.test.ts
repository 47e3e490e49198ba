import { describe, expect, it } from "vitest";
import { plan } from "../../lambdas/optimiser/plan.ts";
import { sunFirst } from "../../lambdas/optimiser/sun-first.ts";
import { type Surplus, surplusOf } from "../../lambdas/optimiser/surplus.ts";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { ProductionReading, Reading } from "../../shared/domain/reading.ts";
import type { Latest } from "../../shared/store/readings.ts";
import { anAsset, aProductionReading, aReach, aSolarSite, at, charging } from "../builders.ts";

const NOW = at("2026-06-20T12:00Z");
const minutesAgo = (minutes: number) => plusMs(NOW, -minutes * MINUTE_MS);
const site = (exportPencePerKwh?: number) => {
  const roof = aSolarSite();
  return [
    anAsset(),
    { ...roof, site: { ...roof.site, ...(exportPencePerKwh !== undefined && { exportPencePerKwh }) } },
  ];
};

function surplus(
  reading: Partial<ProductionReading> | undefined,
  {
    draws = [],
    ageMinutes = 5,
    faultClass = null,
  }: { draws?: Reading[]; ageMinutes?: number; faultClass?: "quota-exhausted" | null } = {},
) {
  const observedAt = minutesAgo(ageMinutes);
  const its: Latest = {
    reading: reading && aProductionReading({ observedAt, ...reading }),
    reach: { ...aReach(observedAt), faultClass },
  };
  return surplusOf(site(15), new Map([["solar-0001", its]]), draws, NOW);
}
const powerKw = (...given: Parameters<typeof surplus>) => {
  const found = surplus(...given);
  return found && "known" in found ? found.known.powerKw : found;
};

describe("a site's solar surplus", () => {
  it("is what goes out to the grid, at what that earns, for an hour from its measurement", () => {
    expect(surplus({ gridKw: -3 })).toEqual({
      known: {
        powerKw: 3,
        pencePerKwh: 15,
        measuredAt: minutesAgo(5),
        untilMs: epochMs(minutesAgo(5)) + HOUR_MS,
      },
    });
  });

  it("is nothing while the site takes from the grid", () => {
    expect(powerKw({ gridKw: 1.5 })).toBe(0);
  });

  it("counts what our loads took when it was measured, which the sun could feed", () => {
    const load = charging({ powerKw: 2, observedAt: minutesAgo(10) });
    expect(powerKw({ gridKw: -1 }, { draws: [load] })).toBe(3);
    expect(powerKw({ gridKw: 0.5 }, { draws: [load] })).toBe(1.5);
  });

  it("does not count a load read later: it may have begun since", () => {
    expect(powerKw({ gridKw: -1 }, { draws: [charging({ powerKw: 2, observedAt: minutesAgo(1) })] })).toBe(1);
  });

  it("is production less consumption where the meter tells no grid power", () => {
    expect(powerKw({ gridKw: null, productionKw: 4, consumptionKw: 1.5 })).toBe(2.5);
  });

  it.each<[string, Parameters<typeof surplus>, RegExp]>([
    ["never read", [undefined], /never read/],
    ["old", [{ gridKw: -3 }, { ageMinutes: 46 }], /46 minutes old/],
    ["without a meter", [{ gridKw: null, productionKw: 4, consumptionKw: null }], /no grid power/],
    ["at night with nulls", [{ gridKw: null, productionKw: null, consumptionKw: null }], /no grid power/],
    ["of a month's credits that are gone", [{ gridKw: -3 }, { faultClass: "quota-exhausted" }], /quota-exhausted/],
  ])("is unknown, not nothing, when %s", (_, given, why) => {
    const found = surplus(...given);
    expect(found).toEqual({ unknown: expect.stringMatching(why) });
  });

  it("is no question where no roof is enrolled", () => {
    expect(surplusOf([anAsset()], new Map(), [], NOW)).toBeUndefined();
  });
});

describe("a plan that may take the sun first", () => {
  const slots = (pence: readonly number[]) =>
    pence.map((pricePencePerKwh, i) => ({
      startMs: epochMs(NOW) + i * HOUR_MS,
      endMs: epochMs(NOW) + (i + 1) * HOUR_MS,
      costPencePerKwh: pricePencePerKwh,
      pricePencePerKwh,
      carbonGramsPerKwh: 100,
      estimated: false,
    }));
  const problem = (pence: readonly number[], energyKwh = 5) => ({
    energyKwh,
    nowKwh: 0,
    maxPowerKw: 7.36,
    minPowerKw: 1.38,
    slots: slots(pence),
    reserveMs: 0,
    runMs: 10 * MINUTE_MS,
    isCharging: false,
  });
  const sun = (powerKw: number, pencePerKwh = 5): Surplus => ({
    powerKw,
    pencePerKwh,
    measuredAt: NOW,
    untilMs: epochMs(NOW) + HOUR_MS,
  });

  it("takes it where that is cheaper, and the rest where the grid is", () => {
    const answer = sunFirst(problem([30, 20, 20]), sun(3), 0);
    expect(answer.windows[0]).toMatchObject({ reason: "surplus", powerKw: 3, energyKwh: 3 });
    expect(answer.windows.slice(1).every((window) => window.startsAt >= at("2026-06-20T13:00Z"))).toBe(true);
    expect(answer).toMatchObject({ costPence: 3 * 5 + 2 * 20, shortfallKwh: 0, carbonGrams: 200 });
  });

  it("buys what a car needs at least beyond the sun, if the sum is still cheaper", () => {
    expect(sunFirst(problem([30, 29, 29]), sun(1), 0).windows[0]).toMatchObject({ powerKw: 1.38, reason: "surplus" });
    expect(sunFirst(problem([30, 8, 8]), sun(0.3), 0).windows[0]?.reason).toBe("cheapest");
  });

  it.each<[string, Parameters<typeof sunFirst>]>([
    ["cheaper later", [problem([30, 4, 4]), sun(3), 0]],
    ["needed at once", [{ ...problem([30, 20, 20]), nowKwh: 2 }, sun(3), 0]],
    ["out of reach", [problem([30, 20, 20], 50), sun(3), 0]],
    ["over in a moment", [problem([30, 20, 20]), { ...sun(3), untilMs: epochMs(NOW) + 5 * MINUTE_MS }, 0]],
    ["nothing to charge", [problem([30, 20], 0), sun(3), 0]],
  ])("leaves it when it is %s", (_, [given, surplusGiven, weight]) => {
    expect(sunFirst(given, surplusGiven, weight)).toEqual(plan(given));
  });

  it("counts the sun's carbon as nothing where carbon has a price", () => {
    expect(sunFirst(problem([10, 9, 9]), sun(3, 12), 0).windows[0]?.reason).toBe("cheapest");
    expect(sunFirst(problem([10, 9, 9]), sun(3, 12), 100).windows[0]?.reason).toBe("surplus");
  });
});
