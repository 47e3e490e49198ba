import fc from "fast-check";
import { expect, it } from "vitest";
import { branchAndBound } from "../../lambdas/optimiser/engine/case/branch.ts";
import { modelOf } from "../../lambdas/optimiser/engine/case/model.ts";
import { solveProblem } from "../../lambdas/optimiser/engine/case/solve.ts";
import { type PlanCase, problemOf, readCase } from "../../local/plan/case-file.ts";
import { checkSchedule } from "../../local/plan/checker.ts";
import { scheduleFile } from "../../local/plan/schedule-file.ts";
import { seededRandom } from "../../local/random.ts";

const SLOTS = 24;

/** 160 vehicles of three tariffs on two feeders, under caps that bind in the cheap hours. */
function manyVehicles(seed: number): PlanCase {
  const draw = seededRandom(seed);
  const cents = (least: number, most: number) => Math.round((least + draw() * (most - least)) * 100) / 100;
  const series = (least: number, most: number) => Array.from({ length: SLOTS }, () => cents(least, most));
  const assets = Array.from({ length: 160 }, (_, i) => {
    const fromSlot = Math.floor(draw() * 12);
    const minKwh = cents(1, 20);
    return {
      id: `car-${i}`,
      kind: "ev",
      priceClass: ["agile", "go", "flat"][Math.floor(draw() * 3)],
      ...(draw() < 0.7 ? { group: draw() < 0.5 ? "north" : "south" } : {}),
      ...(draw() < 0.5 ? { region: "gb" } : {}),
      fromSlot,
      toSlot: Math.min(fromSlot + 3 + Math.floor(draw() * 14), SLOTS),
      minKwh,
      maxKwh: minKwh + (draw() < 0.3 ? 4 : 0),
      maxKw: draw() < 0.5 ? 3.68 : 7.4,
      shortfallPenalty: 100,
    };
  });
  return readCase(
    JSON.stringify({
      format: "optimiser-case/1",
      id: `many-${seed}`,
      time: { startUtc: "2026-01-14T16:00:00Z", zone: "Europe/London", slotMinutes: 30, slots: SLOTS },
      priceClasses: { agile: series(-5, 40), go: series(8, 30), flat: new Array(SLOTS).fill(27) },
      carbon: { gb: series(50, 300) },
      carbonWeight: 0.01,
      fleetCapKw: series(120, 200).map((cap, t) => (t === 5 ? null : cap)),
      groups: { north: { capKw: series(50, 90) }, south: { capKw: series(50, 90) } },
      assets,
    }),
  );
}

it("costs many vehicles the same on the shift graph as by the simplex, with a bound over the true prices", () => {
  fc.assert(
    fc.property(fc.nat(10_000), (seed) => {
      const plan = manyVehicles(seed);
      const problem = problemOf(plan);
      const solution = solveProblem(problem);
      const verdict = checkSchedule(plan, scheduleFile(plan, solution.schedule));
      expect(verdict.violations).toEqual([]);
      expect(verdict.costPence).toBeCloseTo(solution.costPence, 4);
      const { program, choices } = modelOf(problem, new Set());
      const reference = branchAndBound(program, choices, 1, 1e-6);
      expect(solution.costPence).toBeCloseTo(reference?.cost ?? Number.NaN, 3);
      expect(solution.boundPence).toBeLessThanOrEqual(solution.costPence);
      expect(solution.boundPence).toBeGreaterThan(solution.costPence - 0.01);
      expect(solution.isProven).toBe(true);
    }),
    { numRuns: 4 },
  );
});
