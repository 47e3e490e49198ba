import { addBattery, addEnergy, addPower, addTemperature } from "./asset-rows.ts";
import type { Choice } from "./choice.ts";
import { LinearProgram } from "./linear-program.ts";
import type { Asset, Problem, Schedule, Site } from "./problem.ts";
import { leastKw, mostKw, sharedRows } from "./shared-rows.ts";

export type Model = {
  program: LinearProgram;
  choices: Choice[];
  /** Rows in which an asset's power appears, by asset and slot, with its factor per kW. */
  rowsOf: (asset: Asset, slot: number) => readonly (readonly [number, number])[];
  read: (value: (variable: number) => number) => Schedule;
};

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
    program.natural.set(row, importKw);
    program.entry(row, exportKw, -1);
    program.entry(row, curtailKw, -1);
    if (mostImportKw > 0 && mostExportKw > 0 && sells >= buys)
      choices.push({ kind: "either", one: importKw, other: exportKw });
    meter.importKw.push(importKw);
    meter.exportKw.push(exportKw);
    meter.curtailKw.push(curtailKw);
  }
  return meter;
}
