import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { type Answer, json } from "./loopback.ts";
import type { FeedPoint } from "./points.ts";

export type FeedName = "octopus" | "carbon";

/** What goes wrong with the feeds, all in virtual time. Read on every call, so it may be changed while they run. */
export type FeedFaults = {
  /** The feed knows only what it would have known this many minutes earlier. */
  lateMinutes?: Partial<Record<FeedName, number>>;
  /** How the feed answers while now lies in [fromMs, toMs). */
  outages?: { feed: FeedName; fromMs: number; toMs: number; answer: "500" | "empty" | "html" }[];
  /** Half-hours that the feed never shows. */
  missing?: { feed: FeedName; startsAtMs: number }[];
};

/** The moment whose knowledge the feed has at `nowMs`. */
export function knownAt(faults: FeedFaults, feed: FeedName, nowMs: number): number {
  return nowMs - (faults.lateMinutes?.[feed] ?? 0) * MINUTE_MS;
}

export function withoutMissing(faults: FeedFaults, feed: FeedName, points: readonly FeedPoint[]): FeedPoint[] {
  const hidden = new Set(faults.missing?.filter((hole) => hole.feed === feed).map((hole) => hole.startsAtMs));
  return points.filter((point) => !hidden.has(point.startsAtMs));
}

/** The answer of a feed that is down; undefined when it is up. Seen in life: 500s, empty lists and an HTML page with 200. */
export function outageAnswer(faults: FeedFaults, feed: FeedName, nowMs: number): Answer | undefined {
  const outage = faults.outages?.find((one) => one.feed === feed && one.fromMs <= nowMs && nowMs < one.toMs);
  if (outage === undefined) return undefined;
  if (outage.answer === "html") {
    return { status: 200, contentType: "text/html", body: "<html><body><h1>Request blocked</h1></body></html>" };
  }
  if (outage.answer === "empty") {
    return json(200, feed === "octopus" ? { count: 0, next: null, previous: null, results: [] } : { data: [] });
  }
  return json(500, { error: { code: "500 Internal Server Error", message: "Requested resource not found" } });
}
