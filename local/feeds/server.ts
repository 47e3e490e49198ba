import { carbonAnswer } from "./carbon-answer.ts";
import { type FeedFaults, type FeedName, knownAt, outageAnswer, withoutMissing } from "./faults.ts";
import { inRegion } from "./generated.ts";
import { type Answer, json, serveFeed } from "./loopback.ts";
import { octopusAnswer, publishedAtMs } from "./octopus-answer.ts";
import { type FeedPoint, halfHourly } from "./points.ts";

/** One GET that reached a feed, in virtual time. */
type FeedCall = { atMs: number; feed: FeedName; path: string; status: number };

export type Feeds = {
  url: string;
  /** Base URLs for OCTOPUS_API_URL and CARBON_INTENSITY_API_URL. */
  octopusUrl: string;
  carbonUrl: string;
  calls(): readonly FeedCall[];
  stop(): Promise<void>;
};

type Options = {
  clock: { now(): number };
  prices: readonly FeedPoint[];
  carbon: readonly FeedPoint[];
  /** Which of them are made up: these differ from region to region. Recorded figures stand for every region. */
  generated?: Record<FeedName, boolean>;
  /** Whose clock decides when tomorrow's prices come out, and at which hour. */
  zone: string;
  publishHour: number;
  faults?: FeedFaults;
};

/**
 * Both public feeds on a loopback port, in virtual time: a caller sees what it would have seen at that moment. Prices
 * of a market day come out at `publishHour` of the day before; carbon is forecast two days ahead.
 */
export async function startFeeds({ clock, zone, publishHour, faults = {}, ...series }: Options): Promise<Feeds> {
  const { generated = { octopus: false, carbon: false } } = series;
  const prices = halfHourly(series.prices).map((point) => ({
    ...point,
    publishedAtMs: publishedAtMs(point.startsAtMs, { zone, hour: publishHour }),
  }));
  const carbon = halfHourly(series.carbon);
  const calls: FeedCall[] = [];

  const answerOf = (feed: FeedName, url: URL, path: string): Answer => {
    const nowMs = clock.now();
    const down = outageAnswer(faults, feed, nowMs);
    if (down) return down;
    const knownAtMs = knownAt(faults, feed, nowMs);
    const ofRegion = (points: readonly FeedPoint[]) => (region: string) => {
      const shown = withoutMissing(faults, feed, points);
      return generated[feed] ? inRegion(shown, feed, region) : shown;
    };
    if (feed === "carbon") return carbonAnswer(path, ofRegion(carbon), knownAtMs);
    const published = prices.filter((price) => price.publishedAtMs <= knownAtMs);
    return octopusAnswer(url, path, ofRegion(published));
  };

  const { url, stop } = await serveFeed((called) => {
    const feed = called.pathname.startsWith("/octopus/")
      ? "octopus"
      : called.pathname.startsWith("/carbon/")
        ? "carbon"
        : undefined;
    if (feed === undefined) return json(404, { detail: `${called.pathname} is not served here` });
    const answer = answerOf(feed, called, called.pathname.slice(feed.length + 1));
    calls.push({ atMs: clock.now(), feed, path: called.pathname + called.search, status: answer.status });
    return answer;
  });
  return { url, octopusUrl: `${url}/octopus`, carbonUrl: `${url}/carbon`, calls: () => calls, stop };
}
