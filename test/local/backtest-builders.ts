import { makeGrid } from "../../local/backtest/grid.ts";
import type { Stay } from "../../local/backtest/stays.ts";
import type { FeedPoint } from "../../local/feeds/points.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";

/** Midnight of a Monday in winter: local time in London is UTC. */
export const MONDAY_MS = Date.parse("2026-01-12T00:00Z");

export const atHour = (hour: number) => MONDAY_MS + hour * HOUR_MS;

/** One value an hour from `MONDAY_MS` on. */
export function hourly(values: readonly number[]): FeedPoint[] {
  return values.map((value, hour) => ({ startsAtMs: atHour(hour), endsAtMs: atHour(hour + 1), value }));
}

export function pricedGrid(values: readonly number[], stepMinutes = 60) {
  const span = { fromMs: MONDAY_MS, toMs: atHour(values.length), stepMs: stepMinutes * MINUTE_MS };
  return makeGrid(span, { price: hourly(values) }, 0);
}

/** A car at a charger of 6 kW between two hours. */
export function stay(fromHour: number, toHour: number, energyKwh: number, more: Partial<Stay> = {}): Stay {
  return {
    id: `${fromHour}-${toHour}`,
    arrivesAtMs: atHour(fromHour),
    departsAtMs: atHour(toHour),
    energyKwh,
    maxPowerKw: 6,
    ...more,
  };
}
