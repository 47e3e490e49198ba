import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { solveProblem } from "../../lambdas/optimiser/engine/case/solve.ts";
import { problemOf, readCase } from "../../local/plan/case-file.ts";
import { checkSchedule } from "../../local/plan/checker.ts";
import { ScheduleFile, scheduleFile } from "../../local/plan/schedule-file.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
const FOLDER = join(SHARED, "optimiser-cases");
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /^s\d\d-.*\.json$/.test(name)) : [];

it.skipIf(files.length > 0)("optimiser cases are not on this machine: their answers are not compared", () => {});

describe.each(files)("%s", (file) => {
  const text = readFileSync(join(FOLDER, file), "utf8");
  const plan = readCase(text);
  const { reference } = JSON.parse(text) as {
    reference: { objective: number; binaries: number; shortfallKwh: number; schedule: unknown };
  };

  it("has a reference that the checker agrees with", () => {
    const verdict = checkSchedule(plan, ScheduleFile.parse(reference.schedule));
    expect(verdict.violations).toEqual([]);
    expect(Math.abs(verdict.costPence - reference.objective)).toBeLessThan(0.01);
  });

  it("is planned within the rules, as cheaply as the proven optimum, with a true bound", () => {
    const solution = solveProblem(problemOf(plan), { mostNodes: 4000 });
    const verdict = checkSchedule(plan, scheduleFile(plan, solution.schedule));
    expect(verdict.violations).toEqual([]);
    const size = Math.abs(reference.objective);
    const allowed = reference.binaries > 0 ? Math.max(0.005 * size, 2) : Math.max(1e-4 * size, 0.01);
    const difference = verdict.costPence - reference.objective;
    expect(difference).toBeLessThan(allowed);
    expect(difference).toBeGreaterThan(-1e-5 * size - 1e-4);
    expect(Math.abs(solution.costPence - verdict.costPence)).toBeLessThan(1e-3);
    expect(solution.boundPence).toBeLessThanOrEqual(reference.objective + 1e-5);
    if (reference.binaries === 0) {
      expect(Math.abs(difference)).toBeLessThan(1e-3);
      expect(solution.isProven).toBe(true);
      expect(verdict.costPence - solution.boundPence).toBeLessThan(1e-4);
    }
    expect(verdict.shortfallKwh).toBeCloseTo(reference.shortfallKwh, 1);
  });
});
