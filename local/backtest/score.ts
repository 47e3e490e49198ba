import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { localDate } from "../../shared/zone.ts";
import { type Grid, roomKwh } from "./grid.ts";
import type { CarRun } from "./simulate.ts";

export type Score = {
  cars: number;
  neededKwh: number;
  deliveredKwh: number;
  /** Null where the run has no prices, or no carbon. */
  costPence: number | null;
  carbonGrams: number | null;
  /** In the units of the objective: pence, or grams without prices. */
  value: number;
  /** Cars that left with less than they needed and their charger could have given. */
  lateCars: number;
  /** Changes of what a charger is to do, a start included; that a full car stops is no change. */
  commands: number;
  /** Local days on which a car was plugged in, over all stays. */
  carDays: number;
  /** Highest mean power of the site over a step, kW. */
  peakKw: number;
};

/** What a car may lack and still be called full, and what a change of power must exceed to be a command. */
const LATE_KWH = 0.1;
const COMMAND_KW = 0.1;
const DAY_MS = 24 * HOUR_MS;

export function score(grid: Grid, runs: readonly CarRun[], zone: string): Score {
  const result: Score = {
    cars: runs.length,
    neededKwh: 0,
    deliveredKwh: 0,
    costPence: grid.price ? 0 : null,
    carbonGrams: grid.carbon ? 0 : null,
    value: 0,
    lateCars: 0,
    commands: 0,
    carDays: 0,
    peakKw: 0,
  };
  const load = new Float64Array(grid.count);
  for (const run of runs) {
    result.neededKwh += run.stay.energyKwh;
    result.deliveredKwh += run.gotKwh;
    if (run.stay.energyKwh - run.gotKwh > LATE_KWH) result.lateCars++;
    for (const [index, kwh] of run.energyKwh.entries()) {
      if (kwh === 0) continue;
      const step = run.from + index;
      load[step] = (load[step] as number) + kwh;
      result.value += kwh * (grid.value[step] as number);
      if (result.costPence !== null) result.costPence += kwh * (grid.price?.[step] as number);
      if (result.carbonGrams !== null) result.carbonGrams += kwh * (grid.carbon?.[step] as number);
    }
    result.commands += commandsOf(grid, run);
    result.carDays += daysOf(run, zone);
  }
  result.peakKw = load.reduce((most, kwh) => Math.max(most, kwh), 0) / (grid.stepMs / HOUR_MS);
  return result;
}

function commandsOf(grid: Grid, { stay, from, energyKwh }: CarRun): number {
  let [commands, beforeKw, gotKwh] = [0, 0, 0];
  for (const [index, kwh] of energyKwh.entries()) {
    const room = roomKwh(grid, from + index, stay.maxPowerKw, stay.arrivesAtMs, stay.departsAtMs);
    const powerKw = room === 0 ? 0 : (kwh / room) * stay.maxPowerKw;
    gotKwh += kwh;
    const isFull = stay.energyKwh - gotKwh < 1e-6;
    // The mean of the step in which a car becomes full is below the power it was told, unless it starts there.
    if (isFull && beforeKw > COMMAND_KW) break;
    if (Math.abs(powerKw - beforeKw) > COMMAND_KW) {
      commands++;
      beforeKw = powerKw;
    }
    if (isFull) break;
  }
  return commands;
}

function daysOf({ stay }: CarRun, zone: string): number {
  const day = (ms: number) => Date.parse(localDate(instant(ms), zone));
  return Math.round((day(stay.departsAtMs) - day(stay.arrivesAtMs)) / DAY_MS) + 1;
}
