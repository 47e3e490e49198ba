import { instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { BadInput } from "./bad-input.ts";
import { numberOf, records, textOf, timeOf } from "./csv.ts";
import type { FeedPoint } from "./points.ts";

/** Marginal emissions, grams CO2 per kWh, and what was forecast of them at the start of each step. */
export type MarginalCarbon = {
  /** One per step, in time order, without gaps. */
  points: FeedPoint[];
  /** How far ahead each forecast column looks, ms, nearest first. */
  aheadMs: number[];
  /** `forecasts[column][step]`: made at the start of that step for `aheadMs[column]` later. */
  forecasts: number[][];
};

const VALUE = "moer_kgco2_per_kwh";
const FORECAST = /^forecast_(\d+)min_ahead$/;

/** Whether the file's header names marginal emissions (`moer_kgco2_per_kwh`). Throws BadInput when it cannot be read. */
export async function isMarginal(file: string): Promise<boolean> {
  return ((await textOf(file)).split("\n", 1)[0] ?? "").includes(VALUE);
}

/**
 * Reads `start_utc`, `moer_kgco2_per_kwh` and any `forecast_<N>min_ahead`, kg per kWh, in even steps. Throws BadInput in one
 * sentence, naming the line, when the file cannot be used.
 */
export async function readMarginalCarbon(file: string): Promise<MarginalCarbon> {
  const [header, ...rows] = records(file, await textOf(file));
  const names = header?.record ?? [];
  const start = names.indexOf("start_utc");
  const value = names.indexOf(VALUE);
  if (start < 0 || value < 0) throw new BadInput(`${file} line 1 must name start_utc and ${VALUE}.`);
  const ahead = names
    .flatMap((name, column) => {
      const minutes = FORECAST.exec(name)?.[1];
      return minutes === undefined ? [] : [{ column, aheadMs: Number(minutes) * MINUTE_MS }];
    })
    .sort((a, b) => a.aheadMs - b.aheadMs);
  const lines = rows.map(({ record, info }) => {
    const at = `${file} line ${info.lines}`;
    const grams = (column: number) => {
      const kg = numberOf(at, record[column] ?? "");
      if (kg === undefined) throw new BadInput(`${at} has no ${names[column]}.`);
      return kg * 1000;
    };
    return {
      at,
      startsAtMs: timeOf(at, "start_utc", record[start] ?? ""),
      value: grams(value),
      forecasts: ahead.map(({ column }) => grams(column)),
    };
  });
  const [first, second] = lines;
  if (!first || !second) throw new BadInput(`${file} holds fewer than two values.`);
  const stepMs = second.startsAtMs - first.startsAtMs;
  for (const [index, line] of lines.entries()) {
    const expectedMs = first.startsAtMs + index * stepMs;
    if (stepMs > 0 && line.startsAtMs === expectedMs) continue;
    throw new BadInput(`${line.at} starts at ${instant(line.startsAtMs)}, not one step after the line before it.`);
  }
  return {
    points: lines.map(({ startsAtMs, value }) => ({ startsAtMs, endsAtMs: startsAtMs + stepMs, value })),
    aheadMs: ahead.map(({ aheadMs }) => aheadMs),
    forecasts: ahead.map((_, index) => lines.map((line) => line.forecasts[index] as number)),
  };
}
