import type { FleetInput } from "../engine/fleet/problem.ts";
import { costOf, SHORTFALL_PENCE } from "../objective.ts";
import type { Ask } from "./ask.ts";
import { type Grid, slotAt } from "./grid.ts";
import { type Room, whOf } from "./limits.ts";

/** The engine's unit: 1e-4 pence per kWh. */
export const PRICE_UNITS = 1e4;
const MOST_UNITS = SHORTFALL_PENCE * PRICE_UNITS;
/**
 * A last slot that is mostly past the deadline is left out at a site with a limit, where its mean would hide its peak: what
 * such a site's bound is true of leaves it out too.
 */
const WHOLE_ENOUGH = 0.5;

/**
 * The asks as the engine's fleet: each site with a limit is a group, and one group more, without a cap, holds all others.
 * Energies and prices are rounded so that the engine's bound stays below what any plan costs.
 */
export function pack(asks: readonly Ask[], grid: Grid, room: Room): FleetInput {
  const { slots, stepMs } = grid;
  const prices = priceRows(asks, grid);
  const windows = asks.map((ask) => windowOf(ask, grid));
  const groupCapWh = new Float64Array((room.sites.size + 1) * slots).fill(Number.POSITIVE_INFINITY);
  const lengthMs = lengths(asks, windows, grid, room);
  room.siteKw.forEach((kw, cell) => {
    groupCapWh[cell] = Math.floor(whOf(kw, lengthMs[cell] as number));
  });
  const limitKw = asks.map(({ job }) => job.problem.maxPowerKw);
  return {
    slots,
    price: prices.rows,
    fleetCapWh: room.portfolioKw.map((kw) => Math.floor(whOf(kw, stepMs))),
    ...(room.sites.size > 0 && { groupCapWh }),
    assets: {
      count: asks.length,
      ids: asks.map(({ job }) => job.load.asset.assetId),
      fromSlot: windows.map(({ from }) => from),
      toSlot: windows.map(({ to }) => to),
      headWh: windows.map(({ headMs }, i) => Math.ceil(whOf(limitKw[i] as number, headMs))),
      tailWh: windows.map(({ tailMs }, i) => Math.ceil(whOf(limitKw[i] as number, tailMs))),
      limitWh: limitKw.map((kw) => Math.ceil(whOf(kw, stepMs))),
      minimumWh: asks.map(({ job, leftKwh }) =>
        Math.min(Math.floor(whOf(job.problem.minPowerKw, stepMs)), Math.floor(leftKwh * 1000)),
      ),
      energyWh: asks.map(({ leftKwh }) => Math.floor(leftKwh * 1000)),
      priceClass: asks.map(({ job }) => prices.rowOf.get(job.priceKey) as number),
      ...(room.sites.size > 0 && { group: asks.map(({ site }) => site ?? room.sites.size) }),
      shortfallPrice: asks.map(() => SHORTFALL_PENCE * PRICE_UNITS),
    },
  };
}

type Span = { from: number; to: number; headMs: number; tailMs: number };

/** Which slots an ask's pieces touch, and how much of the first and the last. */
function windowOf({ pieces, site, job, leftKwh }: Ask, grid: Grid): Span {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (!first || !last || leftKwh <= 0) return { from: 0, to: 0, headMs: 0, tailMs: 0 };
  const [from, to] = [slotAt(grid, first.startMs), slotAt(grid, last.endMs - 1) + 1];
  let headMs = first.endMs - first.startMs;
  let tailMs = last.endMs - last.startMs;
  if (site !== undefined && to - from > 1) {
    if (tailMs < WHOLE_ENOUGH * grid.stepMs) tailMs = 0;
    if (headMs < grid.stepMs && first.startMs > Math.max(grid.startMs, earliest(job))) headMs = 0;
  }
  return { from, to, headMs, tailMs };
}

function earliest({ problem }: Ask["job"]): number {
  return problem.slots[0]?.startMs ?? 0;
}

/** How long a slot of a site counts: as the shortest that somebody there has of it, so that a mean hides no peak, ms. */
function lengths(asks: readonly Ask[], windows: readonly Span[], grid: Grid, room: Room): Float64Array {
  const lengthMs = new Float64Array(room.sites.size * grid.slots).fill(grid.stepMs);
  const shorten = (cell: number, ms: number) => {
    if (ms > 0) lengthMs[cell] = Math.min(lengthMs[cell] as number, ms);
  };
  asks.forEach(({ site }, index) => {
    const { from, to, headMs, tailMs } = windows[index] as Span;
    if (site === undefined || to <= from) return;
    shorten(site * grid.slots + from, headMs);
    shorten(site * grid.slots + to - 1, tailMs);
  });
  return lengthMs;
}

/** One row for all who pay the same; of a slot in which their price changes, the lower. */
function priceRows(asks: readonly Ask[], grid: Grid): { rows: Int32Array; rowOf: Map<string, number> } {
  const longest = new Map<string, Ask["job"]>();
  for (const { job } of asks) {
    const known = longest.get(job.priceKey);
    if (!known || job.readyBy > known.readyBy) longest.set(job.priceKey, job);
  }
  const rows = new Int32Array(Math.max(1, longest.size) * grid.slots);
  [...longest.values()].forEach(({ whole }, index) => {
    const row = rows.subarray(index * grid.slots, (index + 1) * grid.slots).fill(MOST_UNITS);
    for (const slot of whole.slots) {
      const units = Math.max(-MOST_UNITS, Math.floor(costOf(slot) * PRICE_UNITS));
      for (let t = slotAt(grid, slot.startMs); t <= slotAt(grid, slot.endMs - 1); t++)
        row[t] = Math.min(row[t] as number, units);
    }
  });
  return { rows, rowOf: new Map([...longest.keys()].map((key, index) => [key, index])) };
}
