// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, every index is within bounds by construction
import { lowerBound } from "./bound.ts";
import { difference, toNumber } from "./exact-sum.ts";
import { samplePrices, solve } from "./exact.ts";
import { type FleetInput, packFleet, placeIndex } from "./problem.ts";
import { score } from "./state.ts";

/** Cost units (1e-4 pence per kWh x Wh) in a penny. */
const UNITS_PER_PENNY = 1e7;

export type FleetOptions = {
  /** Draws the samples; the same seed gives the same plan. */
  seed?: number;
  /** Milliseconds of a clock that only goes forward; without one the stages read 0. */
  now?: () => number;
};

export type FleetPlan = {
  costPence: number;
  /** No schedule of this fleet can cost less: the certificate, computed apart from the schedule. */
  boundPence: number;
  /** (cost - bound) / |cost|: exactly 0 when the plan is proven to be the cheapest. */
  gap: number;
  shortfallWh: number;
  /** Wh of an asset (as numbered in the input) in a slot. */
  energyWh: (asset: number, slot: number) => number;
  /** Wh that an asset needs and does not get. */
  assetShortfallWh: (asset: number) => number;
  /** What one kWh more of capacity would save in a slot, 1e-4 pence per kWh: of the fleet, and of `group * slots + slot`. */
  slotPrices: Float64Array;
  groupPrices: Float64Array;
  stats: {
    stageMs: { pack: number; sample: number; repair: number; bound: number };
    dijkstras: number;
    pushes: number;
  };
};

/** The cheapest schedule of a fleet that keeps every cap, with its proof. Throws `FleetInputError` for an impossible input. */
export function planFleet(input: FleetInput, { seed = 1, now = () => 0 }: FleetOptions = {}): FleetPlan {
  const counts = { dijkstras: 0, pushes: 0 };
  const startedMs = now();
  const { fleet, order } = packFleet(input);
  const packedMs = now();
  const start = samplePrices(fleet, uniform(seed), counts);
  const sampledMs = now();
  const { state, prices } = solve(fleet, start, counts);
  const { cost, shortfallWh } = score(fleet, state.energy);
  const repairedMs = now();
  const bound = lowerBound(fleet, prices);
  const boundMs = now();
  const gap = difference(cost, bound);
  const rankOf = new Int32Array(fleet.count);
  for (let i = 0; i < order.length; i++) rankOf[order[i]!] = i;
  return {
    costPence: toNumber(cost) / UNITS_PER_PENNY,
    boundPence: toNumber(bound) / UNITS_PER_PENNY,
    gap: gap === 0 ? 0 : gap / Math.abs(toNumber(cost)),
    shortfallWh,
    energyWh: (asset, slot) => {
      const i = rankOf[asset]!;
      return slot >= fleet.from[i]! && slot < fleet.to[i]! ? state.energy[fleet.base[i]! + slot]! : 0;
    },
    assetShortfallWh: (asset) => state.energy[placeIndex(fleet, rankOf[asset]!, fleet.slots)]!,
    slotPrices: prices.fleet,
    groupPrices: prices.group,
    stats: {
      stageMs: {
        pack: packedMs - startedMs,
        sample: sampledMs - packedMs,
        repair: repairedMs - sampledMs,
        bound: boundMs - repairedMs,
      },
      ...counts,
    },
  };
}

/** mulberry32: uniform in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
