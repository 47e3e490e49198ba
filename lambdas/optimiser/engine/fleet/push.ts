// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, every index is within bounds by construction
import { canMove, findMove, movable, move, sortClasses } from "./moves.ts";
import type { Search } from "./search.ts";

/** Scratch of `pushAlong` and `pushRest`: the path, and the arc each node has come to. */
export type Path = { node: Int32Array; asset: Int32Array; arc: Int32Array };

export function newPath(nodes: number): Path {
  return { node: new Int32Array(nodes), asset: new Int32Array(nodes), arc: new Int32Array(nodes) };
}

/** Sends what can be sent along the path just found, with one asset per move after another. Returns how often. */
export function pushAlong(search: Search, path: Path, source: number, target: number): number {
  const { graph, moves, via, viaClass } = search;
  const { excess, flow, cap, parent } = graph;
  const { width, classes } = moves.fleet;
  let length = 0;
  for (let node = target; node !== source; node = via[node]!) {
    path.node[length] = node;
    path.asset[length] = -1;
    length++;
  }
  for (let pushes = 0; ; pushes++) {
    let wh = Math.min(excess[source]!, -excess[target]!);
    for (let h = 0; h < length && wh > 0; h++) {
      const node = path.node[h]!;
      const from = via[node]!;
      const klass = viaClass[node]!;
      if (klass < 0) {
        wh = Math.min(wh, parent[from] === node ? cap[from]! - flow[from]! : flow[node]!);
        continue;
      }
      const group = Math.trunc(node / width);
      const fromPlace = from - group * width;
      const toPlace = node - group * width;
      let asset = path.asset[h]!;
      if (asset < 0 || !canMove(moves, asset, fromPlace, toPlace)) {
        asset = findMove(moves, group * classes + klass, fromPlace, toPlace);
        if (asset < 0) return pushes;
        path.asset[h] = asset;
      }
      wh = Math.min(wh, movable(moves, asset, fromPlace, toPlace));
    }
    if (wh <= 0) return pushes;
    for (let h = 0; h < length; h++) {
      const node = path.node[h]!;
      const from = via[node]!;
      const klass = viaClass[node]!;
      if (klass >= 0) {
        const group = Math.trunc(node / width);
        move(moves, group, klass, path.asset[h]!, from - group * width, node - group * width, wh);
      } else if (parent[from] === node) flow[from]! += wh;
      else flow[node]! -= wh;
    }
    excess[source]! -= wh;
    excess[target]! += wh;
  }
}

/**
 * Sends what else can go from source to target without a new search: along arcs that cost nothing now, each one step
 * deeper in the search just made. Every arc is looked at once.
 */
export function pushRest(search: Search, path: Path, source: number, target: number): number {
  const { graph, depth, via, order, settledCount } = search;
  const { excess } = graph;
  let pushes = 0;
  for (let i = 0; i < settledCount; i++) path.arc[order[i]!] = 0;
  let node = source;
  while (excess[source]! > 0 && excess[target]! < 0) {
    if (node === target) {
      pushes += pushAlong(search, path, source, target);
      node = source;
      continue;
    }
    const next = depth[node]! < depth[target]! ? freeArc(search, path, node, target) : -1;
    if (next >= 0) {
      via[next] = node;
      node = next;
    } else {
      if (node === source) break;
      node = via[node]!;
      path.arc[node]!++;
    }
  }
  return pushes;
}

/** The next node along an arc that costs nothing and exists, one step deeper; sets its class. -1 when there is none. */
function freeArc(search: Search, path: Path, node: number, target: number): number {
  const { graph, moves, settled, run, depth, viaClass } = search;
  const { leaves, parent, cap, flow, toll, price, childStart, child } = graph;
  const { width, classes, price: cost } = moves.fleet;
  const deeper = depth[node]! + 1;
  const isNext = (to: number) =>
    settled[to] === run && depth[to] === deeper && (deeper < depth[target]! || to === target);
  const group = Math.trunc(node / width);
  const first = node < leaves ? group * width : (childStart[node - leaves] as number);
  const arcs = node < leaves ? width : childStart[node - leaves + 1]! - first;
  for (; path.arc[node]! <= arcs; path.arc[node]!++) {
    const arc = path.arc[node]!;
    if (arc === arcs) {
      const above = parent[node]!;
      if (above < 0 || !isNext(above) || flow[node]! >= cap[node]!) continue;
      if (toll[node]! + price[above]! - price[node]! !== 0) continue;
      viaClass[above] = -1;
      return above;
    }
    if (node >= leaves) {
      const below = child[first + arc]!;
      if (!isNext(below) || flow[below]! <= 0 || price[below]! - toll[below]! !== price[node]!) continue;
      viaClass[below] = -1;
      return below;
    }
    const to = first + arc;
    if (!isNext(to)) continue;
    const from = node - first;
    const pair = from * width + arc;
    if (moves.sorted[pair] === 0) sortClasses(moves, pair);
    for (let rank = moves.firstClass[group * width * width + pair]!; rank < classes; rank++) {
      const klass = moves.byCost[pair * classes + rank]!;
      const price0 = cost[klass * width + arc]! - cost[klass * width + from]! + price[to]! - price[node]!;
      if (price0 > 0) break;
      if (price0 < 0 || findMove(moves, group * classes + klass, from, arc) < 0) continue;
      viaClass[to] = klass;
      return to;
    }
  }
  return -1;
}
