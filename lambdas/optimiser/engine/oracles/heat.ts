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
  after: Float64Array;
  best: Float64Array;
  queue: Int32Array;
  answer: HeatAnswer;
};

export const HEAT_NODES = 97;
/** Colder than the band by this much is beyond the grid, and valued by its last slope, K. */
const BELOW_BAND_K = 1;
/** Dearer than anything: a run that cannot go on. */
const NEVER = 1e15;

export function heatWorkspace(slots: number, minRunSlots: number, minGapSlots: number): HeatWorkspace {
  const states = Math.max(minRunSlots, 1) + Math.max(minGapSlots, 1);
  return {
    value: new Float64Array((slots + 1) * states * HEAT_NODES),
    after: new Float64Array(HEAT_NODES),
    best: new Float64Array(HEAT_NODES),
    queue: new Int32Array(HEAT_NODES),
    answer: { cost: 0, discomfortK: 0, starts: 0 },
  };
}

type Grid = { lowC: number; grainC: number };
type Step = { price: number; slope: number; least: number; most: number; maxC: number; grid: Grid };

/**
 * Cheap heat inside the comfort band, written to `energyWh`. Values backwards on a grid of temperatures, linear between
 * nodes; then forwards from the true temperature, so the answer obeys the model exactly and only its cost is of the grid
 * (within 0.5 % of the proven optimum in the tests).
 */
export function heatCheaply(
  home: HeatedHome,
  price: Float64Array,
  energyWh: Float64Array,
  work: HeatWorkspace,
): HeatAnswer {
  checkHome(home, price, work);
  const slots = price.length;
  const grid = gridOf(home, slots);
  const run = Math.max(home.minRunSlots, 1);
  const gap = Math.max(home.minGapSlots, 1);
  const layer = (run + gap) * HEAT_NODES;
  const { value, after, best } = work;
  for (let state = 0; state < run + gap; state++) {
    const isCut = state >= 1 && state < run;
    value.fill(isCut ? NEVER : 0, slots * layer + state * HEAT_NODES, slots * layer + (state + 1) * HEAT_NODES);
  }
  for (let t = slots - 1; t >= 0; t--) {
    const here = t * layer;
    const next = here + layer;
    const step = stepOf(home, price, t, grid);
    // Off: cool, from every state that may be off.
    for (let state = 0; state < run + gap; state++) {
      if (state >= 1 && state < run) continue;
      const rest = restAfter(state, run, gap);
      valueAfter(home, t, next + rest * HEAT_NODES, grid, work);
      for (let node = 0; node < HEAT_NODES; node++) {
        const cooled = coast(home, t, grid.lowC + node * grid.grainC);
        const hot = Math.max(cooled - step.maxC, 0) * NEVER * 1e-6;
        value[here + state * HEAT_NODES + node] = interpolate(after, cooled, grid) + hot;
      }
    }
    if (t < home.from || t >= home.to) {
      for (let state = 1; state < run; state++) {
        value.fill(NEVER, here + state * HEAT_NODES, here + (state + 1) * HEAT_NODES);
      }
      continue;
    }
    // On: from off to the first state of a run, from each to the next, and at the last for as long as it pays.
    for (let target = run; target >= 1; target--) {
      valueAfter(home, t, next + target * HEAT_NODES, grid, work);
      heatedBest(home, t, step, work);
      const source = target - 1;
      const cost = source === 0 ? home.startCost : 0;
      lower(value, here + source * HEAT_NODES, best, cost, source >= 1 && source < run);
      if (target === run) lower(value, here + run * HEAT_NODES, best, 0, false);
    }
  }
  follow(home, price, grid, energyWh, work);
  return work.answer;
}

/** The resting state after a slot off: a stop starts the gap, its last slot leads back to free. */
function restAfter(state: number, run: number, gap: number): number {
  if (state === 0) return 0;
  const rested = state <= run ? 1 : state - run + 1;
  return rested >= gap ? 0 : run + rested;
}

function lower(value: Float64Array, row: number, best: Float64Array, cost: number, isForced: boolean): void {
  for (let node = 0; node < HEAT_NODES; node++) {
    const on = (best[node] as number) + cost;
    if (isForced || on < (value[row + node] as number)) value[row + node] = on;
  }
}

/** The value at a slot's end with the discomfort counted there. */
function valueAfter(home: HeatedHome, t: number, row: number, grid: Grid, work: HeatWorkspace): void {
  const minC = home.minC[t] as number;
  for (let node = 0; node < HEAT_NODES; node++) {
    const below = minC - (grid.lowC + node * grid.grainC);
    work.after[node] = (work.value[row + node] as number) + (below > 0 ? below * home.discomfortPenalty : 0);
  }
}

/** For every node, the cheapest energy of a slot that is on: its ends, or a node between them (a sliding minimum). */
function heatedBest(home: HeatedHome, t: number, step: Step, work: HeatWorkspace): void {
  const { after, best, queue } = work;
  const { grid, slope, least, most } = step;
  const perC = slope > 0 ? step.price / slope : 0;
  let head = 0;
  let tail = 0;
  let entered = 0;
  for (let node = 0; node < HEAT_NODES; node++) {
    const cooled = coast(home, t, grid.lowC + node * grid.grainC);
    const top = Math.min(cooled + slope * most, step.maxC);
    const bottom = cooled + slope * least;
    if (bottom > top + 1e-9) {
      best[node] = NEVER;
      continue;
    }
    let cheapest = step.price * least + interpolate(after, bottom, grid);
    if (slope > 0) {
      const energy = (top - cooled) / slope;
      cheapest = Math.min(cheapest, step.price * energy + interpolate(after, top, grid));
      const lastNode = Math.min(Math.floor((top - grid.lowC) / grid.grainC), HEAT_NODES - 1);
      for (; entered <= lastNode; entered++) {
        const cost = (after[entered] as number) + perC * (grid.lowC + entered * grid.grainC);
        while (tail > head && nodeCost(after, queue[tail - 1] as number, perC, grid) >= cost) tail--;
        queue[tail++] = entered;
      }
      const firstNode = (bottom - grid.lowC) / grid.grainC;
      while (tail > head && (queue[head] as number) < firstNode) head++;
      if (tail > head) cheapest = Math.min(cheapest, nodeCost(after, queue[head] as number, perC, grid) - perC * cooled);
    }
    best[node] = cheapest;
  }
}

function nodeCost(after: Float64Array, node: number, perC: number, grid: Grid): number {
  return (after[node] as number) + perC * (grid.lowC + node * grid.grainC);
}

function interpolate(after: Float64Array, atC: number, grid: Grid): number {
  const position = (atC - grid.lowC) / grid.grainC;
  const node = position <= 0 ? 0 : position >= HEAT_NODES - 1 ? HEAT_NODES - 2 : Math.floor(position);
  const left = after[node] as number;
  return left + (position - node) * ((after[node + 1] as number) - left);
}

function coast(home: HeatedHome, t: number, fromC: number): number {
  return home.decay * fromC + (1 - home.decay) * (home.outdoorC[t] as number);
}

function stepOf(home: HeatedHome, price: Float64Array, t: number, grid: Grid): Step {
  return {
    price: price[t] as number,
    slope: (home.gainCPerKwhHeat * (home.cop[t] as number)) / 1000,
    least: home.minimumWh,
    most: home.limitWh,
    maxC: home.maxC[t] as number,
    grid,
  };
}

function gridOf(home: HeatedHome, slots: number): Grid {
  let lowC = home.initialC;
  let highC = home.initialC;
  for (let t = 0; t < slots; t++) {
    lowC = Math.min(lowC, (home.minC[t] as number) - BELOW_BAND_K);
    highC = Math.max(highC, home.maxC[t] as number);
  }
  return { lowC, grainC: Math.max(highC - lowC, 0.1) / (HEAT_NODES - 1) };
}

function follow(
  home: HeatedHome,
  price: Float64Array,
  grid: Grid,
  energyWh: Float64Array,
  work: HeatWorkspace,
): void {
  const { after, answer } = work;
  const slots = price.length;
  const run = Math.max(home.minRunSlots, 1);
  const gap = Math.max(home.minGapSlots, 1);
  const layer = (run + gap) * HEAT_NODES;
  let temperatureC = home.initialC;
  let state = 0;
  answer.cost = 0;
  answer.discomfortK = 0;
  answer.starts = 0;
  for (let t = 0; t < slots; t++) {
    const next = (t + 1) * layer;
    const step = stepOf(home, price, t, grid);
    const cooled = coast(home, t, temperatureC);
    let energy = 0;
    let cheapest = Number.POSITIVE_INFINITY;
    if (state === 0 || state >= run) {
      valueAfter(home, t, next + restAfter(state, run, gap) * HEAT_NODES, grid, work);
      cheapest = interpolate(after, cooled, grid);
    }
    let chosen = -1;
    if (t >= home.from && t < home.to && state <= run) {
      const target = Math.min(state + 1, run);
      valueAfter(home, t, next + target * HEAT_NODES, grid, work);
      const top = Math.min(cooled + step.slope * step.most, step.maxC);
      const most = step.slope > 0 ? (top - cooled) / step.slope : step.most;
      const extra = state === 0 ? home.startCost : 0;
      const consider = (wh: number) => {
        const cost = extra + step.price * wh + interpolate(after, cooled + step.slope * wh, grid);
        if (cost < cheapest) {
          cheapest = cost;
          chosen = target;
          energy = wh;
        }
      };
      if (most >= step.least - 1e-9) {
        consider(step.least);
        if (most > step.least) consider(most);
        if (step.slope > 0) {
          const first = Math.ceil((cooled + step.slope * step.least - grid.lowC) / grid.grainC);
          const last = Math.floor((cooled + step.slope * most - grid.lowC) / grid.grainC);
          for (let node = Math.max(first, 0); node <= Math.min(last, HEAT_NODES - 1); node++) {
            consider(clampEnergy((grid.lowC + node * grid.grainC - cooled) / step.slope, step.least, most));
          }
        }
      }
    }
    if (chosen > 0 && state === 0) {
      answer.starts++;
      answer.cost += home.startCost;
    }
    state = chosen > 0 ? chosen : restAfter(state, run, gap);
    energyWh[t] = energy;
    temperatureC = cooled + step.slope * energy;
    const below = Math.max((home.minC[t] as number) - temperatureC, 0);
    answer.discomfortK += below;
    answer.cost += energy * step.price + below * home.discomfortPenalty;
  }
}

function clampEnergy(wh: number, least: number, most: number): number {
  return Math.max(least, Math.min(wh, most));
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
  if ((slots + 1) * states * HEAT_NODES > work.value.length) {
    throw new PlanInputError(id, "workspace", "is too small for these slots and rules");
  }
}
