import type { PortfolioId } from "./portfolio.ts";
import { type SeriesId, seriesId } from "./signal.ts";

/** The series of what a portfolio may draw on average in each slot, kW; a negative value is no limit. */
export function gridEventSeries(portfolioId: PortfolioId): SeriesId {
  return seriesId("grid-event", portfolioId);
}

/** Written over a slot whose limit was withdrawn. */
export const NO_LIMIT_KW = -1;

/** Whether a slot's value limits anything: 0 kW does. */
export function isLimit(kw: number): boolean {
  return kw >= 0;
}
