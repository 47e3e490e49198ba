import { PlanInputError } from "../oracles/input-error.ts";
import { hasRunRules } from "./asset-rows.ts";
import { branchAndBound } from "./branch.ts";
import { type ColumnSet, generateColumns, type Oracle, oracleOf } from "./columns.ts";
import { solveAsFleet } from "./fleet-case.ts";
import { modelOf } from "./model.ts";
import type { Problem, Solution, Vehicle } from "./problem.ts";

export type SolveOptions = {
  /** Most nodes of branch and bound: the only limit, so that an answer does not depend on the machine. */
  mostNodes: number;
  /** Pence by which two plans may differ and count as equal. */
  slackPence: number;
};

/** The inverse is dense: beyond this it would fill the memory. */
const MOST_ROWS = 3000;
const DEFAULTS: SolveOptions = { mostNodes: 20_000, slackPence: 1e-6 };

/**
 * A schedule, its cost, and what no schedule can beat. Powers with gaps and one-way meters are decided by branch and bound over
 * a linear program; vehicles with run rules take part through whole schedules that their oracle prices; many vehicles without
 * either go to the fleet engine.
 * @throws PlanInputError
 */
export function solveProblem(problem: Problem, options: Partial<SolveOptions> = {}): Solution {
  const { mostNodes, slackPence } = { ...DEFAULTS, ...options };
  const fleet = solveAsFleet(problem);
  if (fleet) return fleet;
  const ruled = problem.assets.filter((asset): asset is Vehicle => asset.kind === "ev" && hasRunRules(asset));
  const model = modelOf(problem, new Set(ruled.map((vehicle) => vehicle.id)));
  if (model.program.rowLower.length > MOST_ROWS) {
    throw new PlanInputError(
      "the case",
      "assets",
      "are too many to plan together with ramps, meters or powers with gaps",
    );
  }
  const oracles = new Map<string, Oracle>(ruled.map((vehicle) => [vehicle.id, oracleOf(vehicle, problem)]));
  const generated: ColumnSet | null = ruled.length > 0 ? generateColumns(problem, model, ruled, oracles) : null;
  const columns = generated?.columns ?? [];
  const choices = [...model.choices, ...columns.map(({ variable }) => ({ kind: "binary" as const, variable }))];
  const found = branchAndBound(model.program, choices, mostNodes, slackPence);
  if (!found) throw infeasible(problem);

  const schedule = model.read((variable) => found.value[variable] as number);
  for (const { asset, kw, variable } of columns) {
    if ((found.value[variable] as number) > 0.5) schedule.kw.set(asset.id, kw);
  }
  // Chosen columns bound only the choice among them; the bound over all schedules is the Lagrangian one.
  const boundPence = Math.min(generated?.boundPence ?? found.bound, found.cost);
  return {
    schedule,
    costPence: found.cost,
    boundPence,
    isProven: found.cost - boundPence <= Math.max(1e-4, 1e-6 * Math.abs(found.cost)),
    nodes: found.nodes,
    pivots: found.pivots,
  };
}

/** Needs are soft; what is left that can contradict itself is a battery's final level and a meter's limits. */
function infeasible(problem: Problem): PlanInputError {
  for (const asset of problem.assets) {
    if (asset.kind !== "battery") continue;
    const mostKwh = problem.slots * problem.slotHours * asset.maxChargeKw * asset.etaCharge;
    if (asset.initialKwh + mostKwh < asset.finalMinKwh) {
      return new PlanInputError(asset.id, "finalMinKwh", "cannot be reached from initialKwh");
    }
  }
  for (const [name, site] of problem.sites) {
    for (let t = 0; t < problem.slots; t++) {
      if ((site.baseKw[t] as number) - (site.solarKw[t] as number) > site.importCapKw) {
        return new PlanInputError(name, "importCapKw", `is below what the site uses in slot ${t}`);
      }
    }
  }
  return new PlanInputError("the case", "limits", "contradict each other");
}
