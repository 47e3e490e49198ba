// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, every index is within bounds by construction
import { capacityPrices, type Graph, newGraph, startFlow } from "./graph.ts";
import { drop, type Heap, newHeap, push } from "./heap.ts";
import { canMove, findMove, type Moves, movable, move, newMoves, sortClasses } from "./moves.ts";
import type { Fleet } from "./problem.ts";
import type { Prices, State } from "./state.ts";

export type RepairCounts = { dijkstras: number; pushes: number };

/** One search in the graph: distances, and by which arc each node was reached. */
type Search = {
  graph: Graph;
  moves: Moves;
  heap: Heap;
  distance: Float64Array;
  /** Equal to `run` when the node has a distance in this search; `settled` likewise. */
  seen: Int32Array;
  settled: Int32Array;
  run: number;
  order: Int32Array;
  settledCount: number;
  via: Int32Array;
  /** Class that moves along the arc into the node; -1 along the tree. */
  viaClass: Int32Array;
};

/**
 * Makes a state that is best for every asset at `prices` keep every cap, at least cost: successive shortest paths on
 * the shift graph. Ends with the exact optimum and returns prices that prove it, or undefined when `stop` said so.
 */
export function repair(
  fleet: Fleet,
  state: State,
  prices: Prices,
  counts: RepairCounts,
  stop?: () => boolean,
): { prices: Prices; finished: boolean } {
  const graph = newGraph(fleet);
  startFlow(fleet, graph, state, prices);
  const { nodes, excess } = graph;
  const search: Search = {
    graph,
    moves: newMoves(fleet, state),
    heap: newHeap(),
    distance: new Float64Array(nodes),
    seen: new Int32Array(nodes),
    settled: new Int32Array(nodes),
    run: 0,
    order: new Int32Array(nodes),
    settledCount: 0,
    via: new Int32Array(nodes),
    viaClass: new Int32Array(nodes),
  };
  const hops = { node: new Int32Array(nodes), asset: new Int32Array(nodes) };
  for (let source = 0; source < nodes; source++) {
    while (excess[source]! > 0) {
      if (stop?.()) return { prices: capacityPrices(fleet, graph), finished: false };
      const target = nearestDeficit(fleet, search, source);
      counts.dijkstras++;
      counts.pushes += pushAlong(fleet, search, hops, source, target);
    }
  }
  return { prices: capacityPrices(fleet, graph), finished: true };
}

function nearestDeficit(fleet: Fleet, search: Search, source: number): number {
  const { graph, heap, moves, distance, seen, settled, via, viaClass, order } = search;
  const { leaves, excess, price, parent, cap, flow, childStart, child } = graph;
  const { width, classes } = fleet;
  const run = ++search.run;
  let nearest = Number.POSITIVE_INFINITY;
  heap.size = 0;
  search.settledCount = 0;

  const offer = (node: number, from: number, klass: number, at: number) => {
    if (settled[node] === run || at >= nearest || (seen[node] === run && distance[node]! <= at)) return;
    seen[node] = run;
    distance[node] = at;
    via[node] = from;
    viaClass[node] = klass;
    if (excess[node]! < 0) nearest = at;
    push(heap, at, node);
  };

  seen[source] = run;
  distance[source] = 0;
  via[source] = -1;
  viaClass[source] = -1;
  push(heap, 0, source);
  for (;;) {
    if (heap.size === 0) throw new Error("the shift graph has an excess that reaches no deficit");
    const node = heap.nodes[0]!;
    const at = heap.keys[0]!;
    drop(heap);
    if (settled[node] === run || seen[node] !== run || at !== distance[node]!) continue;
    const klass = viaClass[node]!;
    if (klass >= 0) {
      const from = via[node]!;
      const group = Math.trunc(node / width);
      const pair = (from - group * width) * width + (node - group * width);
      if (findMove(moves, group * classes + klass, from - group * width, node - group * width) < 0) {
        // No asset of this class can: it is the next class's turn, and the node may be nearer by another way.
        moves.firstClass[group * width * width + pair] = moves.rankOf[pair * classes + klass]! + 1;
        seen[node] = 0;
        reoffer(group, node);
        continue;
      }
    }
    settled[node] = run;
    order[search.settledCount++] = node;
    if (excess[node]! < 0) {
      for (let i = 0; i < search.settledCount; i++) {
        const visited = order[i]!;
        price[visited]! += at - distance[visited]!;
      }
      return node;
    }
    const above = parent[node]!;
    if (above >= 0 && flow[node]! < cap[node]!) offer(above, node, -1, at + price[above]! - price[node]!);
    if (node < leaves) {
      const group = Math.trunc(node / width);
      const first = group * width;
      for (let to = first; to < first + width; to++) {
        if (to !== node && settled[to] !== run) offerMove(group, node, to, at);
      }
    } else {
      const stopAt = childStart[node - leaves + 1]!;
      for (let c = childStart[node - leaves]!; c < stopAt; c++) {
        const below = child[c]!;
        if (flow[below]! > 0) offer(below, node, -1, at + price[below]! - price[node]!);
      }
    }
  }

  /** Offers the cheapest move that may exist between two places of a group. */
  function offerMove(group: number, from: number, to: number, at: number): void {
    const pair = (from - group * width) * width + (to - group * width);
    const cell = group * width * width + pair;
    let rank = moves.firstClass[cell]!;
    if (rank >= classes) return;
    if (moves.sorted[pair] === 0) sortClasses(moves, pair);
    const step = price[to]! - price[from]!;
    const fromPlace = from - group * width;
    const toPlace = to - group * width;
    for (; rank < classes; rank++) {
      const k = moves.byCost[pair * classes + rank]!;
      const cost = fleet.price[k * width + toPlace]! - fleet.price[k * width + fromPlace]! + step;
      // Below zero there is none: every asset is at its cheapest. A deficit ends the search, so it must be real.
      if (cost >= 0 && (excess[to]! >= 0 || findMove(moves, group * classes + k, fromPlace, toPlace) >= 0)) {
        offer(to, from, k, at + cost);
        break;
      }
    }
    moves.firstClass[cell] = rank;
  }

  /** Looks for another way to a node from everything that is settled. */
  function reoffer(group: number, node: number): void {
    const first = group * width;
    for (let from = first; from < first + width; from++) {
      if (settled[from] === run) offerMove(group, from, node, distance[from]!);
    }
    const above = parent[node]!;
    if (settled[above] === run && flow[node]! > 0) {
      offer(node, above, -1, distance[above]! + price[node]! - price[above]!);
    }
  }
}

/** Sends what can be sent along the path just found, with one asset per move after another. Returns how often. */
function pushAlong(
  fleet: Fleet,
  search: Search,
  hops: { node: Int32Array; asset: Int32Array },
  source: number,
  target: number,
): number {
  const { graph, moves, via, viaClass } = search;
  const { excess, flow, cap, parent } = graph;
  const { width, classes } = fleet;
  let length = 0;
  for (let node = target; node !== source; node = via[node]!) {
    hops.node[length] = node;
    hops.asset[length] = -1;
    length++;
  }
  for (let pushes = 0; ; pushes++) {
    let wh = Math.min(excess[source]!, -excess[target]!);
    for (let h = 0; h < length && wh > 0; h++) {
      const node = hops.node[h]!;
      const from = via[node]!;
      const klass = viaClass[node]!;
      if (klass < 0) {
        wh = Math.min(wh, parent[from] === node ? cap[from]! - flow[from]! : flow[node]!);
        continue;
      }
      const group = Math.trunc(node / width);
      const fromPlace = from - group * width;
      const toPlace = node - group * width;
      let asset = hops.asset[h]!;
      if (asset < 0 || !canMove(moves, asset, fromPlace, toPlace)) {
        asset = findMove(moves, group * classes + klass, fromPlace, toPlace);
        if (asset < 0) return pushes;
        hops.asset[h] = asset;
      }
      wh = Math.min(wh, movable(moves, asset, fromPlace, toPlace));
    }
    if (wh <= 0) return pushes;
    for (let h = 0; h < length; h++) {
      const node = hops.node[h]!;
      const from = via[node]!;
      const klass = viaClass[node]!;
      if (klass >= 0) {
        const group = Math.trunc(node / width);
        move(moves, group, klass, hops.asset[h]!, from - group * width, node - group * width, wh);
      } else if (parent[from] === node) flow[from]! += wh;
      else flow[node]! -= wh;
    }
    excess[source]! -= wh;
    excess[target]! += wh;
  }
}
