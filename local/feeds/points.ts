import { MINUTE_MS } from "../../shared/domain/instant.ts";

export const HALF_HOUR_MS = 30 * MINUTE_MS;

/** A value over [startsAtMs, endsAtMs), epoch milliseconds: pence per kWh incl. VAT, or grams CO2 per kWh. */
export type FeedPoint = { startsAtMs: number; endsAtMs: number; value: number };

/** Points cut to half-hours, in time order, each with the value of the point it comes from. */
export function halfHourly(points: readonly FeedPoint[]): FeedPoint[] {
  return points
    .flatMap(({ startsAtMs, endsAtMs, value }) => {
      const pieces: FeedPoint[] = [];
      for (let ms = startsAtMs; ms < endsAtMs; ms += HALF_HOUR_MS) {
        pieces.push({ startsAtMs: ms, endsAtMs: ms + HALF_HOUR_MS, value });
      }
      return pieces;
    })
    .sort((a, b) => a.startsAtMs - b.startsAtMs);
}
