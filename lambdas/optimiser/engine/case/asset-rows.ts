import { PlanInputError } from "../oracles/input-error.ts";
import type { Choice } from "./choice.ts";
import type { LinearProgram } from "./linear-program.ts";
import type { HeatPump, Problem, SiteBattery, Vehicle } from "./problem.ts";
import type { Terms } from "./shared-rows.ts";

/** Colder than this a home is not modelled, °C. */
const COLDEST_C = -60;

export type Use = (variable: number, slot: number, factor: number) => void;

/** Power by slot as terms of variables; a slot outside the window has none. */
export function addPower(
  asset: Vehicle | HeatPump,
  { slotHours }: Problem,
  program: LinearProgram,
  choices: Choice[],
  use: Use,
): Terms[] {
  const terms: Terms[] = [];
  const on: number[] = [];
  const hasRules = hasRunRules(asset);
  const costOf = (t: number) => slotHours * (asset.pricePence?.[t] ?? 0);
  for (let t = asset.fromSlot; t < asset.toSlot; t++) {
    if (asset.power === "on-off") {
      const isOn = program.variable(costOf(t) * asset.maxKw, 0, 1);
      use(isOn, t, asset.maxKw);
      choices.push({ kind: "binary", variable: isOn });
      on[t] = isOn;
      terms[t] = [[isOn, asset.maxKw]];
      continue;
    }
    const kw = program.variable(costOf(t), 0, asset.maxKw);
    use(kw, t, 1);
    terms[t] = [[kw, 1]];
    if (hasRules) {
      const isOn = program.variable(0, 0, 1);
      choices.push({ kind: "binary", variable: isOn });
      on[t] = isOn;
      const most = program.row(Number.NEGATIVE_INFINITY, 0);
      program.entry(most, kw, 1);
      program.entry(most, isOn, -asset.maxKw);
      const least = asset.power === "semi-continuous" ? asset.minKw : 0;
      if (least > 0) {
        const row = program.row(0, Number.POSITIVE_INFINITY);
        program.entry(row, kw, 1);
        program.entry(row, isOn, -least);
      }
    } else if (asset.power === "semi-continuous" && asset.minKw > 0) {
      choices.push({ kind: "least", variable: kw, least: asset.minKw });
    }
  }
  if (hasRules) addRuns(asset, on, program);
  return terms;
}

export function hasRunRules(asset: Vehicle | HeatPump): boolean {
  return asset.minRunSlots > 1 || asset.minGapSlots > 1 || asset.startCostPence > 0 || Number.isFinite(asset.maxStarts);
}

/** Starts, and the runs and gaps they open: after a start the load is on for a run, before one it was off for a gap. */
function addRuns(asset: Vehicle | HeatPump, on: readonly number[], program: LinearProgram): void {
  const { fromSlot, toSlot, minRunSlots, minGapSlots } = asset;
  const run = Math.max(minRunSlots, 1);
  const start: number[] = [];
  for (let t = fromSlot; t < toSlot; t++) {
    start[t] = program.variable(asset.startCostPence, 0, t + run <= toSlot ? 1 : 0);
    const row = program.row(Number.NEGATIVE_INFINITY, 0);
    program.entry(row, on[t] as number, 1);
    program.entry(row, start[t] as number, -1);
    if (t > fromSlot) program.entry(row, on[t - 1] as number, -1);
  }
  const limit = Number.isFinite(asset.maxStarts) ? program.row(Number.NEGATIVE_INFINITY, asset.maxStarts) : -1;
  for (let t = fromSlot; t < toSlot; t++) {
    if (limit >= 0) program.entry(limit, start[t] as number, 1);
    const runs = program.row(Number.NEGATIVE_INFINITY, 0);
    program.entry(runs, on[t] as number, -1);
    for (let k = Math.max(fromSlot, t - run + 1); k <= t; k++) program.entry(runs, start[k] as number, 1);
    if (minGapSlots <= 1) continue;
    const rests = program.row(Number.NEGATIVE_INFINITY, 1);
    program.entry(rests, on[t] as number, 1);
    for (let k = t + 1; k <= Math.min(t + minGapSlots, toSlot - 1); k++) program.entry(rests, start[k] as number, 1);
  }
}

export function addEnergy(asset: Vehicle, slotHours: number, load: readonly Terms[], program: LinearProgram): void {
  const row = program.row(asset.minKwh, asset.minKwh);
  program.entry(row, program.variable(asset.shortfallPenalty, 0, asset.minKwh), 1);
  program.entry(row, program.variable(0, 0, asset.maxKwh - asset.minKwh), -1);
  for (const deadline of [null, ...asset.deadlines]) {
    const to = deadline ? Math.min(deadline.slot, asset.toSlot) : asset.toSlot;
    const need = deadline ? program.row(deadline.kwh, Number.POSITIVE_INFINITY) : row;
    if (deadline) program.entry(need, program.variable(deadline.shortfallPenalty, 0, deadline.kwh), 1);
    for (let t = asset.fromSlot; t < to; t++) {
      for (const [variable, kw] of load[t] as Terms) program.entry(need, variable, slotHours * kw);
    }
  }
}

export function addTemperature(
  asset: HeatPump,
  { slots, slotHours }: Problem,
  load: readonly Terms[],
  program: LinearProgram,
): void {
  // A slot's end is its comfort limit, and so much above it or below.
  let before: Terms = [];
  let beforeC = asset.initialC;
  let mostC = asset.initialC;
  for (let t = 0; t < slots; t++) {
    const coolC = (1 - asset.decay) * (asset.outdoorC[t] as number);
    mostC = asset.decay * mostC + coolC;
    if (mostC > (asset.maxC[t] as number)) throw new PlanInputError(asset.id, "maxC", `cannot be kept in slot ${t}`);
    const minC = Math.min(asset.minC[t] as number, asset.maxC[t] as number);
    const above = program.variable(0, 0, (asset.maxC[t] as number) - minC);
    const below = program.variable(asset.discomfortPenalty, 0, Math.max(minC - COLDEST_C, 0));
    const right = coolC + asset.decay * beforeC - minC;
    const row = program.row(right, right);
    program.entry(row, above, 1);
    program.entry(row, below, -1);
    for (const [variable, sign] of before) program.entry(row, variable, -asset.decay * sign);
    const gain = asset.gainCPerKwhHeat * (asset.cop[t] as number) * slotHours;
    for (const [variable, kw] of load[t] ?? []) program.entry(row, variable, -gain * kw);
    before = [
      [above, 1],
      [below, -1],
    ];
    beforeC = minC;
  }
}

export function addBattery(
  asset: SiteBattery,
  { slots, slotHours }: Problem,
  program: LinearProgram,
  choices: Choice[],
  use: Use,
): (slot: number) => Terms {
  const terms: Terms[] = [];
  let before = -1;
  for (let t = 0; t < slots; t++) {
    const charge = program.variable(slotHours * asset.cyclingCost, 0, asset.maxChargeKw);
    const discharge = program.variable(slotHours * asset.cyclingCost, 0, asset.maxDischargeKw);
    const level = program.variable(0, t === slots - 1 ? asset.finalMinKwh : 0, asset.capacityKwh);
    const right = before < 0 ? asset.initialKwh : 0;
    const row = program.row(right, right);
    program.entry(row, level, 1);
    if (before >= 0) program.entry(row, before, -1);
    program.entry(row, charge, -slotHours * asset.etaCharge);
    program.entry(row, discharge, slotHours / asset.etaDischarge);
    use(charge, t, 1);
    use(discharge, t, -1);
    choices.push({ kind: "either", one: charge, other: discharge });
    terms.push([
      [charge, 1],
      [discharge, -1],
    ]);
    before = level;
  }
  return (slot) => terms[slot] as Terms;
}
