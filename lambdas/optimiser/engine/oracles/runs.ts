import { checkLoad, checkPrices, checkRuns, PlanInputError } from "./input-error.ts";

/**
 * A load that is on at one power or off, with rules for its runs. Prices and penalty share one unit, energies are whole Wh,
 * `startCost` is in that unit times Wh.
 */
export type SwitchedLoad = {
  id: string;
  from: number;
  to: number;
  needWh: number;
  maxWh: number;
  /** Energy of a slot that is on, Wh. */
  slotWh: number;
  penalty: number;
  /** A run lasts at least this many slots, and ends inside the window. */
  minRunSlots: number;
  /** At least this many slots off between runs. */
  minGapSlots: number;
  /** Infinity for no limit. */
  maxStarts: number;
  startCost: number;
};

export type SwitchedAnswer = { cost: number; deliveredWh: number; shortfallWh: number; starts: number };

/** Values by slot, slots still to be used, and starts left: `off` may start a run, `on` may end one. */
export type RunWorkspace = { off: Float64Array; on: Float64Array; sums: Float64Array; answer: SwitchedAnswer };

export function runWorkspace(slots: number, mostOn: number, mostStarts: number): RunWorkspace {
  const cells = (slots + 1) * (mostOn + 1) * (mostStarts + 1);
  return {
    off: new Float64Array(cells),
    on: new Float64Array(cells),
    sums: new Float64Array(slots + 1),
    answer: { cost: 0, deliveredWh: 0, shortfallWh: 0, starts: 0 },
  };
}

/** What `runWorkspace` must hold for this load: the most slots it can be on, and the most starts that make a difference. */
export function runSize(load: SwitchedLoad): { mostOn: number; mostStarts: number } {
  const slots = load.to - load.from;
  const fitting = load.slotWh > 0 ? Math.floor(load.maxWh / load.slotWh) : 0;
  const gap = Math.max(load.minGapSlots, 1);
  const runs = Math.floor((slots + gap) / (Math.max(load.minRunSlots, 1) + gap));
  const mostStarts = Number.isFinite(load.maxStarts) ? Math.min(load.maxStarts, runs) : 0;
  return { mostOn: Math.min(slots, fitting), mostStarts };
}

/**
 * The cheapest runs, exact, written to `energyWh` inside the window (0 or `slotWh`). Dynamic programming from the end; a run
 * opens with its whole minimum and a gap is jumped over, so neither multiplies the states. Ties go to more energy, then to
 * the earlier slot.
 */
export function switchCheapest(
  load: SwitchedLoad,
  price: Float64Array,
  energyWh: Int32Array,
  work: RunWorkspace,
): SwitchedAnswer {
  checkSwitched(load, price.length);
  checkPrices(load.id, price, load.from, load.to);
  const { from, to, slotWh, needWh, maxWh, penalty, startCost } = load;
  const run = Math.max(load.minRunSlots, 1);
  const gap = Math.max(load.minGapSlots, 1);
  const { mostOn, mostStarts } = runSize(load);
  const isLimited = Number.isFinite(load.maxStarts);
  const { off, on, sums, answer } = work;
  const slots = to - from;
  const width = mostStarts + 1;
  const layer = (mostOn + 1) * width;
  if ((slots + 1) * layer > off.length) throw new PlanInputError(load.id, "workspace", "is too small for this load");

  sums[0] = 0;
  for (let t = 0; t < slots; t++) sums[t + 1] = (sums[t] as number) + slotWh * (price[from + t] as number);
  off.fill(Number.POSITIVE_INFINITY, slots * layer, (slots + 1) * layer);
  off.fill(0, slots * layer, slots * layer + width);
  for (let i = slots * layer; i < (slots + 1) * layer; i++) on[i] = off[i] as number;

  const startsUsed = isLimited ? 1 : 0;
  for (let t = slots - 1; t >= 0; t--) {
    const here = t * layer;
    const next = here + layer;
    const afterRun = t + run <= slots ? (t + run) * layer : -1;
    const runCost = afterRun >= 0 ? startCost + (sums[t + run] as number) - (sums[t] as number) : 0;
    const slotCost = (sums[t + 1] as number) - (sums[t] as number);
    const afterGap = Math.min(t + gap, slots) * layer;
    for (let i = 0; i < layer; i++) off[here + i] = off[next + i] as number;
    if (afterRun >= 0) {
      for (let used = run; used <= mostOn; used++) {
        const row = here + used * width;
        const after = afterRun + (used - run) * width - startsUsed;
        for (let starts = startsUsed; starts < width; starts++) {
          const cost = runCost + (on[after + starts] as number);
          if (cost <= (off[row + starts] as number)) off[row + starts] = cost;
        }
      }
    }
    for (let i = 0; i < layer; i++) on[here + i] = off[afterGap + i] as number;
    for (let i = width; i < layer; i++) {
      const cost = slotCost + (on[next + i - width] as number);
      if (cost <= (on[here + i] as number)) on[here + i] = cost;
    }
  }

  let best = 0;
  answer.cost = Number.POSITIVE_INFINITY;
  for (let used = 0; used <= mostOn; used++) {
    const deliveredWh = used * slotWh;
    if (deliveredWh > maxWh) break;
    const cost = (off[used * width + mostStarts] as number) + penalty * Math.max(needWh - deliveredWh, 0);
    if (cost <= answer.cost) {
      best = used;
      answer.cost = cost;
    }
  }
  answer.deliveredWh = best * slotWh;
  answer.shortfallWh = Math.max(needWh - answer.deliveredWh, 0);
  trace(load, run, best, mostStarts, isLimited, energyWh, work);
  return answer;
}

/** Walks the values forward: where a start, or going on, is worth what the value says, it is taken. */
function trace(
  load: SwitchedLoad,
  run: number,
  used: number,
  mostStarts: number,
  isLimited: boolean,
  energyWh: Int32Array,
  work: RunWorkspace,
): void {
  const { off, on, sums, answer } = work;
  const { from, to, slotWh, startCost } = load;
  const slots = to - from;
  const width = mostStarts + 1;
  const { mostOn } = runSize(load);
  const layer = (mostOn + 1) * width;
  energyWh.fill(0, from, to);
  answer.starts = 0;
  let left = used;
  let starts = mostStarts;
  let t = 0;
  let isOn = false;
  while (t < slots && (left > 0 || isOn)) {
    const at = t * layer + left * width + starts;
    if (isOn) {
      const slotCost = (sums[t + 1] as number) - (sums[t] as number);
      if (left > 0 && slotCost + (on[at + layer - width] as number) === on[at]) {
        energyWh[from + t] = slotWh;
        left--;
        t++;
      } else {
        isOn = false;
        t += Math.max(load.minGapSlots, 1);
      }
      continue;
    }
    const canStart = left >= run && t + run <= slots && (!isLimited || starts > 0);
    const after = (t + run) * layer + (left - run) * width + starts - (isLimited ? 1 : 0);
    const runCost = canStart ? startCost + (sums[t + run] as number) - (sums[t] as number) : 0;
    if (canStart && runCost + (on[after] as number) === off[at]) {
      energyWh.fill(slotWh, from + t, from + t + run);
      answer.starts++;
      if (isLimited) starts--;
      left -= run;
      t += run;
      isOn = true;
    } else t++;
  }
}

function checkSwitched(load: SwitchedLoad, slots: number): void {
  checkLoad(load, slots);
  checkRuns(load);
  const { id, slotWh, maxStarts } = load;
  if (!(Number.isInteger(slotWh) && slotWh > 0)) throw new PlanInputError(id, "slotWh", "must be whole Wh above 0");
  if (!(maxStarts >= 0)) throw new PlanInputError(id, "maxStarts", "must be 0 or more");
}
