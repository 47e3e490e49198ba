import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeatedHome, heatCheaply, heatWorkspace } from "../../../lambdas/optimiser/engine/oracles/heat.ts";
import { Milp, runRules } from "./oracle-milp.ts";

type Case = { home: HeatedHome; prices: number[] };

const cases = (slots: number): fc.Arbitrary<Case> =>
  fc
    .record({
      prices: fc.array(fc.integer({ min: 20_000, max: 400_000 }), { minLength: slots, maxLength: slots }),
      outdoorC: fc.array(fc.integer({ min: -5, max: 12 }), { minLength: slots, maxLength: slots }),
      initialC: fc.constantFrom(19, 19.5, 20.5),
      minC: fc.array(fc.constantFrom(17, 19), { minLength: slots, maxLength: slots }),
      minRunSlots: fc.integer({ min: 0, max: 3 }),
      minGapSlots: fc.integer({ min: 0, max: 3 }),
      startCost: fc.constantFrom(0, 10_000_000),
      mode: fc.constantFrom("any", "semi-continuous", "on/off"),
    })
    .map(({ prices, outdoorC, initialC, minC, mode, ...rules }) => ({
      prices,
      home: {
        ...rules,
        id: "home-1",
        from: 0,
        to: slots,
        initialC,
        minC: Float64Array.from(minC),
        maxC: new Float64Array(slots).fill(22.5),
        outdoorC: Float64Array.from(outdoorC),
        cop: Float64Array.from(outdoorC, (one) => 2.5 + one / 15),
        decay: 0.975,
        gainCPerKwhHeat: 0.16,
        minimumWh: mode === "any" ? 0 : mode === "on/off" ? 1500 : 500,
        limitWh: 1500,
        discomfortPenalty: 400_000_000,
      },
    }));

function solve({ home, prices }: Case) {
  const energyWh = new Float64Array(prices.length);
  const work = heatWorkspace(prices.length, home.minRunSlots, home.minGapSlots);
  return { ...heatCheaply(home, Float64Array.from(prices), energyWh, work), energyWh };
}

function proven({ home, prices }: Case): number {
  const model = new Milp();
  runRules(model, "h", home.from, home.to, { ...home, maxStarts: Number.POSITIVE_INFINITY });
  for (const [t, price] of prices.entries()) {
    model.cost(price, `x${t}`);
    model.cost(home.discomfortPenalty, `o${t}`);
    model.row(
      [
        [1, `x${t}`],
        [-home.limitWh, `z_h_${t}`],
      ],
      "<=",
      0,
    );
    model.row(
      [
        [1, `x${t}`],
        [-home.minimumWh, `z_h_${t}`],
      ],
      ">=",
      0,
    );
    model.bound(`c${t}`, -50, home.maxC[t] as number);
    const gain = (home.gainCPerKwhHeat * (home.cop[t] as number)) / 1000;
    const before: [number, string][] = t > 0 ? [[-home.decay, `c${t - 1}`]] : [];
    const outdoor = (1 - home.decay) * (home.outdoorC[t] as number);
    model.row([[1, `c${t}`], ...before, [-gain, `x${t}`]], "=", outdoor + (t > 0 ? 0 : home.decay * home.initialC));
    model.row(
      [
        [1, `c${t}`],
        [1, `o${t}`],
      ],
      ">=",
      home.minC[t] as number,
    );
  }
  return model.optimum();
}

/** A slot's heat at the dearest price, or the discomfort that it would have spared: temperatures off by a node move less. */
function slotOfHeat({ home, prices }: Case): number {
  const risePerWh = (home.gainCPerKwhHeat * Math.max(...home.cop)) / 1000;
  return home.limitWh * Math.max(...prices, home.discomfortPenalty * risePerWh) + home.startCost;
}

describe("a heated home", () => {
  it("heats ahead of the dear hours and coasts through them", () => {
    const [one] = fc.sample(cases(12), { numRuns: 1, seed: 1 });
    if (!one) throw new Error("no sample");
    const home = { ...one.home, initialC: 19.5, minimumWh: 500, minRunSlots: 1, minGapSlots: 1, startCost: 0 };
    home.minC.fill(19);
    home.outdoorC.fill(5);
    home.cop.fill(2.8);
    const prices = [10, 10, 10, 10, 40, 40, 40, 40, 10, 10, 10, 10].map((pence) => pence * 10_000);
    const { energyWh, discomfortK } = solve({ home, prices });
    expect([...energyWh.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(discomfortK).toBeLessThan(0.01);
  });

  it("costs within 0.5 % of what a mixed-integer program proves on average, at worst a slot of heat more, and never less", () => {
    const excess: number[] = [];
    fc.assert(
      fc.property(cases(20), (one) => {
        const { cost } = solve(one);
        const reference = proven(one);
        expect(cost).toBeGreaterThan(reference - 1e-6 * Math.abs(reference) - 1);
        expect(cost - reference).toBeLessThan(slotOfHeat(one));
        excess.push((cost - reference) / Math.max(reference, 1));
      }),
      { numRuns: 25 },
    );
    expect(excess.reduce((sum, one) => sum + one, 0) / excess.length).toBeLessThan(0.005);
  });

  it("keeps its rules and costs what its energies cost", () => {
    fc.assert(
      fc.property(cases(40), (one) => {
        const { home, prices } = one;
        const { cost, discomfortK, starts, energyWh } = solve(one);
        let temperatureC = home.initialC;
        let sum = 0;
        let coldK = 0;
        let runs = 0;
        let length = 0;
        let rest = Number.POSITIVE_INFINITY;
        for (const [t, wh] of energyWh.entries()) {
          const gain = (home.gainCPerKwhHeat * (home.cop[t] as number)) / 1000;
          temperatureC = home.decay * temperatureC + (1 - home.decay) * (home.outdoorC[t] as number) + gain * wh;
          expect(temperatureC).toBeLessThan((home.maxC[t] as number) + 1e-9);
          coldK += Math.max((home.minC[t] as number) - temperatureC, 0);
          sum += wh * (prices[t] as number);
          if (home.minimumWh === 0) continue; // on at nothing is still on: runs cannot be read off the energies
          if (wh > 0) {
            expect(wh).toBeGreaterThan(home.minimumWh - 1e-6);
            expect(wh).toBeLessThan(home.limitWh + 1e-6);
            if (length === 0) {
              expect(rest).toBeGreaterThanOrEqual(home.minGapSlots);
              runs++;
            }
            length++;
            rest = 0;
          } else {
            if (length > 0) expect(length).toBeGreaterThanOrEqual(home.minRunSlots);
            length = 0;
            rest++;
          }
        }
        if (length > 0) expect(length).toBeGreaterThanOrEqual(home.minRunSlots);
        if (home.minimumWh > 0) expect(runs).toBe(starts);
        expect(discomfortK).toBeCloseTo(coldK, 6);
        sum += coldK * home.discomfortPenalty + starts * home.startCost;
        expect(Math.abs(cost - sum)).toBeLessThan(1e-6 * Math.abs(sum) + 1);
      }),
    );
  });

  it("only cools where it is already too warm", () => {
    const [one] = fc.sample(cases(4), { numRuns: 1, seed: 1 });
    if (!one) throw new Error("no sample");
    expect([...solve({ ...one, home: { ...one.home, initialC: 25 } }).energyWh]).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ["to", { to: 9 }],
    ["decay", { decay: 1.5 }],
    ["minimumWh", { minimumWh: 2000 }],
    ["initialC", { initialC: Number.NaN }],
    ["minRunSlots", { minRunSlots: -1 }],
    ["maxC", { maxC: Float64Array.from([22, 22, Number.NaN, 22]) }],
  ] as const)("refuses a wrong %s by name", (field, change) => {
    const [one] = fc.sample(cases(4), { numRuns: 1, seed: 1 });
    if (!one) throw new Error("no sample");
    expect(() => solve({ ...one, home: { ...one.home, ...change } })).toThrow(new RegExp(`^home-1: ${field} `));
  });
});
