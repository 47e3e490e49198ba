import { respond } from "./best-response.ts";
import { lowerBound } from "./bound.ts";
import { carryOver, keepGivenOut, type Start } from "./carry-over.ts";
import { samplePrices, solve } from "./exact.ts";
import { difference, toNumber } from "./exact-sum.ts";
import { fill } from "./fill.ts";
import { packFleet } from "./pack.ts";
import { type FleetInput, FleetInputError, placeIndex } from "./problem.ts";
import { planRamp } from "./ramp.ts";
import { fleetLoad, keepsRamp } from "./ramp-load.ts";
import { type Run, repair } from "./repair.ts";
import { type Memory, type PlainStart, type PlanStart, startFromFigures, startFromPlan } from "./start.ts";
import { emptyState, score } from "./state.ts";

/** Cost units (1e-4 pence per kWh x Wh) in a penny. */
const UNITS_PER_PENNY = 1e7;
/** With more than this share of a fleet answering anew, the last plan's prices are a worse start than a sample's. */
const STALE_SHARE = 0.2;

export type FleetOptions = {
  /**
   * `exact` (default) proves the cheapest schedule; `first` gives a good one at once, with its gap. Where no groups have
   * caps the proof is as quick, and both give it.
   */
  effort?: "first" | "exact";
  /** No asset takes less than its `minimumWh` in a slot where it takes anything. The bound stays that of any power. */
  minimumPower?: boolean;
  /** The plan to start from: assets keep their energies wherever the optimum lets them. */
  previous?: PlanStart;
  /**
   * The same from plain figures, as read back from a table: any energies will do; those that no longer fit, or are not
   * an asset's cheapest any more, are planned anew.
   */
  start?: PlainStart;
  /** Asked between searches; when it says true the best that can be had at once is returned, with its gap. */
  stop?: () => boolean;
  /** Draws the samples; the same seed gives the same plan. */
  seed?: number;
  /** Milliseconds of a clock that only goes forward; without one the stages read 0. */
  now?: () => number;
};

export type FleetPlan = {
  costPence: number;
  /** No schedule of this fleet can cost less: the certificate, computed apart from the schedule. */
  boundPence: number;
  /** (cost - bound) / |cost|: exactly 0 when the plan is proven to be the cheapest; not far above where a ramp binds. */
  gap: number;
  shortfallWh: number;
  /** Wh of an asset (as numbered in the input) in a slot. */
  energyWh: (asset: number, slot: number) => number;
  /** Wh that an asset needs and does not get. */
  assetShortfallWh: (asset: number) => number;
  /** What one kWh more of capacity would save in a slot, 1e-4 pence per kWh: of the fleet, and of `group * slots + slot`. */
  slotPrices: Float64Array;
  groupPrices: Float64Array;
  /** The same for the ramp into each slot: above zero where the load may not rise faster, below where not fall. */
  rampPrices: Float64Array;
  stats: FleetStats;
  /** What the next plan starts from. */
  memory: Memory;
};

export type FleetStats = {
  stageMs: { pack: number; sample: number; repair: number; fill: number; bound: number };
  dijkstras: number;
  pushes: number;
  /** Assets that could not keep what the last plan gave them before the caps were heard; the whole fleet without one. */
  responding: number;
};

/**
 * The cheapest schedule of a fleet that keeps every cap, with its proof. A ramp that binds makes a problem of fractions:
 * the plan is then in whole Wh and its gap that of rounding, some 1e-7 of the cost. Throws `FleetInputError` for an
 * impossible input.
 */
export function planFleet(input: FleetInput, options: FleetOptions = {}): FleetPlan {
  const { effort = "exact", minimumPower = false, seed = 1, now = () => 0 } = options;
  const run: Run = { dijkstras: 0, pushes: 0, stop: options.stop };
  const stageMs = { pack: 0, sample: 0, repair: 0, fill: 0, bound: 0 };
  let markMs = now();
  const ended = (stage: keyof typeof stageMs) => {
    const atMs = now();
    stageMs[stage] += atMs - markMs;
    markMs = atMs;
  };

  const { fleet, order } = packFleet(input, minimumPower);
  const rankOf = new Int32Array(fleet.count);
  for (let i = 0; i < order.length; i++) rankOf[order[i]!] = i;
  if (options.previous !== undefined && options.start !== undefined) {
    throw new FleetInputError("start", "is given beside previous: leave one of them out");
  }
  let start: Start | undefined;
  if (options.previous !== undefined) start = startFromPlan(fleet, order, options.previous);
  if (options.start !== undefined) start = startFromFigures(fleet, order, options.start);
  ended("pack");

  let prices = start?.prices ?? samplePrices(fleet, uniform(seed), run);
  ended("sample");

  let linear: Int32Array;
  let responding = fleet.count;
  let finished = false;
  if (effort === "first" && fleet.twoLevel) {
    const state = emptyState(fleet);
    respond(fleet, state, prices);
    linear = state.energy;
  } else if (start === undefined) {
    const solved = solve(fleet, prices, run);
    linear = solved.state.energy;
    ({ prices, finished } = solved);
  } else {
    let state = emptyState(fleet);
    responding = carryOver(fleet, state, prices, start);
    if (start.prices !== null && responding > fleet.count * STALE_SHARE) {
      prices = samplePrices(fleet, uniform(seed), run);
      state = emptyState(fleet);
      responding = carryOver(fleet, state, prices, start);
    }
    linear = state.energy;
    ({ prices, finished } = repair(fleet, state, prices, run));
  }
  ended("repair");

  let energy = linear;
  if (minimumPower || !finished) {
    energy = finished ? linear.slice() : linear;
    if (finished && start !== undefined) keepGivenOut(fleet, energy, prices, start);
    fill(fleet, prices, energy, minimumPower);
  }
  ended("fill");

  const { rampWh } = input;
  let rampPrices: Float64Array = new Float64Array(fleet.slots);
  if (rampWh !== undefined && !keepsRamp(fleetLoad(fleet, energy), rampWh)) {
    ({ linear, energy, prices, rampPrices } = planRamp(
      { fleet, rampWh, effort, minimumPower, start, run },
      linear,
      prices,
    ));
  }
  ended("repair");

  const { cost, shortfallWh } = score(fleet, energy);
  const bound = lowerBound(fleet, prices, rampWh === undefined ? undefined : { rampWh, price: rampPrices });
  const gap = difference(cost, bound);
  ended("bound");
  return {
    costPence: toNumber(cost) / UNITS_PER_PENNY,
    boundPence: toNumber(bound) / UNITS_PER_PENNY,
    gap: gap === 0 ? 0 : gap / Math.abs(toNumber(cost)),
    shortfallWh,
    energyWh: (asset, slot) => {
      const i = rankOf[asset]!;
      return slot >= fleet.from[i]! && slot < fleet.to[i]! ? energy[fleet.base[i]! + slot]! : 0;
    },
    assetShortfallWh: (asset) => energy[placeIndex(fleet, rankOf[asset]!, fleet.slots)]!,
    slotPrices: prices.fleet,
    groupPrices: prices.group,
    rampPrices,
    stats: { stageMs, dijkstras: run.dijkstras, pushes: run.pushes, responding },
    memory: { fleet, rankOf, linear, energy, prices },
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
