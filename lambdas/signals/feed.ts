import * as z from "zod";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import { call, type Fetch, faultOfStatus, parseBody, retryAfterMs } from "../../shared/http.ts";
import type { Batch, DroppedPoint } from "./source.ts";

const TIMEOUT_MS = 15_000;

type FeedCall<T> = { fetch: Fetch; url: URL; operation: string; schema: z.ZodType<T>; now: Instant };

/** GETs a public feed and parses its answer. Throws a VendorError for everything that is not a 200 of the right shape. */
export async function getFeed<T>({ fetch, url, operation, schema, now }: FeedCall<T>): Promise<T> {
  const answer = await call(fetch, {
    method: "GET",
    url,
    operation,
    headers: { accept: "application/json", "user-agent": "headroom" },
    timeoutMs: TIMEOUT_MS,
  });
  if (answer.status !== 200) {
    throw new VendorError({
      fault: faultOfFeedStatus(answer.status),
      operation,
      status: answer.status,
      message: `the feed answered HTTP ${answer.status}`,
      retryAfterMs: retryAfterMs(answer.headers, epochMs(now)),
    });
  }
  return parseBody(answer, schema, operation);
}

/** All feeds are public: nobody is logged in, so a refusal is about the address we ask or about how often we do. */
export function faultOfFeedStatus(status: number): FaultClass {
  if (status === 403) return "rate-limited";
  if (status === 401 || status === 404) return "our-configuration";
  return faultOfStatus(status);
}

/** `base` followed by `path`, whether or not the base ends with a slash. */
export function feedUrl(base: string, path: string): URL {
  return new URL(`${base.replace(/\/+$/, "")}${path}`);
}

/** Parses rows one by one, so that a bad one is dropped by itself. */
export function parseRows<T>(
  rows: readonly unknown[],
  schema: z.ZodType<T>,
  timeField: string,
): { parsed: T[]; dropped: DroppedPoint[] } {
  const parsed: T[] = [];
  const dropped: DroppedPoint[] = [];
  for (const row of rows) {
    const result = schema.safeParse(row);
    if (result.success) parsed.push(result.data);
    else {
      const issue = result.error.issues[0];
      dropped.push({
        at: timeOf(row, timeField),
        reason: `field ${issue?.path.join(".") || "(row)"}: ${issue?.message}`,
      });
    }
  }
  return { parsed, dropped };
}

function timeOf(row: unknown, timeField: string): string {
  const time = z.looseObject({ [timeField]: z.string() }).safeParse(row);
  return time.success ? String(time.data[timeField]).slice(0, 32) : "unknown";
}

/** Passes a batch on. Throws `vendor-outage` when it holds nothing: yesterday always exists, so nothing is a failure. */
export function notEmpty(batch: Batch, operation: string): Batch {
  if (batch.slots.length > 0) return batch;
  throw new VendorError({
    fault: "vendor-outage",
    operation,
    status: 200,
    message:
      batch.dropped.length > 0
        ? `none of ${batch.dropped.length} points could be used, the first because ${batch.dropped[0]?.reason}`
        : "the answer holds no value for the days asked for",
  });
}
