import { respond } from "./best-response.ts";
import { type Fleet, placeIndex } from "./problem.ts";
import { type Run, repair } from "./repair.ts";
import { sampleFleet, sampleGroups, withoutGroups } from "./sample.ts";
import { emptyState, noPrices, type Prices, type State } from "./state.ts";

/** Fleets up to this size start from free capacity; larger ones from the prices of an eighth of themselves. */
const SMALLEST_SAMPLED = 20;
const STRIDE = 8;
/** From here on a sample of groups tells more than the fleet without their caps, if these matter: measured, not proven. */
const MANY_GROUPS = 128;
/** With more than this share of the energy over their caps, the fleet without them is no start for many groups. */
const CROWDED = 0.3;

/**
 * Prices to start from: the exact prices of a sample, which got its own start from a sample of itself, and so on down.
 * A sample of an eighth misjudges the load of a slot by about a percent, and that is all the repair has to move. Groups
 * are sampled whole where there are many; a part of a small group says nothing about it, so few are left out instead.
 */
export function samplePrices(fleet: Fleet, random: () => number, run: Run): Prices {
  const start = noPrices(fleet);
  if (fleet.groups >= MANY_GROUPS) {
    const sample = sampleGroups(fleet, STRIDE, random);
    start.fleet = solve(sample, samplePrices(sample, random, run), run).prices.fleet;
  } else if (fleet.twoLevel) start.fleet = samplePrices(withoutGroups(fleet).flat, random, run).fleet;
  else if (fleet.count > SMALLEST_SAMPLED) {
    const sample = sampleFleet(fleet, STRIDE, random);
    return solve(sample, samplePrices(sample, random, run), run).prices;
  }
  return start;
}

/** The optimum from any start prices, or what was reached when the run was stopped. */
export function solve(fleet: Fleet, start: Prices, run: Run): { state: State; prices: Prices; finished: boolean } {
  if (!fleet.twoLevel) return solveFrom(fleet, start, run);
  // The optimum without the groups' caps is best for every asset at its prices: the groups have little left to mend.
  const { flat, from } = withoutGroups(fleet);
  const relaxed = solve(flat, { fleet: start.fleet, group: new Float64Array(fleet.slots) }, run);
  const state = regrouped(fleet, flat, relaxed.state, from);
  const prices = { fleet: relaxed.prices.fleet, group: new Float64Array(fleet.groups * fleet.slots) };
  if (!relaxed.finished) return { state, prices, finished: false };
  if (fleet.groups >= MANY_GROUPS && overloadShare(fleet, state) > CROWDED) return solveFrom(fleet, start, run);
  return { state, ...repair(fleet, state, prices, run) };
}

/** The optimum from everybody's cheapest at start prices. */
export function solveFrom(fleet: Fleet, start: Prices, run: Run): { state: State; prices: Prices; finished: boolean } {
  const state = emptyState(fleet);
  respond(fleet, state, start);
  return { state, ...repair(fleet, state, start, run) };
}

/** Share of the energy that is over the caps of groups. */
function overloadShare({ slots, width, groups, groupCap }: Fleet, { load }: State): number {
  let overWh = 0;
  let allWh = 0;
  for (let g = 0; g < groups; g++) {
    for (let t = 0; t < slots; t++) {
      allWh += load[g * width + t]!;
      overWh += Math.max(0, load[g * width + t]! - groupCap[g * slots + t]!);
    }
  }
  return allWh === 0 ? 0 : overWh / allWh;
}

/** The state of the fleet without groups, asset by asset, in the order of the fleet with groups. */
function regrouped(fleet: Fleet, flat: Fleet, source: State, from: Int32Array): State {
  const { count, slots, width, words, classes, segment } = fleet;
  const state = emptyState(fleet);
  for (let j = 0; j < count; j++) {
    const i = from[j]!;
    const row = placeIndex(flat, j, slots);
    state.energy.set(source.energy.subarray(row, row + 2 + flat.to[j]! - flat.from[j]!), placeIndex(fleet, i, slots));
    for (let w = 0; w < words; w++) {
      state.filled[w * count + i] = source.filled[w * count + j]!;
      state.room[w * count + i] = source.room[w * count + j]!;
    }
  }
  for (let s = 0; s < segment.length - 1; s++) {
    const loads = Math.trunc(s / classes) * width;
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      for (let t = fleet.from[i]!; t < fleet.to[i]!; t++) state.load[loads + t]! += state.energy[fleet.base[i]! + t]!;
      for (let t = slots; t < width; t++) state.load[loads + t]! += state.energy[placeIndex(fleet, i, t)]!;
    }
  }
  return state;
}
