import * as z from "zod";
import { type Instant, ZonedTime } from "../../../shared/domain/instant.ts";
import { seriesId } from "../../../shared/domain/signal.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Fetch } from "../../../shared/http.ts";
import { feedUrl, getFeed, notEmpty, parseRows } from "../feed.ts";
import { halfHours, lastOfEachStart, refusal } from "../half-hours.ts";
import type { Batch, SignalSource, Span } from "../source.ts";

const OPERATION = "octopus.standard-unit-rates";
/** The most the API gives; three days are 150 rows at most, so paging is the exception. */
const PAGE_SIZE = 1500;
const MAX_PAGES = 10;

const OctopusRate = z.object({
  /** Pence per kWh including VAT: what the customer pays. `value_exc_vat` is left unread on purpose. */
  value_inc_vat: z.number(),
  valid_from: ZonedTime,
  /** Null while a rate has no end yet, as on a fixed tariff. */
  valid_to: ZonedTime.nullable(),
  payment_method: z.enum(["DIRECT_DEBIT", "NON_DIRECT_DEBIT"]).nullish(),
});
type OctopusRate = z.infer<typeof OctopusRate>;

const OctopusPage = z.object({ next: z.url().nullable(), results: z.array(z.unknown()) });
/** An error can come with HTTP 200. */
const OctopusAnswer = z.union([OctopusPage, z.object({ detail: z.string() })]);

type Tariff = { product: string; region: string };

/** Octopus Agile, or any other single-register electricity tariff of Octopus, in one region. */
export function octopusSource(options: { fetch: Fetch; baseUrl: string } & Tariff): SignalSource {
  return {
    series: seriesId("octopus-agile", options.region),
    measure: "price",
    // Prices come by the day of the day-ahead auction, which is a day in Paris: 23:00 to 23:00 in London.
    dayZone: "Europe/Paris",
    tomorrowDueBy: { zone: "Europe/London", hour: 20 },
    async fetchSlots(span, issuedAt) {
      const rows = await fetchRows(options.fetch, ratesUrl(options.baseUrl, options, span), issuedAt);
      return notEmpty(toSlots(rows, span, issuedAt), OPERATION);
    },
  };
}

/** https://developer.octopus.energy/rest/reference — times carry `Z` because the API reads others as London time. */
export function ratesUrl(baseUrl: string, { product, region }: Tariff, span: Span): URL {
  const tariff = `E-1R-${product}-${region}`;
  const url = feedUrl(baseUrl, `/v1/products/${product}/electricity-tariffs/${tariff}/standard-unit-rates/`);
  url.searchParams.set("period_from", span.from);
  url.searchParams.set("period_to", span.to);
  url.searchParams.set("page_size", String(PAGE_SIZE));
  return url;
}

async function fetchRows(fetch: Fetch, first: URL, now: Instant): Promise<unknown[]> {
  const rows: unknown[] = [];
  let url: URL | undefined = first;
  for (let page = 1; url !== undefined; page++) {
    if (page > MAX_PAGES) throw unusable(`more than ${MAX_PAGES} pages for three days`);
    const answer: z.infer<typeof OctopusAnswer> = await getFeed({
      fetch,
      url,
      operation: OPERATION,
      schema: OctopusAnswer,
      now,
    });
    if ("detail" in answer)
      throw new VendorError({
        fault: "vendor-outage",
        operation: OPERATION,
        status: 200,
        message: "the answer is an error",
      });
    rows.push(...answer.results);
    url = answer.next === null ? undefined : new URL(answer.next);
    if (url !== undefined && url.origin !== first.origin) throw unusable("the next page is on another host");
  }
  return rows;
}

function unusable(message: string): VendorError {
  return new VendorError({ fault: "malformed-message", operation: OPERATION, status: 200, message });
}

/**
 * Rates as half-hourly slots inside `span`. Rows are newest first and drift between pages when a day is published
 * meanwhile, so one may come twice: the later-read one stands. Agile rates are facts once published.
 */
export function toSlots(rows: readonly unknown[], span: Span, issuedAt: Instant): Batch {
  const { parsed, dropped } = parseRows(rows, OctopusRate, "valid_from");
  const slots = [...parsed].sort(weakestFirst).flatMap((rate) => {
    const stretch = { startsAt: rate.valid_from, endsAt: rate.valid_to };
    const reason = refusal(stretch);
    if (reason === undefined) return halfHours(stretch, span, { value: rate.value_inc_vat, kind: "actual", issuedAt });
    dropped.push({ at: rate.valid_from, reason });
    return [];
  });
  return { slots: lastOfEachStart(slots), dropped };
}

/** Where rates cover the same time, direct debit wins over other payment, and a newer rate over an open-ended older one. */
function weakestFirst(a: OctopusRate, b: OctopusRate): number {
  const rank = (rate: OctopusRate) => (rate.payment_method === "NON_DIRECT_DEBIT" ? 0 : 1);
  return rank(a) - rank(b) || (a.valid_from < b.valid_from ? -1 : a.valid_from > b.valid_from ? 1 : 0);
}
