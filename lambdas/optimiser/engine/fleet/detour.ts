import { sortClasses } from "./class-order.ts";
import { findMove, NO_CLASS, setFirst } from "./moves.ts";
import type { Search } from "./search.ts";

/**
 * Mends the path just used up, without a new search: the first node from the source on that is cut off, or one after
 * it, is given another settled neighbour from which it costs nothing to come. False when none has one; a search may
 * still find a way then.
 */
export function detour(search: Search, source: number, target: number): boolean {
  const { via, lost, run } = search;
  let cut = -1;
  for (let node = target; node !== source; node = via[node]!) {
    if (lost[node] === run) return false;
    if (!isOpen(search, via[node]!, node)) cut = node;
  }
  if (cut < 0) return false;
  // From the cut to the target, in that order: the path is kept from its end, so it is walked once to find each next.
  for (let node = cut; ; ) {
    lost[node] = run;
    if (adopted(search, source, node)) {
      lost[node] = 0;
      return true;
    }
    if (node === target) return false;
    let next = target;
    while (via[next] !== node) next = via[next]!;
    node = next;
  }
}

/** Whether the arc by which a node was reached can carry more. */
function isOpen({ graph, moves, viaClass }: Search, from: number, node: number): boolean {
  const { width, classes } = moves.fleet;
  const klass = viaClass[node]!;
  if (klass < 0) return graph.parent[from] === node ? graph.flow[from]! < graph.cap[from]! : graph.flow[node]! > 0;
  const group = Math.trunc(node / width);
  return findMove(moves, group * classes + klass, from - group * width, node - group * width) >= 0;
}

function adopted(search: Search, source: number, node: number): boolean {
  const { graph, moves, viaClass, via } = search;
  const { leaves, parent, cap, flow, toll, price, childStart, child } = graph;
  const above = parent[node]!;
  if (above >= 0 && flow[node]! > 0 && price[node]! - toll[node]! === price[above]! && leads(search, source, above)) {
    via[node] = above;
    viaClass[node] = -1;
    return true;
  }
  if (node >= leaves) {
    for (let c = childStart[node - leaves]!; c < childStart[node - leaves + 1]!; c++) {
      const below = child[c]!;
      if (flow[below]! >= cap[below]! || toll[below]! + price[node]! !== price[below]!) continue;
      if (!leads(search, source, below)) continue;
      via[node] = below;
      viaClass[node] = -1;
      return true;
    }
    return false;
  }
  const { width } = moves.fleet;
  const group = Math.trunc(node / width);
  const first = group * width;
  for (let from = first; from < first + width; from++) {
    if (from === node || !leads(search, source, from)) continue;
    const klass = freeClass(search, group, from, node);
    if (klass < 0) continue;
    via[node] = from;
    viaClass[node] = klass;
    return true;
  }
  return false;
}

/** Whether the way from the source to a node still stands. */
function leads({ settled, lost, via, run }: Search, source: number, node: number): boolean {
  if (settled[node] !== run) return false;
  for (let at = node; at !== source; at = via[at]!) if (lost[at] === run) return false;
  return true;
}

/** A class that can move from one leaf to another at no cost, or -1. */
function freeClass({ graph, moves }: Search, group: number, from: number, to: number): number {
  const { width, classes, price, classOrder } = moves.fleet;
  const fromPlace = from - group * width;
  const toPlace = to - group * width;
  const pair = fromPlace * width + toPlace;
  const cell = group * width * width + pair;
  const step = graph.price[to]! - graph.price[from]!;
  if (moves.firstCost[cell] === NO_CLASS || moves.firstCost[cell]! + step > 0) return -1;
  if (classOrder.sorted[pair] === 0) sortClasses(classOrder, price, classes, width, pair);
  let found = -1;
  let rank = moves.firstClass[cell]!;
  for (; rank < classes; rank++) {
    const klass = classOrder.byCost[pair * classes + rank]!;
    const cost = price[klass * width + toPlace]! - price[klass * width + fromPlace]! + step;
    if (cost > 0) break;
    if (cost < 0 || findMove(moves, group * classes + klass, fromPlace, toPlace) < 0) continue;
    found = klass;
    break;
  }
  setFirst(moves, group, pair, rank);
  return found;
}
