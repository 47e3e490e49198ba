import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import { inspect } from "../../../local/bench/fleet-checker.ts";
import { generateFleet } from "../../../local/bench/fleet-generator.ts";
import { loadHighs, solveByHighs } from "../../../local/bench/highs.ts";
import { aDrawnFleet, aFleet, anAsset, type Drawn, fleetOf } from "./fleet-builders.ts";

const highs = await loadHighs();
const seed = Math.floor(Math.random() * 2 ** 31);
const event = [15, 19, 0.1] as const;

/** A night with a turn-down, after which everybody would start at once. */
function aNight({ rampShare, ...options }: Parameters<typeof generateFleet>[0] & { rampShare: number }) {
  const input = generateFleet({ event, tight: 1.5, ...options });
  return { ...input, rampWh: Math.round((input.fleetCapWh?.[0] as number) * rampShare) };
}

/** Whole numbers so large that the difference to fractions of them is little. */
const enlarged = (drawn: Drawn): Drawn => {
  const wh = (value: number) => value * 1000;
  return {
    ...drawn,
    price: drawn.price.map((price) => price * 10_000),
    fleetCapWh: drawn.fleetCapWh.map(wh),
    groupCapWh: drawn.groupCapWh.map(wh),
    assets: drawn.assets.map(({ headWh, tailWh, ...a }) => ({
      ...a,
      limitWh: wh(a.limitWh),
      minimumWh: wh(a.minimumWh),
      energyWh: wh(a.energyWh),
      maximumWh: wh(a.maximumWh),
      shortfallPrice: a.shortfallPrice * 10_000,
      ...(headWh === undefined ? {} : { headWh: wh(headWh) }),
      ...(tailWh === undefined ? {} : { tailWh: wh(tailWh) }),
    })),
  };
};

describe(`a fleet under a ramp, seed ${seed}`, () => {
  it.each([
    ["a loose ramp", aNight({ vehicles: 60, seed, rampShare: 0.44 })],
    ["a tight ramp", aNight({ vehicles: 300, seed, rampShare: 0.15 })],
    ["a ramp beside feeders", aNight({ vehicles: 150, feeders: 5, seed, rampShare: 0.3 })],
  ])("costs what a general solver finds: %s", (_, input) => {
    const yardstick = solveByHighs(highs, input, 50);
    const plan = planFleet(input);
    expect(yardstick.optimal).toBe(true);
    expect(inspect(input, plan).breaches).toEqual([]);
    expect(Math.abs(plan.costPence - yardstick.costPence) / yardstick.costPence).toBeLessThan(1e-4);
    expect(plan.boundPence).toBeLessThanOrEqual(yardstick.costPence * (1 + 1e-7));
    expect(plan.gap).toBeLessThan(1e-4);
  });

  it("keeps the ramp with minimum powers, near the bound of any power", () => {
    const input = aNight({ vehicles: 1000, rampShare: 0.44 });
    const plan = planFleet(input, { minimumPower: true });
    expect(inspect(input, plan, { minimumPower: true }).breaches).toEqual([]);
    expect(plan.gap).toBeLessThan(0.002);
  });

  it("changes nothing where the load keeps it anyway", () => {
    const { rampWh: _, ...input } = aNight({ vehicles: 200, rampShare: 1 });
    const free = planFleet(input);
    const plan = planFleet({ ...input, rampWh: 100_000_000 });
    expect(plan.memory.energy).toEqual(free.memory.energy);
    expect(plan.gap).toBe(0);
  });

  it("leaves a plan it starts from alone", () => {
    const input = aNight({ vehicles: 400, rampShare: 0.2 });
    const before = planFleet(input);
    const again = planFleet(input, { start: { energyWh: before.energyWh, slotPrices: before.slotPrices } });
    const moved = (plan: typeof before) =>
      Array.from({ length: 400 }, (_, i) => i).filter((i) =>
        Array.from({ length: 48 }, (_, t) => plan.energyWh(i, t) !== before.energyWh(i, t)).includes(true),
      ).length;
    expect(again.gap).toBeLessThan(1e-4);
    expect(moved(again)).toBeLessThan(20);
  });

  it("takes nothing at all where it may not even begin", () => {
    const input = aFleet([anAsset({ fromSlot: 1, toSlot: 3 })], { rampWh: 0 });
    const plan = planFleet(input);
    expect(plan).toMatchObject({ shortfallWh: 7400, gap: 0 });
    expect(inspect(input, plan).breaches).toEqual([]);
  });

  it("climbs no faster than it may, and says what a faster ramp would save", () => {
    const input = aFleet([anAsset({ energyWh: 6500, limitWh: 7000 })], {
      price: [900_000, 700_000, 100_000, 700_000],
      rampWh: 2000,
    });
    const plan = planFleet(input);
    expect([0, 1, 2, 3].map((slot) => plan.energyWh(0, slot))).toEqual([0, 1500, 3500, 1500]);
    expect(plan.gap).toBe(0);
    expect(Array.from(plan.rampPrices)).toEqual([0, 0, 200_000, -200_000]);
  });

  it("that is none is refused", () => {
    expect(() => planFleet(aFleet([anAsset()], { rampWh: -1 }))).toThrow("rampWh is -1: not a whole number from 0");
  });

  it("is kept whatever the fleet, and what that costs is near the bound", () => {
    fc.assert(
      fc.property(aDrawnFleet.map(enlarged), fc.integer({ min: 0, max: 40_000 }), (drawn, rampWh) => {
        const input = { ...fleetOf(drawn), rampWh };
        const plan = planFleet(input);
        expect(inspect(input, plan).breaches).toEqual([]);
        expect(plan.gap).toBeGreaterThanOrEqual(0);
        const dearest = Math.max(...drawn.price.map(Math.abs), ...drawn.assets.map((a) => a.shortfallPrice));
        const roundingPence = (drawn.slots * 3 * dearest) / 1e7;
        const slack = roundingPence + 1e-5 * Math.abs(plan.costPence) + 1e-3;
        expect(plan.costPence - plan.boundPence).toBeLessThan(slack);
      }),
      { numRuns: 150 },
    );
  });

  it("is kept by first answers, by plans cut short, with minimum powers and from figures", () => {
    fc.assert(
      fc.property(
        aDrawnFleet,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        (drawn, rampWh, searches, minimumPower) => {
          const input = { ...fleetOf(drawn), rampWh };
          let left = searches;
          const start = { energyWh: (asset: number, slot: number) => (asset * 7 + slot) % 9 };
          for (const options of [{ effort: "first" }, { stop: () => left-- <= 0 }, { start }, {}] as const) {
            const plan = planFleet(input, { ...options, minimumPower });
            expect(inspect(input, plan, { minimumPower }).breaches).toEqual([]);
            expect(plan.gap).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});
