import type { LinearProgram } from "./linear-program.ts";
import type { Asset, HeatPump, Problem, Vehicle } from "./problem.ts";

export type Terms = (readonly [number, number])[];

/** Rows that assets share: meters, caps of groups and of all, and ramps; only where they can bind. */
export function sharedRows(problem: Problem, program: LinearProgram) {
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

export function mostKw(assets: readonly Asset[], t: number): number {
  let sum = 0;
  for (const asset of assets)
    sum += asset.kind === "battery" ? asset.maxChargeKw : isInWindow(asset, t) ? asset.maxKw : 0;
  return sum;
}

export function leastKw(assets: readonly Asset[]): number {
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
