import { Temporal } from "temporal-polyfill";
import { parseInstant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import { type Answer, json } from "./loopback.ts";
import type { FeedPoint } from "./points.ts";

/** The day-ahead auction sells days of this zone: 23:00 to 23:00 in London. */
const MARKET_ZONE = "Europe/Paris";
const VAT = 0.05;
const DEFAULT_PAGE_SIZE = 100;
const LARGEST_PAGE = 1500;
const PATH = /^\/v1\/products\/([^/]+)\/electricity-tariffs\/E-1R-([^/]+)-([A-HJ-NP])\/standard-unit-rates\/$/;

/** When a price of `startsAtMs` is published: at `hour` in `zone` on the day before its market day. */
export function publishedAtMs(startsAtMs: number, { zone, hour }: { zone: string; hour: number }): number {
  const marketDay = Temporal.Instant.fromEpochMilliseconds(startsAtMs).toZonedDateTimeISO(MARKET_ZONE).toPlainDate();
  return marketDay.subtract({ days: 1 }).toZonedDateTime({ timeZone: zone, plainTime: { hour } }).epochMilliseconds;
}

/**
 * The unit-rates call over the prices published in a region, whatever the product. Unlike the real API, which reads a
 * time without a zone as London time, such a time is refused: our own client must never send one.
 */
export function octopusAnswer(url: URL, path: string, publishedIn: (region: string) => readonly FeedPoint[]): Answer {
  const [, product, productOfTariff, region] = PATH.exec(path) ?? [];
  if (region === undefined || product !== productOfTariff) return json(404, { detail: "Not found." });
  const query = queryOf(url.searchParams);
  if (typeof query === "string") return json(400, { detail: query });

  const rows = publishedIn(region)
    .filter((point) => point.endsAtMs > query.fromMs && point.startsAtMs < query.toMs)
    .sort((a, b) => b.startsAtMs - a.startsAtMs);
  const pages = Math.max(1, Math.ceil(rows.length / query.pageSize));
  if (query.page > pages) return json(404, { detail: "Invalid page." });
  return json(200, {
    count: rows.length,
    next: query.page < pages ? pageUrl(url, query.page + 1) : null,
    previous: query.page > 1 ? pageUrl(url, query.page - 1) : null,
    results: rows.slice((query.page - 1) * query.pageSize, query.page * query.pageSize).map(toRate),
  });
}

type Query = { fromMs: number; toMs: number; page: number; pageSize: number };

/** The query, or what is wrong with it. */
function queryOf(parameters: URLSearchParams): Query | string {
  const from = parameters.get("period_from");
  const to = parameters.get("period_to");
  if (to !== null && from === null) return "period_to needs period_from";
  const page = Number(parameters.get("page") ?? 1);
  const pageSize = Number(parameters.get("page_size") ?? DEFAULT_PAGE_SIZE);
  if (![page, pageSize].every((number) => Number.isInteger(number) && number > 0))
    return "page and page_size are counts";
  try {
    return {
      fromMs: from === null ? Number.NEGATIVE_INFINITY : Date.parse(parseInstant(from)),
      toMs: to === null ? Number.POSITIVE_INFINITY : Date.parse(parseInstant(to)),
      page,
      pageSize: Math.min(pageSize, LARGEST_PAGE),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function pageUrl(url: URL, page: number): string {
  const other = new URL(url);
  if (page === 1) other.searchParams.delete("page");
  else other.searchParams.set("page", String(page));
  return other.href;
}

function toRate({ startsAtMs, endsAtMs, value }: FeedPoint) {
  return {
    value_exc_vat: round(value / (1 + VAT), 4),
    value_inc_vat: value,
    valid_from: toSecond(startsAtMs),
    valid_to: toSecond(endsAtMs),
    payment_method: null,
  };
}

function toSecond(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
