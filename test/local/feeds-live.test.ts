import { afterEach, describe, expect, it } from "vitest";
import { type LiveFeeds, startLiveFeeds } from "../../local/feeds/live.ts";
import { fetchOf } from "../signals/builders.ts";

const running: LiveFeeds[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((feeds) => feeds.stop()));
});

async function liveOver(answer: (url: URL) => Response) {
  const upstream = fetchOf(answer);
  const wall = { ms: 0 };
  const feeds = await startLiveFeeds({
    octopusApiUrl: "https://octopus.example/",
    carbonApiUrl: "https://carbon.example",
    fetch: upstream,
    wallNow: () => wall.ms,
  });
  running.push(feeds);
  return { feeds, upstream, wall };
}

const unreachable = () => {
  throw new TypeError("fetch failed");
};

describe("live feeds", () => {
  it("ask the real host once in five real minutes for each URL, even when asked at once", async () => {
    const { feeds, upstream, wall } = await liveOver((url) => Response.json({ asked: url.href }));
    const get = async (path: string) => (await fetch(feeds.octopusUrl + path)).json();
    expect(await Promise.all([get("/v1/a?x=1"), get("/v1/a?x=1")])).toEqual(
      Array(2).fill({ asked: `${feeds.octopusUrl}/v1/a?x=1` }),
    );
    wall.ms = 5 * 60_000 - 1;
    await get("/v1/a?x=1");
    await get("/v1/a?x=2");
    expect(upstream.urls.map((url) => url.href)).toEqual([
      "https://octopus.example/v1/a?x=1",
      "https://octopus.example/v1/a?x=2",
    ]);
    wall.ms = 5 * 60_000;
    await get("/v1/a?x=1");
    expect(upstream.urls).toHaveLength(3);
  });

  it("turn the next page into one of their own", async () => {
    const { feeds } = await liveOver(() => Response.json({ next: "https://octopus.example/v1/a?page=2" }));
    expect(await (await fetch(`${feeds.octopusUrl}/v1/a`)).json()).toEqual({ next: `${feeds.octopusUrl}/v1/a?page=2` });
  });

  it("pass on a bad status and an HTML page as they are", async () => {
    const { feeds } = await liveOver(
      () => new Response("<html>", { status: 403, headers: { "content-type": "text/html" } }),
    );
    const response = await fetch(`${feeds.carbonUrl}/intensity`);
    expect([response.status, await response.text()]).toEqual([403, "<html>"]);
  });

  it("answer 502 when the host cannot be reached", async () => {
    const { feeds } = await liveOver(unreachable);
    expect((await fetch(`${feeds.carbonUrl}/intensity`)).status).toBe(502);
  });

  it("serve nothing else and no other method", async () => {
    const { feeds, upstream } = await liveOver(() => Response.json({}));
    expect((await fetch(`${feeds.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${feeds.carbonUrl}/intensity`, { method: "POST" })).status).toBe(405);
    expect(upstream.urls).toEqual([]);
  });

  it("say which hosts cannot be reached", async () => {
    expect(await (await liveOver(() => Response.json({}))).feeds.check()).toBeUndefined();
    expect(await (await liveOver(unreachable)).feeds.check()).toBe(
      "octopus.example and carbon.example could not be reached.",
    );
    const half = await liveOver((url) => (url.host === "carbon.example" ? unreachable() : Response.json({})));
    expect(await half.feeds.check()).toBe("carbon.example could not be reached.");
  });
});
