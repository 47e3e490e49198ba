import { describe, expect, it } from "vitest";
import { planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import { inspect } from "../../../local/bench/fleet-checker.ts";
import { generateFleet } from "../../../local/bench/fleet-generator.ts";

const event = [17, 21, 0.4] as const;
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe("the generator of fleets", () => {
  it.each([
    [{ vehicles: 1000 }, 9_160_700, 3_916_020, 419_014, 26_124, undefined],
    [{ vehicles: 10_000 }, 93_807_380, 39_553_360, 4_262_550, 262_158, undefined],
    [{ vehicles: 1000, feeders: 50 }, 9_160_700, 3_916_020, 419_014, 26_124, 22_735_872],
  ])("draws what was published: %o", (options, energyWh, limitWh, capWh, windowSlots, groupCapWh) => {
    const { price, fleetCapWh, groupCapWh: groupCaps, assets } = generateFleet(options);
    expect(sum(price)).toBe(193_336_450);
    expect(sum(assets.energyWh)).toBe(energyWh);
    expect(sum(assets.limitWh)).toBe(limitWh);
    expect(fleetCapWh?.[0]).toBe(capWh);
    expect(sum(assets.toSlot) - sum(assets.fromSlot)).toBe(windowSlots);
    // The caps of feeders are the same in every slot; the published sum takes each once.
    if (groupCapWh !== undefined) expect(sum(groupCaps ?? [])).toBe(groupCapWh);
  });
});

describe("the exact optimum of a fleet", () => {
  it.each([
    ["base", { vehicles: 1000 }, 164600.9811],
    ["base", { vehicles: 10_000 }, 1725078.7894],
    ["negative prices", { vehicles: 1000, negative: true }, 137403.1178],
    ["an event", { vehicles: 1000, event }, 173732.3089],
    ["one flat price", { vehicles: 1000, flat: true }, 247338.9],
    ["five feeders", { vehicles: 100, feeders: 5 }, 15682.1785],
    ["ten feeders", { vehicles: 1000, feeders: 10 }, 164628.4455],
  ])("%s, %o", (_, options, pence) => {
    const input = generateFleet(options);
    const plan = planFleet(input);
    expect(Math.abs(plan.costPence - pence) / pence).toBeLessThan(1e-8);
    expect(plan.gap).toBe(0);
    expect(inspect(input, plan).breaches).toEqual([]);
  });
});

describe("a plan that cannot be exact", () => {
  it.each([
    ["1,000", 1000, 0.0015],
    ["10,000", 10_000, 0.0008],
  ])("with minimum powers stays near the bound of any power: %s", (_, vehicles, most) => {
    const input = generateFleet({ vehicles });
    const plan = planFleet(input, { minimumPower: true });
    expect(inspect(input, plan, { minimumPower: true }).breaches).toEqual([]);
    expect(plan.gap).toBeLessThan(most);
  });

  it("is a good one at once, and better the longer it may take", () => {
    const input = generateFleet({ vehicles: 5000, feeders: 20 });
    const first = planFleet(input, { effort: "first" });
    let searches = 0;
    const whole = planFleet(input, { stop: () => ++searches < 0 });
    let left = searches - 100;
    const cut = planFleet(input, { stop: () => left-- <= 0 });
    expect(inspect(input, first).breaches).toEqual([]);
    expect(inspect(input, cut).breaches).toEqual([]);
    expect(first.gap).toBeLessThan(0.01);
    expect(cut.gap).toBeLessThan(first.gap);
    expect(whole.gap).toBe(0);
  });
});

describe("planning again after a fiftieth of the fleet has changed", () => {
  const input = generateFleet({ vehicles: 5000 });
  const { assets } = input;
  const isChanged = (i: number) => i % 50 === 7;
  const next = {
    ...input,
    assets: { ...assets, energyWh: Int32Array.from(assets.energyWh, (wh, i) => (isChanged(i) ? wh + 1500 : wh)) },
  };
  const everyone = Int32Array.from({ length: assets.count }, (_, i) => i);
  const moved = (a: typeof before, b: typeof before) =>
    everyone.filter(
      (i) =>
        !isChanged(i) && Array.from({ length: 48 }, (_, t) => a.energyWh(i, t) !== b.energyWh(i, t)).includes(true),
    );
  const before = planFleet(input);

  it("is as cheap as planning from nothing and leaves the others alone", () => {
    const again = planFleet(next, { previous: { plan: before, assets: everyone } });
    expect(again.gap).toBe(0);
    expect(again.costPence).toBe(planFleet(next).costPence);
    expect(inspect(next, again).breaches).toEqual([]);
    expect(moved(before, again).length / assets.count).toBeLessThan(0.08);
    expect(again.stats.responding).toBeLessThanOrEqual(100);
  });

  it("moves nobody when nothing has changed", () => {
    const again = planFleet(input, { previous: { plan: before, assets: everyone } });
    expect(again.stats).toMatchObject({ responding: 0, pushes: 0 });
    expect(moved(before, again)).toEqual(new Int32Array());
  });

  it("starts from figures out of a table as from the plan itself", () => {
    const table = new Map<string, number>();
    for (const i of everyone) for (let t = 0; t < 48; t++) table.set(`${i}/${t}`, before.energyWh(i, t));
    const slotPrices: number[] = JSON.parse(JSON.stringify([...before.slotPrices]));
    const start = { energyWh: (i: number, t: number) => table.get(`${i}/${t}`) ?? null, slotPrices };
    const again = planFleet(next, { start });
    const same = planFleet(next, { previous: { plan: before, assets: everyone } });
    expect(again.gap).toBe(0);
    expect(again.memory.energy).toEqual(same.memory.energy);
    expect(again.stats.responding).toBe(same.stats.responding);
    // Without prices the figures are still kept wherever a sample's prices leave them the cheapest.
    const unpriced = planFleet(next, { start: { energyWh: start.energyWh } });
    expect(unpriced.gap).toBe(0);
    expect(unpriced.costPence).toBe(again.costPence);
    expect(unpriced.stats.responding).toBeLessThan(assets.count);
  });

  it("moves nobody from figures that minimum powers made", () => {
    const lifted = planFleet(input, { minimumPower: true });
    const start = { energyWh: lifted.energyWh, slotPrices: lifted.slotPrices };
    const again = planFleet(input, { minimumPower: true, start });
    expect(inspect(input, again, { minimumPower: true }).breaches).toEqual([]);
    expect(moved(lifted, again)).toEqual(new Int32Array());
    const later = planFleet(next, { minimumPower: true, start });
    expect(inspect(next, later, { minimumPower: true }).breaches).toEqual([]);
    expect(moved(lifted, later).length / assets.count).toBeLessThan(0.08);
  });

  it("keeps minimum powers where they were", () => {
    const lifted = planFleet(input, { minimumPower: true });
    const again = planFleet(next, { minimumPower: true, previous: { plan: lifted, assets: everyone } });
    expect(inspect(next, again, { minimumPower: true }).breaches).toEqual([]);
    expect(moved(lifted, again).length / assets.count).toBeLessThan(0.08);
  });
});
