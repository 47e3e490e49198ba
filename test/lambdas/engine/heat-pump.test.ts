import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeatProblem, type HeatStep, planHeat } from "../../../lambdas/optimiser/engine/heat-pump.ts";
import type { HeatMode } from "../../../shared/domain/reading.ts";

const START_MS = Date.parse("2026-11-20T18:00:00Z");
const HALF_HOUR_MS = 1_800_000;

function problem(prices: readonly number[], changes: Partial<HeatProblem> = {}): HeatProblem {
  return {
    slots: prices.map((costPencePerKwh, index) => ({
      startMs: START_MS + index * HALF_HOUR_MS,
      endMs: START_MS + (index + 1) * HALF_HOUR_MS,
      costPencePerKwh,
    })),
    startC: 52,
    minC: 45,
    maxC: 60,
    marginK: 3,
    headroomK: 2,
    normal: { onBelowC: 50, offAtC: 55 },
    ratedPowerKw: 3,
    cop: 2.5,
    capacityKwhPerK: 0.2326,
    lossKwPerK: 0.0013,
    roomC: 20,
    drawKw: 0.2,
    mode: "normal",
    inModeMs: 0,
    mayBoost: true,
    mayReduce: true,
    runMs: 1_200_000,
    maxReducedMs: 6 * HALF_HOUR_MS,
    startPence: 2,
    maxStarts: 3,
    ...changes,
  };
}

/** One letter per slot: B boost, r reduced, . normal. */
const drawn = (steps: readonly HeatStep[]) =>
  steps.map(({ mode }) => ({ boost: "B", reduced: "r", normal: "." })[mode]).join("");

describe("a night of a tank, drawn", () => {
  it("leaves the pump alone where a change is not worth it", () => {
    expect(drawn(planHeat(problem([20, 20, 20, 20, 20, 20])))).toBe("......");
  });

  it("heats where energy is cheapest, above all where it is given away", () => {
    expect(drawn(planHeat(problem([30, 30, -20, 30, 30, 30])))).toMatch(/^..B/);
  });

  it("rests over a peak that the thermostat would have heated in", () => {
    expect(drawn(planHeat(problem([90, 90, 5, 5, 5, 5], { startC: 50.2 })))).toMatch(/^rr/);
  });

  it("never rests nearer to the least than its margin, whatever the price", () => {
    const steps = planHeat(problem([500, 500, 5, 5], { startC: 48.1 }));
    expect(drawn(steps)).toMatch(/^\.\./);
  });

  it("never boosts a tank that is full but for its headroom, nor where it may not", () => {
    expect(drawn(planHeat(problem([-90, 30], { startC: 58.5 })))[0]).toBe(".");
    expect(drawn(planHeat(problem([-90, -90], { mayBoost: false })))).toBe("..");
    expect(drawn(planHeat(problem([90, 5], { mayReduce: false, startC: 50.2 })))).not.toContain("r");
  });

  it("lets a boost that runs fill the tank: only a new one needs room", () => {
    const steps = planHeat(problem([-90, 30], { startC: 58.5, mode: "boost" }));
    expect(steps[0]).toMatchObject({ mode: "boost", endC: 60 });
  });

  it("rests no longer than three hours, also when some of them are past", () => {
    const prices = [...Array(9).fill(200), 1, 1, 1];
    const tank = { startC: 57, normal: { onBelowC: 58, offAtC: 60 }, drawKw: 0.05 };
    expect(drawn(planHeat(problem(prices, tank)))).toMatch(/^[^r]*r{1,6}(?!r)/);
    const longest = (text: string) => Math.max(0, ...[...text.matchAll(/r+/g)].map(([run]) => run.length));
    expect(longest(drawn(planHeat(problem(prices, tank))))).toBeLessThanOrEqual(6);
    const going = drawn(planHeat(problem(prices, { ...tank, mode: "reduced", inModeMs: 4 * HALF_HOUR_MS })));
    expect(/^r*/.exec(going)?.[0].length).toBeLessThanOrEqual(2);
  });

  it("begins nothing in a slot too short for a run", () => {
    const short = problem([-90, 30, 30]);
    const slots = short.slots.map((slot, index) => (index === 0 ? { ...slot, startMs: slot.endMs - 600_000 } : slot));
    expect(drawn(planHeat({ ...short, slots }))[0]).toBe(".");
  });

  it("changes no oftener than it may", () => {
    const prices = Array.from({ length: 24 }, (_, index) => (index % 3 === 0 ? -30 : 60));
    for (const maxStarts of [0, 1, 2]) {
      const modes = drawn(planHeat(problem(prices, { maxStarts })));
      const starts = [...modes.matchAll(/B+|r+/g)].length;
      expect(starts).toBeLessThanOrEqual(maxStarts);
    }
  });

  it("buys no discomfort: a tank below its band is heated at any price", () => {
    expect(planHeat(problem([300, 1, 1, 1], { startC: 43 }))[0]?.endC).toBeGreaterThan(45);
  });
});

/** Every sequence of modes, played without a grid: exponential, and plainly right. */
function cheapestByForce(input: HeatProblem): number {
  const mean = input.slots.reduce((sum, slot) => sum + slot.costPencePerKwh, 0) / input.slots.length;
  const go = (t: number, tankC: number, before: HeatMode, age: number): number => {
    const slot = input.slots[t];
    if (!slot) return (-tankC * input.capacityKwhPerK * mean) / input.cop;
    const hours = (slot.endMs - slot.startMs) / 3_600_000;
    const lostK = ((input.drawKw + input.lossKwPerK * (tankC - input.roomC)) * hours) / input.capacityKwhPerK;
    const heatK = (input.ratedPowerKw * input.cop * hours) / input.capacityKwhPerK;
    const restC = tankC - lostK;
    const onwards = (mode: HeatMode, endC: number, nextAge: number) => {
      const kwh = ((endC - restC) * input.capacityKwhPerK) / input.cop;
      const start = mode !== "normal" && mode !== before ? input.startPence : 0;
      const cold = Math.max(0, input.minC - endC) * hours * 50;
      return kwh * slot.costPencePerKwh + start + cold + go(t + 1, endC, mode, nextAge);
    };
    const own = restC < input.normal.onBelowC ? Math.min(input.normal.offAtC, restC + heatK) : restC;
    let best = onwards("normal", own, 0);
    if (tankC <= input.maxC - input.headroomK)
      best = Math.min(best, onwards("boost", Math.max(restC, Math.min(input.maxC, restC + heatK)), 0));
    if (restC >= input.minC + input.marginK && age < input.maxReducedMs / HALF_HOUR_MS)
      best = Math.min(best, onwards("reduced", restC, age + 1));
    return best;
  };
  return go(0, input.startC, "normal", 0);
}

function costOf(input: HeatProblem, steps: readonly HeatStep[]): number {
  const mean = input.slots.reduce((sum, slot) => sum + slot.costPencePerKwh, 0) / input.slots.length;
  let [before, cost]: [HeatMode, number] = ["normal", 0];
  for (const [t, step] of steps.entries()) {
    const slot = input.slots[t];
    cost += step.energyKwh * (slot?.costPencePerKwh ?? 0) + 50 * 0.5 * Math.max(0, input.minC - step.endC);
    if (step.mode !== "normal" && step.mode !== before) cost += input.startPence;
    before = step.mode;
  }
  return cost - ((steps.at(-1)?.endC ?? 0) * input.capacityKwhPerK * mean) / input.cop;
}

describe("every plan of a tank", () => {
  const prices = fc.array(fc.integer({ min: -20, max: 80 }), { minLength: 1, maxLength: 8 });
  const tank = fc.record({
    startC: fc.double({ min: 46, max: 60, noNaN: true }),
    drawKw: fc.double({ min: 0, max: 0.6, noNaN: true }),
  });

  it.each([
    [64, 8],
    [1024, 1.5],
  ])(
    "costs what the best of all sequences of modes costs, but for the error of a grid of %i levels",
    (levels, pence) => {
      fc.assert(
        fc.property(prices, tank, (list, changes) => {
          const input = problem(list, { ...changes, maxStarts: 8, levels });
          const best = cheapestByForce(input);
          const cost = costOf(input, planHeat(input));
          expect(cost).toBeGreaterThanOrEqual(best - 1e-6);
          expect(cost - best).toBeLessThan(pence);
        }),
        { numRuns: 150 },
      );
    },
  );

  it("never predicts a temperature outside the band when it begins inside", () => {
    const long = fc.array(fc.integer({ min: -50, max: 500 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(long, tank, (list, changes) => {
        for (const { endC } of planHeat(problem(list, changes))) {
          expect(endC).toBeGreaterThanOrEqual(45 - 1e-9);
          expect(endC).toBeLessThanOrEqual(60 + 1e-9);
        }
      }),
    );
  });

  it("is the same when made again", () => {
    fc.assert(
      fc.property(prices, tank, (list, changes) => {
        expect(planHeat(problem(list, changes))).toEqual(planHeat(problem(list, changes)));
      }),
      { numRuns: 30 },
    );
  });
});
