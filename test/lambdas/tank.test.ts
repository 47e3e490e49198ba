import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEAST_BOOST_C, MARGIN_C, planTank, type Tank, type TankProblem } from "../../lambdas/optimiser/tank.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";

const TANK: Tank = {
  minC: 45,
  maxC: 60,
  own: { fromC: 55, toC: 60 },
  kwhPerK: 0.2326,
  coolsKPerHour: 1,
  cop: 2.7,
  ratedPowerKw: 3,
};

function problem(pence: readonly (number | null)[], changes: Partial<TankProblem> = {}): TankProblem {
  return {
    tank: TANK,
    nowC: 56,
    modeNow: "normal",
    slots: pence.map((costPencePerKwh, i) => ({
      startMs: (i * HOUR_MS) / 2,
      endMs: ((i + 1) * HOUR_MS) / 2,
      costPencePerKwh,
    })),
    switchPence: 1,
    longestReducedMs: 3 * HOUR_MS,
    mayBoost: true,
    mayReduce: true,
    ...changes,
  };
}

/** The temperatures that the tank goes through, by the rules the modes have for it. */
function temperatures({ tank, nowC, slots }: TankProblem, energyKwh: readonly number[]): number[] {
  let atC = nowC;
  return slots.map(({ startMs, endMs }, i) => {
    atC += ((energyKwh[i] ?? 0) * tank.cop) / tank.kwhPerK - (tank.coolsKPerHour * (endMs - startMs)) / HOUR_MS;
    return atC;
  });
}

const evening = [...Array(2).fill(10), ...Array(6).fill(40), ...Array(10).fill(15)];

describe("the plan of a tank", () => {
  it("heats before the dear hours and lets the tank cool through them", () => {
    const { modes, savedPence } = planTank(problem(evening));
    expect(modes.slice(0, 2)).toContain("boost");
    expect(modes.slice(2, 8)).not.toContain("boost");
    expect(savedPence).toBeGreaterThan(5);
  });

  it("holds off in dear hours when the tank may not be heated before", () => {
    const dear = problem([...Array(4).fill(40), ...Array(6).fill(10)], { nowC: 54, mayBoost: false });
    const { modes, energyKwh } = planTank(dear);
    expect(modes.slice(0, 4)).toEqual(Array(4).fill("reduced"));
    expect(energyKwh.slice(0, 4)).toEqual([0, 0, 0, 0]);
  });

  it("leaves it to its owner's control at a flat price, and without any", () => {
    expect(planTank(problem(Array(24).fill(20))).modes).toEqual(Array(24).fill("normal"));
    expect(planTank(problem(Array(24).fill(null))).modes).toEqual(Array(24).fill("normal"));
    expect(planTank(problem([])).modes).toEqual([]);
  });

  it("never reduces a tank that is cold, nor boosts one that is nearly full", () => {
    const cold = planTank(problem(evening.toReversed?.() ?? evening, { nowC: TANK.minC + MARGIN_C - 0.5 }));
    expect(cold.modes[0]).not.toBe("reduced");
    const full = planTank(problem([5, ...Array(10).fill(40)], { nowC: TANK.maxC - LEAST_BOOST_C + 0.5 }));
    expect(full.modes[0]).not.toBe("boost");
  });

  it("ends a reduction after its longest, also one that began before", () => {
    const dear = problem(
      Array(20)
        .fill(0)
        .map((_, i) => 40 - i),
      { nowC: 60, longestReducedMs: HOUR_MS },
    );
    const runs = planTank(dear)
      .modes.join(" ")
      .split(/normal|boost/)
      .map((run) => run.split("reduced").length - 1);
    expect(Math.max(...runs)).toBeLessThanOrEqual(2);
  });

  it("is worth its change: more for a change, fewer of them", () => {
    const wavy = problem(Array.from({ length: 24 }, (_, i) => (i % 4 < 2 ? 10 : 16)));
    const changes = (switchPence: number) =>
      planTank({ ...wavy, switchPence }).modes.filter((mode, i, all) => i > 0 && mode !== all[i - 1]).length;
    expect(changes(0)).toBeGreaterThan(changes(3));
    expect(changes(50)).toBe(0);
  });

  it("never leaves the band it starts in, never costs more than the owner's control, and keeps to what may be done", () => {
    const given = fc.record({
      pence: fc.array(fc.option(fc.integer({ min: -10, max: 60 }), { nil: null, freq: 8 }), { maxLength: 40 }),
      nowC: fc.double({ min: TANK.minC + MARGIN_C, max: TANK.maxC, noNaN: true }),
      modeNow: fc.constantFrom("normal" as const, "boost" as const, "reduced" as const),
      mayBoost: fc.boolean(),
      mayReduce: fc.boolean(),
      ratedPowerKw: fc.double({ min: 1, max: 12, noNaN: true }),
      coolsKPerHour: fc.double({ min: 0.1, max: 2, noNaN: true }),
    });
    fc.assert(
      fc.property(given, ({ pence, ratedPowerKw, coolsKPerHour, ...rest }) => {
        const tank = { ...TANK, ratedPowerKw, coolsKPerHour };
        const one = problem(pence, { ...rest, tank });
        const { modes, energyKwh, savedPence } = planTank(one);
        expect(modes).toHaveLength(pence.length);
        for (const [i, mode] of modes.entries()) {
          if (pence[i] === null) expect(mode).toBe("normal");
          if (!rest.mayBoost) expect(mode).not.toBe("boost");
          if (!rest.mayReduce) expect(mode).not.toBe("reduced");
          expect(energyKwh[i]).toBeLessThanOrEqual(ratedPowerKw / 2 + 1e-9);
        }
        for (const atC of temperatures(one, energyKwh)) {
          expect(atC).toBeGreaterThanOrEqual(TANK.minC - 1e-6);
          expect(atC).toBeLessThanOrEqual(TANK.maxC + 1e-6);
        }
        // The grid of temperatures rounds: to within a penny.
        expect(savedPence).toBeGreaterThan(-1);
      }),
      { numRuns: 60 },
    );
  });
});
