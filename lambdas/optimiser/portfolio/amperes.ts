import { HOUR_MS } from "../../../shared/domain/instant.ts";
import { costOf } from "../objective.ts";
import type { Piece, Placed } from "../plan.ts";
import type { Ask } from "./ask.ts";
import { type Grid, slotAt } from "./grid.ts";
import type { Room } from "./limits.ts";

/** Nobody misses less. */
const ENOUGH_KWH = 2e-3;

type Part = { piece: Piece; cell: number; amperes: number };

/**
 * Energies of shared slots as what a charger can be told: one current for the whole of a slot, in whole amperes, from its
 * least to its most. What rounding down leaves goes to the cheapest slots that have room for an ampere more; what finds none
 * is left for the next plan. Takes what it gives from the room.
 */
export function wholeAmperes(
  asks: readonly Ask[],
  energyWh: (index: number, slot: number) => number,
  grid: Grid,
  room: Room,
) {
  const all = asks.map((ask, index) => ask.pieces.map((piece) => partOf(ask, index, piece)));
  asks.forEach((ask, index) => {
    for (const part of all[index] as Part[]) {
      const leastA = leastAmperes(ask);
      while (part.amperes > 0 && !take(room, ask, part, part.amperes)) {
        part.amperes = part.amperes > leastA ? part.amperes - 1 : 0;
      }
    }
  });
  return asks.map((ask, index): Placed[] => {
    const parts = all[index] as Part[];
    const { ampereKw } = ask.job;
    const leastA = leastAmperes(ask);
    const mostA = Math.floor(ask.job.problem.maxPowerKw / ampereKw + 1e-9);
    const given = () => parts.reduce((sum, { piece, amperes }) => sum + amperes * ampereKw * piece.hours, 0);
    const planned = parts.reduce((sum, { piece }) => sum + energyWh(index, slotAt(grid, piece.startMs)) / 1000, 0);
    let leftKwh = Math.min(ask.leftKwh, planned + 0.001) - given();
    const running = [...parts].sort((a, b) => Number(b.amperes > 0) - Number(a.amperes > 0) || cost(a) - cost(b));
    for (const part of running) {
      if (part.amperes === 0 && leftKwh > ENOUGH_KWH) {
        const whole = part.piece;
        part.piece = shortened(whole, Math.max(ask.job.problem.runMs, (leftKwh / (leastA * ampereKw)) * HOUR_MS));
        if (take(room, ask, part, leastA)) part.amperes = leastA;
        else part.piece = whole;
        leftKwh -= part.amperes * ampereKw * part.piece.hours;
      }
      while (leftKwh > ENOUGH_KWH && part.amperes > 0 && part.amperes < mostA && take(room, ask, part, 1)) {
        part.amperes++;
        leftKwh -= ampereKw * part.piece.hours;
      }
    }
    return parts.flatMap(({ piece, amperes }) => {
      if (amperes === 0) return [];
      return [{ piece, energyKwh: amperes * ampereKw * piece.hours, reason: ask.reason }];
    });
  });

  function partOf(ask: Ask, index: number, piece: Piece): Part {
    const slot = slotAt(grid, piece.startMs);
    const { ampereKw, problem } = ask.job;
    const kw = energyWh(index, slot) / 1000 / piece.hours;
    const amperes = Math.floor(Math.min(kw, problem.maxPowerKw) / ampereKw + 1e-3);
    return { piece, cell: slot, amperes: amperes < leastAmperes(ask) ? 0 : amperes };
  }

  /** True when site and portfolio have the room; then it is taken. */
  function take({ siteKw, portfolioKw }: Room, { site, job }: Ask, { piece, cell }: Part, amperes: number): boolean {
    const kw = amperes * job.ampereKw;
    const meanKw = (kw * piece.hours * HOUR_MS) / grid.stepMs;
    const at = site === undefined ? -1 : site * grid.slots + cell;
    if (at >= 0 && (siteKw[at] as number) < kw - 1e-6) return false;
    if ((portfolioKw[cell] as number) < meanKw - 1e-6) return false;
    if (at >= 0) siteKw[at] = (siteKw[at] as number) - kw;
    portfolioKw[cell] = (portfolioKw[cell] as number) - meanKw;
    return true;
  }
}

function shortened(piece: Piece, lengthMs: number): Piece {
  const endMs = Math.min(piece.endMs, piece.startMs + Math.ceil(lengthMs));
  return { ...piece, endMs, hours: (endMs - piece.startMs) / HOUR_MS };
}

function leastAmperes({ job }: Ask): number {
  return Math.ceil(job.problem.minPowerKw / job.ampereKw - 1e-9);
}

function cost({ piece }: Part): number {
  return costOf(piece);
}
