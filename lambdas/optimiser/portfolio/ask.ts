import { epochMs, HOUR_MS, instant } from "../../../shared/domain/instant.ts";
import type { Window, WindowReason } from "../../../shared/domain/plan.ts";
import { type ChargeJob, windowsFrom } from "../charge.ts";
import { opening, type Piece, type Placed } from "../plan.ts";
import { type Grid, onGrid, slotAt, slotStartMs } from "./grid.ts";
import type { Room } from "./limits.ts";

/** One job on the grid: what of it is settled, and what is left to choose. */
export type Ask = {
  job: ChargeJob;
  /** The part that must not wait. */
  placed: Placed[];
  /** Row of its site in the room; undefined where its site has no limit. */
  site: number | undefined;
  /** Gapless, cut at the grid's edges; what is left goes here. */
  pieces: Piece[];
  leftKwh: number;
  reason: WindowReason;
  /** Everything at full power: nothing to choose. */
  isImpossible: boolean;
};

/** Lays a job on the grid, and takes what is settled of it from the room. */
export function askOf(job: ChargeJob, grid: Grid, room: Room): Ask {
  const site = room.sites.get(job.load.asset.site.siteId);
  if (job.head) takeOf(job.head, grid, room, site);
  const open = opening(job.problem);
  const pieces = onGrid(grid, open.room).map(withHours);
  if (site === undefined || open.placed.length === 0) {
    for (const { piece, energyKwh } of open.placed) takeFromPortfolio(piece, energyKwh, grid, room);
    return { ...open, job, site, pieces };
  }
  return { ...open, job, site, ...nowUnderLimit(job, grid, room, site) };
}

/** The charge-now part as soon as the site lets it, at whole amperes. */
function nowUnderLimit({ problem, ampereKw, isHurried }: ChargeJob, grid: Grid, room: Room, site: number) {
  const placed: Placed[] = [];
  const rest: Piece[] = [];
  let leftKwh = Math.min(problem.nowKwh, problem.energyKwh);
  for (const slot of onGrid(grid, problem.slots)) {
    const piece = withHours(slot);
    if (leftKwh <= 1e-9) {
      rest.push(piece);
      continue;
    }
    const cell = site * grid.slots + slotAt(grid, slot.startMs);
    const most = Math.min(problem.maxPowerKw, room.siteKw[cell] as number);
    const powerKw = Math.floor(most / ampereKw + 1e-9) * ampereKw;
    if (powerKw < problem.minPowerKw - 1e-9) continue;
    const endMs = Math.min(slot.endMs, slot.startMs + Math.ceil((leftKwh / powerKw) * HOUR_MS));
    const head = withHours({ ...slot, endMs });
    const energyKwh = head.hours * powerKw;
    placed.push({ piece: head, energyKwh, reason: isHurried ? "shared-limit" : "charge-now-minimum" });
    room.siteKw[cell] = (room.siteKw[cell] as number) - powerKw;
    takeFromPortfolio(head, energyKwh, grid, room);
    leftKwh -= energyKwh;
    // What is left of this slot is not used: nobody could say what the site still bears in it.
  }
  const placedKwh = placed.reduce((sum, one) => sum + one.energyKwh, 0);
  return { placed, pieces: rest, leftKwh: Math.max(0, problem.energyKwh - placedKwh) };
}

function takeOf(head: NonNullable<ChargeJob["head"]>, grid: Grid, room: Room, site: number | undefined): void {
  takeFromPortfolio({ startMs: epochMs(head.startsAt), endMs: epochMs(head.endsAt) }, head.energyKwh, grid, room);
  if (site === undefined) return;
  const from = slotAt(grid, epochMs(head.startsAt));
  for (let slot = from; slotStartMs(grid, slot) < epochMs(head.endsAt) && slot < grid.slots; slot++) {
    const cell = site * grid.slots + slot;
    room.siteKw[cell] = Math.max(0, (room.siteKw[cell] as number) - head.powerKw);
  }
}

function takeFromPortfolio(piece: { startMs: number; endMs: number }, energyKwh: number, grid: Grid, room: Room): void {
  const lengthMs = piece.endMs - piece.startMs;
  for (let slot = slotAt(grid, piece.startMs); slot < grid.slots && slotStartMs(grid, slot) < piece.endMs; slot++) {
    const startMs = slotStartMs(grid, slot);
    const insideMs = Math.min(piece.endMs, startMs + grid.stepMs) - Math.max(piece.startMs, startMs);
    const kw = ((energyKwh * insideMs) / lengthMs) * (HOUR_MS / grid.stepMs);
    room.portfolioKw[slot] = Math.max(0, (room.portfolioKw[slot] as number) - kw);
  }
}

function withHours<S extends { startMs: number; endMs: number }>(slot: S): S & { hours: number } {
  return { ...slot, hours: (slot.endMs - slot.startMs) / HOUR_MS };
}

/** What of a job's windows is not settled: its head and what must not wait have taken their room already. */
export function afterSettled({ pieces }: Ask, windows: readonly Window[]): Window[] {
  const first = pieces[0];
  return first ? windowsFrom(instant(first.startMs), windows) : [];
}
