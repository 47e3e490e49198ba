import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { useBattery } from "../../../lambdas/optimiser/engine/oracles/battery.ts";
import {
  type Battery,
  batteryWorkspace,
  type SiteSlots,
} from "../../../lambdas/optimiser/engine/oracles/battery-model.ts";
import { Milp } from "./oracle-milp.ts";

type Case = { battery: Battery; site: SiteSlots };

const cases = (slots: number, prices: "convex" | "any"): fc.Arbitrary<Case> => {
  const floats = (least: number, most: number) =>
    fc.array(fc.integer({ min: least, max: most }), { minLength: slots, maxLength: slots });
  return fc
    .record({
      netWh: floats(-3000, 3000),
      importPrice: floats(prices === "convex" ? 0 : -100_000, 400_000),
      exportPrice: floats(0, 200_000),
      importLimitWh: fc.integer({ min: 3000, max: 6000 }),
      exportLimitWh: fc.integer({ min: 500, max: 4000 }),
      capacityWh: fc.integer({ min: 1, max: 10_000 }),
      initialShare: fc.integer({ min: 0, max: 10 }),
      finalShare: fc.integer({ min: 0, max: 10 }),
      maxChargeWh: fc.nat(2500),
      maxDischargeWh: fc.nat(2500),
      efficiency: fc.constantFrom(1, 0.95, 0.8),
      cyclingCost: fc.constantFrom(0, 8000),
    })
    .map((one) => ({
      battery: {
        id: "battery-1",
        capacityWh: one.capacityWh,
        initialWh: (one.capacityWh * one.initialShare) / 10,
        // Never above the initial level: reachable whatever the power.
        finalMinWh: (one.capacityWh * Math.min(one.finalShare, one.initialShare)) / 10,
        maxChargeWh: one.maxChargeWh,
        maxDischargeWh: one.maxDischargeWh,
        chargeEfficiency: one.efficiency,
        dischargeEfficiency: one.efficiency,
        cyclingCost: one.cyclingCost,
      },
      site: {
        netWh: Float64Array.from(one.netWh),
        importPrice: Float64Array.from(one.importPrice),
        exportPrice: Float64Array.from(one.exportPrice, (price, t) =>
          prices === "convex" ? Math.min(price, one.importPrice[t] as number) : price,
        ),
        importLimitWh: one.importLimitWh,
        exportLimitWh: one.exportLimitWh,
      },
    }));
};

function solve({ battery, site }: Case) {
  const slots = site.netWh.length;
  const chargeWh = new Float64Array(slots);
  const dischargeWh = new Float64Array(slots);
  return { ...useBattery(battery, site, chargeWh, dischargeWh, batteryWorkspace(slots)), chargeWh, dischargeWh };
}

/** What the meter costs; a surplus above the export limit is curtailed. */
function meterCost(site: SiteSlots, t: number, netWh: number): number {
  if (netWh >= 0) return netWh * (site.importPrice[t] as number);
  return -Math.min(-netWh, site.exportLimitWh) * (site.exportPrice[t] as number);
}

/** Where cost is convex, no optimum imports and exports, or charges and discharges, in one slot: then it needs no binaries. */
function proven({ battery, site }: Case, isConvex = false): number {
  const choose = (name: string) => (isConvex ? model.bound(name, 0, 1) : model.binary(name));
  const model = new Milp();
  let idle = 0;
  for (const [t, netWh] of site.netWh.entries()) {
    idle += meterCost(site, t, netWh);
    model.cost(site.importPrice[t] as number, `n${t}`);
    model.cost(-(site.exportPrice[t] as number), `x${t}`);
    model.cost(battery.cyclingCost, `c${t}`);
    model.cost(battery.cyclingCost, `q${t}`);
    model.bound(`e${t}`, 0, battery.capacityWh);
    model.row(
      [
        [1, `n${t}`],
        [-1, `x${t}`],
        [-1, `k${t}`],
        [-1, `c${t}`],
        [1, `q${t}`],
      ],
      "=",
      netWh,
    );
    // Curtailed is only what may not be exported, even where the grid pays for what is drawn in its place.
    const curtailedWh = Math.max(-netWh - site.exportLimitWh, 0);
    model.bound(`k${t}`, 0, curtailedWh);
    if (curtailedWh > 0) {
      choose(`z${t}`);
      model.row(
        [
          [1, `k${t}`],
          [-curtailedWh, `z${t}`],
        ],
        "<=",
        0,
      );
      model.row(
        [
          [1, `x${t}`],
          [-site.exportLimitWh, `z${t}`],
        ],
        ">=",
        0,
      );
    }
    model.row(
      [
        [1, `n${t}`],
        [-site.importLimitWh, `y${t}`],
      ],
      "<=",
      0,
    );
    model.row(
      [
        [1, `x${t}`],
        [site.exportLimitWh, `y${t}`],
      ],
      "<=",
      site.exportLimitWh,
    );
    model.row(
      [
        [1, `c${t}`],
        [-battery.maxChargeWh, `b${t}`],
      ],
      "<=",
      0,
    );
    model.row(
      [
        [1, `q${t}`],
        [battery.maxDischargeWh, `b${t}`],
      ],
      "<=",
      battery.maxDischargeWh,
    );
    choose(`y${t}`);
    choose(`b${t}`);
    const before: [number, string][] = t > 0 ? [[-1, `e${t - 1}`]] : [];
    model.row(
      [[1, `e${t}`], ...before, [-battery.chargeEfficiency, `c${t}`], [1 / battery.dischargeEfficiency, `q${t}`]],
      "=",
      t > 0 ? 0 : battery.initialWh,
    );
  }
  model.row([[1, `e${site.netWh.length - 1}`]], ">=", battery.finalMinWh);
  return model.optimum() - idle;
}

describe("a battery behind a meter", () => {
  it("keeps the surplus for the evening and no more than that", () => {
    const { chargeWh, dischargeWh, isExact } = solve({
      battery: {
        id: "battery-1",
        capacityWh: 5000,
        initialWh: 0,
        finalMinWh: 0,
        maxChargeWh: 2000,
        maxDischargeWh: 2000,
        chargeEfficiency: 1,
        dischargeEfficiency: 1,
        cyclingCost: 0,
      },
      site: {
        netWh: Float64Array.from([-1000, -3000, 500, 1500, 1500]),
        importPrice: Float64Array.from([30, 30, 25, 40, 30]),
        exportPrice: new Float64Array(5).fill(5),
        importLimitWh: 5000,
        exportLimitWh: 5000,
      },
    });
    expect([...chargeWh]).toEqual([1000, 2000, 0, 0, 0]);
    expect([...dischargeWh]).toEqual([0, 0, 0, 1500, 1500]);
    expect(isExact).toBe(true);
  });

  it("costs what a linear program proves, where export never beats import", () => {
    fc.assert(
      fc.property(cases(8, "convex"), (one) => {
        const { cost, bound, isExact } = solve(one);
        expect(isExact).toBe(true);
        expect(Math.abs(cost - proven(one, true))).toBeLessThan(50);
        expect(Math.abs(cost - bound)).toBeLessThan(1);
      }),
      { numRuns: 150 },
    );
  });

  it("buys in one slot what it sells dearer in the next, where the grid pays more than it asks", () => {
    const { cost, bound, chargeWh, dischargeWh } = solve({
      battery: {
        id: "battery-1",
        capacityWh: 1000,
        initialWh: 1000,
        finalMinWh: 1000,
        maxChargeWh: 600,
        maxDischargeWh: 500,
        chargeEfficiency: 1,
        dischargeEfficiency: 1,
        cyclingCost: 1,
      },
      site: {
        netWh: Float64Array.from([200, 200, 200, 200]),
        importPrice: new Float64Array(4).fill(10),
        exportPrice: new Float64Array(4).fill(20),
        importLimitWh: 5000,
        exportLimitWh: 5000,
      },
    });
    expect(dischargeWh.toSorted()).toEqual(Float64Array.from([0, 0, 500, 500]));
    expect(chargeWh.filter((wh) => wh > 0)).toHaveLength(2);
    expect(cost).toBe(2 * (-200 * 10 - 300 * 20 + 500 * 10 + 1000));
    expect(bound).toBeLessThanOrEqual(cost);
  });

  it("costs next to what a mixed-integer program proves elsewhere, never less, with a bound that is one", () => {
    let excess = 0;
    let size = 0;
    fc.assert(
      fc.property(cases(10, "any"), (one) => {
        const { cost, bound, isExact } = solve(one);
        const reference = proven(one);
        expect(cost).toBeGreaterThan(reference - 50);
        expect(bound).toBeLessThan(reference + 50);
        if (isExact) expect(cost).toBeLessThan(reference + 50);
        excess += cost - reference;
        size += Math.abs(reference);
      }),
      { numRuns: 60 },
    );
    expect(excess).toBeLessThan(0.001 * size);
  });

  it("keeps its limits, ends as full as asked and costs what its energies cost", () => {
    fc.assert(
      fc.property(fc.oneof(cases(48, "convex"), cases(48, "any")), (one) => {
        const { battery, site } = one;
        const { cost, bound, finalShortfallWh, chargeWh, dischargeWh } = solve(one);
        expect(bound).toBeLessThanOrEqual(cost);
        expect(cost).toBeLessThan(1e-3); // to rest is always possible here
        let level = battery.initialWh;
        let sum = 0;
        for (const [t, netWh] of site.netWh.entries()) {
          const charge = chargeWh[t] as number;
          const discharge = dischargeWh[t] as number;
          expect(Math.min(charge, discharge)).toBe(0);
          expect(charge).toBeLessThanOrEqual(battery.maxChargeWh + 1e-6);
          expect(discharge).toBeLessThanOrEqual(battery.maxDischargeWh + 1e-6);
          expect(netWh + charge).toBeLessThanOrEqual(Math.max(site.importLimitWh, netWh) + 1e-6);
          level += charge * battery.chargeEfficiency - discharge / battery.dischargeEfficiency;
          expect(level).toBeGreaterThan(-1e-6);
          expect(level).toBeLessThan(battery.capacityWh + 1e-6);
          sum += (charge + discharge) * battery.cyclingCost;
          sum += meterCost(site, t, netWh + charge - discharge) - meterCost(site, t, netWh);
        }
        expect(level + finalShortfallWh).toBeGreaterThan(battery.finalMinWh - 1e-6);
        expect(finalShortfallWh).toBeLessThan(1e-6);
        expect(Math.abs(cost - sum)).toBeLessThan(1 + Math.abs(sum) * 1e-9);
      }),
    );
  });

  it("is never dearer than resting, nor with more of anything", () => {
    fc.assert(
      fc.property(cases(30, "convex"), fc.nat(500), (one, more) => {
        const { battery } = one;
        const before = solve(one).cost;
        expect(before).toBeLessThanOrEqual(1e-3);
        for (const change of [
          { capacityWh: battery.capacityWh + more },
          { maxChargeWh: battery.maxChargeWh + more },
          { maxDischargeWh: battery.maxDischargeWh + more },
          { finalMinWh: Math.max(battery.finalMinWh - more, 0) },
          { cyclingCost: 0 },
        ]) {
          expect(solve({ ...one, battery: { ...battery, ...change } }).cost).toBeLessThanOrEqual(before + 1e-3);
        }
      }),
    );
  });

  it("says how much is missing at the end when it cannot be reached", () => {
    const [one] = fc.sample(cases(4, "convex"), { numRuns: 1, seed: 1 });
    if (!one) throw new Error("no sample");
    const battery = { ...one.battery, capacityWh: 9000, initialWh: 0, finalMinWh: 9000, maxChargeWh: 100 };
    const answer = solve({ battery, site: { ...one.site, importLimitWh: 10_000 } });
    expect(answer.finalShortfallWh).toBeCloseTo(9000 - 400 * battery.chargeEfficiency, 6);
  });

  it.each([
    ["initialWh", { initialWh: 20_000 }],
    ["finalMinWh", { finalMinWh: 20_000 }],
    ["chargeEfficiency", { chargeEfficiency: 1.2 }],
    ["maxChargeWh", { maxChargeWh: -1 }],
  ] as const)("refuses a wrong %s by name", (field, change) => {
    const [one] = fc.sample(cases(4, "convex"), { numRuns: 1, seed: 1 });
    if (!one) throw new Error("no sample");
    expect(() => solve({ ...one, battery: { ...one.battery, ...change } })).toThrow(
      new RegExp(`^battery-1: ${field} `),
    );
  });
});
