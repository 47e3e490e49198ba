import type { Fleet } from "./problem.ts";
import type { Prices, State } from "./state.ts";

/**
 * The shift graph: nodes are places of groups, not assets. `group * width + place` are the leaves; above them are what
 * has a cap on several leaves, and one or more roots: the outside world. Energy flows from a node up to its parent
 * within `cap`, paying `toll`; what a node has too much or too little is its `excess`.
 */
export type Graph = {
  nodes: number;
  leaves: number;
  /** -1 for a root. */
  parent: Int32Array;
  cap: Float64Array;
  toll: Float64Array;
  flow: Float64Array;
  excess: Float64Array;
  /** Node prices, whole numbers. Every open arc costs `cost + price[to] - price[from] >= 0`. */
  price: Float64Array;
  /** Children of the nodes above the leaves: `child[childStart[node - leaves]]` up to the next. */
  childStart: Int32Array;
  child: Int32Array;
};

/** All caps: leaves under the slots of the fleet (if groups have caps of their own) under one world. */
export function fleetGraph(fleet: Fleet): Graph {
  const { groups, slots, width, twoLevel } = fleet;
  const leaves = groups * width;
  const graph = emptyGraph(leaves, leaves + (twoLevel ? slots : 0) + 1);
  const world = graph.nodes - 1;
  graph.parent.fill(world, 0, world);
  for (let t = 0; t < slots; t++) {
    if (twoLevel) graph.cap[leaves + t] = fleet.fleetCap[t]!;
    for (let g = 0; g < groups; g++) {
      if (twoLevel) graph.parent[g * width + t] = leaves + t;
      graph.cap[g * width + t] = twoLevel ? fleet.groupCap[g * slots + t]! : fleet.fleetCap[t]!;
    }
  }
  return linkChildren(graph);
}

/** Each group on its own under its own caps, buying capacity of the fleet at its price: what a group decides alone. */
export function groupsGraph(fleet: Fleet, prices: Prices): Graph {
  const { groups, slots, width } = fleet;
  const leaves = groups * width;
  const graph = emptyGraph(leaves, leaves + groups);
  for (let g = 0; g < groups; g++) {
    graph.parent.fill(leaves + g, g * width, g * width + width);
    for (let t = 0; t < slots; t++) {
      graph.cap[g * width + t] = fleet.groupCap[g * slots + t]!;
      graph.toll[g * width + t] = prices.fleet[t]!;
    }
  }
  return linkChildren(graph);
}

function emptyGraph(leaves: number, nodes: number): Graph {
  const zeros = () => new Float64Array(nodes);
  return {
    nodes,
    leaves,
    parent: new Int32Array(nodes).fill(-1),
    cap: zeros().fill(Number.POSITIVE_INFINITY),
    toll: zeros(),
    flow: zeros(),
    excess: zeros(),
    price: zeros(),
    childStart: new Int32Array(nodes - leaves + 1),
    child: new Int32Array(nodes),
  };
}

function linkChildren(graph: Graph): Graph {
  const { nodes, leaves, parent, childStart, child } = graph;
  for (let n = 0; n < nodes; n++) if (parent[n]! >= 0) childStart[parent[n]! - leaves + 1]!++;
  for (let n = 1; n < childStart.length; n++) childStart[n]! += childStart[n - 1]!;
  const next = childStart.slice();
  for (let n = 0; n < nodes; n++) if (parent[n]! >= 0) child[next[parent[n]! - leaves]!++] = n;
  return graph;
}

/** Starts the flow from a state that is best for every asset at these prices. */
export function startFlow(fleet: Fleet, graph: Graph, state: State, prices: Prices): void {
  const { groups, slots, width } = fleet;
  const { nodes, leaves, parent, cap, toll, flow, excess, price } = graph;
  price.fill(0);
  for (let t = 0; t < slots; t++) {
    for (let g = 0; g < groups; g++) {
      const leaf = g * width + t;
      price[leaf] = prices.fleet[t]! + prices.group[g * slots + t]!;
      // A slot of the fleet has a node of its own where something stands between the leaf and the world.
      if (parent[parent[leaf]!]! >= 0) price[parent[leaf]!] = prices.fleet[t]!;
    }
  }
  excess.fill(0);
  for (let leaf = 0; leaf < leaves; leaf++) {
    let root = parent[leaf]!;
    while (parent[root]! >= 0) root = parent[root]!;
    excess[leaf]! += state.load[leaf]!;
    excess[root]! -= state.load[leaf]!;
  }
  for (let n = 0; n < nodes; n++) {
    const above = parent[n]!;
    if (above < 0) continue;
    // A cap with a price is full, by complementary slackness; one without a price takes what comes, up to the cap.
    const up = price[n]! - price[above]! - toll[n]! > 0 ? cap[n]! : Math.min(excess[n]!, cap[n]!);
    flow[n] = up;
    excess[n]! -= up;
    excess[above]! += up;
  }
}

/** The prices of all caps that the node prices of the fleet's graph stand for. */
export function fleetPrices(fleet: Fleet, { leaves, nodes, price }: Graph): Prices {
  const { groups, slots, width, twoLevel } = fleet;
  const world = price[nodes - 1]!;
  const prices = { fleet: new Float64Array(slots), group: new Float64Array(groups * slots) };
  for (let t = 0; t < slots; t++) {
    prices.fleet[t] = Math.max(0, price[twoLevel ? leaves + t : t]! - world);
    for (let g = 0; twoLevel && g < groups; g++) {
      prices.group[g * slots + t] = Math.max(0, price[g * width + t]! - price[leaves + t]!);
    }
  }
  return prices;
}

/** The prices of the groups' caps beside the fleet prices they were settled at. */
export function groupPrices(fleet: Fleet, { leaves, price, toll }: Graph, at: Prices): Prices {
  const { groups, slots, width } = fleet;
  const group = new Float64Array(groups * slots);
  for (let g = 0; g < groups; g++) {
    for (let t = 0; t < slots; t++) {
      const leaf = g * width + t;
      group[g * slots + t] = Math.max(0, price[leaf]! - price[leaves + g]! - toll[leaf]!);
    }
  }
  return { fleet: at.fleet, group };
}
