import { instant } from "../../shared/domain/instant.ts";
import type { Plan, Window, WindowReason } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import type { CostSlot } from "./costs.ts";
import { costOf } from "./objective.ts";

/** One car's problem. Slots cover [now, readyBy) without gaps, in order; a slot without a cost is used last. */
export type PlanProblem = {
  /** Grid-side energy wanted by the end of the slots, kWh. */
  energyKwh: number;
  /** Part of it to be charged at once, whatever the price, kWh. */
  nowKwh: number;
  maxPowerKw: number;
  /** The least that a car draws when it draws at all, kW (6 A). */
  minPowerKw: number;
  slots: readonly CostSlot[];
  /** Kept free before the deadline where there is room, for commands that take their time, ms. */
  reserveMs: number;
  /** The shortest run worth a start, ms: contactors wear, and a car needs a while to settle. */
  runMs: number;
  /** It draws power already: going on costs no start. */
  isCharging: boolean;
};

export type PlanAnswer = Pick<Plan, "windows" | "shortfallKwh" | "shortfallPercent" | "costPence" | "carbonGrams">;

export type Piece = CostSlot & { hours: number };
export type Placed = { piece: Piece; energyKwh: number; reason: WindowReason };

const EPSILON_KWH = 1e-9;
const MOST_COMBINATIONS = 1000;
/** Above this share of all that could be charged there is no choice left to speak of. */
const NO_SLACK_SHARE = 0.95;

/**
 * The cheapest exact plan for one car on a grid of `runMs`: in each cell power is 0 or between `minPowerKw` and
 * `maxPowerKw`. An impossible target gives full power from now and the shortfall, never an empty plan. Ties go to the
 * earlier cell; cells of one price are then joined into one run, at full power where that leaves it `runMs` long.
 */
export function plan(problem: PlanProblem): PlanAnswer {
  const { placed, room, leftKwh, reason, isImpossible } = opening(problem);
  if (isImpossible) {
    const full = room.map((piece) => ({ piece, energyKwh: piece.hours * problem.maxPowerKw, reason }));
    return answer([...placed, ...full], problem);
  }
  if (leftKwh <= EPSILON_KWH) return answer(placed, problem);
  const cells = cheapest(
    room.flatMap((piece) => cellsOf(piece, problem.runMs)),
    leftKwh,
    problem,
  );
  return answer([...placed, ...runs(room, cells, problem, reason)], problem);
}

/** What of a problem is decided before there is anything to choose, and what is left to place where. */
export type Opening = {
  /** The part that must not wait. */
  placed: Placed[];
  /** Where the rest may go, gapless and in order. */
  room: Piece[];
  leftKwh: number;
  /** Why the rest is where it is, if not for a property of the slot. */
  reason: WindowReason;
  /** Every minute at full power, and that is not enough or just enough. */
  isImpossible: boolean;
};

/** Takes the charge-now part from the start and keeps the reserve before the deadline free where there is room. */
export function opening(problem: PlanProblem): Opening {
  const all = problem.slots.map((slot) => ({ ...slot, hours: (slot.endMs - slot.startMs) / 3_600_000 }));
  const possibleKwh = capacity(all, problem.maxPowerKw);
  if (problem.energyKwh <= EPSILON_KWH)
    return { placed: [], room: [], leftKwh: 0, reason: "cheapest", isImpossible: false };
  if (problem.energyKwh > possibleKwh - EPSILON_KWH) {
    const reason = problem.energyKwh > possibleKwh + EPSILON_KWH ? "impossible-target" : "deadline";
    return { placed: [], room: all, leftKwh: possibleKwh, reason, isImpossible: true };
  }
  const { placed, rest } = chargeNow(all, Math.min(problem.nowKwh, problem.energyKwh), problem.maxPowerKw);
  // The urgent part ends on a whole millisecond, and may be a trifle more than was asked.
  const leftKwh = Math.max(0, problem.energyKwh - sum(placed.map((one) => one.energyKwh)));
  const early = cutAt(rest, (all.at(-1)?.endMs ?? 0) - problem.reserveMs);
  const room = capacity(early, problem.maxPowerKw) >= leftKwh ? early : rest;
  const noSlack = leftKwh > NO_SLACK_SHARE * capacity(rest, problem.maxPowerKw);
  return { placed, room, leftKwh, reason: noSlack ? "deadline" : "cheapest", isImpossible: false };
}

/** Fills from the start at full power until `kwh` is reached; the piece it ends in is split there. */
function chargeNow(pieces: readonly Piece[], kwh: number, maxPowerKw: number): { placed: Placed[]; rest: Piece[] } {
  const placed: Placed[] = [];
  const rest: Piece[] = [];
  let leftKwh = kwh;
  for (const piece of pieces) {
    const fullKwh = piece.hours * maxPowerKw;
    if (leftKwh <= EPSILON_KWH) rest.push(piece);
    else if (leftKwh >= fullKwh - EPSILON_KWH) placed.push({ piece, energyKwh: fullKwh, reason: "charge-now-minimum" });
    else {
      const [head, tail] = split(piece, piece.startMs + Math.ceil((leftKwh / maxPowerKw) * 3_600_000));
      placed.push({ piece: head, energyKwh: head.hours * maxPowerKw, reason: "charge-now-minimum" });
      if (tail) rest.push(tail);
    }
    leftKwh -= fullKwh;
  }
  return { placed, rest };
}

/** A slot cut at whole multiples of `runMs`, so that nearly all cells have one length and none is shorter (but a short slot). */
function cellsOf(piece: Piece, runMs: number): Piece[] {
  const cells: Piece[] = [];
  let rest = piece;
  for (;;) {
    const cutMs = Math.ceil((rest.startMs + runMs) / runMs) * runMs;
    if (cutMs > rest.endMs - runMs) return [...cells, rest];
    const [head, tail] = split(rest, cutMs);
    cells.push(head);
    if (!tail) return cells;
    rest = tail;
  }
}

/**
 * Exact for cells that are on at [min, max] or off. Of cells of one length, the cheapest are on (exchange argument), and no
 * more of them than are needed (one more only moves energy to a dearer one). Most cells have one length; the few others
 * (the cut first and last) are tried in every combination.
 */
function cheapest(cells: readonly Piece[], energyKwh: number, problem: PlanProblem): Map<Piece, number> {
  const byCost = [...cells].sort((a, b) => costOf(a) - costOf(b) || a.startMs - b.startMs);
  const groups = [...new Set(byCost.map((cell) => cell.endMs - cell.startMs))]
    .map((lengthMs) => byCost.filter((cell) => cell.endMs - cell.startMs === lengthMs))
    .sort((a, b) => hoursOf(a) - hoursOf(b));
  // Boundaries at odd minutes make many lengths: then only the longest of the few are tried in every combination.
  const main = groups.pop() ?? [];
  const combinations = () => groups.reduce((product, group) => product * (group.length + 1), 1);
  while (combinations() > MOST_COMBINATIONS) main.push(...(groups.shift() ?? []));
  main.sort((a, b) => costOf(a) - costOf(b) || a.startMs - b.startMs);
  const originMs = cells[0]?.startMs ?? 0;
  let best: { excessKwh: number; cost: number; delay: number; energies: Map<Piece, number> } | undefined;

  const consider = (on: ReadonlySet<Piece>) => {
    const hours = sum([...on].map((cell) => cell.hours));
    if (hours * problem.maxPowerKw < energyKwh - EPSILON_KWH) return;
    const excessKwh = Math.max(0, hours * problem.minPowerKw - energyKwh);
    const cheapFirst = byCost.filter((cell) => on.has(cell));
    const energies = fill(cheapFirst, energyKwh, problem);
    const cost = sum([...energies].map(([cell, kwh]) => costOf(cell) * kwh));
    // A car that charges must not be stopped for a tie: the odd cell that begins now is as good as a later whole one.
    const delay = sum([...energies].map(([cell, kwh]) => (cell.startMs - originMs) * kwh));
    const better =
      !best ||
      excessKwh < best.excessKwh - EPSILON_KWH ||
      (excessKwh <= best.excessKwh + EPSILON_KWH &&
        (cost < best.cost - 1e-9 || (cost <= best.cost + 1e-9 && delay < best.delay)));
    if (better) best = { excessKwh, cost, delay, energies };
  };
  const combine = (index: number, on: readonly Piece[]) => {
    const group = groups[index];
    if (group) {
      for (let count = 0; count <= group.length; count++) combine(index + 1, [...on, ...group.slice(0, count)]);
      return;
    }
    const missingKwh = energyKwh - sum(on.map((cell) => cell.hours)) * problem.maxPowerKw;
    let needed = 0;
    for (let kwh = 0; needed < main.length && kwh < missingKwh - EPSILON_KWH; needed++)
      kwh += (main[needed] as Piece).hours * problem.maxPowerKw;
    for (const count of [needed, needed + 1]) {
      if (count <= main.length) consider(new Set([...on, ...main.slice(0, count)]));
    }
  };
  combine(0, []);
  return best?.energies ?? new Map();
}

/** The cells of each slot as one run within it, next to a neighbouring run where there is one. */
function runs(slots: readonly Piece[], cells: Map<Piece, number>, problem: PlanProblem, why: WindowReason): Placed[] {
  const energies = energiesIn(slots, cells);
  return slots.flatMap((slot, index) => {
    const energyKwh = energies[index] ?? 0;
    if (energyKwh <= EPSILON_KWH) return [];
    const atPowerMs = (powerKw: number) => Math.ceil((energyKwh / powerKw) * 3_600_000);
    const shortestMs = Math.min(problem.runMs, atPowerMs(problem.minPowerKw));
    const wholeMs = slot.endMs - slot.startMs;
    const atBestMs = Math.min(wholeMs, Math.max(atPowerMs(problem.maxPowerKw), shortestMs));
    const runsOn = (energies[index + 1] ?? 0) > 0 && slots[index + 1]?.startMs === slot.endMs;
    const runsIn =
      index === 0 ? problem.isCharging : (energies[index - 1] ?? 0) > 0 && slots[index - 1]?.endMs === slot.startMs;
    // Between two runs, less power rather than a pause too short to be worth a stop and a start.
    const bridges = runsIn && runsOn && wholeMs - atBestMs < problem.runMs && atPowerMs(problem.minPowerKw) >= wholeMs;
    const lengthMs = bridges ? wholeMs : atBestMs;
    const startMs = runsOn && !runsIn ? slot.endMs - lengthMs : slot.startMs;
    const endMs = startMs + lengthMs;
    const piece = { ...slot, startMs, endMs, hours: lengthMs / 3_600_000 };
    const reason = why === "cheapest" && slot.costPencePerKwh === null ? "no-signal" : why;
    return [{ piece, energyKwh, reason }];
  });
}

/** What the cells of each slot get; cells are parts of slots. */
function energiesIn(slots: readonly Piece[], cells: ReadonlyMap<Piece, number>): number[] {
  const byStart = [...cells].sort(([a], [b]) => a.startMs - b.startMs);
  let next = 0;
  return slots.map(({ endMs }) => {
    let kwh = 0;
    for (; next < byStart.length && (byStart[next] as [Piece, number])[0].endMs <= endMs; next++)
      kwh += (byStart[next] as [Piece, number])[1];
    return kwh;
  });
}

/** Every cell at its minimum, the rest to the cheapest first. */
function fill(cheapFirst: readonly Piece[], energyKwh: number, problem: PlanProblem): Map<Piece, number> {
  const energies = new Map(cheapFirst.map((piece) => [piece, piece.hours * problem.minPowerKw]));
  let leftKwh = energyKwh - sum([...energies.values()]);
  for (const piece of cheapFirst) {
    if (leftKwh <= EPSILON_KWH) break;
    const moreKwh = Math.min(leftKwh, piece.hours * (problem.maxPowerKw - problem.minPowerKw));
    energies.set(piece, (energies.get(piece) ?? 0) + moreKwh);
    leftKwh -= moreKwh;
  }
  return energies;
}

/** Placed energy as windows, with what it costs and what of the need it leaves. */
export function answer(placed: readonly Placed[], problem: PlanProblem): PlanAnswer {
  const sorted = [...placed].sort((a, b) => a.piece.startMs - b.piece.startMs);
  const deliveredKwh = sum(sorted.map((one) => one.energyKwh));
  const shortfallKwh = Math.max(0, problem.energyKwh - deliveredKwh);
  return {
    windows: toWindows(sorted),
    shortfallKwh: round(shortfallKwh, 3),
    shortfallPercent: problem.energyKwh > 0 ? round((100 * shortfallKwh) / problem.energyKwh, 1) : 0,
    costPence: total(sorted, (piece) => piece.pricePencePerKwh),
    carbonGrams: total(sorted, (piece) => piece.carbonGramsPerKwh),
  };
}

function total(placed: readonly Placed[], value: (piece: Piece) => number | null): number | null {
  let result = 0;
  for (const { piece, energyKwh } of placed) {
    const each = value(piece);
    if (each === null) return null;
    result += each * energyKwh;
  }
  return round(result, 3);
}

/** Neighbouring runs of one power and one reason become one window. */
function toWindows(placed: readonly Placed[]): Window[] {
  const windows: Window[] = [];
  for (const { piece, energyKwh, reason } of placed) {
    const powerKw = round(energyKwh / piece.hours, 4);
    if (powerKw <= 0) continue;
    const [startsAt, endsAt] = [instant(piece.startMs), instant(piece.endMs)];
    const last = windows.at(-1);
    if (last && last.endsAt === startsAt && last.powerKw === powerKw && last.reason === reason) {
      last.endsAt = endsAt;
      last.energyKwh = round(last.energyKwh + energyKwh, 6);
      last.priceEstimated ||= piece.estimated;
    } else {
      windows.push({
        startsAt,
        endsAt,
        powerKw,
        energyKwh: round(energyKwh, 6),
        reason,
        priceEstimated: piece.estimated,
      });
    }
  }
  return windows;
}

function cutAt(pieces: readonly Piece[], endMs: number): Piece[] {
  return pieces.flatMap((piece) => {
    if (piece.startMs >= endMs) return [];
    return piece.endMs <= endMs ? [piece] : [split(piece, endMs)[0]];
  });
}

function split(piece: Piece, atMs: number): [Piece, Piece | undefined] {
  const part = (startMs: number, endMs: number): Piece => ({
    ...piece,
    startMs,
    endMs,
    hours: (endMs - startMs) / 3_600_000,
  });
  return atMs >= piece.endMs ? [piece, undefined] : [part(piece.startMs, atMs), part(atMs, piece.endMs)];
}

function hoursOf(pieces: readonly Piece[]): number {
  return sum(pieces.map((piece) => piece.hours));
}

function capacity(pieces: readonly Piece[], powerKw: number): number {
  return hoursOf(pieces) * powerKw;
}

function sum(values: readonly number[]): number {
  let result = 0;
  for (const value of values) result += value;
  return result;
}
