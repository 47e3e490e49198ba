import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Fetch } from "../../shared/http.ts";
import { type Answer, json, serveFeed } from "./loopback.ts";

const KEEP_MS = 5 * MINUTE_MS;
const TIMEOUT_MS = 10_000;

export type LiveFeeds = {
  url: string;
  /** Base URLs for OCTOPUS_API_URL and CARBON_INTENSITY_API_URL. */
  octopusUrl: string;
  carbonUrl: string;
  /** One sentence naming the hosts that could not be reached; undefined when both answered. */
  check(): Promise<string | undefined>;
  stop(): Promise<void>;
};

type Options = {
  octopusApiUrl: string;
  carbonApiUrl: string;
  fetch: Fetch;
  /** Real time, epoch milliseconds: politeness to a public API is not virtual. */
  wallNow: () => number;
};

/**
 * The real feeds behind a loopback port. Each distinct URL is asked for at most once in five real minutes, whatever
 * came of it, so that a simulated night does not hammer a public API. A host that cannot be reached is a 502.
 */
export async function startLiveFeeds({ octopusApiUrl, carbonApiUrl, fetch, wallNow }: Options): Promise<LiveFeeds> {
  const kept = new Map<string, { atMs: number; answer: Promise<Answer> }>();
  const ask = (href: string): Promise<Answer> => {
    const earlier = kept.get(href);
    if (earlier !== undefined && wallNow() - earlier.atMs < KEEP_MS) return earlier.answer;
    const answer = forward(fetch, href);
    kept.set(href, { atMs: wallNow(), answer });
    return answer;
  };

  const bases = { octopus: octopusApiUrl.replace(/\/+$/, ""), carbon: carbonApiUrl.replace(/\/+$/, "") };
  const server = await serveFeed(async (called) => {
    const feed = called.pathname.startsWith("/octopus/")
      ? "octopus"
      : called.pathname.startsWith("/carbon/")
        ? "carbon"
        : undefined;
    if (feed === undefined) return json(404, { detail: `${called.pathname} is not served here` });
    const answer = await ask(bases[feed] + called.pathname.slice(feed.length + 1) + called.search);
    // The next page must be ours too: a client follows it only on the host it asked.
    return { ...answer, body: answer.body.replaceAll(bases[feed], `${called.origin}/${feed}`) };
  });

  return {
    url: server.url,
    octopusUrl: `${server.url}/octopus`,
    carbonUrl: `${server.url}/carbon`,
    async check() {
      const probes = [`${bases.octopus}/v1/products/?page_size=1`, `${bases.carbon}/intensity`];
      const answers = await Promise.all(
        probes.map(async (href) => ({ host: new URL(href).host, answer: await ask(href) })),
      );
      const lost = answers.filter(({ answer }) => answer.status === 502).map(({ host }) => host);
      return lost.length === 0 ? undefined : `${lost.join(" and ")} could not be reached.`;
    },
    stop: server.stop,
  };
}

async function forward(fetch: Fetch, href: string): Promise<Answer> {
  try {
    const response = await fetch(href, {
      headers: { accept: "application/json", "user-agent": "headroom-local" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      contentType: isJson ? "application/json" : "text/html",
      body: await response.text(),
    };
  } catch {
    return json(502, { detail: `${new URL(href).host} could not be reached` });
  }
}
