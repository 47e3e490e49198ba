import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chargeByDeadlines,
  type PromisedCar,
  pieceWorkspace,
} from "../../../lambdas/optimiser/engine/oracles/deadlines.ts";
import { Milp } from "./oracle-milp.ts";

type Case = { car: PromisedCar; prices: number[] };

const cases = (slots: number): fc.Arbitrary<Case> =>
  fc
    .record({
      prices: fc.array(fc.integer({ min: -50_000, max: 400_000 }), { minLength: slots, maxLength: slots }),
      limitWh: fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: slots, maxLength: slots }),
      from: fc.nat(slots),
      length: fc.nat(slots),
      maxWh: fc.nat(12_000),
      deadlines: fc.array(
        fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), needWh: fc.nat(9000), penalty: fc.nat(500_000) }),
        { maxLength: 4 },
      ),
    })
    .map(({ prices, limitWh, from, length, maxWh, deadlines }) => {
      const to = Math.min(from + length, slots);
      const promises = deadlines.map(({ at, needWh, penalty }) => ({
        before: from + Math.round(at * (to - from)),
        needWh,
        penalty,
      }));
      promises.sort((a, b) => a.before - b.before);
      const car = { id: "car-1", from, to, maxWh, limitWh: Int32Array.from(limitWh), deadlines: promises };
      return { prices, car };
    });

function solve({ car, prices }: Case) {
  const energyWh = new Int32Array(prices.length).fill(-1);
  const answer = { ...chargeByDeadlines(car, Float64Array.from(prices), energyWh, pieceWorkspace(prices.length)) };
  return { ...answer, energyWh };
}

function proven({ car, prices }: Case): number {
  const model = new Milp();
  const slots = Array.from({ length: car.to - car.from }, (_, k) => car.from + k);
  for (const t of slots) {
    model.cost(prices[t] as number, `x${t}`);
    model.bound(`x${t}`, 0, car.limitWh[t] as number);
  }
  for (const [index, { before, needWh, penalty }] of car.deadlines.entries()) {
    model.cost(penalty, `s${index}`);
    model.row([...slots.filter((t) => t < before).map((t) => [1, `x${t}`] as const), [1, `s${index}`]], ">=", needWh);
  }
  model.row(
    slots.map((t) => [1, `x${t}`] as const),
    "<=",
    car.maxWh,
  );
  return model.optimum();
}

function costOf({ car, prices }: Case, energyWh: Int32Array): number {
  let cost = 0;
  for (let t = car.from; t < car.to; t++) cost += (energyWh[t] as number) * (prices[t] as number);
  for (const { before, needWh, penalty } of car.deadlines) {
    let sumWh = 0;
    for (let t = car.from; t < before; t++) sumWh += energyWh[t] as number;
    cost += penalty * Math.max(needWh - sumWh, 0);
  }
  return cost;
}

describe("a car with promises on the way", () => {
  it("charges to 40 % at once and the rest where it is cheap", () => {
    const { energyWh } = solve({
      prices: [30, 28, 20, 10, 12, 40],
      car: {
        id: "car-1",
        from: 0,
        to: 6,
        maxWh: 9000,
        limitWh: new Int32Array(6).fill(3000),
        deadlines: [
          { before: 2, needWh: 4000, penalty: 1000 },
          { before: 6, needWh: 9000, penalty: 100 },
        ],
      },
    });
    expect([...energyWh]).toEqual([1000, 3000, 0, 3000, 2000, 0]);
  });

  it("costs what a linear program proves", () => {
    fc.assert(
      fc.property(cases(8), (one) => {
        expect(solve(one).cost).toBeCloseTo(proven(one), -1);
      }),
      { numRuns: 150 },
    );
  });

  it("costs what its energies cost, inside its limits", () => {
    fc.assert(
      fc.property(cases(48), (one) => {
        const { cost, deliveredWh, energyWh } = solve(one);
        expect(cost).toBe(costOf(one, energyWh));
        let sumWh = 0;
        for (let t = one.car.from; t < one.car.to; t++) {
          sumWh += energyWh[t] as number;
          expect(energyWh[t]).toBeGreaterThanOrEqual(0);
          expect(energyWh[t]).toBeLessThanOrEqual(one.car.limitWh[t] as number);
        }
        expect(sumWh).toBe(deliveredWh);
        expect(sumWh).toBeLessThanOrEqual(one.car.maxWh);
      }),
    );
  });

  it("is never dearer when a promise is dropped or comes later, or a limit rises", () => {
    fc.assert(
      fc.property(cases(48), fc.nat(3), (one, which) => {
        const before = solve(one).cost;
        const { car } = one;
        const without = car.deadlines.filter((_, index) => index !== which);
        expect(solve({ ...one, car: { ...car, deadlines: without } }).cost).toBeLessThanOrEqual(before);
        const last = car.deadlines.map((deadline) => ({ ...deadline, before: car.to }));
        expect(solve({ ...one, car: { ...car, deadlines: last } }).cost).toBeLessThanOrEqual(before);
        const limitWh = car.limitWh.map((wh) => wh + 100);
        expect(solve({ ...one, car: { ...car, limitWh } }).cost).toBeLessThanOrEqual(before);
      }),
    );
  });

  it("refuses promises out of order, by name", () => {
    const deadlines = [
      { before: 2, needWh: 1, penalty: 1 },
      { before: 1, needWh: 1, penalty: 1 },
    ];
    const car = { id: "car-1", from: 0, to: 2, maxWh: 2, limitWh: new Int32Array(2), deadlines };
    expect(() => solve({ prices: [1, 1], car })).toThrow(/^car-1: deadlines must lie in the window, in order/);
  });
});
