// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, every index is within bounds by construction
import type { Fleet } from "./problem.ts";
import type { Prices, State } from "./state.ts";

/**
 * The shift graph: nodes are places of groups, not assets. `group * width + place` are the leaves; above them, with two
 * levels, one node per slot of the fleet; the last node is the outside world. Energy flows from a node up to its parent
 * within `cap`; what a leaf has too much or too little is its `excess`.
 */
export type Graph = {
  nodes: number;
  leaves: number;
  world: number;
  parent: Int32Array;
  cap: Float64Array;
  flow: Float64Array;
  excess: Float64Array;
  /** Node prices, whole numbers. Every open arc costs `cost + price[to] - price[from] >= 0`. */
  price: Float64Array;
  /** Children of the nodes above the leaves: `child[childStart[node - leaves]]` up to the next. */
  childStart: Int32Array;
  child: Int32Array;
};

export function newGraph(fleet: Fleet): Graph {
  const { groups, slots, width, twoLevel } = fleet;
  const leaves = groups * width;
  const nodes = leaves + (twoLevel ? slots : 0) + 1;
  const world = nodes - 1;
  const parent = new Int32Array(nodes).fill(world);
  const cap = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
  parent[world] = -1;
  for (let t = 0; t < slots; t++) {
    if (twoLevel) cap[leaves + t] = fleet.fleetCap[t]!;
    for (let g = 0; g < groups; g++) {
      if (twoLevel) parent[g * width + t] = leaves + t;
      cap[g * width + t] = twoLevel ? fleet.groupCap[g * slots + t]! : fleet.fleetCap[t]!;
    }
  }
  const childStart = new Int32Array(nodes - leaves + 1);
  for (let n = 0; n < world; n++) childStart[parent[n]! - leaves + 1]!++;
  for (let n = 1; n < childStart.length; n++) childStart[n]! += childStart[n - 1]!;
  const next = childStart.slice();
  const child = new Int32Array(world);
  for (let n = 0; n < world; n++) child[next[parent[n]! - leaves]!++] = n;
  const zeros = () => new Float64Array(nodes);
  return { nodes, leaves, world, parent, cap, flow: zeros(), excess: zeros(), price: zeros(), childStart, child };
}

/** Starts the flow from a state that is best for every asset at these prices. */
export function startFlow(fleet: Fleet, graph: Graph, state: State, prices: Prices): void {
  const { groups, slots, width, twoLevel } = fleet;
  const { leaves, world, parent, cap, flow, excess, price } = graph;
  excess.fill(0);
  for (let n = 0; n < leaves; n++) excess[n] = state.load[n]!;
  for (let t = 0; t < slots; t++) {
    if (twoLevel) price[leaves + t] = prices.fleet[t]!;
    for (let g = 0; g < groups; g++) price[g * width + t] = prices.fleet[t]! + prices.group[g * slots + t]!;
  }
  for (let n = 0; n < world; n++) {
    const above = price[n]! - price[parent[n]!]!;
    // A cap with a price is full, by complementary slackness; one without a price takes what comes, up to the cap.
    const up = above > 0 ? cap[n]! : Math.min(excess[n]!, cap[n]!);
    flow[n] = up;
    excess[n]! -= up;
    excess[parent[n]!]! += up;
  }
  let total = 0;
  for (let n = 0; n < leaves; n++) total += state.load[n]!;
  excess[world]! -= total;
}

/** The prices of capacity that the node prices stand for. */
export function capacityPrices(fleet: Fleet, graph: Graph): Prices {
  const { groups, slots, width, twoLevel } = fleet;
  const { leaves, world, price } = graph;
  const zero = price[world]!;
  const prices = { fleet: new Float64Array(slots), group: new Float64Array(groups * slots) };
  for (let t = 0; t < slots; t++) {
    prices.fleet[t] = Math.max(0, price[twoLevel ? leaves + t : t]! - zero);
    for (let g = 0; twoLevel && g < groups; g++) {
      prices.group[g * slots + t] = Math.max(0, price[g * width + t]! - price[leaves + t]!);
    }
  }
  return prices;
}
