import { respond } from "./best-response.ts";
import type { Fleet } from "./problem.ts";
import { type RepairCounts, repair } from "./repair.ts";
import { sampleFleet } from "./sample.ts";
import { emptyState, noPrices, type Prices } from "./state.ts";

/** Fleets up to this size start from free capacity; larger ones from the prices of an eighth of themselves. */
const SMALLEST_SAMPLED = 200;
const STRIDE = 8;

/**
 * Slot prices to start from: the exact prices of a sample, which got its own start from a sample of itself, and so on
 * down. A sample of an eighth misjudges the load of a slot by about a percent, and that is all the repair has to move.
 */
export function samplePrices(fleet: Fleet, random: () => number, counts: RepairCounts, stop?: () => boolean): Prices {
  if (fleet.count <= SMALLEST_SAMPLED) return noPrices(fleet);
  const sample = sampleFleet(fleet, STRIDE, random);
  const prices = samplePrices(sample, random, counts, stop);
  const state = emptyState(sample);
  respond(sample, state, prices);
  return repair(sample, state, prices, counts, stop).prices;
}
