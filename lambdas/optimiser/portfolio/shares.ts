import type { FleetPlan } from "../engine/fleet/fleet.ts";
import { costOf } from "../objective.ts";
import type { Ask } from "./ask.ts";
import { mendSmall } from "./exchange.ts";
import { type Grid, slotAt } from "./grid.ts";
import { type Room, whOf } from "./limits.ts";

/** Sites with more loads than this, and portfolios, lose little by the engine's own filling. */
const FEW = 12;

/**
 * Wh of each ask in each slot, with what is below a charger's least mended: of few who share a site by trades among
 * themselves, which start from the optimum of any power; of all who share a portfolio by the engine's `fill`.
 */
export function sharesOf(
  asks: readonly Ask[],
  shared: ReadonlySet<Ask>,
  { fleet, fill }: { fleet: FleetPlan; fill: () => FleetPlan },
  grid: Grid,
  room: Room,
): (index: number, slot: number) => number {
  const sites = new Map<number, number[]>();
  let isCrowd = false;
  asks.forEach((ask, index) => {
    if (!shared.has(ask)) return;
    if (ask.site === undefined) isCrowd = true;
    else sites.set(ask.site, [...(sites.get(ask.site) ?? []), index]);
  });
  isCrowd ||= [...sites.values()].some((there) => there.length > FEW);
  if (isCrowd) return fill().energyWh;
  const mended = new Map<number, Float64Array>();
  for (const [site, there] of sites) {
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
