import { epochMs, HOUR_MS } from "../../../shared/domain/instant.ts";
import type { Window } from "../../../shared/domain/plan.ts";
import { type Grid, slotAt, slotStartMs } from "./grid.ts";

/** What may be drawn together. */
export type Limits = {
  /** Sites whose loads may not draw more than this together at any moment, kW. */
  siteKw: ReadonlyMap<string, number>;
  /** What the whole portfolio may draw on average in each slot: a grid event, kW. */
  portfolio: readonly { fromMs: number; toMs: number; kw: number }[];
  /** Drawn by what is not planned here, or cannot be moved. */
  taken: readonly { siteId: string; fromMs: number; toMs: number; kw: number }[];
};

/** Windows as what a site's other loads take. */
export function takenBy(siteId: string, windows: readonly Window[]): Limits["taken"] {
  return windows.map(({ startsAt, endsAt, powerKw }) => ({
    siteId,
    fromMs: epochMs(startsAt),
    toMs: epochMs(endsAt),
    kw: powerKw,
  }));
}

export const TINY_KW = 1e-6;

export const NO_LIMITS: Limits = { siteKw: new Map(), portfolio: [], taken: [] };

/** What is left for the jobs in each slot, kW; `Infinity` where nothing limits them. */
export type Room = {
  /** Sites that have a limit, in the order of their rows in `siteKw`. */
  sites: ReadonlyMap<string, number>;
  siteKw: Float64Array;
  portfolioKw: Float64Array;
};

/**
 * Lays limits on a grid, less what is taken already: of a site its highest moment, of the portfolio its mean. Of the slot that
 * has begun only what is left of it counts, for what was drawn before now is drawn.
 */
export function roomOn(grid: Grid, { siteKw: limits, portfolio, taken }: Limits, nowMs: number): Room {
  const sites = new Map([...limits.keys()].sort().map((siteId, index) => [siteId, index]));
  const siteKw = new Float64Array(sites.size * grid.slots);
  for (const [siteId, index] of sites)
    siteKw.fill(limits.get(siteId) as number, index * grid.slots, (index + 1) * grid.slots);
  const portfolioKw = new Float64Array(grid.slots).fill(Number.POSITIVE_INFINITY);
  for (const { fromMs, toMs, kw } of portfolio)
    overSlots(grid, fromMs, toMs, (slot) => {
      portfolioKw[slot] = Math.min(portfolioKw[slot] as number, slot === 0 ? kw * leftOfFirst(grid, nowMs) : kw);
    });
  const peaks = new Map<string, Float64Array>();
  for (const { siteId, fromMs, toMs, kw } of taken) {
    overSlots(grid, fromMs, toMs, (slot, share) => {
      portfolioKw[slot] = Math.max(0, (portfolioKw[slot] as number) - kw * share);
    });
    if (!sites.has(siteId)) continue;
    const peak = peaks.get(siteId) ?? new Float64Array(grid.slots);
    peaks.set(siteId, peak);
    // Two that take turns within a slot are counted as if together: safe, and rare.
    overSlots(grid, fromMs, toMs, (slot) => {
      peak[slot] = (peak[slot] as number) + kw;
    });
  }
  for (const [siteId, peak] of peaks) {
    const row = (sites.get(siteId) as number) * grid.slots;
    peak.forEach((kw, slot) => {
      siteKw[row + slot] = Math.max(0, (siteKw[row + slot] as number) - kw);
    });
  }
  return { sites, siteKw, portfolioKw };
}

/** Means over whole slots as what is told of them: of the slot that has begun, the mean from now on. */
export function fromNow(kw: readonly number[], grid: Grid, nowMs: number): number[] {
  return kw.map((mean, slot) => (slot === 0 ? mean / leftOfFirst(grid, nowMs) : mean));
}

/** The share of the first slot that lies ahead. */
function leftOfFirst({ startMs, stepMs }: Grid, nowMs: number): number {
  return (startMs + stepMs - nowMs) / stepMs;
}

/** Every slot of the grid that [fromMs, toMs) touches, with the share of it that it covers. */
function overSlots(grid: Grid, fromMs: number, toMs: number, visit: (slot: number, share: number) => void): void {
  const first = Math.max(0, slotAt(grid, fromMs));
  for (let slot = first; slot < grid.slots && slotStartMs(grid, slot) < toMs; slot++) {
    const startMs = slotStartMs(grid, slot);
    const coveredMs = Math.min(toMs, startMs + grid.stepMs) - Math.max(fromMs, startMs);
    if (coveredMs > 0) visit(slot, coveredMs / grid.stepMs);
  }
}

/** What windows use of a room: of a slot their highest moment and their mean, kW. */
export type Use = { peakKw: Float64Array; meanKw: Float64Array };

export function useOf(windows: readonly Window[], grid: Grid): Use {
  const use = { peakKw: new Float64Array(grid.slots), meanKw: new Float64Array(grid.slots) };
  for (const { startsAt, endsAt, powerKw } of windows) {
    overSlots(grid, epochMs(startsAt), epochMs(endsAt), (slot, share) => {
      use.peakKw[slot] = Math.max(use.peakKw[slot] as number, powerKw);
      use.meanKw[slot] = (use.meanKw[slot] as number) + powerKw * share;
    });
  }
  return use;
}

/** Takes a use from the room of its site and the portfolio, or gives it back; below 0 a limit is broken. */
export function change(room: Room, site: number | undefined, { peakKw, meanKw }: Use, by: "take" | "give"): void {
  const sign = by === "take" ? -1 : 1;
  const slots = meanKw.length;
  for (let slot = 0; slot < slots; slot++) {
    room.portfolioKw[slot] = (room.portfolioKw[slot] as number) + sign * (meanKw[slot] as number);
    if (site === undefined) continue;
    room.siteKw[site * slots + slot] = (room.siteKw[site * slots + slot] as number) + sign * (peakKw[slot] as number);
  }
}

/** Whether no limit that a use touches is broken. */
export function holds(room: Room, site: number | undefined, { peakKw, meanKw }: Use): boolean {
  const slots = meanKw.length;
  for (let slot = 0; slot < slots; slot++) {
    if ((meanKw[slot] as number) > 0 && (room.portfolioKw[slot] as number) < -TINY_KW) return false;
    if (site === undefined || peakKw[slot] === 0) continue;
    if ((room.siteKw[site * slots + slot] as number) < -TINY_KW) return false;
  }
  return true;
}

/** kW over a time, as Wh. */
export function whOf(kw: number, ms: number): number {
  return (kw * ms * 1000) / HOUR_MS;
}
