import { checkPrices, checkRuns, checkWindow, PlanInputError } from "./input-error.ts";

/**
 * A heat pump in one room of air (one node): the temperature at a slot's end is decay × before + (1 − decay) × outdoor +
 * gain × cop × energy. Energies in Wh, temperatures in °C; `minC` and `maxC` hold at slot ends.
 */
export type HeatedHome = {
  id: string;
  from: number;
  to: number;
  initialC: number;
  minC: Float64Array;
  /** Never exceeded by heating; a home already above it only cools. */
  maxC: Float64Array;
  outdoorC: Float64Array;
  cop: Float64Array;
  decay: number;
  gainCPerKwhHeat: number;
  /** Energy of a slot that is on, Wh: equal for on/off, minimum 0 for any energy. */
  minimumWh: number;
  limitWh: number;
  minRunSlots: number;
  minGapSlots: number;
  startCost: number;
  /** Price of a kelvin below `minC` at a slot's end, in price unit times Wh. */
  discomfortPenalty: number;
};

/** Cost is energy, starts and discomfort, price unit times Wh. */
export type HeatAnswer = { cost: number; discomfortK: number; starts: number };

export type HeatWorkspace = {
  /** Value-to-go by slot, state and node: state 0 is free to start, 1..run on, run + 1.. resting. */
  value: Float64Array;
  /** The coldest node at each slot's start, °C; nodes are `grainC` apart. */
  lowC: Float64Array;
  after: Float64Array;
  best: Float64Array;
  queue: Int32Array;
  /** The answer of the pass at hand. */
  passWh: Float64Array;
  answer: HeatAnswer;
};

const NODES = 39;
/** Each further pass looks this far to either side of the best temperatures so far, in nodes of the pass before. */
const CLOSER_NODES = [5];
/** Colder than the band by this much is beyond the first grid, and valued by its last slope, K. */
const BELOW_BAND_K = 1;
/** Dearer than anything: a run that cannot go on. */
const NEVER = 1e15;

export function heatWorkspace(slots: number, minRunSlots: number, minGapSlots: number): HeatWorkspace {
  const states = Math.max(minRunSlots, 1) + Math.max(minGapSlots, 1);
  return {
    value: new Float64Array((slots + 1) * states * NODES),
    lowC: new Float64Array(slots + 1),
    after: new Float64Array(NODES),
    best: new Float64Array(NODES),
    queue: new Int32Array(NODES),
    passWh: new Float64Array(slots),
    answer: { cost: 0, discomfortK: 0, starts: 0 },
  };
}

/**
 * Cheap heat inside the comfort band, written to `energyWh`. Values backwards on a grid of temperatures, linear between
 * nodes, then forwards from the true temperature; and again on finer grids around the best temperatures found. The answer
 * obeys the model exactly; only its cost is of the grid.
 */
export function heatCheaply(
  home: HeatedHome,
  price: Float64Array,
  energyWh: Float64Array,
  work: HeatWorkspace,
): HeatAnswer {
  checkHome(home, price, work);
  const slots = price.length;
  const { lowC, passWh, answer } = work;
  let coldest = home.initialC;
  let warmest = home.initialC;
  for (let t = 0; t < slots; t++) {
    coldest = Math.min(coldest, (home.minC[t] as number) - BELOW_BAND_K);
    warmest = Math.max(warmest, home.maxC[t] as number);
  }
  let grainC = Math.max(warmest - coldest, 0.1) / (NODES - 2);
  for (let t = 0; t <= slots; t++) lowC[t] = onBand(home, t, coldest, grainC);
  let best: HeatAnswer | undefined;
  for (let pass = 0; ; pass++) {
    values(home, price, grainC, work);
    follow(home, price, grainC, passWh, work);
    if (!best || answer.cost < best.cost) {
      best = { ...answer };
      energyWh.set(passWh.subarray(0, slots));
    }
    const around = CLOSER_NODES[pass];
    if (around === undefined) break;
    const finerC = (grainC * 2 * around) / (NODES - 1);
    let temperatureC = home.initialC;
    for (let t = 0; t <= slots; t++) {
      lowC[t] = onBand(home, t, temperatureC - grainC * around, finerC);
      if (t < slots) temperatureC = coast(home, t, temperatureC) + riseC(home, t) * (energyWh[t] as number);
    }
    grainC = finerC;
  }
  if (!best || best.cost >= NEVER) throw new PlanInputError(home.id, "minRunSlots", "cannot be kept below maxC");
  return Object.assign(answer, best);
}

/** Shifted down a little so that the comfort limit lies on a node: the kink of the cost is then no rounding. */
function onBand(home: HeatedHome, t: number, lowC: number, grainC: number): number {
  const minC = home.minC[Math.max(t - 1, 0)] as number;
  return minC - Math.ceil((minC - lowC) / grainC) * grainC;
}

function coast(home: HeatedHome, t: number, fromC: number): number {
  return home.decay * fromC + (1 - home.decay) * (home.outdoorC[t] as number);
}

/** Kelvin per Wh in this slot. */
function riseC(home: HeatedHome, t: number): number {
  return (home.gainCPerKwhHeat * (home.cop[t] as number)) / 1000;
}

/** Backwards: the value of every temperature and state at every slot's start. */
function values(home: HeatedHome, price: Float64Array, grainC: number, work: HeatWorkspace): void {
  const slots = price.length;
  const run = Math.max(home.minRunSlots, 1);
  const gap = Math.max(home.minGapSlots, 1);
  const states = run + gap;
  const layer = states * NODES;
  const { value, after, best, lowC } = work;
  for (let state = 0; state < states; state++) {
    const row = slots * layer + state * NODES;
    value.fill(state >= 1 && state < run ? NEVER : 0, row, row + NODES);
  }
  for (let t = slots - 1; t >= 0; t--) {
    const here = t * layer;
    const next = here + layer;
    // Where a home at the coldest node is at the slot's end without heating, in nodes of the next grid.
    const cooled = (coast(home, t, lowC[t] as number) - (lowC[t + 1] as number)) / grainC;
    const top = ((home.maxC[t] as number) - (lowC[t + 1] as number)) / grainC;
    for (let state = 0; state < states; state++) {
      const row = here + state * NODES;
      if (state >= 1 && state < run) {
        value.fill(NEVER, row, row + NODES);
        continue;
      }
      const rest = restAfter(state, run, gap);
      if (state > 0 && rest === 0) {
        value.copyWithin(row, here, here + NODES);
        continue;
      }
      valueAfter(home, t, next + rest * NODES, grainC, work);
      for (let node = 0; node < NODES; node++) {
        const position = cooled + home.decay * node;
        value[row + node] =
          interpolate(after, position) + (position > top ? (position - top) * grainC * NEVER * 1e-6 : 0);
      }
    }
    if (t < home.from || t >= home.to) continue;
    // From off to the first state of a run, from each to the next, and at the last for as long as it pays.
    for (let target = run; target >= 1; target--) {
      valueAfter(home, t, next + target * NODES, grainC, work);
      heatedBest(home, price[t] as number, cooled, riseC(home, t) / grainC, top, work);
      lower(value, here + (target - 1) * NODES, best, target === 1 ? home.startCost : 0);
      if (target === run) lower(value, here + run * NODES, best, 0);
    }
  }
}

/** The resting state after a slot off: a stop starts the gap, its last slot leads back to free. */
function restAfter(state: number, run: number, gap: number): number {
  if (state === 0) return 0;
  const rested = state <= run ? 1 : state - run + 1;
  return rested >= gap ? 0 : run + rested;
}

function lower(value: Float64Array, row: number, best: Float64Array, cost: number): void {
  for (let node = 0; node < NODES; node++) {
    const on = (best[node] as number) + cost;
    if (on < (value[row + node] as number)) value[row + node] = on;
  }
}

/** The value at a slot's end with the discomfort counted there. */
function valueAfter(home: HeatedHome, t: number, row: number, grainC: number, work: HeatWorkspace): void {
  const { after, value } = work;
  const below = (home.minC[t] as number) - (work.lowC[t + 1] as number);
  for (let node = 0; node < NODES; node++) {
    const coldC = below - node * grainC;
    after[node] = (value[row + node] as number) + (coldC > 0 ? coldC * home.discomfortPenalty : 0);
  }
}

/** For every node, the cheapest energy of a slot that is on: its ends, or a node between them (a sliding minimum). */
function heatedBest(
  home: HeatedHome,
  price: number,
  cooledLowest: number,
  rise: number,
  maxPosition: number,
  work: HeatWorkspace,
): void {
  const { after, best, queue } = work;
  const { minimumWh, limitWh, decay } = home;
  const perNode = rise > 0 ? price / rise : 0;
  let head = 0;
  let tail = 0;
  let entered = 0;
  for (let node = 0; node < NODES; node++) {
    const cooled = cooledLowest + decay * node;
    const bottom = cooled + rise * minimumWh;
    const top = Math.min(cooled + rise * limitWh, maxPosition);
    if (bottom > top + 1e-9) {
      best[node] = NEVER;
      continue;
    }
    let cheapest = price * minimumWh + interpolate(after, bottom);
    if (rise > 0) {
      cheapest = Math.min(cheapest, perNode * (top - cooled) + interpolate(after, top));
      for (const last = Math.min(Math.floor(top), NODES - 1); entered <= last; entered++) {
        const cost = (after[entered] as number) + perNode * entered;
        while (tail > head) {
          const other = queue[tail - 1] as number;
          if ((after[other] as number) + perNode * other < cost) break;
          tail--;
        }
        queue[tail++] = entered;
      }
      while (tail > head && (queue[head] as number) < bottom) head++;
      if (tail > head) {
        const between = queue[head] as number;
        cheapest = Math.min(cheapest, (after[between] as number) + perNode * (between - cooled));
      }
    }
    best[node] = cheapest;
  }
}

/** Linear between nodes. Beyond them never better than at the end: a grid around a guess must not tempt out of it. */
function interpolate(after: Float64Array, position: number): number {
  if (position >= NODES - 1) return after[NODES - 1] as number;
  const node = position <= 0 ? 0 : Math.floor(position);
  const left = after[node] as number;
  const rise = (after[node + 1] as number) - left;
  return left + (position - node) * (position < 0 ? Math.min(rise, 0) : rise);
}

/** Forwards from the true temperature, choosing in each slot what the values say. */
function follow(
  home: HeatedHome,
  price: Float64Array,
  grainC: number,
  energyWh: Float64Array,
  work: HeatWorkspace,
): void {
  const { after, lowC, answer } = work;
  const run = Math.max(home.minRunSlots, 1);
  const gap = Math.max(home.minGapSlots, 1);
  const layer = (run + gap) * NODES;
  let temperatureC = home.initialC;
  let state = 0;
  answer.cost = 0;
  answer.discomfortK = 0;
  answer.starts = 0;
  for (let t = 0; t < price.length; t++) {
    const next = (t + 1) * layer;
    const low = lowC[t + 1] as number;
    const cooledC = coast(home, t, temperatureC);
    const cooled = (cooledC - low) / grainC;
    const rise = riseC(home, t) / grainC;
    const perWh = price[t] as number;
    const target = Math.min(state + 1, run);
    let energy = 0;
    let isOn = false;
    let cheapest = Number.POSITIVE_INFINITY;
    if (state === 0 || state >= run) {
      valueAfter(home, t, next + restAfter(state, run, gap) * NODES, grainC, work);
      cheapest = interpolate(after, cooled);
    }
    const top = Math.min(cooled + rise * home.limitWh, ((home.maxC[t] as number) - low) / grainC);
    const most = rise > 0 ? (top - cooled) / rise : home.limitWh;
    if (t >= home.from && t < home.to && state <= run && most >= home.minimumWh - 1e-9) {
      valueAfter(home, t, next + target * NODES, grainC, work);
      const extra = state === 0 ? home.startCost : 0;
      const first = Math.max(Math.ceil(cooled + rise * home.minimumWh), 0);
      const last = rise > 0 ? Math.min(Math.floor(top), NODES - 1) : first - 1;
      for (let node = first - 2; node <= last; node++) {
        const wished = node === first - 2 ? home.minimumWh : node === first - 1 ? most : (node - cooled) / rise;
        const wh = Math.max(home.minimumWh, Math.min(wished, most));
        const cost = extra + perWh * wh + interpolate(after, cooled + rise * wh);
        if (cost < cheapest) {
          cheapest = cost;
          isOn = true;
          energy = wh;
        }
      }
    }
    if (!isOn && state > 0 && state < run) answer.cost += NEVER;
    if (isOn && state === 0) {
      answer.starts++;
      answer.cost += home.startCost;
    }
    state = isOn ? target : restAfter(state, run, gap);
    energyWh[t] = energy;
    temperatureC = cooledC + riseC(home, t) * energy;
    const below = Math.max((home.minC[t] as number) - temperatureC, 0);
    answer.discomfortK += below;
    answer.cost += energy * perWh + below * home.discomfortPenalty;
  }
}

function checkHome(home: HeatedHome, price: Float64Array, work: HeatWorkspace): void {
  const { id, decay, minimumWh, limitWh } = home;
  const slots = price.length;
  checkWindow(id, home.from, home.to, slots);
  checkRuns(home);
  checkPrices(id, price, 0, slots);
  for (const field of ["minC", "maxC", "outdoorC", "cop"] as const) {
    for (let t = 0; t < slots; t++) {
      if (!Number.isFinite(home[field][t])) throw new PlanInputError(id, field, `is not a number in slot ${t}`);
    }
  }
  if (!Number.isFinite(home.initialC)) throw new PlanInputError(id, "initialC", "must be a temperature");
  if (!(decay > 0 && decay <= 1)) throw new PlanInputError(id, "decay", "must be above 0, at most 1");
  if (!(home.gainCPerKwhHeat >= 0)) throw new PlanInputError(id, "gainCPerKwhHeat", "must be 0 or more");
  if (!(limitWh >= 0)) throw new PlanInputError(id, "limitWh", "must be 0 or more");
  if (!(minimumWh >= 0 && minimumWh <= limitWh)) throw new PlanInputError(id, "minimumWh", "must be 0 to limitWh");
  if (!(home.discomfortPenalty >= 0)) throw new PlanInputError(id, "discomfortPenalty", "must be 0 or more");
  const states = Math.max(home.minRunSlots, 1) + Math.max(home.minGapSlots, 1);
  if ((slots + 1) * states * NODES > work.value.length) {
    throw new PlanInputError(id, "workspace", "is too small for these slots and rules");
  }
}
