import * as z from "zod";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import type { Instant } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, faultOfStatus, type HttpAnswer, isWebPage, parseBody, retryAfterMs } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";
import { eachThatFits } from "../../../shared/integration/odd.ts";
import { type Credits, quotaExhausted } from "./credits.ts";

// https://api-docs.solaredge.com, Basic Monitoring API 2.0. Loose about fields we do not use. Nanoseconds and an offset in
// times are usual; a time without an offset would be local. Values and times are judged one by one in adapter.ts.

/** Values of one unit. `timestamp` is the start of the bucket for power and energy (its end for voltage and frequency). */
export const SolarEdgeBlock = z.looseObject({
  unit: z.string(),
  // The retired interface left the value's key out where this one says null.
  values: eachThatFits(z.looseObject({ timestamp: z.unknown().optional(), value: z.unknown().optional() })),
});
export type SolarEdgeBlock = z.infer<typeof SolarEdgeBlock>;

/** Power or energy of a site. */
export const SolarEdgeSeries = z.looseObject({ ...SolarEdgeBlock.shape, resolution: z.string() });
export type SolarEdgeSeries = z.infer<typeof SolarEdgeSeries>;

/** A metric that is there and cannot be read: its values are unknown, where those of an absent one do not exist. */
const unreadable = ({ value }: { value: unknown }): SolarEdgeBlock => ({
  unit: String(JSON.stringify(value)),
  values: [],
});
const Metric = SolarEdgeBlock.nullish().catch(unreadable);

/** By serial number; a metric that a meter does not have is absent. Each metric has a unit of its own. */
export const SolarEdgeMeters = z.looseObject({
  resolution: z.string(),
  meters: z.record(
    z.string(),
    z.looseObject({ importPower: Metric, exportPower: Metric, consumptionPower: Metric }).catch((meter) => ({
      importPower: unreadable(meter),
      exportPower: unreadable(meter),
      consumptionPower: unreadable(meter),
    })),
  ),
});
export type SolarEdgeMeters = z.infer<typeof SolarEdgeMeters>;

export const SolarEdgeDevices = eachThatFits(
  z.looseObject({ type: z.string(), active: z.boolean().nullish().catch(null) }),
);

const TIMEOUT_MS = 8_000;

/** A stretch of time as SolarEdge wants it: the site's wall clock, without an offset. */
type LocalSpan = { from: string; to: string };

/** Calls for one customer's token, one credit each. Every method throws VendorError. */
export function solarEdgeApi(connection: Connection, credits: Credits, accessToken: string) {
  const get = async <T>(kind: CallKind, operation: string, path: string, schema: z.ZodType<T>): Promise<T> => {
    const base = connection.endpoint("SOLAREDGE_API_URL").href.replace(/\/$/, "");
    credits.spend();
    connection.count(kind);
    const answer = await call(connection.fetch, {
      method: "GET",
      url: new URL(base + path),
      operation,
      headers: { authorization: `Bearer ${accessToken}`, accept: "application/json" },
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status === 200) return parseBody(answer, schema, operation);
    throw errorOf(answer, operation, connection.now());
  };
  const site = (siteId: string) => `/sites/${encodeURIComponent(siteId)}`;
  // Without both ends the answer begins at midnight, which is too long a span every afternoon.
  const quarters = ({ from, to }: LocalSpan) => new URLSearchParams({ resolution: "QUARTER_HOUR", from, to });

  return {
    /** Energy made, for every quarter of an hour of a span of at most 12 hours. */
    energy: (siteId: string, span: LocalSpan) =>
      get("data", "energy", `${site(siteId)}/energy?${quarters(span)}&unit=WH`, SolarEdgeSeries),
    /** What the site's meters saw, likewise. */
    meters: (siteId: string, span: LocalSpan) =>
      get("data", "meters", `${site(siteId)}/meters/telemetry?${quarters(span)}`, SolarEdgeMeters),
    /** Whether the site has a meter that works. */
    async hasMeter(siteId: string): Promise<boolean> {
      const devices = await get("state", "devices", `${site(siteId)}/devices?types=METER`, SolarEdgeDevices);
      return devices.some(({ type, active }) => type === "METER" && active !== false);
    },
  };
}

// The reason of a 403 stands in its `detail` only; the rest may name a site or a plan without meaning it.
const Problem = z.looseObject({ detail: z.string() });
const REFUSALS: readonly (readonly [RegExp, FaultClass, string])[] = [
  [/tier|plan\b|subscription|upgrade/i, "our-configuration", "our plan at SolarEdge does not include this"],
  [/scope|permission|consent/i, "customer-must-act", "the customer must reconnect and grant site and device data"],
  [/\bsite\b/i, "customer-must-act", "the customer's consent does not cover this site; reconnect with it"],
];

const STATUSES: Record<number, string> = {
  400: "SolarEdge refuses the request, perhaps its span",
  404: "SolarEdge does not know the site: correct the asset's vendorAssetId",
  410: "this interface is retired: SOLAREDGE_API_URL must end in /v2, and customers of the old one link again",
};

/** Classifies an error answer. */
export function errorOf(answer: HttpAnswer, operation: string, now: Instant): VendorError {
  const { status, text, headers } = answer;
  if (status === 429) return tooMany(headers, operation, now);
  // A gateway's page says nothing about the customer's consent or our plan.
  const isPage = isWebPage(text) && status >= 400 && status !== 401 && status !== 410;
  const refusal = status === 403 && !isPage ? REFUSALS.find(([pattern]) => pattern.test(detailOf(text))) : undefined;
  return new VendorError({
    fault: refusal?.[1] ?? (isPage ? "vendor-outage" : faultOf(status)),
    operation,
    status,
    message: refusal?.[2] ?? (isPage ? `HTTP ${status}, a web page` : (STATUSES[status] ?? `HTTP ${status}`)),
    retryAfterMs: retryAfterMs(headers, Date.parse(now)),
  });
}

function detailOf(text: string): string {
  try {
    return Problem.parse(JSON.parse(text)).detail;
  } catch {
    return text;
  }
}

function faultOf(status: number): FaultClass {
  return status === 404 ? "our-configuration" : faultOfStatus(status);
}

/** Two limits share one status: only the headers tell a minute's wait from the rest of the month. */
function tooMany(headers: Headers, operation: string, now: Instant): VendorError {
  const wait = retryAfterMs(headers, Date.parse(now));
  const leftThisMinute = Number(headers.get("x-ratelimit-remaining-minute") ?? "0");
  if (wait === undefined && leftThisMinute > 0) return quotaExhausted(operation, now, 429);
  return new VendorError({
    fault: "rate-limited",
    operation,
    status: 429,
    message: "too many calls this minute",
    retryAfterMs: wait ?? 60_000,
  });
}
