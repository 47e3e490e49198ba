import { HOUR_MS } from "../../shared/domain/instant.ts";
import type { FeedPoint } from "../feeds/points.ts";
import type { Stay } from "./stays.ts";

/** Even steps over a span, epoch ms. A step's values hold all through it; NaN where the record does not cover it whole. */
export type Grid = {
  startMs: number;
  stepMs: number;
  count: number;
  /** Pence per kWh incl. VAT. */
  price: Float64Array | undefined;
  /** Grams CO2 per kWh. */
  carbon: Float64Array | undefined;
  /** What is minimised: price plus weighted carbon, or carbon alone without prices. */
  value: Float64Array;
};

/** A stay in steps: [from, to), the first and last partly. */
export type Window = { from: number; to: number };

export function makeGrid(
  span: { fromMs: number; toMs: number; stepMs: number },
  series: { price?: readonly FeedPoint[] | undefined; carbon?: readonly FeedPoint[] | undefined },
  carbonWeightPencePerKg: number,
): Grid {
  const startMs = Math.floor(span.fromMs / span.stepMs) * span.stepMs;
  const count = Math.ceil((span.toMs - startMs) / span.stepMs);
  const lay = (points: readonly FeedPoint[] | undefined) => points && means(points, startMs, span.stepMs, count);
  const [price, carbon] = [lay(series.price), lay(series.carbon)];
  const value = new Float64Array(count).map((_, step) => {
    const grams = carbon?.[step] ?? 0;
    if (!price) return grams;
    return (price[step] as number) + (carbonWeightPencePerKg === 0 ? 0 : (grams / 1000) * carbonWeightPencePerKg);
  });
  return { startMs, stepMs: span.stepMs, count, price, carbon, value };
}

function means(points: readonly FeedPoint[], startMs: number, stepMs: number, count: number): Float64Array {
  const sums = new Float64Array(count);
  const coveredMs = new Float64Array(count);
  for (const { startsAtMs, endsAtMs, value } of points) {
    const first = Math.max(0, Math.floor((startsAtMs - startMs) / stepMs));
    for (let step = first; step < count && startMs + step * stepMs < endsAtMs; step++) {
      const ms = overlapMs(startMs + step * stepMs, stepMs, startsAtMs, endsAtMs);
      if (ms <= 0) continue;
      sums[step] = (sums[step] as number) + value * ms;
      coveredMs[step] = (coveredMs[step] as number) + ms;
    }
  }
  return sums.map((sum, step) => (coveredMs[step] === stepMs ? sum / stepMs : Number.NaN));
}

export function timeOf(grid: Grid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

export function stepAt(grid: Grid, ms: number): number {
  return Math.floor((ms - grid.startMs) / grid.stepMs);
}

/** The steps that [fromMs, toMs) touches. */
export function windowOf(grid: Grid, fromMs: number, toMs: number): Window {
  return { from: stepAt(grid, fromMs), to: Math.ceil((toMs - grid.startMs) / grid.stepMs) };
}

/** What a charger of `powerKw` can give in a step to a car that is there over [fromMs, toMs), kWh. */
export function roomKwh(grid: Grid, step: number, powerKw: number, fromMs: number, toMs: number): number {
  return (powerKw * Math.max(0, overlapMs(timeOf(grid, step), grid.stepMs, fromMs, toMs))) / HOUR_MS;
}

/** Whether every moment of the stay has a value. */
export function covers(grid: Grid, stay: Stay): boolean {
  const { from, to } = windowOf(grid, stay.arrivesAtMs, stay.departsAtMs);
  if (from < 0 || to > grid.count) return false;
  for (let step = from; step < to; step++) if (Number.isNaN(grid.value[step])) return false;
  return true;
}

function overlapMs(stepStartMs: number, stepMs: number, fromMs: number, toMs: number): number {
  return Math.min(stepStartMs + stepMs, toMs) - Math.max(stepStartMs, fromMs);
}
