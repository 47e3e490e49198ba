import { PlanInputError } from "../oracles/input-error.ts";
import { LinearProgram } from "./linear-program.ts";
import type { Asset, HeatPump, Problem, Schedule, Site, SiteBattery, Vehicle } from "./problem.ts";

/** A choice the linear program leaves open: one of two variables is 0, a variable is 0 or at least `least`, or 0 or 1. */
export type Choice =
  | { kind: "either"; one: number; other: number }
  | { kind: "least"; variable: number; least: number }
  | { kind: "binary"; variable: number };

export type Model = {
  program: LinearProgram;
  choices: Choice[];
  /** Rows in which an asset's power appears, by asset and slot, with its factor per kW. */
  rowsOf: (asset: Asset, slot: number) => readonly (readonly [number, number])[];
  read: (value: (variable: number) => number) => Schedule;
};

/** Colder than this a home is not modelled, °C. */
const COLDEST_C = -60;

/**
 * The linear program of a problem, without `columnAssets`: those take part through columns of whole schedules. Limits that
 * cannot bind are left out, and meters get the tightest bounds their slot allows.
 */
export function modelOf(problem: Problem, columnAssets: ReadonlySet<string>): Model {
  const program = new LinearProgram();
  const choices: Choice[] = [];
  const { slots, slotHours } = problem;
  const shared = sharedRows(problem, program);
  const power = new Map<string, (slot: number) => readonly (readonly [number, number])[]>();
  const meters = new Map<string, { importKw: number[]; exportKw: number[]; curtailKw: number[] }>();

  for (const [name, site] of problem.sites) {
    const atSite = problem.assets.filter((asset) => asset.site === name);
    meters.set(name, addMeter(site, atSite, problem, program, choices, shared.meterRows.get(name) as number[]));
  }
  for (const asset of problem.assets) {
    if (columnAssets.has(asset.id)) continue;
    const use = (variable: number, slot: number, factor: number) => {
      for (const [row, sign] of shared.rowsOf(asset, slot)) program.entry(row, variable, factor * sign);
    };
    if (asset.kind === "battery") power.set(asset.id, addBattery(asset, problem, program, choices, use));
    else {
      const load = addPower(asset, problem, program, choices, use);
      power.set(asset.id, (slot) => load[slot] ?? []);
      if (asset.kind === "ev") addEnergy(asset, slotHours, load, program);
      else addTemperature(asset, problem, load, program);
    }
  }

  const read = (value: (variable: number) => number): Schedule => {
    const kw = new Map<string, Float64Array>();
    for (const [id, termsOf] of power) {
      kw.set(
        id,
        Float64Array.from({ length: slots }, (_, t) =>
          termsOf(t).reduce((sum, [v, factor]) => sum + factor * value(v), 0),
        ),
      );
    }
    const sites: Schedule["sites"] = new Map();
    for (const [name, meter] of meters) {
      sites.set(name, {
        importKw: Float64Array.from(meter.importKw, value),
        exportKw: Float64Array.from(meter.exportKw, value),
        curtailKw: Float64Array.from(meter.curtailKw, value),
      });
    }
    return { kw, sites };
  };
  return { program, choices, rowsOf: shared.rowsOf, read };
}

type Terms = (readonly [number, number])[];

/** Rows that assets share: meters, caps of groups and of all, and ramps; only where they can bind. */
function sharedRows(problem: Problem, program: LinearProgram) {
  const { slots } = problem;
  const meterRows = new Map<string, number[]>();
  for (const [name, site] of problem.sites) {
    const rows: number[] = [];
    for (let t = 0; t < slots; t++) {
      const netKw = (site.baseKw[t] as number) - (site.solarKw[t] as number);
      rows.push(program.row(netKw, netKw));
    }
    meterRows.set(name, rows);
  }
  const capRows = (caps: readonly (number | null)[] | undefined, members: readonly Asset[]) =>
    Array.from({ length: slots }, (_, t) => {
      const cap = caps?.[t] ?? null;
      return cap !== null && mostKw(members, t) > cap ? program.row(Number.NEGATIVE_INFINITY, cap) : -1;
    });
  const countRows = countingRows(problem, program);
  const fleetRows = capRows(problem.fleetCapKw, problem.assets);
  const groupRows = new Map<string, number[]>();
  for (const [group, caps] of problem.groupCapsKw) {
    groupRows.set(
      group,
      capRows(
        caps,
        problem.assets.filter((asset) => asset.group === group),
      ),
    );
  }
  const rampKw = problem.rampKw ?? Number.POSITIVE_INFINITY;
  const rampRows = Array.from({ length: slots }, (_, t) => {
    const swing = t > 0 ? Math.max(swingKw(problem.assets, t - 1), swingKw(problem.assets, t)) : 0;
    return swing > rampKw ? program.row(-rampKw, rampKw) : -1;
  });

  const rowsOf = (asset: Asset, t: number): Terms => {
    const terms: Terms = [];
    const add = (row: number | undefined, sign: number) => {
      if (row !== undefined && row >= 0) terms.push([row, sign]);
    };
    if (asset.site !== undefined) add(meterRows.get(asset.site)?.[t], -1);
    if (asset.group !== undefined) add(groupRows.get(asset.group)?.[t], 1);
    add(fleetRows[t], 1);
    for (const { row, perKw } of countRows(asset, t)) add(row, perKw);
    add(rampRows[t], 1);
    add(rampRows[t + 1], -1);
    return terms;
  };
  return { meterRows, rowsOf };
}

type Counting = { row: number; cap: string; stepKw: number };

/**
 * Loads of one power share a cap in whole numbers: under 9.67 kW fit two of 3.68 kW, not 2.6. For every power among a cap's
 * on/off loads, each counts as often as that power fits into it (Chvátal's rounding): true of every schedule, and much
 * tighter than the cap.
 */
function countingRows(problem: Problem, program: LinearProgram) {
  const made: Counting[][] = Array.from({ length: problem.slots }, () => []);
  const caps = new Map([["", problem.fleetCapKw], ...problem.groupCapsKw]);
  for (const [cap, limits] of caps) {
    const members = problem.assets.filter((asset) => cap === "" || asset.group === cap);
    if (!limits || members.some((asset) => asset.kind === "battery")) continue;
    for (let t = 0; t < problem.slots; t++) {
      const limit = limits[t] ?? null;
      const switched = members.filter(isSwitched).filter((asset) => isInWindow(asset, t));
      for (const stepKw of new Set(switched.map(({ maxKw }) => maxKw))) {
        if (limit === null || stepKw <= 0) continue;
        const fits = wholeTimes(limit, stepKw);
        const wanted = switched.reduce((sum, { maxKw }) => sum + wholeTimes(maxKw, stepKw), 0);
        if (wanted > fits) made[t]?.push({ row: program.row(Number.NEGATIVE_INFINITY, fits), cap, stepKw });
      }
    }
  }
  return (asset: Asset, t: number) => {
    if (!isSwitched(asset)) return [];
    return (made[t] as Counting[])
      .filter(({ cap }) => cap === "" || asset.group === cap)
      .map(({ row, stepKw }) => ({ row, perKw: wholeTimes(asset.maxKw, stepKw) / asset.maxKw }));
  };
}

function isSwitched(asset: Asset): asset is Vehicle | HeatPump {
  return asset.kind !== "battery" && asset.power === "on-off" && asset.maxKw > 0;
}

function wholeTimes(kw: number, stepKw: number): number {
  return Math.floor(kw / stepKw + 1e-9);
}

function mostKw(assets: readonly Asset[], t: number): number {
  let sum = 0;
  for (const asset of assets)
    sum += asset.kind === "battery" ? asset.maxChargeKw : isInWindow(asset, t) ? asset.maxKw : 0;
  return sum;
}

function leastKw(assets: readonly Asset[]): number {
  let sum = 0;
  for (const asset of assets) if (asset.kind === "battery") sum -= asset.maxDischargeKw;
  return sum;
}

function swingKw(assets: readonly Asset[], t: number): number {
  return mostKw(assets, t) - leastKw(assets);
}

function isInWindow(asset: { fromSlot: number; toSlot: number }, t: number): boolean {
  return t >= asset.fromSlot && t < asset.toSlot;
}

function addMeter(
  site: Site,
  atSite: readonly Asset[],
  { slots, slotHours }: Problem,
  program: LinearProgram,
  choices: Choice[],
  rows: readonly number[],
) {
  const meter = { importKw: [] as number[], exportKw: [] as number[], curtailKw: [] as number[] };
  for (let t = 0; t < slots; t++) {
    const row = rows[t] as number;
    const baseKw = site.baseKw[t] as number;
    const solarKw = site.solarKw[t] as number;
    const [buys, sells] = [site.importPence[t] as number, site.exportPence[t] as number];
    const mostImportKw = Math.max(0, Math.min(site.importCapKw, baseKw + mostKw(atSite, t)));
    const mostExportKw = Math.max(0, Math.min(site.exportCapKw, solarKw - baseKw - leastKw(atSite)));
    const importKw = program.variable(slotHours * buys, 0, mostImportKw);
    const exportKw = program.variable(-slotHours * sells, 0, mostExportKw);
    const curtailKw = program.variable(0, 0, solarKw);
    program.entry(row, importKw, 1);
    program.entry(row, exportKw, -1);
    program.entry(row, curtailKw, -1);
    if (mostImportKw > 0 && mostExportKw > 0 && sells > buys)
      choices.push({ kind: "either", one: importKw, other: exportKw });
    meter.importKw.push(importKw);
    meter.exportKw.push(exportKw);
    meter.curtailKw.push(curtailKw);
  }
  return meter;
}

type Use = (variable: number, slot: number, factor: number) => void;

/** Power by slot as terms of variables; a slot outside the window has none. */
function addPower(
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
    const gap = Math.max(minGapSlots, 1);
    const rests = program.row(Number.NEGATIVE_INFINITY, 1);
    program.entry(rests, on[t] as number, 1);
    for (let k = t + 1; k <= Math.min(t + gap, toSlot - 1); k++) program.entry(rests, start[k] as number, 1);
  }
}

function addEnergy(asset: Vehicle, slotHours: number, load: readonly Terms[], program: LinearProgram): void {
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

function addTemperature(
  asset: HeatPump,
  { slots, slotHours }: Problem,
  load: readonly Terms[],
  program: LinearProgram,
): void {
  let before = -1;
  let mostC = asset.initialC;
  for (let t = 0; t < slots; t++) {
    const coolC = (1 - asset.decay) * (asset.outdoorC[t] as number);
    mostC = asset.decay * mostC + coolC;
    if (mostC > (asset.maxC[t] as number)) throw new PlanInputError(asset.id, "maxC", `cannot be kept in slot ${t}`);
    const at = program.variable(0, COLDEST_C, asset.maxC[t] as number);
    const right = coolC + (before < 0 ? asset.decay * asset.initialC : 0);
    const row = program.row(right, right);
    program.entry(row, at, 1);
    if (before >= 0) program.entry(row, before, -asset.decay);
    const gain = asset.gainCPerKwhHeat * (asset.cop[t] as number) * slotHours;
    for (const [variable, kw] of load[t] ?? []) program.entry(row, variable, -gain * kw);
    const minC = asset.minC[t] as number;
    const comfort = program.row(minC, Number.POSITIVE_INFINITY);
    program.entry(comfort, at, 1);
    program.entry(comfort, program.variable(asset.discomfortPenalty, 0, Math.max(minC - COLDEST_C, 0)), 1);
    before = at;
  }
}

function addBattery(
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
