/** A planning problem that contradicts itself: says which asset and which field, and what would be right. */
export class PlanInputError extends Error {
  readonly asset: string;
  readonly field: string;

  constructor(asset: string, field: string, what: string) {
    super(`${asset}: ${field} ${what}.`);
    this.name = "PlanInputError";
    this.asset = asset;
    this.field = field;
  }
}

type Loading = { id: string; from: number; to: number; needWh: number; maxWh: number; penalty: number };

export function checkWindow(id: string, from: number, to: number, slots: number): void {
  if (!(Number.isInteger(from) && from >= 0)) throw new PlanInputError(id, "from", "must be a slot, 0 or later");
  if (!(Number.isInteger(to) && to >= from && to <= slots)) {
    throw new PlanInputError(id, "to", `must be a slot from ${from} to ${slots}`);
  }
}

export function checkLoad({ id, from, to, needWh, maxWh, penalty }: Loading, slots: number): void {
  checkWindow(id, from, to, slots);
  if (!(Number.isInteger(needWh) && needWh >= 0)) throw new PlanInputError(id, "needWh", "must be whole Wh, 0 or more");
  if (!(Number.isInteger(maxWh) && maxWh >= needWh)) {
    throw new PlanInputError(id, "maxWh", "must be whole Wh, needWh or more");
  }
  if (!(penalty >= 0)) throw new PlanInputError(id, "penalty", "must be 0 or more");
}

type Runs = { id: string; minRunSlots: number; minGapSlots: number; startCost: number };

export function checkRuns({ id, minRunSlots, minGapSlots, startCost }: Runs): void {
  if (!(Number.isInteger(minRunSlots) && minRunSlots >= 0)) {
    throw new PlanInputError(id, "minRunSlots", "must be whole slots, 0 or more");
  }
  if (!(Number.isInteger(minGapSlots) && minGapSlots >= 0)) {
    throw new PlanInputError(id, "minGapSlots", "must be whole slots, 0 or more");
  }
  if (!(startCost >= 0)) throw new PlanInputError(id, "startCost", "must be 0 or more");
}

/** A price that is not a number would be sorted anywhere: refuse it by its slot. */
export function checkPrices(id: string, price: Float64Array, from: number, to: number): void {
  for (let t = from; t < to; t++) {
    if (!Number.isFinite(price[t])) throw new PlanInputError(id, "price", `is not a number in slot ${t}`);
  }
}

export function checkLimits(id: string, limitWh: Int32Array, from: number, to: number): void {
  for (let t = from; t < to; t++) {
    if (!((limitWh[t] ?? -1) >= 0)) throw new PlanInputError(id, "limitWh", `must be 0 or more in slot ${t}`);
  }
}
