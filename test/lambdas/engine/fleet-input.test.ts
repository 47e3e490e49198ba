import { describe, expect, it } from "vitest";
import { planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import { type FleetInput, FleetInputError } from "../../../lambdas/optimiser/engine/fleet/problem.ts";
import { aFleet, anAsset } from "./fleet-builders.ts";

const pair = (over: Parameters<typeof anAsset>[0]) => aFleet([anAsset(), anAsset(over)]);

describe("a fleet that cannot be", () => {
  it.each<[string, FleetInput, string]>([
    [
      "an unknown need",
      pair({ energyWh: Number.NaN }),
      "energyWh of asset 1 is NaN: not a whole number from 0 to 100000000",
    ],
    [
      "a need below nothing",
      pair({ energyWh: -1, maximumWh: 5 }),
      "energyWh of asset 1 is -1: not a whole number from 0 to 100000000",
    ],
    [
      "part of a Wh",
      pair({ limitWh: 0.5, minimumWh: 0 }),
      "limitWh of asset 1 is 0.5: not a whole number from 0 to 100000000",
    ],
    ["a window past the horizon", pair({ toSlot: 5 }), "toSlot of asset 1 is 5: not a whole number from 0 to 4"],
    [
      "a window that ends before it starts",
      pair({ fromSlot: 3, toSlot: 2 }),
      "toSlot of asset 1 is 2: before its fromSlot 3",
    ],
    ["a minimum above the limit", pair({ minimumWh: 4000 }), "minimumWh of asset 1 is 4000: above its limitWh 3700"],
    ["a first slot with more than a slot", pair({ headWh: 3701 }), "headWh of asset 1 is 3701: above its limitWh 3700"],
    ["a last slot with more than a slot", pair({ tailWh: 3701 }), "tailWh of asset 1 is 3701: above its limitWh 3700"],
    [
      "an unknown first slot",
      pair({ headWh: Number.NaN }),
      "headWh of asset 1 is NaN: not a whole number from 0 to 100000000",
    ],
    ["a class without prices", pair({ priceClass: 1 }), "priceClass of asset 1 is 1: not a whole number from 0 to 0"],
    ["a group without caps", pair({ group: 1 }), "group of asset 1 is 1: not a whole number from 0 to 0"],
    [
      "a shortfall that pays",
      pair({ shortfallPrice: -1 }),
      "shortfallPrice of asset 1 is -1: not a whole number from 0 to 20000000",
    ],
    ["no slots", { ...pair({}), slots: 0 }, "slots is 0: not a whole number from 1 to 254"],
    ["half a row of prices", { ...pair({}), price: [1, 2] }, "price has 2 values: not whole rows of 4 slots"],
    [
      "a cap that nobody knows",
      { ...pair({}), fleetCapWh: [1, 2, Number.NaN, 4] },
      "fleetCapWh [2] is NaN: not a whole number from 0, nor Infinity",
    ],
    ["too few caps", { ...pair({}), fleetCapWh: [1] }, "fleetCapWh has 1 values for 4"],
  ])("%s is refused, with the field and the asset", (_, input, message) => {
    expect(() => planFleet(input)).toThrow(message);
    expect(() => planFleet(input)).toThrow(FleetInputError);
  });

  it("is named by the asset's id where there is one", () => {
    const input = pair({ limitWh: -3, minimumWh: 0 });
    const named = { ...input, assets: { ...input.assets, ids: ["car-a", "car-b"] } };
    expect(() => planFleet(named)).toThrow("limitWh of asset 1 (car-b) is -3");
  });
});

describe("a last plan that is not of this fleet", () => {
  const plan = planFleet(aFleet([anAsset()]));

  it.each<[string, number[], number, string]>([
    ["an asset it did not have", [0, 1], 0, "previous.assets of asset 1 is 1: not -1, nor one of the last plan's 1"],
    ["fewer assets than there are", [0], 0, "previous.assets has 1 values for 2"],
    ["a plan of the future", [0, -1], -1, "previous.slotsPassed is -1: not a whole number from 0"],
  ])("%s is refused", (_, assets, slotsPassed, message) => {
    expect(() => planFleet(pair({}), { previous: { plan, assets, slotsPassed } })).toThrow(message);
  });
});

describe("figures of a plan that is not of this fleet", () => {
  const energyWh = () => 0;

  it.each<[string, Parameters<typeof planFleet>[1], string]>([
    ["prices of another day", { start: { energyWh, slotPrices: [1] } }, "start.slotPrices has 1 values for 4"],
    [
      "a price below nothing",
      { start: { energyWh, slotPrices: [0, -1, 0, 0] } },
      "start.slotPrices [1] is -1: not a price from 0 to 1099511627776",
    ],
    [
      "two plans at once",
      { start: { energyWh }, previous: { plan: planFleet(pair({})), assets: [0, 1] } },
      "start is given beside previous: leave one of them out",
    ],
  ])("%s is refused", (_, options, message) => {
    expect(() => planFleet(pair({}), options)).toThrow(message);
  });
});

describe("a fleet at the edge of what can be", () => {
  it.each<[string, FleetInput, number, number]>([
    ["no assets", aFleet([]), 0, 0],
    ["one that needs nothing", aFleet([anAsset({ energyWh: 0 })]), 0, 0],
    ["a window of no length", aFleet([anAsset({ fromSlot: 2, toSlot: 2 })]), 740, 7400],
    ["a charger without power", aFleet([anAsset({ limitWh: 0, minimumWh: 0 })]), 740, 7400],
    ["more than the window gives", aFleet([anAsset({ toSlot: 1 })]), 37 + 370, 3700],
    ["a cap of nothing in an event", aFleet([anAsset()], { fleetCapWh: [0, 0, 9999, 9999] }), 111 + 148, 0],
    ["a cap of nothing at all", aFleet([anAsset()], { fleetCapWh: [0, 0, 0, 0] }), 740, 7400],
    ["equal assets under a cap", aFleet([anAsset(), anAsset()], { fleetCapWh: [3700, 3700, 3700, 3700] }), 370, 0],
    [
      "a negative price and energy that is optional",
      aFleet([anAsset({ energyWh: 1000, maximumWh: 10_000 })], { price: [-50_000, 20_000, -10_000, 90_000] }),
      -22.2,
      0,
    ],
    ["a first slot half gone", aFleet([anAsset({ headWh: 1850 })]), 18.5 + 74 + 55.5, 0],
    ["a last slot half gone", aFleet([anAsset({ energyWh: 14_800, tailWh: 1850 })]), 37 + 74 + 111 + 74 + 185, 1850],
    ["one slot, and that half gone", aFleet([anAsset({ toSlot: 1, headWh: 1850, tailWh: 700 })]), 18.5 + 555, 5550],
    ["a price above that of not charging", aFleet([anAsset({ shortfallPrice: 150_000 })]), 37 + 55.5, 3700],
  ])("%s", (_, input, pence, shortfallWh) => {
    const plan = planFleet(input);
    expect(plan).toMatchObject({ costPence: expect.closeTo(pence, 9), gap: 0, shortfallWh });
  });

  it("takes one slot's minimum where it needs less, and says what that costs more than the bound", () => {
    const input = aFleet([anAsset({ energyWh: 300, minimumWh: 690 })]);
    expect(planFleet(input, { minimumPower: true })).toMatchObject({ costPence: expect.closeTo(6.9, 9), gap: 0 });
  });

  it("asks of a slot that is partly gone the same share of the minimum, rounded up", () => {
    const input = aFleet([anAsset({ toSlot: 1, energyWh: 10, minimumWh: 700, headWh: 111 })]);
    expect(planFleet(input, { minimumPower: true }).energyWh(0, 0)).toBe(21);
    const two = aFleet([anAsset({ energyWh: 3703, minimumWh: 700, headWh: 37 })], {
      price: [200_000, 100_000, 300_000, 400_000],
    });
    const plan = planFleet(two, { minimumPower: true });
    expect([0, 1, 2, 3].map((slot) => plan.energyWh(0, slot))).toEqual([7, 3696, 0, 0]);
  });

  it("lifts the last piece to the minimum by taking from the slot before", () => {
    const plan = planFleet(aFleet([anAsset({ energyWh: 3800 })]), { minimumPower: true });
    expect([0, 1, 2, 3].map((slot) => plan.energyWh(0, slot))).toEqual([3110, 690, 0, 0]);
    expect(plan.gap).toBeCloseTo((590 * 10) / (3110 * 10 + 690 * 20), 9);
  });
});
