import { costSlots } from "../../lambdas/optimiser/costs.ts";
import { epochMs, HOUR_MS, instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { localDate, localToInstant } from "../../shared/zone.ts";
import type { MarginalCarbon } from "../feeds/marginal-csv.ts";
import type { FeedPoint } from "../feeds/points.ts";
import { type Grid, stepAt, timeOf } from "./grid.ts";

/** What is known of the signal while a run goes on. */
export type Forecast = {
  /** A plan made in the same issue needs no new one: nothing about the signal has changed. */
  issueAt: (step: number) => number;
  /** What is believed at `now` of `step`, not before it. Never undefined: what nothing tells of is dearer than all else. */
  valueAt: (now: number, step: number) => number;
};

const DAY_MS = 24 * HOUR_MS;
/** The longest stay in the garages' data is five days. */
const HORIZON_MS = 7 * DAY_MS;
/** How far back the platform reads stored signals for its estimates. */
const LOOK_BACK_MS = 49 * HOUR_MS;
const UNKNOWN = 1e6;
const MEAN_DAYS = 14;

/** The record itself: what only hindsight has. */
export function hindsightForecast(grid: Grid): Forecast {
  return { issueAt: () => 0, valueAt: (_now, step) => known(grid.value[step]) };
}

/**
 * Day-ahead prices: those of a local day are published on the day before at `publishedAt` (`HH:MM`). Until then the platform's own
 * estimate stands in, the same time of an earlier day.
 */
export function dayAheadForecast(
  grid: Grid,
  prices: readonly FeedPoint[],
  { zone, publishedAt }: { zone: string; publishedAt: string },
): Forecast {
  const slots = prices.map(
    ({ startsAtMs, endsAtMs, value }): Slot => ({
      startsAt: instant(startsAtMs),
      endsAt: instant(endsAtMs),
      value,
      kind: "actual",
      issuedAt: instant(startsAtMs),
    }),
  );
  const issues = publications(grid, zone, publishedAt);
  const made = new Map<number, Float64Array>();
  const valuesOf = (issue: number): Float64Array => {
    const before = made.get(issue);
    if (before) return before;
    const { atMs, knownUntilMs } = issues[issue] as Publication;
    const values = new Float64Array(HORIZON_MS / grid.stepMs + 1).fill(UNKNOWN);
    const firstStep = stepAt(grid, atMs);
    const estimates = costSlots({
      price: slots.filter(
        ({ startsAt, endsAt }) => epochMs(endsAt) > atMs - LOOK_BACK_MS && epochMs(startsAt) < knownUntilMs,
      ),
      carbon: [],
      from: instant(timeOf(grid, firstStep)),
      to: instant(timeOf(grid, firstStep) + HORIZON_MS),
      carbonWeightPencePerKg: 0,
    });
    let next = 0;
    for (let index = 0; index < values.length; index++) {
      const startMs = timeOf(grid, firstStep + index);
      while ((estimates[next]?.endMs ?? Number.POSITIVE_INFINITY) <= startMs) next++;
      values[index] = estimates[next]?.costPencePerKwh ?? UNKNOWN;
    }
    // The carbon of the objective is not a published price: it is taken as recorded.
    for (let index = 0; index < values.length; index++) {
      const step = firstStep + index;
      if (step < 0 || step >= grid.count) continue;
      const carbonPart = (grid.value[step] as number) - (grid.price?.[step] as number);
      if (Number.isFinite(carbonPart)) values[index] = (values[index] as number) + carbonPart;
    }
    made.set(issue, values);
    return values;
  };
  const issueAt = (step: number) => {
    const ms = timeOf(grid, step);
    let [low, high] = [0, issues.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((issues[middle]?.atMs ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  return {
    issueAt,
    valueAt: (now, step) => {
      const issue = issueAt(now);
      return valuesOf(issue)[step - stepAt(grid, issues[issue]?.atMs ?? 0)] ?? UNKNOWN;
    },
  };
}

type Publication = { atMs: number; knownUntilMs: number };

/** When prices appear, and up to when all are known from then on; the first lies before the grid. */
function publications(grid: Grid, zone: string, publishedAt: string): Publication[] {
  const result: Publication[] = [];
  for (let ms = grid.startMs - 2 * DAY_MS; ms < timeOf(grid, grid.count) + DAY_MS; ms += DAY_MS) {
    const date = localDate(instant(ms), zone);
    const atMs = epochMs(localToInstant(date, publishedAt, zone));
    const dayAfterNext = new Date(Date.parse(date) + 2 * DAY_MS).toISOString().slice(0, 10);
    if (result.at(-1)?.atMs !== atMs)
      result.push({ atMs, knownUntilMs: epochMs(localToInstant(dayAfterNext, "00:00", zone)) });
  }
  return result;
}

/**
 * A marginal signal: known now, forecast as far as the file's columns look, drawn straight between them, and beyond that the
 * mean of the same time on up to 14 days before; on the first day the farthest forecast holds.
 */
export function marginalForecast(grid: Grid, marginal: MarginalCarbon): Forecast {
  const { points, aheadMs, forecasts } = marginal;
  const firstMs = points[0]?.startsAtMs ?? 0;
  const rowMs = (points[0]?.endsAtMs ?? 1) - firstMs;
  const stepsPerDay = DAY_MS / grid.stepMs;
  const carbonAt = (step: number) => grid.value[step] ?? Number.NaN;
  const pastMean = (now: number, step: number): number | undefined => {
    let [sum, days] = [0, 0];
    for (let day = Math.ceil((step - now) / stepsPerDay), tried = 0; tried < MEAN_DAYS; day++, tried++) {
      const value = carbonAt(step - day * stepsPerDay);
      if (Number.isNaN(value)) break;
      sum += value;
      days++;
    }
    return days === 0 ? undefined : sum / days;
  };
  const gramsAt = (now: number, step: number): number => {
    if (step === now) return carbonAt(step);
    const row = Math.floor((timeOf(grid, now) - firstMs) / rowMs);
    const wantedMs = timeOf(grid, step) - timeOf(grid, now) + (grid.stepMs - rowMs) / 2;
    let [beforeMs, before] = [0, points[row]?.value ?? Number.NaN];
    for (const [column, ahead] of aheadMs.entries()) {
      const value = forecasts[column]?.[row] ?? Number.NaN;
      if (wantedMs <= ahead) return before + ((value - before) * (wantedMs - beforeMs)) / (ahead - beforeMs);
      [beforeMs, before] = [ahead, value];
    }
    return pastMean(now, step) ?? before;
  };
  return {
    issueAt: (step) => step,
    valueAt: (now, step) => known(gramsAt(now, step)),
  };
}

function known(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? UNKNOWN : value;
}
