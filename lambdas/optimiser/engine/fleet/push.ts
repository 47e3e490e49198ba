import { canMove, findMove, movable, move } from "./moves.ts";
import type { Search } from "./search.ts";

/** Scratch of `pushAlong`: the nodes of a path from its end, and the asset that moves into each. */
export type Path = { node: Int32Array; asset: Int32Array };

export function newPath(nodes: number): Path {
  return { node: new Int32Array(nodes), asset: new Int32Array(nodes) };
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
