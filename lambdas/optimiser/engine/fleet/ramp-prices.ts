import { respond } from "./best-response.ts";
import { type Fleet, placeIndex } from "./problem.ts";
import { type Column, type Mix, RampMaster } from "./ramp-master.ts";
import { type Run, repairGroups } from "./repair.ts";
import { emptyState, type Prices, type State } from "./state.ts";

/** Parts of a fleet without groups that mix their schedules apart: more of them need fewer rounds of dearer algebra. */
const BLOCKS = 24;
const MOST_ROUNDS = 400;
/** How far prices stay with the best known ones: those of a young mix jump about. */
const SMOOTHING = 0.5;
const LEAST_SMOOTHING = 1e-3;
const PENNY = 1e7;

/** Price of a kWh in each slot when caps and ramps are paid: whole numbers, may be negative. */
export function slotPricesWithRamp(prices: Prices, rampPrices: Float64Array): Prices {
  const fleet = prices.fleet.map((price, t) => price + rampPrices[t]! - (rampPrices[t + 1] ?? 0));
  return { fleet, group: prices.group };
}

/** A search that goes on from what it has found when the ramp changes. */
export type RampSearch = {
  fleet: Fleet;
  blocks: Blocks;
  master: RampMaster;
  prices: Prices;
  rampPrices: Float64Array;
};

/** @param schedules what the mix may begin with; @param prices of capacity where there is no ramp */
export function newRampSearch(fleet: Fleet, schedules: readonly Int32Array[], prices: Prices): RampSearch {
  const blocks = newBlocks(fleet);
  const master = new RampMaster(fleet, costsOfNothing(fleet, blocks));
  for (const energy of schedules) {
    for (const column of columnsOf(fleet, blocks, energy)) if (keepsGroupCaps(fleet, column)) master.add(column);
  }
  return { fleet, blocks, master, prices, rampPrices: new Float64Array(fleet.slots) };
}

/**
 * Prices of caps and ramp that prove, up to `tolerance` of the cost, what a mix of loads costs: null where not even one
 * was found in time.
 */
export function searchRamp(search: RampSearch, rampWh: number, tolerance: number, run: Run): Float64Array | null {
  const { fleet, blocks, master } = search;
  let most = Number.NEGATIVE_INFINITY;
  let { group } = search.prices;
  let mixWh: Float64Array | null = null;
  let smoothing = SMOOTHING;
  for (let round = 0; round < MOST_ROUNDS && smoothing > LEAST_SMOOTHING; round++) {
    const mix = master.solve(rampWh);
    if (mix === null) break;
    mixWh = mix.loadWh;
    if (run.stop?.()) break;
    const { prices, rampPrices } = between(mix, search, smoothing, group);
    const paid = slotPricesWithRamp(prices, rampPrices);
    const { state, prices: settled } = cheapest(fleet, paid, run);
    group = settled.group;
    const columns = columnsOf(fleet, blocks, state.energy);
    const bound = boundOf(fleet, rampWh, columns, paid, prices, rampPrices);
    if (bound > most) {
      most = bound;
      search.prices = { fleet: prices.fleet, group };
      search.rampPrices = rampPrices;
    }
    if (mix.cost - most <= tolerance * Math.max(PENNY, Math.abs(mix.cost))) break;
    const helpful = columns.filter(
      ({ block, loadWh, cost }) =>
        loadWh.reduce((due, wh, t) => due + wh * mix.slotPrice[t]!, cost) <
        mix.blockCost[block]! - 1e-9 * Math.abs(mix.cost),
    );
    for (const column of helpful) master.add(column);
    if (helpful.length === 0) smoothing /= 2;
  }
  return mixWh;
}

const keepsGroupCaps = ({ slots, groupCap, twoLevel }: Fleet, { block, loadWh }: Column): boolean =>
  !twoLevel || loadWh.every((wh, t) => wh <= groupCap[block * slots + t]!);

/** Whole prices between the best known and the mix's. */
function between(
  mix: Mix,
  { fleet, prices, rampPrices }: RampSearch,
  smoothing: number,
  group: Float64Array,
): { prices: Prices; rampPrices: Float64Array } {
  const blend = (old: number, young: number) => Math.round(smoothing * old + (1 - smoothing) * young);
  const ramp = mix.rampPrice.map((price, t) => (t === 0 ? 0 : blend(rampPrices[t]!, price)));
  const slot = mix.slotPrice.map((price, t) => {
    if (fleet.fleetCap[t] === Number.POSITIVE_INFINITY) return 0;
    const capPrice = price - mix.rampPrice[t]! + (mix.rampPrice[t + 1] ?? 0);
    return Math.max(0, blend(prices.fleet[t]!, capPrice));
  });
  return { prices: { fleet: slot, group }, rampPrices: ramp };
}

/** What everybody does at prices of the slots, groups within their own caps. */
function cheapest(fleet: Fleet, paid: Prices, run: Run): { state: State; prices: Prices } {
  const free: Fleet = { ...fleet, fleetCap: new Float64Array(fleet.slots).fill(Number.POSITIVE_INFINITY) };
  const state = emptyState(free);
  respond(free, state, paid);
  if (!fleet.twoLevel) return { state, prices: paid };
  return { state, prices: repairGroups(free, state, paid, { ...run, stop: undefined }) };
}

/** The dual value, in floating point: it only picks prices, `lowerBound` proves them. */
function boundOf(
  { slots, fleetCap }: Fleet,
  rampWh: number,
  columns: readonly Column[],
  paid: Prices,
  prices: Prices,
  rampPrices: Float64Array,
): number {
  let bound = 0;
  for (const { loadWh, cost } of columns)
    bound = loadWh.reduce((due, wh, t) => due + wh * paid.fleet[t]!, bound + cost);
  for (let t = 0; t < slots; t++) {
    if (prices.fleet[t] !== 0) bound -= prices.fleet[t]! * fleetCap[t]!;
    bound -= Math.abs(rampPrices[t]!) * rampWh;
  }
  return bound;
}

/** The block of each asset: its group, or one of some runs of neighbours. */
type Blocks = { count: number; of: Uint16Array; classOf: Uint16Array };

function newBlocks({ count, groups, classes, twoLevel, segment }: Fleet): Blocks {
  const blocks = {
    count: twoLevel ? groups : Math.min(BLOCKS, count),
    of: new Uint16Array(count),
    classOf: new Uint16Array(count),
  };
  for (let s = 0; s < segment.length - 1; s++) {
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      blocks.of[i] = twoLevel ? Math.trunc(s / classes) : Math.trunc((i * blocks.count) / count);
      blocks.classOf[i] = s % classes;
    }
  }
  return blocks;
}

function costsOfNothing(fleet: Fleet, { count, of, classOf }: Blocks): Float64Array {
  const costs = new Float64Array(count);
  for (let i = 0; i < fleet.count; i++) {
    costs[of[i]!]! += (fleet.total[i]! - fleet.optional[i]!) * fleet.price[classOf[i]! * fleet.width + fleet.slots]!;
  }
  return costs;
}

function columnsOf(fleet: Fleet, { count, of, classOf }: Blocks, energy: Int32Array): Column[] {
  const { slots, width, price, from, to, base } = fleet;
  const columns = Array.from({ length: count }, (_, block) => ({ block, loadWh: new Float64Array(slots), cost: 0 }));
  for (let i = 0; i < fleet.count; i++) {
    const column = columns[of[i]!]!;
    const row = classOf[i]! * width;
    let cost = energy[placeIndex(fleet, i, slots)]! * price[row + slots]!;
    for (let t = from[i]!; t < to[i]!; t++) {
      const wh = energy[base[i]! + t]!;
      if (wh === 0) continue;
      column.loadWh[t]! += wh;
      cost += wh * price[row + t]!;
    }
    column.cost += cost;
  }
  return columns;
}
