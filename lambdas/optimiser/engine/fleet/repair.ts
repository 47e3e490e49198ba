import { detour } from "./detour.ts";
import { fleetGraph, fleetPrices, type Graph, groupPrices, groupsGraph, startFlow } from "./graph.ts";
import { type Moves, newMoves } from "./moves.ts";
import type { Fleet } from "./problem.ts";
import { newPath, pushAlong } from "./push.ts";
import { nearestDeficit, newSearch } from "./search.ts";
import type { Prices, State } from "./state.ts";

/** What a run counts, and what may end it early. */
export type Run = { dijkstras: number; pushes: number; stop?: (() => boolean) | undefined };

/**
 * Makes a state that is best for every asset at `prices` keep every cap, at least cost: successive shortest paths on
 * the shift graph. Ends with the exact optimum and the prices that prove it, unless `stop` says so before.
 */
export function repair(fleet: Fleet, state: State, prices: Prices, run: Run): { prices: Prices; finished: boolean } {
  const moves = newMoves(fleet, state);
  let start = prices;
  if (fleet.twoLevel) {
    // Groups first, each alone: short paths. What is left for the large graph is what they overload together.
    const settled = settleGroups(fleet, moves, prices, run);
    start = settled.prices;
    if (!settled.finished) return settled;
  }
  const graph = fleetGraph(fleet);
  startFlow(fleet, graph, state, start);
  const finished = drain(graph, moves, run);
  return { prices: fleetPrices(fleet, graph), finished };
}

/** The same for groups alone under their own caps, at prices of the slots that may be negative. Returns the prices of all caps. */
export function repairGroups(fleet: Fleet, state: State, prices: Prices, run: Run): Prices {
  return settleGroups(fleet, newMoves(fleet, state), prices, run).prices;
}

function settleGroups(fleet: Fleet, moves: Moves, prices: Prices, run: Run): { prices: Prices; finished: boolean } {
  const groups = groupsGraph(fleet, prices);
  startFlow(fleet, groups, moves.state, prices);
  const finished = drain(groups, moves, run);
  return { prices: groupPrices(fleet, groups, prices), finished };
}

/** Moves energy along shortest paths until no node has an excess; false when stopped before. */
function drain(graph: Graph, moves: Moves, run: Run): boolean {
  const { nodes, excess } = graph;
  const search = newSearch(graph, moves);
  const path = newPath(nodes);
  for (let source = 0; source < nodes; source++) {
    while (excess[source]! > 0) {
      if (run.stop?.()) return false;
      const target = nearestDeficit(search, source);
      run.dijkstras++;
      do run.pushes += pushAlong(search, path, source, target);
      while (excess[source]! > 0 && excess[target]! < 0 && detour(search, source, target));
    }
  }
  return true;
}
