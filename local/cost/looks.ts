import { NOTHING, scaled, sumOf, USED, type Usage } from "../bench/prices.ts";
import { benchFleet } from "../bench/scheduler-fleet.ts";

/** From here on a look costs what it costs at any size: batches are full. */
export const LARGEST_COUNTED = 4_000;
const START_MS = Date.parse("2026-11-21T00:00:00Z");

/**
 * What one look uses, its share of scheduling included and what an idle clock uses anyway left out: one whole turn of so
 * many assets, counted by the scheduler's benchmark.
 */
export async function lookUsage(assets: number, cadenceMinutes: number): Promise<Usage> {
  const counted = Math.min(assets, LARGEST_COUNTED);
  const [fleet, empty] = [await oneTurn(counted, cadenceMinutes), await oneTurn(0, cadenceMinutes)];
  return scaled(sumOf(fleet.usage, scaled(empty.usage, -1)), 1 / fleet.looks);
}

/** The second turn: the first warms up what a process keeps. */
async function oneTurn(assets: number, minutes: number): Promise<{ usage: Usage; looks: number }> {
  const fleet = await benchFleet(assets, START_MS, minutes);
  await fleet.pass(minutes);
  const [before, looks] = [{ ...NOTHING, ...fleet.usage() }, fleet.vendor.looks()];
  await fleet.pass(minutes);
  const after = fleet.usage();
  const usage = Object.fromEntries(USED.map((name) => [name, after[name] - before[name]])) as Usage;
  return { usage, looks: fleet.vendor.looks() - looks };
}
