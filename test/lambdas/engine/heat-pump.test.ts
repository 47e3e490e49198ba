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
    keepMs: 1_200_000,
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

describe("rooms that a rest turns down", () => {
  const rooms = { holdKw: 0.9, deferrableKwh: 1.8, spareKw: 2 };
  const full = { startC: 57, mayBoost: false };

  it("rest over the dearest hours, though the tank needs nothing then", () => {
    const peak = problem([20, 20, 20, 35, 35, 35, 35, 20, 20, 20], full);
    expect(drawn(planHeat(peak))).toBe("..........");
    expect(drawn(planHeat({ ...peak, rooms }))).toBe("...rrrr...");
  });

  it("rest no longer than there is something to put off", () => {
    const long = problem([35, 35, 35, 35, 35, 35, 20, 20, 20, 20], { ...full, rooms });
    expect(/r+/.exec(drawn(planHeat(long)))?.[0].length).toBeLessThanOrEqual(6);
    const short = { ...long, rooms: { ...rooms, deferrableKwh: 0.4 } };
    expect(drawn(planHeat(short)).indexOf("r")).toBeGreaterThan(0);
  });

  it("are not turned down before hours in which warming them up again is dearer", () => {
    expect(drawn(planHeat(problem([35, 35, 60, 60, 60, 60], { ...full, rooms, maxStarts: 1 })))).not.toMatch(
      /^r{1,2}\./,
    );
  });

  it("keep the rests that spare most where only some may be had", () => {
    const prices = [20, 30, 20, 20, 20, 50, 20, 20, 20, 40, 20, 20];
    const few = (maxStarts: number) => drawn(planHeat(problem(prices, { ...full, rooms, maxStarts })));
    expect(few(1)).toBe(".....r......");
    expect(few(2)).toBe(".....r...r..");
    expect(few(3)).toBe(".r...r...r..");
  });

  it("stay turned down for a first while, for what has begun is not given up for a better moment", () => {
    const soon = problem([30, 40, 40, 40, 40, 20, 20], { ...full, rooms, mode: "reduced" });
    expect(drawn(planHeat({ ...soon, inModeMs: 0 }))[0]).toBe("r");
  });
});

/** What is owed to the rooms after `age` slots of rest, and what it costs to buy from slot `t` on. */
function roomsPence(input: HeatProblem, t: number, age: number, mean: number): number {
  if (!input.rooms) return 0;
  const { holdKw, deferrableKwh, spareKw } = input.rooms;
  let [left, pence] = [Math.min(deferrableKwh, age * holdKw * 0.5), 0];
  for (const slot of input.slots.slice(t)) {
    const kwh = Math.min(left, spareKw * 0.5);
    pence += kwh * slot.costPencePerKwh;
    left -= kwh;
  }
  return pence + left * mean;
}

function sparedPence(input: HeatProblem, t: number, age: number): number {
  if (!input.rooms) return 0;
  const { holdKw, deferrableKwh } = input.rooms;
  const owedKwh = (slots: number) => Math.min(deferrableKwh, slots * holdKw * 0.5);
  return (owedKwh(age + 1) - owedKwh(age)) * (input.slots[t]?.costPencePerKwh ?? 0);
}

const meanOf = ({ slots }: HeatProblem) => slots.reduce((sum, slot) => sum + slot.costPencePerKwh, 0) / slots.length;

/** Every sequence of modes, played without a grid: exponential, and plainly right. */
function cheapestByForce(input: HeatProblem): number {
  const mean = meanOf(input);
  const go = (t: number, tankC: number, before: HeatMode, age: number, starts: number): number => {
    const slot = input.slots[t];
    if (!slot) return roomsPence(input, t, age, mean) - (tankC * input.capacityKwhPerK * mean) / input.cop;
    const hours = (slot.endMs - slot.startMs) / 3_600_000;
    const lostK = ((input.drawKw + input.lossKwPerK * (tankC - input.roomC)) * hours) / input.capacityKwhPerK;
    const heatK = (input.ratedPowerKw * input.cop * hours) / input.capacityKwhPerK;
    const restC = tankC - lostK;
    const onwards = (mode: HeatMode, endC: number, nextAge: number) => {
      const begins = mode !== "normal" && mode !== before;
      if (begins && starts === 0) return Number.POSITIVE_INFINITY;
      const kwh = ((endC - restC) * input.capacityKwhPerK) / input.cop;
      const start = begins ? input.startPence : 0;
      const cold = Math.max(0, input.minC - endC) * hours * 50;
      const rooms = mode === "reduced" ? -sparedPence(input, t, age) : roomsPence(input, t, age, mean);
      const later = go(t + 1, endC, mode, nextAge, begins ? starts - 1 : starts);
      return kwh * slot.costPencePerKwh + start + cold + rooms + later;
    };
    const own = restC < input.normal.onBelowC ? Math.min(input.normal.offAtC, restC + heatK) : restC;
    let best = onwards("normal", own, 0);
    if (tankC <= input.maxC - input.headroomK)
      best = Math.min(best, onwards("boost", Math.max(restC, Math.min(input.maxC, restC + heatK)), 0));
    if (restC >= input.minC + input.marginK && age < input.maxReducedMs / HALF_HOUR_MS)
      best = Math.min(best, onwards("reduced", restC, age + 1));
    return best;
  };
  return go(0, input.startC, "normal", 0, input.maxStarts);
}

function costOf(input: HeatProblem, steps: readonly HeatStep[]): number {
  const mean = meanOf(input);
  let [before, age, cost]: [HeatMode, number, number] = ["normal", 0, 0];
  for (const [t, step] of steps.entries()) {
    const slot = input.slots[t];
    cost += step.energyKwh * (slot?.costPencePerKwh ?? 0) + 50 * 0.5 * Math.max(0, input.minC - step.endC);
    if (step.mode !== "normal" && step.mode !== before) cost += input.startPence;
    cost += step.mode === "reduced" ? -sparedPence(input, t, age) : roomsPence(input, t, age, mean);
    age = step.mode === "reduced" ? age + 1 : 0;
    before = step.mode;
  }
  cost += roomsPence(input, steps.length, age, mean);
  return cost - ((steps.at(-1)?.endC ?? 0) * input.capacityKwhPerK * mean) / input.cop;
}

describe("every plan of a tank", () => {
  const prices = fc.array(fc.integer({ min: -20, max: 80 }), { minLength: 1, maxLength: 8 });
  const tank = fc.record({
    startC: fc.double({ min: 46, max: 60, noNaN: true }),
    drawKw: fc.double({ min: 0, max: 0.6, noNaN: true }),
    maxStarts: fc.integer({ min: 0, max: 4 }),
    rooms: fc.option(
      fc.record({
        holdKw: fc.double({ min: 0.1, max: 2, noNaN: true }),
        deferrableKwh: fc.double({ min: 0.1, max: 3, noNaN: true }),
        spareKw: fc.double({ min: 0.2, max: 3, noNaN: true }),
      }),
      { nil: undefined },
    ),
  });

  it.each([
    [64, 0.5],
    [1024, 0.1],
  ])(
    "costs what the best of all sequences of modes costs on a grid of %i levels, but for %f p on average and never a whole slot",
    (levels, averagePence) => {
      const excess: number[] = [];
      fc.assert(
        fc.property(prices, tank, (list, changes) => {
          const input = problem(list, { ...changes, levels });
          const best = cheapestByForce(input);
          const cost = costOf(input, planHeat(input));
          expect(cost).toBeGreaterThanOrEqual(best - 1e-6);
          // A level too high or too low at a threshold puts one slot of heat at the wrong end of the prices, at worst.
          const spread = Math.max(...list) - Math.min(...list);
          expect(cost - best).toBeLessThanOrEqual(input.ratedPowerKw * 0.5 * spread + input.startPence);
          excess.push(cost - best);
        }),
        { numRuns: 150 },
      );
      expect(excess.reduce((sum, pence) => sum + pence, 0) / excess.length).toBeLessThan(averagePence);
    },
  );

  it("costs as much where it begins outside the band, or ends below its grid for want of heat", () => {
    const outside = fc.record({
      startC: fc.oneof(fc.double({ min: 5, max: 45, noNaN: true }), fc.double({ min: 60, max: 75, noNaN: true })),
      drawKw: fc.double({ min: 0, max: 3, noNaN: true }),
      ratedPowerKw: fc.constantFrom(0.05, 0.4, 3),
      maxStarts: fc.integer({ min: 0, max: 4 }),
    });
    const excess: number[] = [];
    fc.assert(
      fc.property(prices, outside, (list, changes) => {
        const input = problem(list, changes);
        const steps = planHeat(input);
        const best = cheapestByForce(input);
        const cost = costOf(input, steps);
        expect(cost).toBeGreaterThanOrEqual(best - 1e-6);
        // One slot of heat more or less: its price, or the half-hour of discomfort that it would have spared.
        const heatKwh = input.ratedPowerKw * 0.5;
        const warmerK = (heatKwh * input.cop) / input.capacityKwhPerK;
        const spread = Math.max(...list) - Math.min(...list);
        expect(cost - best).toBeLessThanOrEqual(Math.max(heatKwh * spread, warmerK * 25) + input.startPence);
        excess.push(cost - best);
        for (const { mode, endC } of steps) {
          if (mode === "reduced") expect(endC).toBeGreaterThanOrEqual(input.minC + input.marginK);
        }
      }),
      { numRuns: 100 },
    );
    expect(excess.reduce((sum, pence) => sum + pence, 0) / excess.length).toBeLessThan(0.5);
  });

  it("leaves a tank far below its band to its thermostat, which heats as fast as the pump can", () => {
    const steps = planHeat(problem([30, 30, 30, 30, 30, 30], { startC: 12, drawKw: 0 }));
    expect(drawn(steps)).toBe("......");
    const warmer = steps.map(({ endC }, t) => endC - (steps[t - 1]?.endC ?? 12));
    expect(warmer.slice(0, 2).every((kelvin) => kelvin > 15)).toBe(true);
    expect(steps[2]?.endC).toBe(55);
  });

  it("says what becomes of a tank whose pump cannot hold it, below the grid too", () => {
    const input = problem([30, 30, 30, 30], { startC: 30, drawKw: 2, ratedPowerKw: 0.4 });
    let tankC = input.startC;
    for (const { mode, endC, energyKwh } of planHeat(input)) {
      const lostKw = input.drawKw + input.lossKwPerK * (tankC - input.roomC);
      tankC += ((0.4 * 2.5 - lostKw) * 0.5) / input.capacityKwhPerK;
      expect(mode).toBe("normal");
      expect(energyKwh).toBeCloseTo(0.2, 9);
      expect(endC).toBeCloseTo(tankC, 9);
    }
    expect(tankC).toBeLessThan(30 - 3); // the grid ends 3 K below the start
  });

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
