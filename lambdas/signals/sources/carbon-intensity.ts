import * as z from "zod";
import { type Instant, ZonedTime } from "../../../shared/domain/instant.ts";
import { seriesId } from "../../../shared/domain/signal.ts";
import { CarbonGramsPerKwh } from "../../../shared/domain/units.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Fetch } from "../../../shared/http.ts";
import { faultOfFeedStatus, feedUrl, getFeed, notEmpty, parseRows } from "../feed.ts";
import { halfHours, lastOfEachStart, refusal } from "../half-hours.ts";
import type { Batch, SignalSource, Span } from "../source.ts";

const OPERATION = "carbon-intensity.range";

/** The whole country, or one of the API's regions by its id. */
export const CarbonRegion = z.string().regex(/^(national|[1-9]|1[0-7])$/, 'expected "national" or 1 to 17');

/** grams CO2 per kWh. Null is a value not known, never a low one. Regional rows have no `actual` at all. */
const CarbonRow = z.object({
  from: ZonedTime,
  to: ZonedTime,
  intensity: z.object({ forecast: CarbonGramsPerKwh.nullish(), actual: CarbonGramsPerKwh.nullish() }),
});

const RegionBlock = z.object({ regionid: z.number(), data: z.array(z.unknown()) });
const CarbonAnswer = z.object({
  data: z.union([z.array(z.unknown()), RegionBlock]).optional(),
  /** Can come with HTTP 200. */
  error: z.object({ code: z.string() }).optional(),
});
type CarbonAnswer = z.infer<typeof CarbonAnswer>;

/** The GB Carbon Intensity API, national or regional. */
export function carbonIntensitySource(options: { fetch: Fetch; baseUrl: string; region: string }): SignalSource {
  return {
    series: seriesId("carbon-intensity", options.region),
    measure: "carbon",
    dayZone: "Europe/London",
    async fetchSlots(span, issuedAt) {
      const url = rangeUrl(options.baseUrl, options.region, span);
      const answer = await getFeed({
        fetch: options.fetch,
        url,
        operation: OPERATION,
        schema: CarbonAnswer,
        now: issuedAt,
      });
      if (answer.error) throw errorInAnswer(answer.error.code);
      return notEmpty(toSlots(answer, options.region, span, issuedAt), OPERATION);
    },
  };
}

/** https://carbon-intensity.github.io/api-definitions — a range may span 14 days at most; times have no seconds. */
export function rangeUrl(baseUrl: string, region: string, span: Span): URL {
  const range = `intensity/${toMinute(span.from)}/${toMinute(span.to)}`;
  return feedUrl(baseUrl, region === "national" ? `/${range}` : `/regional/${range}/regionid/${region}`);
}

function toMinute(at: Instant): string {
  return `${at.slice(0, 16)}Z`;
}

function errorInAnswer(code: string): VendorError {
  const status = Number(/^[45]\d\d\b/.exec(code)?.[0]);
  return new VendorError({
    fault: Number.isNaN(status) ? "vendor-outage" : faultOfFeedStatus(status),
    operation: OPERATION,
    status: 200,
    message: "the answer is an error",
  });
}

/** Rows as half-hourly slots inside `span`: the actual figure where there is one, else the forecast, else no slot. */
export function toSlots(answer: CarbonAnswer, region: string, span: Span, issuedAt: Instant): Batch {
  const { parsed, dropped } = parseRows(rowsOf(answer, region), CarbonRow, "from");
  const slots = parsed.flatMap((row) => {
    const value = row.intensity.actual ?? row.intensity.forecast ?? null;
    if (value === null) return [];
    const stretch = { startsAt: row.from, endsAt: row.to };
    const reason = refusal(stretch);
    if (reason !== undefined) {
      dropped.push({ at: row.from, reason });
      return [];
    }
    const kind = typeof row.intensity.actual === "number" ? "actual" : "forecast";
    return halfHours(stretch, span, { value, kind, issuedAt });
  });
  return { slots: lastOfEachStart(slots), dropped };
}

/** The rows, however deep they lie: the regional calls wrap them in one region or in a list of regions. */
function rowsOf({ data = [] }: CarbonAnswer, region: string): unknown[] {
  const rowsOrBlocks = Array.isArray(data) ? data : [data];
  return rowsOrBlocks.flatMap((item) => {
    const block = RegionBlock.safeParse(item);
    if (!block.success) return [item];
    return String(block.data.regionid) === region ? block.data.data : [];
  });
}
