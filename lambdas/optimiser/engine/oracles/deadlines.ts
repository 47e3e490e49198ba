import { checkLimits, checkPrices, checkWindow, PlanInputError } from "./input-error.ts";

/** At the start of slot `before`, at least `needWh` in all must have been delivered; each kWh missing costs `penalty`. */
type Deadline = { before: number; needWh: number; penalty: number };

/**
 * A car with promises on the way: "to 40 % at once", a trip at eight and another at six. Any energy from 0 to `limitWh[t]`
 * in each slot of the window. Energies are whole Wh, prices and penalties share one unit.
 */
export type PromisedCar = {
  id: string;
  from: number;
  to: number;
  /** In order of `before`; the last is usually the end of the window. Needs count from the start of the window. */
  deadlines: readonly Deadline[];
  maxWh: number;
  /** Most energy by slot, Wh; a slot partly gone carries less. */
  limitWh: Int32Array;
};

/** Cost is energy and all shortfalls together, price unit times Wh. */
export type PromisedAnswer = { cost: number; deliveredWh: number };

/** Pieces of the value function: slope, length and the slot whose energy the piece is. */
export type PieceWorkspace = { slope: Float64Array; lengthWh: Int32Array; slot: Uint16Array; answer: PromisedAnswer };

export function pieceWorkspace(slots: number, deadlines = 8): PieceWorkspace {
  const pieces = slots + deadlines + 1;
  return {
    slope: new Float64Array(pieces),
    lengthWh: new Int32Array(pieces),
    slot: new Uint16Array(pieces),
    answer: { cost: 0, deliveredWh: 0 },
  };
}

/**
 * The cheapest energies that keep every promise, or miss it at its price: exact, written to `energyWh` inside the window.
 *
 * Cost as a function of the energy delivered so far is convex and piecewise linear: a slot adds one piece of its price and
 * length, kept sorted by slope; a deadline lowers every slope left of its need by its penalty. At the end all pieces below
 * zero are taken. Ties go to the earlier slot.
 */
export function chargeByDeadlines(
  car: PromisedCar,
  price: Float64Array,
  energyWh: Int32Array,
  work: PieceWorkspace,
): PromisedAnswer {
  checkPromises(car, price.length, work);
  checkPrices(car.id, price, car.from, car.to);
  const { slope, lengthWh, slot, answer } = work;
  let pieces = 0;
  let due = 0;
  answer.cost = 0;
  answer.deliveredWh = 0;
  energyWh.fill(0, car.from, car.to);

  for (let t = car.from; t <= car.to; t++) {
    for (let deadline = car.deadlines[due]; deadline && deadline.before <= t; deadline = car.deadlines[++due]) {
      answer.cost += deadline.penalty * deadline.needWh;
      pieces = lowerBelow(work, pieces, deadline.needWh, deadline.penalty);
    }
    const limit = t < car.to ? (car.limitWh[t] as number) : 0;
    if (limit > 0) insert(work, pieces++, price[t] as number, limit, t);
  }

  let leftWh = car.maxWh;
  for (let i = 0; i < pieces && leftWh > 0; i++) {
    if ((slope[i] as number) > 0 || ((slope[i] as number) === 0 && answer.deliveredWh >= lastNeedWh(car))) break;
    const taken = Math.min(leftWh, lengthWh[i] as number);
    const at = slot[i] as number;
    energyWh[at] = (energyWh[at] as number) + taken;
    answer.cost += taken * (slope[i] as number);
    answer.deliveredWh += taken;
    leftWh -= taken;
  }
  return answer;
}

function lastNeedWh(car: PromisedCar): number {
  return car.deadlines.at(-1)?.needWh ?? 0;
}

/** Every slope left of `needWh` falls by `penalty`; a piece across it is cut in two. Gives the new number of pieces. */
function lowerBelow(work: PieceWorkspace, pieces: number, needWh: number, penalty: number): number {
  const { slope, lengthWh, slot } = work;
  let leftWh = needWh;
  for (let i = 0; i < pieces && leftWh > 0; i++) {
    const length = lengthWh[i] as number;
    if (length > leftWh) {
      slope.copyWithin(i + 1, i, pieces);
      lengthWh.copyWithin(i + 1, i, pieces);
      slot.copyWithin(i + 1, i, pieces);
      pieces++;
      lengthWh[i] = leftWh;
      lengthWh[i + 1] = length - leftWh;
    }
    slope[i] = (slope[i] as number) - penalty;
    leftWh -= length;
  }
  return pieces;
}

/** After its equals: the earlier slot is used first. */
function insert(work: PieceWorkspace, pieces: number, price: number, limitWh: number, at: number): void {
  const { slope, lengthWh, slot } = work;
  let i = pieces;
  while (i > 0 && (slope[i - 1] as number) > price) {
    slope[i] = slope[i - 1] as number;
    lengthWh[i] = lengthWh[i - 1] as number;
    slot[i] = slot[i - 1] as number;
    i--;
  }
  slope[i] = price;
  lengthWh[i] = limitWh;
  slot[i] = at;
}

function checkPromises(car: PromisedCar, slots: number, work: PieceWorkspace): void {
  const { id, from, to, deadlines, maxWh } = car;
  checkWindow(id, from, to, slots);
  checkLimits(id, car.limitWh, from, to);
  if (!(Number.isInteger(maxWh) && maxWh >= 0)) throw new PlanInputError(id, "maxWh", "must be whole Wh, 0 or more");
  if (to - from + deadlines.length > work.slope.length) {
    throw new PlanInputError(id, "deadlines", "are more than the workspace holds");
  }
  let before = from;
  for (const deadline of deadlines) {
    if (!(deadline.before >= before && deadline.before <= to)) {
      throw new PlanInputError(id, "deadlines", "must lie in the window, in order");
    }
    if (!(Number.isInteger(deadline.needWh) && deadline.needWh >= 0)) {
      throw new PlanInputError(id, "deadlines", "must need whole Wh, 0 or more");
    }
    if (!(deadline.penalty >= 0)) throw new PlanInputError(id, "deadlines", "must have a penalty of 0 or more");
    before = deadline.before;
  }
}
