import { sortClasses } from "./class-order.ts";
import type { Graph } from "./graph.ts";
import { drop, type Heap, newHeap, push } from "./heap.ts";
import { findMove, type Moves, NO_CLASS, setFirst } from "./moves.ts";

/** Shortest paths from one node: distances, and by which arc each node was reached. */
export type Search = {
  graph: Graph;
  moves: Moves;
  /** Number of the search; `seen` and `settled` equal it for nodes that have a distance, a final one. */
  run: number;
  distance: Float64Array;
  seen: Int32Array;
  settled: Int32Array;
  via: Int32Array;
  /** Class that moves along the arc into the node; -1 along the tree. */
  viaClass: Int32Array;
  /** Equal to `run` for settled nodes that can no longer be reached the way they were. */
  lost: Int32Array;
  /** Nodes in the order they were settled. */
  order: Int32Array;
  settledCount: number;
  heap: Heap;
  /** Nodes at the distance the search has come to, first come first served: of equal paths the shortest wins. */
  queue: Int32Array;
  queued: number;
  now: number;
  /** The nearest node with a deficit that was seen, and its distance. */
  found: number;
  nearest: number;
};

export function newSearch(graph: Graph, moves: Moves): Search {
  const ints = () => new Int32Array(graph.nodes);
  return {
    graph,
    moves,
    run: 0,
    distance: new Float64Array(graph.nodes),
    seen: ints(),
    settled: ints(),
    via: ints(),
    viaClass: ints(),
    lost: ints(),
    order: ints(),
    settledCount: 0,
    heap: newHeap(),
    queue: new Int32Array(graph.nodes * 2),
    queued: 0,
    now: 0,
    found: -1,
    nearest: 0,
  };
}

/**
 * Finds the deficit that is cheapest to reach and lowers the node prices by what is nearer, which makes the path there
 * cost nothing and keeps every arc at or above zero. Arcs are taken on trust: only when a node is about to be settled is
 * there a look for an asset that can make the move, because that look is the dear part.
 */
export function nearestDeficit(search: Search, source: number): number {
  const { graph, moves, heap, queue, distance, seen, settled, via, viaClass, order } = search;
  const { leaves, excess, price, parent, cap, toll, flow, childStart, child } = graph;
  const { width, classes } = moves.fleet;
  const { firstCost } = moves;
  const run = ++search.run;
  search.nearest = Number.POSITIVE_INFINITY;
  search.found = -1;
  search.now = 0;
  search.queued = 0;
  search.settledCount = 0;
  heap.size = 0;
  offer(search, source, source, -1, 0);
  for (let taken = 0; ; ) {
    let node: number;
    if (search.nearest === search.now) node = search.found;
    else if (taken < search.queued) node = queue[taken++]!;
    else {
      if (heap.size === 0) throw new Error("the shift graph has an excess that reaches no deficit");
      search.queued = 0;
      taken = 0;
      node = heap.nodes[0]!;
      search.now = heap.keys[0]!;
      drop(heap);
    }
    const at = search.now;
    if (settled[node] === run || seen[node] !== run || at !== distance[node]!) continue;
    const klass = viaClass[node]!;
    const group = Math.trunc(node / width);
    const first = group * width;
    if (klass >= 0) {
      const from = via[node]! - first;
      const to = node - first;
      if (findMove(moves, group * classes + klass, from, to) < 0) {
        // No asset of this class can: it is the next class's turn, and the node may be nearer by another way.
        const pair = from * width + to;
        setFirst(moves, group, pair, moves.fleet.classOrder.rankOf[pair * classes + klass]! + 1);
        seen[node] = 0;
        for (let other = first; other < first + width; other++) {
          if (settled[other] === run) offerMove(search, group, other, node, distance[other]!);
        }
        const above = parent[node]!;
        if (settled[above] === run && flow[node]! > 0) {
          offer(search, node, above, -1, distance[above]! - toll[node]! + price[node]! - price[above]!);
        }
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
    if (above >= 0 && flow[node]! < cap[node]!) {
      offer(search, above, node, -1, at + toll[node]! + price[above]! - price[node]!);
    }
    if (node < leaves) {
      const cell = group * width * width + (node - first) * width - first;
      const base = at - price[node]!;
      for (let to = first; to < first + width; to++) {
        const cost = firstCost[cell + to]!;
        if (cost === NO_CLASS || settled[to] === run) continue;
        // Most moves are too dear to matter whether or not they exist.
        const least = base + cost + price[to]!;
        if (least >= at && (least >= search.nearest || (seen[to] === run && distance[to]! <= least))) continue;
        offerMove(search, group, node, to, at);
      }
    } else {
      const stopAt = childStart[node - leaves + 1]!;
      for (let c = childStart[node - leaves]!; c < stopAt; c++) {
        const below = child[c]!;
        if (flow[below]! > 0) offer(search, below, node, -1, at - toll[below]! + price[below]! - price[node]!);
      }
    }
  }
}

function offer(search: Search, node: number, from: number, klass: number, at: number): void {
  const { run, seen, settled, distance } = search;
  if (settled[node] === run || at >= search.nearest || (seen[node] === run && distance[node]! <= at)) return;
  seen[node] = run;
  distance[node] = at;
  search.via[node] = from;
  search.viaClass[node] = klass;
  if (search.graph.excess[node]! < 0) {
    search.nearest = at;
    search.found = node;
  }
  if (at === search.now && search.queued < search.queue.length) search.queue[search.queued++] = node;
  else push(search.heap, at, node);
}

/** Offers the cheapest move that may exist between two places of a group. */
function offerMove(search: Search, group: number, from: number, to: number, at: number): void {
  const { moves, graph } = search;
  const { width, classes, price, classOrder } = moves.fleet;
  const fromPlace = from - group * width;
  const toPlace = to - group * width;
  const pair = fromPlace * width + toPlace;
  const cell = group * width * width + pair;
  if (moves.firstCost[cell] === NO_CLASS) return;
  const step = graph.price[to]! - graph.price[from]!;
  if (classOrder.sorted[pair] === 0) sortClasses(classOrder, price, classes, width, pair);
  // A deficit ends the search, so its arc must be real.
  const mustBeReal = graph.excess[to]! < 0;
  let rank = moves.firstClass[cell]!;
  for (; rank < classes; rank++) {
    const klass = classOrder.byCost[pair * classes + rank]!;
    const cost = price[klass * width + toPlace]! - price[klass * width + fromPlace]! + step;
    // Below zero there is none: every asset is at its cheapest.
    if (cost < 0) continue;
    if (mustBeReal && findMove(moves, group * classes + klass, fromPlace, toPlace) < 0) continue;
    offer(search, to, from, klass, at + cost);
    break;
  }
  setFirst(moves, group, pair, rank);
}
