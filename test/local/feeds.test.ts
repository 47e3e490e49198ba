import { afterEach, describe, expect, it } from "vitest";
import { run } from "../../lambdas/signals/handler.ts";
import { carbonIntensitySource } from "../../lambdas/signals/sources/carbon-intensity.ts";
import { octopusSource } from "../../lambdas/signals/sources/octopus.ts";
import type { FeedFaults } from "../../local/feeds/faults.ts";
import { publishedAtMs } from "../../local/feeds/octopus-answer.ts";
import type { FeedPoint } from "../../local/feeds/points.ts";
import { type Feeds, startFeeds } from "../../local/feeds/server.ts";
import { instant } from "../../shared/domain/instant.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeSignalsStore } from "../fakes/signals-store.ts";
import { at, HALF_HOUR_MS, halfHourStarts, recordingLog, span } from "../signals/builders.ts";

const FROM = "2023-11-18T00:00Z";
const TO = "2023-11-23T00:00Z";
const prices: FeedPoint[] = halfHourStarts(FROM, TO).map((ms, i) => ({
  startsAtMs: ms,
  endsAtMs: ms + HALF_HOUR_MS,
  value: i / 4 - 2,
}));
// Hourly, as recordings are.
const carbon: FeedPoint[] = halfHourStarts(FROM, TO)
  .filter((ms) => ms % 3_600_000 === 0)
  .map((ms, i) => ({ startsAtMs: ms, endsAtMs: ms + 2 * HALF_HOUR_MS, value: 100 + i }));

const running: Feeds[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((feeds) => feeds.stop()));
});

async function feedsAt(now: string, faults: FeedFaults = {}, isGenerated = false) {
  const clock = { ms: Date.parse(now), now: () => clock.ms };
  const generated = { octopus: isGenerated, carbon: isGenerated };
  const feeds = await startFeeds({ clock, prices, carbon, generated, zone: "Europe/London", publishHour: 16, faults });
  running.push(feeds);
  return { clock, feeds, faults };
}

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const RATES = "/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/standard-unit-rates/";

describe("when a price is published", () => {
  it.each([
    ["winter", "2023-11-21T22:30Z", "2023-11-20T16:00Z"],
    ["winter, the last hour of London's day", "2023-11-21T23:00Z", "2023-11-21T16:00Z"],
    ["summer", "2023-07-11T21:30Z", "2023-07-10T15:00Z"],
    ["summer, the last hour of London's day", "2023-07-11T22:00Z", "2023-07-11T15:00Z"],
    ["the day clocks go forward", "2023-03-26T12:00Z", "2023-03-25T16:00Z"],
    ["the day after clocks go back", "2023-10-30T12:00Z", "2023-10-29T16:00Z"],
  ])("%s", (_what, startsAt, publishedAt) => {
    const ms = publishedAtMs(Date.parse(startsAt), { zone: "Europe/London", hour: 16 });
    expect(instant(ms)).toBe(at(publishedAt));
  });
});

describe("the Octopus feed", () => {
  it("shows tomorrow only from 16:00 London time, and not its last hour", async () => {
    const { clock, feeds } = await feedsAt("2023-11-20T15:59Z");
    const newest = async () => (await get(`${feeds.octopusUrl}${RATES}?page_size=1500`)).body.results[0].valid_from;
    expect(await newest()).toBe("2023-11-20T22:30:00Z");
    clock.ms += 60_000;
    expect(await newest()).toBe("2023-11-21T22:30:00Z");
  });

  it("pages newest first with absolute links to itself", async () => {
    const { feeds } = await feedsAt("2023-11-20T12:00Z");
    const query = "?period_from=2023-11-19T00:00Z&period_to=2023-11-20T00:00Z&page_size=20";
    const first = await get(`${feeds.octopusUrl}${RATES}${query}`);
    expect(first.body).toMatchObject({ count: 48, previous: null });
    expect(first.body.next.startsWith(`${feeds.octopusUrl}${RATES}`)).toBe(true);
    const second = await get(first.body.next);
    const third = await get(second.body.next);
    expect(second.body.previous).toBe(`${feeds.octopusUrl}${RATES}${query.replaceAll(":", "%3A")}`);
    expect(third.body.next).toBeNull();
    const starts = [first, second, third].flatMap(({ body }) =>
      body.results.map((row: { valid_from: string }) => row.valid_from),
    );
    expect(starts).toHaveLength(48);
    expect([...starts].sort().reverse()).toEqual(starts);
    expect(await get(`${feeds.octopusUrl}${RATES}${query}&page=4`)).toMatchObject({ status: 404 });
  });

  it.each([
    ["/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-OTHER-C/standard-unit-rates/", 404],
    ["/v1/accounts/", 404],
    [RATES.replace("-C/", "-I/"), 404],
    [`${RATES}?period_from=2023-11-19T00:00`, 400],
    [`${RATES}?period_to=2023-11-19T00:00Z`, 400],
    [`${RATES}?page_size=many`, 400],
  ])("refuses %s with %i", async (path, status) => {
    const { feeds } = await feedsAt("2023-11-20T12:00Z");
    expect((await get(feeds.octopusUrl + path)).status).toBe(status);
  });
});

describe("the carbon feed", () => {
  it("turns hours into half-hours and keeps actuals back for half an hour", async () => {
    const { feeds } = await feedsAt("2023-11-20T12:00Z");
    const { body } = await get(`${feeds.carbonUrl}/intensity/2023-11-20T10:30Z/2023-11-20T12:30Z`);
    expect(body.data).toEqual([
      { from: "2023-11-20T10:30Z", to: "2023-11-20T11:00Z", intensity: { forecast: 158, actual: 158 } },
      { from: "2023-11-20T11:00Z", to: "2023-11-20T11:30Z", intensity: { forecast: 159, actual: 159 } },
      { from: "2023-11-20T11:30Z", to: "2023-11-20T12:00Z", intensity: { forecast: 159, actual: null } },
      { from: "2023-11-20T12:00Z", to: "2023-11-20T12:30Z", intensity: { forecast: 160, actual: null } },
    ]);
  });

  it("forecasts 96 half-hours from the running one", async () => {
    const { feeds } = await feedsAt("2023-11-20T12:10Z");
    const { body } = await get(`${feeds.carbonUrl}/intensity/2023-11-20T12:00Z/2023-11-23T00:00Z`);
    expect(body.data).toHaveLength(96);
  });

  it("gives regions a forecast only, one level deeper", async () => {
    const { feeds } = await feedsAt("2023-11-20T12:00Z");
    const { body } = await get(`${feeds.carbonUrl}/regional/intensity/2023-11-20T00:00Z/2023-11-20T00:30Z/regionid/13`);
    expect(body).toEqual({
      data: {
        regionid: 13,
        data: [{ from: "2023-11-20T00:00Z", to: "2023-11-20T00:30Z", intensity: { forecast: 148 } }],
      },
    });
  });

  it.each([
    ["/intensity/2023-11-01T00:00Z/2023-11-16T00:00Z", 400],
    ["/intensity/2023-11-02T00:00Z/2023-11-01T00:00Z", 400],
    ["/generation", 404],
    ["/regional/intensity/2023-11-20T00:00Z/2023-11-20T00:30Z/regionid/18", 404],
  ])("refuses %s with %i and an error body", async (path, status) => {
    const { feeds } = await feedsAt("2023-11-20T12:00Z");
    const answer = await get(feeds.carbonUrl + path);
    expect(answer.status).toBe(status);
    expect(answer.body.error.code).toMatch(String(status));
  });
});

describe("regions", () => {
  const ratesIn = (region: string) => `${RATES.replace("-C/", `-${region}/`)}?period_from=2023-11-20T00:00Z`;
  const carbonIn = (id: string) => `/regional/intensity/2023-11-20T00:00Z/2023-11-20T12:00Z/regionid/${id}`;
  async function shown(isGenerated: boolean, letters: readonly string[], ids: readonly string[]) {
    const { feeds } = await feedsAt("2023-11-20T12:00Z", {}, isGenerated);
    const rates = letters.map(async (letter) =>
      (await get(feeds.octopusUrl + ratesIn(letter))).body.results.map(
        (row: { value_inc_vat: number }) => row.value_inc_vat,
      ),
    );
    const grams = ids.map(async (id) =>
      (await get(feeds.carbonUrl + carbonIn(id))).body.data.data.map(
        (row: { intensity: { forecast: number } }) => row.intensity.forecast,
      ),
    );
    return { rates: await Promise.all(rates), grams: await Promise.all(grams) };
  }

  it("all have what was recorded", async () => {
    const { rates, grams } = await shown(false, ["C", "J", "P"], ["13", "14", "1"]);
    expect(new Set([...rates].map(String)).size).toBe(1);
    expect(new Set([...grams].map(String)).size).toBe(1);
    expect(rates[0].length * grams[0].length).toBeGreaterThan(0);
  });

  it("differ where figures are generated, always in the same way, and home is as made", async () => {
    const [first, again] = [
      await shown(true, ["C", "J", "P"], ["14", "1"]),
      await shown(true, ["C", "J", "P"], ["14", "1"]),
    ];
    expect(again).toEqual(first);
    expect(new Set(first.rates.map(String)).size).toBe(3);
    expect(new Set(first.grams.map(String)).size).toBe(2);
    expect(first.rates[0]).toEqual((await shown(false, ["C"], [])).rates[0]);
  });
});

describe("faults", () => {
  it("makes a feed late by minutes", async () => {
    const { feeds } = await feedsAt("2023-11-20T16:44Z", { lateMinutes: { octopus: 45 } });
    const { body } = await get(`${feeds.octopusUrl}${RATES}`);
    expect(body.results[0].valid_from).toBe("2023-11-20T22:30:00Z");
  });

  it.each([
    ["500", 500, ""],
    ["html", 200, "<html>"],
    ["empty", 200, "["],
  ] as const)("answers %s for a window and recovers", async (answer, status, sign) => {
    const fromMs = Date.parse("2023-11-20T12:00Z");
    const outages = (["octopus", "carbon"] as const).map((feed) => ({
      feed,
      fromMs,
      toMs: fromMs + HALF_HOUR_MS,
      answer,
    }));
    const { feeds, clock } = await feedsAt("2023-11-20T12:00Z", { outages });
    const calls = [`${feeds.octopusUrl}${RATES}`, `${feeds.carbonUrl}/intensity/2023-11-20T00:00Z/2023-11-20T01:00Z`];
    for (const url of calls) {
      const response = await fetch(url);
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(sign);
    }
    clock.ms += HALF_HOUR_MS;
    for (const url of calls) expect((await get(url)).status).toBe(200);
  });

  it("hides a slot", async () => {
    const startsAtMs = Date.parse("2023-11-20T00:00Z");
    const { feeds } = await feedsAt("2023-11-20T12:00Z", { missing: [{ feed: "carbon", startsAtMs }] });
    const { body } = await get(`${feeds.carbonUrl}/intensity/2023-11-20T00:00Z/2023-11-20T01:00Z`);
    expect(body.data.map((row: { from: string }) => row.from)).toEqual(["2023-11-20T00:30Z"]);
  });
});

describe("the signals function against these feeds", () => {
  it("learns of the night when life would have told it, and says each thing once", async () => {
    const { clock, feeds } = await feedsAt("2023-11-20T15:31Z");
    const deps = {
      now: () => instant(clock.ms),
      log: recordingLog(),
      meter: fakeMeter("signals"),
      store: fakeSignalsStore(),
      bus: fakeBus(),
      sources: [
        octopusSource({ fetch, baseUrl: feeds.octopusUrl, product: "AGILE-24-10-01", region: "C" }),
        carbonIntensitySource({ fetch, baseUrl: feeds.carbonUrl, region: "national" }),
      ],
    };
    const known = async () => {
      const { from, to } = span("2023-11-20T23:00Z", "2023-11-21T23:00Z");
      return (await deps.store.slots("octopus-agile#C", from, to)).length;
    };
    await run({}, deps);
    expect(await known()).toBe(0);
    clock.ms = Date.parse("2023-11-20T16:00Z");
    await run({}, deps);
    expect(await known()).toBe(48);
    const told = deps.bus.published.length;
    await run({}, deps);
    expect(deps.bus.published).toHaveLength(told);
    expect(deps.bus.published.map(({ detail }) => ("series" in detail ? detail.series : ""))).toEqual([
      "octopus-agile#C",
      "carbon-intensity#national",
      "octopus-agile#C",
    ]);
    expect(deps.log.lines).toEqual([]);
    expect(
      feeds
        .calls()
        .map(({ feed, status }) => `${feed} ${status}`)
        .sort(),
    ).toEqual([...Array(3).fill("carbon 200"), ...Array(3).fill("octopus 200")]);
  });
});
