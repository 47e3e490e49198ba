import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  exactQuantumWh,
  type ModulatedLoad,
  modulateCheapest,
  quantaWorkspace,
} from "../../../lambdas/optimiser/engine/oracles/quanta.ts";
import {
  runSize,
  runWorkspace,
  type SwitchedLoad,
  switchCheapest,
} from "../../../lambdas/optimiser/engine/oracles/runs.ts";
import { Milp, runRules } from "./oracle-milp.ts";

const prices = (slots: number) =>
  fc.array(fc.integer({ min: -50_000, max: 400_000 }), { minLength: slots, maxLength: slots });

const switched = (slots: number): fc.Arbitrary<{ load: SwitchedLoad; prices: number[] }> =>
  fc.record({
    prices: prices(slots),
    load: fc
      .record({
        from: fc.nat(slots),
        length: fc.nat(slots),
        needWh: fc.nat(8000),
        moreWh: fc.nat(2000),
        slotWh: fc.integer({ min: 300, max: 1500 }),
        penalty: fc.constantFrom(1_000_000, 150_000),
        minRunSlots: fc.nat(4),
        minGapSlots: fc.nat(3),
        maxStarts: fc.constantFrom(0, 1, 2, 3, Number.POSITIVE_INFINITY),
        startCost: fc.constantFrom(0, 30_000_000),
      })
      .map(({ length, moreWh, ...load }) => ({
        ...load,
        id: "load-1",
        to: Math.min(load.from + length, slots),
        maxWh: load.needWh + moreWh,
      })),
  });

function solve({ load, prices }: { load: SwitchedLoad; prices: number[] }) {
  const { mostOn, mostStarts } = runSize(load);
  const energyWh = new Int32Array(prices.length);
  const work = runWorkspace(prices.length, mostOn, mostStarts);
  return { ...switchCheapest(load, Float64Array.from(prices), energyWh, work), energyWh };
}

/** Starts of the runs in a schedule; throws where a rule is broken. */
function runsOf(load: Pick<SwitchedLoad, "from" | "to" | "minRunSlots" | "minGapSlots">, energyWh: Int32Array): number {
  let starts = 0;
  let gap = Number.POSITIVE_INFINITY;
  for (let t = load.from; t < load.to; ) {
    if ((energyWh[t] as number) === 0) {
      gap++;
      t++;
      continue;
    }
    const start = t;
    while (t < load.to && (energyWh[t] as number) > 0) t++;
    if (t - start < load.minRunSlots) throw new Error(`a run of ${t - start} slots at ${start}`);
    if (gap < load.minGapSlots) throw new Error(`a gap of ${gap} slots before ${start}`);
    gap = 0;
    starts++;
  }
  return starts;
}

function proven(load: ModulatedLoad & { maxStarts: number }, prices: number[]): number {
  const model = new Milp();
  const slots = Array.from({ length: load.to - load.from }, (_, k) => load.from + k);
  runRules(model, "a", load.from, load.to, load);
  for (const t of slots) {
    model.cost(prices[t] as number, `x${t}`);
    model.row(
      [
        [1, `x${t}`],
        [-(load.limitWh[t] as number), `z_a_${t}`],
      ],
      "<=",
      0,
    );
    model.row(
      [
        [1, `x${t}`],
        [-load.minimumWh, `z_a_${t}`],
      ],
      ">=",
      0,
    );
  }
  model.cost(load.penalty, "s");
  model.row([...slots.map((t) => [1, `x${t}`] as const), [1, "s"]], ">=", load.needWh);
  model.row(
    slots.map((t) => [1, `x${t}`] as const),
    "<=",
    load.maxWh,
  );
  return model.optimum();
}

describe("a load that is on or off", () => {
  it("bridges a dear slot rather than paying a second start", () => {
    const load: SwitchedLoad = {
      id: "load-1",
      from: 0,
      to: 7,
      needWh: 3000,
      maxWh: 3000,
      slotWh: 1000,
      penalty: 1_000_000,
      minRunSlots: 1,
      minGapSlots: 1,
      maxStarts: 3,
      startCost: 0,
    };
    const pence = [50, 10, 20, 10, 50, 50, 11].map((one) => one * 10_000);
    expect([...solve({ load, prices: pence }).energyWh]).toEqual([0, 1000, 0, 1000, 0, 0, 1000]);
    const dear = solve({ load: { ...load, startCost: 100_000_000 }, prices: pence });
    expect([...dear.energyWh]).toEqual([0, 1000, 1000, 1000, 0, 0, 0]);
    expect(dear.starts).toBe(1);
    expect([...solve({ load: { ...load, maxStarts: 2, minRunSlots: 2 }, prices: pence }).energyWh]).toEqual([
      0, 1000, 1000, 1000, 0, 0, 0,
    ]);
  });

  it("costs what a mixed-integer program proves", () => {
    fc.assert(
      fc.property(switched(9), (one) => {
        const { load } = one;
        const limitWh = new Int32Array(9).fill(load.slotWh);
        const reference = proven({ ...load, minimumWh: load.slotWh, limitWh, quantumWh: 1 }, one.prices);
        expect(solve(one).cost).toBeCloseTo(reference, -1);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps its rules and adds up", () => {
    fc.assert(
      fc.property(switched(60), (one) => {
        const { load } = one;
        const { cost, deliveredWh, shortfallWh, starts, energyWh } = solve(one);
        expect(runsOf(load, energyWh)).toBe(starts);
        expect(starts).toBeLessThanOrEqual(load.maxStarts);
        const sumWh = energyWh.reduce((sum, wh) => sum + wh, 0);
        expect(sumWh).toBe(deliveredWh);
        expect(sumWh).toBeLessThanOrEqual(load.maxWh);
        expect(shortfallWh).toBe(Math.max(load.needWh - sumWh, 0));
        let sum = starts * load.startCost + shortfallWh * load.penalty;
        for (const [t, wh] of energyWh.entries()) sum += wh * (one.prices[t] as number);
        expect(cost).toBe(sum);
      }),
    );
  });

  it("is never dearer under looser rules", () => {
    fc.assert(
      fc.property(switched(40), (one) => {
        const before = solve(one).cost;
        const { load } = one;
        for (const change of [
          { minRunSlots: Math.max(load.minRunSlots - 1, 0) },
          { minGapSlots: Math.max(load.minGapSlots - 1, 0) },
          { maxStarts: load.maxStarts + 1 },
          { startCost: 0 },
          { to: Math.min(load.to + 1, 40) },
        ]) {
          expect(solve({ ...one, load: { ...load, ...change } }).cost).toBeLessThanOrEqual(before);
        }
      }),
    );
  });
});

const modulated = (slots: number, unit: number): fc.Arbitrary<{ load: ModulatedLoad; prices: number[] }> =>
  fc.record({
    prices: prices(slots),
    load: fc
      .record({
        from: fc.nat(slots),
        length: fc.nat(slots),
        need: fc.nat(30),
        more: fc.nat(8),
        minimum: fc.nat(4),
        limits: fc.array(fc.nat(9), { minLength: slots, maxLength: slots }),
        penalty: fc.constantFrom(1_000_000, 150_000),
        minRunSlots: fc.nat(3),
        minGapSlots: fc.nat(3),
        startCost: fc.constantFrom(0, 20_000_000),
      })
      .map(({ from, length, need, more, minimum, limits, ...load }) => ({
        ...load,
        id: "load-1",
        from,
        to: Math.min(from + length, slots),
        needWh: need * unit,
        maxWh: (need + more) * unit,
        minimumWh: minimum * unit,
        limitWh: Int32Array.from(limits, (limit) => limit * unit),
        quantumWh: unit,
      })),
  });

function solveModulated({ load, prices }: { load: ModulatedLoad; prices: number[] }) {
  const energyWh = new Int32Array(prices.length);
  const work = quantaWorkspace(prices.length, Math.floor(load.maxWh / load.quantumWh), load.minRunSlots);
  return { ...modulateCheapest(load, Float64Array.from(prices), energyWh, work), energyWh };
}

describe("a load between a minimum and limits that differ by slot", () => {
  it("costs what a mixed-integer program proves", () => {
    fc.assert(
      fc.property(modulated(8, 250), (one) => {
        const reference = proven({ ...one.load, maxStarts: Number.POSITIVE_INFINITY }, one.prices);
        expect(solveModulated(one).cost).toBeCloseTo(reference, -1);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps its rules and adds up", () => {
    fc.assert(
      fc.property(modulated(30, 100), (one) => {
        const { load } = one;
        const { cost, deliveredWh, shortfallWh, energyWh } = solveModulated(one);
        // With a minimum of 0 a slot may be on and carry nothing: starts cannot be read off the energies.
        const starts = load.minimumWh > 0 ? runsOf(load, energyWh) : 0;
        let sumWh = 0;
        let sum = starts * load.startCost + shortfallWh * load.penalty;
        for (const [t, wh] of energyWh.entries()) {
          expect(wh === 0 || (wh >= load.minimumWh && wh <= (load.limitWh[t] as number))).toBe(true);
          sumWh += wh;
          sum += wh * (one.prices[t] as number);
        }
        expect(sumWh).toBe(deliveredWh);
        expect(sumWh).toBeLessThanOrEqual(load.maxWh);
        if (load.minimumWh > 0 || load.startCost === 0) expect(cost).toBe(sum);
      }),
    );
  });

  it("finds the quantum at which it is exact", () => {
    const load = { ...fc.sample(modulated(4, 250), { numRuns: 1, seed: 1 })[0]?.load } as ModulatedLoad;
    const limitWh = Int32Array.from([3000, 1500, 0, 750]);
    const exact = exactQuantumWh({ ...load, from: 0, to: 4, needWh: 4500, maxWh: 6000, minimumWh: 750, limitWh });
    expect(exact).toBe(750);
  });

  it("says which rule is wrong", () => {
    const [one] = fc.sample(modulated(4, 250), { numRuns: 1, seed: 1 });
    if (!one) throw new Error("no sample");
    expect(() => solveModulated({ ...one, load: { ...one.load, quantumWh: 0.5 } })).toThrow(/^load-1: quantumWh /);
    expect(() => solveModulated({ ...one, load: { ...one.load, minRunSlots: -1 } })).toThrow(/^load-1: minRunSlots /);
  });
});
