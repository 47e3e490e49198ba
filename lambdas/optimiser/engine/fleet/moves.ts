import { type Fleet, placeIndex, slotLimit } from "./problem.ts";
import type { State } from "./state.ts";

/**
 * Which asset of a class can move energy from one place to another, found without asking them all each time. A cursor
 * per (segment, from, to) passes over assets that cannot; one that becomes able behind the cursor is put on a stack.
 * `firstClass` of (group, from, to) says how many of the classes, cheapest move first, are known to have no such asset.
 */
export type Moves = {
  fleet: Fleet;
  state: State;
  firstClass: Uint16Array;
  /** What the move costs the first class that is not known to have none: `NO_CLASS` when all are, `UNSORTED` at first. */
  firstCost: Int32Array;
  cursors: (Int32Array | undefined)[];
  stacks: (Int32Array | undefined)[];
  stackAsset: Int32Array;
  stackNext: Int32Array;
  stackFree: number;
  stackUsed: number;
};

export const NO_CLASS = 2 ** 31 - 1;
const UNSORTED = -(2 ** 31);

/** Below this many assets a segment is searched from its start: cursors would cost more than they save. */
const FEW = 48;

export function newMoves(fleet: Fleet, state: State): Moves {
  const pairs = fleet.width * fleet.width;
  return {
    fleet,
    state,
    firstClass: new Uint16Array(fleet.groups * pairs),
    firstCost: new Int32Array(fleet.groups * pairs).fill(UNSORTED),
    cursors: [],
    stacks: [],
    stackAsset: new Int32Array(1024),
    stackNext: new Int32Array(1024),
    stackFree: -1,
    stackUsed: 0,
  };
}

/** Notes that of a group's classes those before `rank` have no asset that can make the move. */
export function setFirst(moves: Moves, group: number, pair: number, rank: number): void {
  const { width, classes, price, classOrder } = moves.fleet;
  const cell = group * width * width + pair;
  moves.firstClass[cell] = rank;
  if (rank === classes) {
    moves.firstCost[cell] = NO_CLASS;
    return;
  }
  const row = classOrder.byCost[pair * classes + rank]! * width;
  moves.firstCost[cell] = price[row + (pair % width)]! - price[row + Math.trunc(pair / width)]!;
}

export function canMove(moves: Moves, asset: number, from: number, to: number): boolean {
  const { count } = moves.fleet;
  const { filled, room } = moves.state;
  return (
    ((filled[(from >> 5) * count + asset]! >>> (from & 31)) & 1) === 1 &&
    ((room[(to >> 5) * count + asset]! >>> (to & 31)) & 1) === 1
  );
}

/** An asset of the segment with energy in `from` and room in `to`, or -1. */
export function findMove(moves: Moves, segment: number, from: number, to: number): number {
  const { fleet, state, cursors } = moves;
  const start = fleet.segment[segment]!;
  const end = fleet.segment[segment + 1]!;
  const few = end - start <= FEW;
  const pair = from * fleet.width + to;
  let cursor: Int32Array | undefined;
  let at = start;
  if (!few) {
    const stack = moves.stacks[segment];
    if (stack !== undefined) {
      let node = stack[pair]!;
      while (node >= 0) {
        const asset = moves.stackAsset[node]!;
        if (canMove(moves, asset, from, to)) return asset;
        const next = moves.stackNext[node]!;
        moves.stackNext[node] = moves.stackFree;
        moves.stackFree = node;
        stack[pair] = next;
        node = next;
      }
    }
    cursor = cursors[segment];
    if (cursor === undefined) {
      cursor = new Int32Array(fleet.width * fleet.width).fill(start);
      cursors[segment] = cursor;
    }
    at = cursor[pair]!;
  }
  const { filled, room } = state;
  const filledFrom = (from >> 5) * fleet.count;
  const roomFrom = (to >> 5) * fleet.count;
  const fromBit = from & 31;
  const toBit = to & 31;
  while (at < end && ((filled[filledFrom + at]! >>> fromBit) & (room[roomFrom + at]! >>> toBit) & 1) === 0) at++;
  if (cursor !== undefined) cursor[pair] = at;
  return at < end ? at : -1;
}

/** Most that the asset can move. */
export function movable(moves: Moves, asset: number, from: number, to: number): number {
  const { fleet, state } = moves;
  const there = state.energy[placeIndex(fleet, asset, from)]!;
  if (to === fleet.slots) return there;
  const most = to < fleet.slots ? slotLimit(fleet, asset, to) : fleet.optional[asset]!;
  return Math.min(there, most - state.energy[placeIndex(fleet, asset, to)]!);
}

/** Moves energy of one asset and notes every move that this makes possible. */
export function move(moves: Moves, group: number, klass: number, asset: number, from: number, to: number, wh: number) {
  const { fleet, state } = moves;
  const { count, slots, width, words, classes } = fleet;
  const { energy, filled, room, load } = state;
  const fromAt = placeIndex(fleet, asset, from);
  const toAt = placeIndex(fleet, asset, to);
  const fromWord = (from >> 5) * count + asset;
  const toWord = (to >> 5) * count + asset;
  const fromBit = 1 << (from & 31);
  const toBit = 1 << (to & 31);
  energy[fromAt]! -= wh;
  energy[toAt]! += wh;
  load[group * width + from]! -= wh;
  load[group * width + to]! += wh;
  const opensRoom = (room[fromWord]! & fromBit) === 0;
  const fills = (filled[toWord]! & toBit) === 0;
  if (energy[fromAt] === 0) filled[fromWord]! &= ~fromBit;
  room[fromWord]! |= fromBit;
  filled[toWord]! |= toBit;
  if (to !== slots && energy[toAt] === (to < slots ? slotLimit(fleet, asset, to) : fleet.optional[asset]!))
    room[toWord]! &= ~toBit;
  const segment = group * classes + klass;
  for (let w = 0; w < words; w++) {
    if (opensRoom) {
      for (let mask = filled[w * count + asset]!; mask !== 0; mask &= mask - 1) {
        const other = (w << 5) + 31 - Math.clz32(mask & -mask);
        if (other !== from) nowPossible(moves, group, segment, klass, asset, other, from);
      }
    }
    if (fills) {
      for (let mask = room[w * count + asset]!; mask !== 0; mask &= mask - 1) {
        const other = (w << 5) + 31 - Math.clz32(mask & -mask);
        if (other !== to) nowPossible(moves, group, segment, klass, asset, to, other);
      }
    }
  }
}

function nowPossible(
  moves: Moves,
  group: number,
  segment: number,
  klass: number,
  asset: number,
  from: number,
  to: number,
): void {
  const { width, classes } = moves.fleet;
  const pair = from * width + to;
  const cell = group * width * width + pair;
  if (moves.firstClass[cell]! > 0) {
    const rank = moves.fleet.classOrder.rankOf[pair * classes + klass]!;
    if (rank < moves.firstClass[cell]!) setFirst(moves, group, pair, rank);
  }
  const cursor = moves.cursors[segment];
  if (cursor === undefined || asset >= cursor[pair]!) return;
  let stack = moves.stacks[segment];
  if (stack === undefined) {
    stack = new Int32Array(width * width).fill(-1);
    moves.stacks[segment] = stack;
  }
  const head = stack[pair]!;
  if (head >= 0 && moves.stackAsset[head] === asset) return;
  let node = moves.stackFree;
  if (node >= 0) {
    moves.stackFree = moves.stackNext[node]!;
  } else {
    node = moves.stackUsed++;
    if (node === moves.stackAsset.length) {
      moves.stackAsset = grown(moves.stackAsset);
      moves.stackNext = grown(moves.stackNext);
    }
  }
  moves.stackAsset[node] = asset;
  moves.stackNext[node] = head;
  stack[pair] = node;
}

function grown(list: Int32Array): Int32Array {
  const larger = new Int32Array(list.length * 2);
  larger.set(list);
  return larger;
}
