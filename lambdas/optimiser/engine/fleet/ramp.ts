import { carryOver, keepGivenOut, resumed, type Start } from "./carry-over.ts";
import { newClassOrder } from "./class-order.ts";
import { solveFrom } from "./exact.ts";
import { difference, type ExactSum } from "./exact-sum.ts";
import { fill, fillMissing } from "./fill.ts";
import type { Fleet } from "./problem.ts";
import { holdRamp } from "./ramp-hold.ts";
import { fleetLoad, keepsRamp, roomUnderRamp, wholeLoad, withinRamp } from "./ramp-load.ts";
import { newRampSearch, searchRamp, slotPricesWithRamp } from "./ramp-prices.ts";
import { type Run, repair } from "./repair.ts";
import { emptyState, type Prices, score } from "./state.ts";

/** Share of the cost by which the mix of loads and its bound may differ. */
const EXACT = 1e-8;
const ROUGH = 1e-3;
/** With minimum powers: how far the load may stray from the planned one, in limits of a mean asset; the best is taken. */
const MARGINS = [0, 0.5, 1, 2, 4];
const MOST_REFILLS = 6;
/** Makes taking energy worth more than whatever it costs: every slot is filled up to its load. */
const FILL_BONUS = 1_000_000_000;

export type RampTask = {
  fleet: Fleet;
  rampWh: number;
  effort: "first" | "exact";
  minimumPower: boolean;
  start: Start | undefined;
  run: Run;
};

export type Ramped = {
  /** The schedule before minimum powers, and the one to give out. */
  linear: Int32Array;
  energy: Int32Array;
  /** Prices of capacity, and of ramp into each slot, signed: the proof. */
  prices: Prices;
  rampPrices: Float64Array;
};

/**
 * The schedule of a fleet whose load must not change faster than `rampWh` from slot to slot. First the load: prices of
 * capacity and ramp on the one side, mixes of what blocks of the fleet do at such prices on the other, until they meet
 * (column generation). Then who takes it: the exact repair with that load as the cap of every slot. Minimum powers leave
 * holes in a load: they are planned with a ramp narrower by a margin.
 * @param without the cheapest schedule without the ramp, and its prices
 */
export function planRamp(task: RampTask, without: Int32Array, prices: Prices): Ramped {
  const { fleet, rampWh, effort, minimumPower, start, run } = task;
  const schedules = start === undefined ? [without] : [without, resumed(fleet, without, start)];
  const search = newRampSearch(fleet, schedules, prices);
  const meanLimitWh = fleet.limit.reduce((wh, limit) => wh + limit, 0) / fleet.count;
  let best: (Ramped & { cost: ExactSum }) | undefined;
  for (const limits of minimumPower ? MARGINS : [0]) {
    const marginWh = Math.round(limits * meanLimitWh);
    if (best !== undefined && (run.stop?.() || 2 * marginWh > rampWh)) break;
    const tolerance = effort === "first" || best !== undefined ? ROUGH : EXACT;
    const narrowWh = rampWh - 2 * marginWh;
    const mixWh = searchRamp(search, narrowWh, tolerance, run) ?? fleetLoad(fleet, without);
    const loadWh = wholeLoad(mixWh, fleet.fleetCap, narrowWh);
    const { prices, rampPrices } = search;
    const made = schedule(task, loadWh, marginWh, slotPricesWithRamp(prices, rampPrices));
    const { cost } = score(fleet, made.energy);
    // The prices of the ramp as it is prove most.
    if (best === undefined) best = { ...made, prices, rampPrices, cost };
    else if (difference(cost, best.cost) < 0) best = { ...best, ...made, cost };
  }
  if (best === undefined) throw new Error("no margin was tried");
  return best;
}

/** Who takes a load that keeps the ramp, and what is given out in the end. */
function schedule(task: RampTask, loadWh: Float64Array, marginWh: number, paid: Prices) {
  const { fleet, rampWh, minimumPower, start } = task;
  let { linear, finished } = taken(task, loadWh, paid);
  const reached = fleetLoad(fleet, linear);
  // Less than a load that was reached can be reached: a second time there is nothing missing.
  if (finished && !keepsRamp(reached, rampWh)) {
    ({ linear, finished } = taken(task, withinRamp(reached, rampWh), paid));
  }
  const energy = minimumPower ? linear.slice() : linear;
  if (minimumPower && finished && start !== undefined) keepGivenOut(fleet, energy, paid, start);
  if (minimumPower || !finished) {
    const fleetCap = loadWh.map((wh, t) => Math.min(wh + marginWh, fleet.fleetCap[t]!));
    fill({ ...fleet, fleetCap }, paid, energy, minimumPower);
  }
  return { linear, energy: held(task, energy, paid) };
}

/** Takes away what breaks the ramp, and gives back what the ramp then has room for, as long as that helps. */
function held({ fleet, rampWh, minimumPower }: RampTask, energy: Int32Array, paid: Prices): Int32Array {
  if (keepsRamp(fleetLoad(fleet, energy), rampWh)) return energy;
  holdRamp(fleet, energy, rampWh, minimumPower);
  let best = energy;
  for (let refill = 0; refill < MOST_REFILLS; refill++) {
    const fuller = best.slice();
    const fleetCap = roomUnderRamp(fleetLoad(fleet, best), fleet.fleetCap, rampWh);
    fillMissing({ ...fleet, fleetCap }, paid, fuller, minimumPower);
    holdRamp(fleet, fuller, rampWh, minimumPower);
    if (difference(score(fleet, fuller).cost, score(fleet, best).cost) >= 0) break;
    best = fuller;
  }
  return best;
}

function taken(
  { fleet, start, run }: RampTask,
  loadWh: Float64Array,
  paid: Prices,
): { linear: Int32Array; finished: boolean } {
  const price = fleet.price.map((each, at) => (at % fleet.width < fleet.slots ? each - FILL_BONUS : each));
  const classOrder = newClassOrder(fleet.classes, fleet.width);
  const filled: Fleet = { ...fleet, price, classOrder, fleetCap: loadWh };
  const prices = { fleet: paid.fleet.map((each) => Math.max(0, each + FILL_BONUS)), group: paid.group };
  if (start === undefined) {
    const { state, finished } = solveFrom(filled, prices, run);
    return { linear: state.energy, finished };
  }
  const state = emptyState(filled);
  carryOver(filled, state, prices, start);
  return { linear: state.energy, finished: repair(filled, state, prices, run).finished };
}
