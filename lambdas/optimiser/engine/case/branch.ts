import { PlanInputError } from "../oracles/input-error.ts";
import type { Choice } from "./choice.ts";
import { isProvenEmpty, type LinearProgram, provenBound } from "./linear-program.ts";
import { Simplex } from "./simplex.ts";

/** Below this a choice counts as made, kW or a share of one. */
const MADE = 1e-7;

type Change = readonly [variable: number, lower: number, upper: number];
type Node = { bound: number; changes: readonly Change[] };

export type Search = {
  cost: number;
  /** Nothing costs less: the least bound of what was left open, and never above the cost. */
  bound: number;
  value: Float64Array;
  nodes: number;
  pivots: number;
};

/**
 * Branch and bound: best bound first once a solution is known, each node followed down to its end before the next is taken.
 * The bound of every node is `provenBound` at its prices; a node without a solution is closed for good only where a conflict
 * proves that it has none. The number of nodes is limited, not the time, so that an answer does not depend on the machine.
 * @param slack cost by which two solutions may differ and count as equal
 * @returns null where nothing is feasible
 * @throws PlanInputError where the nodes end before anything feasible is found
 */
export function branchAndBound(
  program: LinearProgram,
  choices: readonly Choice[],
  mostNodes: number,
  slack: number,
): Search | null {
  const simplex = new Simplex(program);
  const { length: size } = program.cost;
  let best: Float64Array | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  let nodes = 0;
  const open: Node[] = [{ bound: Number.NEGATIVE_INFINITY, changes: [] }];
  let floor = Number.POSITIVE_INFINITY; // least bound among nodes closed without proof that they are empty

  const take = () => {
    if (!best) return open.pop(); // depth first until there is something to compare with
    let least = 0;
    for (let i = 1; i < open.length; i++) if ((open[i] as Node).bound < (open[least] as Node).bound) least = i;
    const [node] = open.splice(least, 1);
    return node;
  };
  let node = take();
  while (node && nodes < mostNodes) {
    if (node.bound >= bestCost - slack) {
      floor = Math.min(floor, node.bound);
      node = take();
      continue;
    }
    nodes++;
    for (let j = 0; j < size; j++) simplex.bound(j, program.lower[j] as number, program.upper[j] as number);
    const lower = program.lower.slice();
    const upper = program.upper.slice();
    for (const [variable, low, high] of node.changes) {
      lower[variable] = Math.max(lower[variable] as number, low);
      upper[variable] = Math.min(upper[variable] as number, high);
      simplex.bound(variable, lower[variable] as number, upper[variable] as number);
    }
    const outcome = simplex.solve(bestCost - slack);
    if (outcome === "infeasible" && isProvenEmpty(program, simplex.conflictPrices(), lower, upper)) {
      node = take();
      continue;
    }
    const bound = Math.max(node.bound, provenBound(program, simplex.rowPrices(), lower, upper));
    if (outcome !== "optimal" || bound >= bestCost - slack) {
      floor = Math.min(floor, bound);
      node = take();
      continue;
    }
    const choice = openChoice(program, choices, simplex);
    if (!choice) {
      const cost = simplex.objective();
      if (cost < bestCost) {
        bestCost = cost;
        best = Float64Array.from({ length: size }, (_, j) => simplex.at(j));
      }
      floor = Math.min(floor, bound);
      node = take();
      continue;
    }
    const [near, far] = alternatives(choice, simplex);
    open.push({ bound, changes: [...node.changes, far] });
    node = { bound, changes: [...node.changes, near] };
  }
  if (node) open.push(node); // taken, but the nodes ended first
  if (!best) {
    if (open.length === 0) return null;
    throw new PlanInputError("the case", "mostNodes", `(${mostNodes}) ended before any plan was found: allow more`);
  }
  const left = open.reduce((least, node) => Math.min(least, node.bound), floor);
  return { cost: bestCost, bound: Math.min(left, bestCost), value: best, nodes, pivots: simplex.iterations };
}

/** The choice most worth making: a meter or battery that goes both ways first, then what is furthest from both its ends. */
function openChoice(program: LinearProgram, choices: readonly Choice[], simplex: Simplex): Choice | null {
  let chosen: Choice | null = null;
  let worst = MADE;
  for (const choice of choices) {
    let off = 0;
    if (choice.kind === "either") {
      const both = Math.min(simplex.at(choice.one), simplex.at(choice.other));
      const gain = Math.abs((program.cost[choice.one] as number) + (program.cost[choice.other] as number));
      off = both > MADE ? 10 + both * gain : 0;
    } else if (choice.kind === "least") {
      const at = simplex.at(choice.variable);
      off = Math.min(at, choice.least - at) / choice.least;
    } else {
      const at = simplex.at(choice.variable);
      off = Math.min(at, 1 - at);
    }
    if (off > worst) {
      worst = off;
      chosen = choice;
    }
  }
  return chosen;
}

/** The two ways out of a choice as bounds, the nearer first. */
function alternatives(choice: Choice, simplex: Simplex): [Change, Change] {
  const infinite = Number.POSITIVE_INFINITY;
  if (choice.kind === "either") {
    const noOne: Change = [choice.one, 0, 0];
    const noOther: Change = [choice.other, 0, 0];
    return simplex.at(choice.one) < simplex.at(choice.other) ? [noOne, noOther] : [noOther, noOne];
  }
  const at = simplex.at(choice.variable);
  const least = choice.kind === "least" ? choice.least : 1;
  const off: Change = [choice.variable, 0, 0];
  const on: Change = [choice.variable, least, infinite];
  return at < least / 2 ? [off, on] : [on, off];
}
