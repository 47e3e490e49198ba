import { HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { localToInstant } from "../../shared/zone.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { readCarbon, readPrices } from "../feeds/csv.ts";
import { isMarginal, readMarginalCarbon } from "../feeds/marginal-csv.ts";
import type { FeedPoint } from "../feeds/points.ts";
import { dayAheadForecast, type Forecast, hindsightForecast, marginalForecast } from "./forecast.ts";
import { covers, type Grid, makeGrid } from "./grid.ts";
import { type Chargers, readStays, type Stay } from "./stays.ts";

export type BacktestRequest = {
  prices?: string | undefined;
  carbon?: string | undefined;
  sessions: string;
  chargers: Chargers;
  shiftDays: number;
  stepMinutes: number;
  zone: string;
  /** `HH:MM` at which the prices of the next local day appear. */
  publishedAt: string;
  carbonWeightPencePerKg: number;
};

export type BacktestInputs = {
  grid: Grid;
  zone: string;
  stays: Stay[];
  /** The signal as it was known at each moment, and whether that differs from the record at all. */
  forecast: Forecast;
  signalIsForecast: boolean;
  notes: string[];
};

const DAY_MS = 24 * HOUR_MS;
/** The means that stand in for a forecast look this far back. */
const BEFORE_MS = 14 * DAY_MS;

/** Reads and lays everything over one grid. Throws BadInput in one sentence when a file cannot be used. */
export async function prepareBacktest(request: BacktestRequest): Promise<BacktestInputs> {
  const { zone, carbonWeightPencePerKg } = request;
  checkZone(zone);
  const read = await readStays(request.sessions, request.chargers, request.shiftDays * DAY_MS);
  const everything = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, name: "the backtest" };
  const price = request.prices === undefined ? undefined : await readPrices(request.prices, everything);
  const marginal =
    request.carbon !== undefined && (await isMarginal(request.carbon))
      ? await readMarginalCarbon(request.carbon)
      : undefined;
  const carbon =
    marginal?.points ?? (request.carbon === undefined ? undefined : await readCarbon(request.carbon, everything));

  const [first, last] = [read.stays[0]?.arrivesAtMs ?? 0, Math.max(...read.stays.map((stay) => stay.departsAtMs))];
  const span = { fromMs: first - BEFORE_MS, toMs: last + DAY_MS, stepMs: request.stepMinutes * MINUTE_MS };
  const grid = makeGrid(span, { price, carbon }, carbonWeightPencePerKg);
  const stays = read.stays.filter((stay) => covers(grid, stay));
  if (stays.length === 0) throw new BadInput(nothingCovered(request.sessions, read.stays, price ?? carbon ?? []));

  const hasForecast = price !== undefined || (marginal !== undefined && marginal.aheadMs.length > 0);
  const forecast = price
    ? dayAheadForecast(grid, price, { zone, publishedAt: request.publishedAt })
    : marginal && hasForecast
      ? marginalForecast(grid, marginal)
      : hindsightForecast(grid);
  const outside = read.stays.length - stays.length;
  const notes = [
    ...(read.leftOut > 0 ? [`left out, without departure, stay or energy: ${sessionsOf(read.leftOut)}`] : []),
    ...(outside > 0 ? [`left out, with a moment that the signals do not cover: ${sessionsOf(outside)}`] : []),
    ...(read.capped > 0 ? [`cut to what the charger gives in the stay: ${sessionsOf(read.capped)}`] : []),
    ...(request.shiftDays === 0 ? [] : [`sessions are shifted by ${request.shiftDays} days`]),
  ];
  return { grid, zone, stays, forecast, signalIsForecast: hasForecast, notes };
}

function sessionsOf(count: number): string {
  return count === 1 ? "1 session" : `${count} sessions`;
}

function nothingCovered(file: string, stays: readonly Stay[], points: readonly FeedPoint[]): string {
  const day = (ms: number) => instant(ms).slice(0, 10);
  const [startMs, endMs] = [points[0]?.startsAtMs ?? 0, points.at(-1)?.endsAtMs ?? 0];
  const arrivals = stays.map((stay) => stay.arrivesAtMs);
  const weeks = Math.ceil((startMs - (arrivals[0] ?? 0)) / (7 * DAY_MS));
  return (
    `no session of ${file} (${day(arrivals[0] ?? 0)} to ${day(arrivals.at(-1) ?? 0)}) lies within the signals ` +
    `(${day(startMs)} to ${day(endMs)}); --shift-days ${weeks * 7} would bring the first one there.`
  );
}

function checkZone(zone: string): void {
  try {
    localToInstant("2020-01-01", "00:00", zone);
  } catch (cause) {
    throw new BadInput(`"${zone}" is not a time zone name such as Europe/London.`, { cause });
  }
}
