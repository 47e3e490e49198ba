import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Car,
  carWorkspace,
  chargeCheapest,
  chargeInOrder,
  checkCar,
} from "../../../lambdas/optimiser/engine/oracles/car.ts";
import { PlanInputError } from "../../../lambdas/optimiser/engine/oracles/input-error.ts";
import { cheapestFirst, orderWorkspace } from "../../../lambdas/optimiser/engine/oracles/order.ts";
import { Milp } from "./oracle-milp.ts";

type Case = { car: Car; prices: number[] };

const car = (changes: Partial<Car> = {}): Car => ({
  id: "car-1",
  from: 0,
  to: 6,
  needWh: 7000,
  maxWh: 7000,
  minimumWh: 0,
  limitWh: 3700,
  penalty: 1_000_000,
  ...changes,
});

const cases = (slots: number): fc.Arbitrary<Case> =>
  fc
    .record({
      prices: fc.array(fc.integer({ min: -50_000, max: 400_000 }), { minLength: slots, maxLength: slots }),
      from: fc.nat(slots),
      length: fc.nat(slots),
      needWh: fc.integer({ min: 0, max: 9000 }),
      moreWh: fc.oneof(fc.constant(0), fc.nat(4000)),
      limitWh: fc.integer({ min: 1, max: 3000 }),
      minimumShare: fc.constantFrom(0, 0, 0.2, 0.6, 1),
      penalty: fc.constantFrom(1_000_000, 150_000, 0),
    })
    .map(({ prices, from, length, needWh, moreWh, limitWh, minimumShare, penalty }) => ({
      prices,
      car: car({
        from,
        to: Math.min(from + length, slots),
        needWh,
        maxWh: needWh + moreWh,
        limitWh,
        minimumWh: Math.floor(limitWh * minimumShare),
        penalty,
      }),
    }));

function solve({ car, prices }: Case) {
  const energyWh = new Int32Array(prices.length).fill(-1);
  const answer = { ...chargeCheapest(car, Float64Array.from(prices), energyWh, carWorkspace(prices.length)) };
  return { ...answer, energyWh };
}

function proven({ car, prices }: Case): number {
  const model = new Milp();
  const slots = Array.from({ length: car.to - car.from }, (_, k) => car.from + k);
  for (const t of slots) {
    model.cost(prices[t] as number, `x${t}`);
    model.binary(`z${t}`);
    model.row(
      [
        [1, `x${t}`],
        [-car.limitWh, `z${t}`],
      ],
      "<=",
      0,
    );
    model.row(
      [
        [1, `x${t}`],
        [-car.minimumWh, `z${t}`],
      ],
      ">=",
      0,
    );
  }
  model.cost(car.penalty, "s");
  model.row([...slots.map((t) => [1, `x${t}`] as const), [1, "s"]], ">=", car.needWh);
  model.row(
    slots.map((t) => [1, `x${t}`] as const),
    "<=",
    car.maxWh,
  );
  return model.optimum();
}

describe("one car", () => {
  it.each([
    ["takes the cheapest slots", {}, [30, 10, 20, 40, 50, 60], [0, 3700, 3300, 0, 0, 0]],
    ["goes early among equals", {}, [10, 10, 10, 10, 10, 10], [3700, 3300, 0, 0, 0, 0]],
    [
      "lifts the dearest slot to the minimum",
      { minimumWh: 700, needWh: 3800, maxWh: 3800 },
      [9, 1, 2, 9, 9, 9],
      [0, 3100, 700, 0, 0, 0],
    ],
    [
      "overshoots a need below the minimum where it may",
      { minimumWh: 700, needWh: 100, maxWh: 800 },
      [9, 1, 2, 9, 9, 9],
      [0, 700, 0, 0, 0, 0],
    ],
    [
      "takes the optional energy only below zero",
      { maxWh: 20_000 },
      [9, 1, -2, -1, -3, 9],
      [0, 0, 3700, 3700, 3700, 0],
    ],
    [
      "leaves what is dearer than a shortfall",
      { penalty: 25 * 10_000 },
      [30, 10, 40, 40, 50, 60],
      [0, 3700, 0, 0, 0, 0],
    ],
    ["does nothing in an empty window", { from: 3, to: 3 }, [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]],
  ] as const)("%s", (_, changes, pence, expected) => {
    const { energyWh, shortfallWh } = solve({ car: car(changes), prices: pence.map((one) => one * 10_000) });
    expect([...energyWh].map((wh) => Math.max(wh, 0))).toEqual(expected);
    let delivered = 0;
    for (const wh of expected) delivered += wh;
    expect(shortfallWh).toBe(Math.max(("needWh" in changes ? changes.needWh : 7000) - delivered, 0));
  });

  it("costs what a mixed-integer program proves", () => {
    fc.assert(
      fc.property(cases(7), (one) => {
        expect(solve(one).cost).toBeCloseTo(proven(one), -1);
      }),
      { numRuns: 150 },
    );
  });

  it("adds up, stays in its window and between its limits", () => {
    fc.assert(
      fc.property(cases(48), (one) => {
        const { cost, deliveredWh, shortfallWh, energyWh } = solve(one);
        let sumWh = 0;
        let sumCost = one.car.penalty * shortfallWh;
        for (const [t, wh] of energyWh.entries()) {
          const isInside = t >= one.car.from && t < one.car.to;
          expect(wh === -1).toBe(!isInside);
          if (!isInside) continue;
          expect(wh === 0 || (wh >= one.car.minimumWh && wh <= one.car.limitWh)).toBe(true);
          sumWh += wh;
          sumCost += wh * (one.prices[t] as number);
        }
        expect(sumWh).toBe(deliveredWh);
        expect(sumWh).toBeLessThanOrEqual(one.car.maxWh);
        expect(shortfallWh).toBe(Math.max(one.car.needWh - sumWh, 0));
        expect(cost).toBe(sumCost);
      }),
    );
  });

  it("is never dearer than charging now", () => {
    fc.assert(
      fc.property(cases(48), (one) => {
        let leftWh = one.car.needWh;
        let cost = 0;
        for (let t = one.car.from; t < one.car.to && leftWh >= Math.max(one.car.minimumWh, 1); t++) {
          const wh = Math.min(leftWh, one.car.limitWh);
          cost += wh * (one.prices[t] as number);
          leftWh -= wh;
        }
        expect(solve(one).cost).toBeLessThanOrEqual(cost + leftWh * one.car.penalty);
      }),
    );
  });

  it("is never dearer with more freedom", () => {
    fc.assert(
      fc.property(cases(48), fc.nat(5), fc.nat(500), (one, slots, moreWh) => {
        const before = solve(one).cost;
        const { car: it } = one;
        for (const change of [
          { to: Math.min(it.to + slots, 48) },
          { from: Math.max(it.from - slots, 0) },
          { maxWh: it.maxWh + moreWh },
          { limitWh: it.limitWh + moreWh },
          { minimumWh: Math.max(it.minimumWh - moreWh, 0) },
        ]) {
          expect(solve({ ...one, car: { ...it, ...change } }).cost).toBeLessThanOrEqual(before);
        }
      }),
    );
  });

  it("does not depend on the unit of energy or the hour of the day", () => {
    fc.assert(
      fc.property(cases(40), fc.integer({ min: 2, max: 10 }), fc.nat(8), (one, times, late) => {
        const { car: it, prices } = one;
        const before = solve(one);
        const larger = solve({
          prices,
          car: {
            ...it,
            needWh: it.needWh * times,
            maxWh: it.maxWh * times,
            limitWh: it.limitWh * times,
            minimumWh: it.minimumWh * times,
          },
        });
        expect(larger.cost).toBe(before.cost * times);
        const later = solve({
          prices: [...Array.from({ length: late }, () => -9_999_999), ...prices],
          car: { ...it, from: it.from + late, to: it.to + late },
        });
        expect(later.cost).toBe(before.cost);
        expect([...later.energyWh.subarray(late)]).toEqual([...before.energyWh]);
      }),
    );
  });

  it("gives the same from an order shared by all cars of a price class", () => {
    fc.assert(
      fc.property(cases(96), (one) => {
        const price = Float64Array.from(one.prices);
        const order = cheapestFirst(price, 0, 96, orderWorkspace(96));
        checkCar(one.car, 96);
        const energyWh = new Int32Array(96).fill(-1);
        const answer = chargeInOrder(one.car, price, order, 96, energyWh, carWorkspace(96));
        const alone = solve(one);
        expect(answer.cost).toBe(alone.cost);
        expect([...energyWh]).toEqual([...alone.energyWh]);
      }),
    );
  });

  it("sorts slots by price, the earlier first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 }), (prices) => {
        const order = cheapestFirst(Float64Array.from(prices), 0, prices.length, orderWorkspace(200));
        const expected = prices.map((_, t) => t).sort((a, b) => (prices[a] as number) - (prices[b] as number) || a - b);
        expect([...order.subarray(0, prices.length)]).toEqual(expected);
      }),
    );
  });

  it.each([
    ["from", { from: -1 }],
    ["to", { to: 7 }],
    ["needWh", { needWh: 0.5 }],
    ["maxWh", { maxWh: 6999 }],
    ["limitWh", { limitWh: -1 }],
    ["minimumWh", { minimumWh: 3701 }],
    ["penalty", { penalty: Number.NaN }],
  ] as const)("refuses a wrong %s by name", (field, changes) => {
    const attempt = () => solve({ car: car(changes), prices: [1, 1, 1, 1, 1, 1] });
    expect(attempt).toThrow(PlanInputError);
    expect(attempt).toThrow(new RegExp(`^car-1: ${field} `));
  });

  it("refuses a price that is not a number", () => {
    expect(() => solve({ car: car(), prices: [1, 1, Number.NaN, 1, 1, 1] })).toThrow(/price is not a number in slot 2/);
  });
});
