import { groupBy } from "../../../shared/group-by.ts";
import type { FleetPlan } from "../engine/fleet/fleet.ts";
import { costOf } from "../objective.ts";
import type { Ask } from "./ask.ts";
import { mendSmall } from "./exchange.ts";
import { type Grid, slotAt } from "./grid.ts";
import { type Room, whOf } from "./limits.ts";

/** More who share a site, or a portfolio, lose little by rounding: an optimum splits hardly more of them than it has slots. */
const FEW = 12;

/**
 * Wh of each ask in each slot: the optimum of any power, in which few who share a site trade until none is below its
 * charger's least.
 */
export function sharesOf(
  asks: readonly Ask[],
  shared: ReadonlySet<Ask>,
  fleet: FleetPlan,
  grid: Grid,
  room: Room,
): (index: number, slot: number) => number {
  const sharers = [...asks.keys()].filter((index) => shared.has(asks[index] as Ask));
  const mended = new Map<number, Float64Array>();
  for (const [site, there] of groupBy(sharers, (index) => asks[index]?.site)) {
    if (site === undefined || there.length > FEW) continue;
    const limitKw = room.siteKw.subarray(site * grid.slots, (site + 1) * grid.slots);
    const rows = mendSite(
      there.map((index) => ({ ask: asks[index] as Ask, energyWh: (slot: number) => fleet.energyWh(index, slot) })),
      limitKw,
      grid,
    );
    there.forEach((index, at) => {
      mended.set(index, rows.subarray(at * grid.slots, (at + 1) * grid.slots));
    });
  }
  return (index, slot) => mended.get(index)?.[slot] ?? fleet.energyWh(index, slot);
}

function mendSite(
  jobs: readonly { ask: Ask; energyWh: (slot: number) => number }[],
  limitKw: Float64Array,
  grid: Grid,
): Float64Array {
  const { slots, stepMs } = grid;
  const cells = jobs.length * slots;
  const shared = {
    slots,
    energyWh: new Float64Array(cells),
    leastWh: new Float64Array(cells),
    mostWh: new Float64Array(cells),
    pence: new Float64Array(cells),
    spareWh: limitKw.map((kw) => whOf(kw, stepMs)),
  };
  jobs.forEach(({ ask, energyWh }, at) => {
    const { minPowerKw, maxPowerKw } = ask.job.problem;
    for (const piece of ask.pieces) {
      const slot = slotAt(grid, piece.startMs);
      const cell = at * slots + slot;
      const lengthMs = piece.endMs - piece.startMs;
      shared.energyWh[cell] = energyWh(slot);
      shared.leastWh[cell] = whOf(minPowerKw, lengthMs);
      shared.mostWh[cell] = whOf(maxPowerKw, lengthMs);
      shared.pence[cell] = costOf(piece) / 1000;
      // A limit holds at every moment: what is drawn in part of a slot counts as if in all of it.
      shared.spareWh[slot] = (shared.spareWh[slot] as number) - (energyWh(slot) * stepMs) / lengthMs;
    }
  });
  mendSmall(shared);
  return shared.energyWh;
}
