import { checkLimits, checkLoad, checkPrices, checkRuns, PlanInputError } from "./input-error.ts";

/**
 * A load whose slots each carry nothing or from `minimumWh` to `limitWh[t]`, with rules for its runs. Everything the greedy
 * and the on/off rules cannot: limits that differ by slot together with a minimum, and run rules on a modulating load.
 * Energies are whole Wh and are rounded to `quantumWh` (need and minimum up, limits and maximum down): exact where the
 * quantum divides them. Prices and penalty share one unit; `startCost` is in that unit times Wh.
 */
export type ModulatedLoad = {
  id: string;
  from: number;
  to: number;
  needWh: number;
  maxWh: number;
  minimumWh: number;
  limitWh: Int32Array;
  penalty: number;
  minRunSlots: number;
  minGapSlots: number;
  startCost: number;
  quantumWh: number;
};

export type ModulatedAnswer = { cost: number; deliveredWh: number; shortfallWh: number };

/** Value-to-go by slot, state and energy so far; state 0 is off, state r is on for r slots (the last: long enough to stop). */
export type QuantaWorkspace = {
  value: Float64Array;
  best: Float64Array;
  queue: Int32Array;
  answer: ModulatedAnswer;
};

export function quantaWorkspace(slots: number, quanta: number, minRunSlots: number): QuantaWorkspace {
  const states = Math.max(minRunSlots, 1) + 1;
  return {
    value: new Float64Array((slots + 1) * states * (quanta + 1)),
    best: new Float64Array(quanta + 1),
    queue: new Int32Array(quanta + 1),
    answer: { cost: 0, deliveredWh: 0, shortfallWh: 0 },
  };
}

/** The largest quantum at which the answer is exact. */
export function exactQuantumWh(load: Omit<ModulatedLoad, "quantumWh">): number {
  let quantum = divisor(divisor(load.needWh, load.maxWh), load.minimumWh);
  for (let t = load.from; t < load.to; t++) quantum = divisor(quantum, load.limitWh[t] as number);
  return Math.max(quantum, 1);
}

function divisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/**
 * The cheapest energies at quanta of energy, written to `energyWh` inside the window. Within a slot the cost is linear, so
 * the best of a whole range of energies is a sliding minimum: work is slots × states × quanta, whatever the range.
 */
export function modulateCheapest(
  load: ModulatedLoad,
  price: Float64Array,
  energyWh: Int32Array,
  work: QuantaWorkspace,
): ModulatedAnswer {
  checkModulated(load, price.length);
  checkPrices(load.id, price, load.from, load.to);
  const { from, to, quantumWh } = load;
  const { value, best, answer } = work;
  const slots = to - from;
  const top = Math.floor(load.maxWh / quantumWh);
  const need = Math.min(Math.ceil(load.needWh / quantumWh), top);
  const run = Math.max(load.minRunSlots, 1);
  const gap = Math.max(load.minGapSlots, 1);
  const width = top + 1;
  const layer = (run + 1) * width;
  if ((slots + 1) * layer > value.length || width > best.length) {
    throw new PlanInputError(load.id, "workspace", "is too small for this load");
  }

  const end = slots * layer;
  value.fill(Number.POSITIVE_INFINITY, end, end + layer);
  for (let used = 0; used <= top; used++) {
    const cost = load.penalty * Math.max(load.needWh - used * quantumWh, 0);
    value[end + used] = cost;
    value[end + run * width + used] = cost;
  }
  for (let t = slots - 1; t >= 0; t--) {
    const here = t * layer;
    const next = here + layer;
    const afterGap = Math.min(t + gap, slots) * layer;
    for (let state = run; state >= 1; state--) {
      cheapestStep(load, price[from + t] as number, from + t, next + Math.min(state + 1, run) * width, top, work);
      const row = here + state * width;
      for (let used = 0; used <= top; used++) {
        const stop = state === run ? (value[afterGap + used] as number) : Number.POSITIVE_INFINITY;
        value[row + used] = Math.min(best[used] as number, stop);
      }
    }
    cheapestStep(load, price[from + t] as number, from + t, next + width, top, work);
    for (let used = 0; used <= top; used++) {
      value[here + used] = Math.min(load.startCost + (best[used] as number), value[next + used] as number);
    }
  }
  answer.cost = value[0] as number;
  trace(load, price, energyWh, need, top, work);
  return answer;
}

/** best[used] = cheapest over energies x of this slot of price·x + value[after + used + x]. */
function cheapestStep(
  load: ModulatedLoad,
  price: number,
  slot: number,
  after: number,
  top: number,
  work: QuantaWorkspace,
): void {
  const { value, best, queue } = work;
  const least = Math.ceil(load.minimumWh / load.quantumWh);
  const most = Math.floor((load.limitWh[slot] as number) / load.quantumWh);
  const step = price * load.quantumWh;
  let head = 0;
  let tail = 0;
  for (let used = top; used >= 0; used--) {
    const entering = used + least;
    if (entering <= top && least <= most) {
      const cost = (value[after + entering] as number) + step * entering;
      while (tail > head) {
        const last = queue[tail - 1] as number;
        if ((value[after + last] as number) + step * last < cost) break;
        tail--;
      }
      queue[tail++] = entering;
    }
    while (tail > head && (queue[head] as number) > used + most) head++;
    if (tail === head) best[used] = Number.POSITIVE_INFINITY;
    else {
      const first = queue[head] as number;
      best[used] = (value[after + first] as number) + step * (first - used);
    }
  }
}

function trace(
  load: ModulatedLoad,
  price: Float64Array,
  energyWh: Int32Array,
  need: number,
  top: number,
  work: QuantaWorkspace,
): void {
  const { value, answer } = work;
  const { from, to, quantumWh } = load;
  const slots = to - from;
  const run = Math.max(load.minRunSlots, 1);
  const gap = Math.max(load.minGapSlots, 1);
  const width = top + 1;
  const layer = (run + 1) * width;
  const least = Math.ceil(load.minimumWh / quantumWh);
  energyWh.fill(0, from, to);
  let used = 0;
  let state = 0;
  for (let t = 0; t < slots; ) {
    const after = (t + 1) * layer + Math.min(state + 1, run) * width;
    const most = Math.min(Math.floor((load.limitWh[from + t] as number) / quantumWh), top - used);
    const stop = state === run ? Math.min(t + gap, slots) : t + 1;
    const rest = state === 0 || state === run ? (value[stop * layer + used] as number) : Number.POSITIVE_INFINITY;
    let chosen = -1;
    let cheapest = state === 0 ? rest - load.startCost : rest;
    for (let x = least; x <= most; x++) {
      const cost = (price[from + t] as number) * quantumWh * x + (value[after + used + x] as number);
      if (cost < cheapest || (cost === cheapest && used < need)) {
        cheapest = cost;
        chosen = x;
      }
    }
    if (chosen < 0) {
      state = 0;
      t = stop;
      continue;
    }
    energyWh[from + t] = chosen * quantumWh;
    used += chosen;
    state = Math.min(state + 1, run);
    t++;
  }
  answer.deliveredWh = used * quantumWh;
  answer.shortfallWh = Math.max(load.needWh - answer.deliveredWh, 0);
}

function checkModulated(load: ModulatedLoad, slots: number): void {
  checkLoad(load, slots);
  checkRuns(load);
  checkLimits(load.id, load.limitWh, load.from, load.to);
  const { id, minimumWh, quantumWh } = load;
  if (!(Number.isInteger(minimumWh) && minimumWh >= 0)) {
    throw new PlanInputError(id, "minimumWh", "must be whole Wh, 0 or more");
  }
  if (!(Number.isInteger(quantumWh) && quantumWh > 0)) {
    throw new PlanInputError(id, "quantumWh", "must be whole Wh above 0");
  }
}
