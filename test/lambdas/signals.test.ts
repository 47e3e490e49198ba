import { describe, expect, it } from "vitest";
import { daysAround, Environment, run } from "../../lambdas/signals/handler.ts";
import { carbonIntensitySource } from "../../lambdas/signals/sources/carbon-intensity.ts";
import { octopusSource } from "../../lambdas/signals/sources/octopus.ts";
import { HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import { parseEnvironment } from "../../shared/handler.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeSignalsStore } from "../fakes/signals-store.ts";
import { aCarbonRow, aRate, at, fetchOf, halfHourStarts, recordingLog } from "../signals/builders.ts";

const NOON = at("2023-11-20T12:01Z");
const LATER = at("2023-11-20T12:31Z");
const AGILE = "octopus-agile#C";
const CARBON = "carbon-intensity#national";

const starts = halfHourStarts("2023-11-19T00:00Z", "2023-11-20T23:00Z").map((ms) => new Date(ms).toISOString());
const rates = () => starts.map((start, i) => aRate(start, 10 + i / 2));
const carbonRows = () =>
  halfHourStarts("2023-11-19T00:00Z", "2023-11-22T00:00Z").map((ms, i) =>
    aCarbonRow(new Date(ms).toISOString(), {
      forecast: 100 + i,
      actual: ms < Date.parse(NOON) - 3_600_000 ? 100 + i : null,
    }),
  );
const down = () => new Response("", { status: 500 });

/** The feeds as they can be changed between two runs, and everything a run touches. */
function world(options: { prices?: () => Response; carbon?: () => Response } = {}) {
  const feeds = {
    prices: () => Response.json({ count: 0, next: null, previous: null, results: rates() }),
    carbon: () => Response.json({ data: carbonRows() }),
    ...options,
  };
  const fetch = fetchOf((url) => (url.host === "octopus.example" ? feeds.prices() : feeds.carbon()));
  const deps = {
    now: () => NOON,
    log: recordingLog(),
    meter: fakeMeter("signals"),
    store: fakeSignalsStore(),
    bus: fakeBus(),
    sources: [
      octopusSource({ fetch, baseUrl: "https://octopus.example", product: "AGILE-24-10-01", region: "C" }),
      carbonIntensitySource({ fetch, baseUrl: "https://carbon.example", region: "national" }),
    ],
  };
  return { feeds, fetch, deps };
}

describe("the environment of signals", () => {
  const env = {
    SIGNALS_TABLE: "signals",
    BUS_NAME: "bus",
    OCTOPUS_API_URL: "https://octopus.example",
    OCTOPUS_PRODUCT: "AGILE-24-10-01",
    OCTOPUS_REGIONS: "C,J",
    CARBON_INTENSITY_API_URL: "https://carbon.example",
    CARBON_REGIONS: "national,14",
  };

  it("lists the regions to fetch", () => {
    expect(parseEnvironment(Environment, env)).toMatchObject({
      OCTOPUS_REGIONS: ["C", "J"],
      CARBON_REGIONS: ["national", "14"],
    });
  });

  it.each([
    ["OCTOPUS_REGIONS", "C,I"],
    ["OCTOPUS_REGIONS", "C, J"],
    ["OCTOPUS_REGIONS", ""],
    ["CARBON_REGIONS", "national,18"],
  ])("is refused by name when %s is %j", (name, value) => {
    expect(() => parseEnvironment(Environment, { ...env, [name]: value })).toThrow(
      `environment variables missing or wrong: ${name}`,
    );
  });
});

describe("a run of signals", () => {
  it("tells at the next fetch what the bus did not take, as the same event, though nothing changed since", async () => {
    const { deps } = world();
    deps.bus.refuses = 1;
    await expect(run({}, deps)).rejects.toThrow("the bus is down");
    const ids = (await deps.store.owed()).map(({ eventId }) => eventId);
    expect(ids).toHaveLength(2);
    await run({}, { ...deps, now: () => LATER });
    expect(deps.bus.published.map(({ name }) => name)).toEqual(["SignalUpdated", "SignalUpdated"]);
    expect(deps.bus.ids).toEqual(ids);
    expect(await deps.store.owed()).toEqual([]);
  });

  it("measures how far ahead each kind is known, and goes on when a feed is down", async () => {
    const { deps, feeds } = world();
    await run({}, deps);
    // Prices to 23:00, carbon to the end of tomorrow.
    const ahead = [10.983, 35.983].map((hours) => expect.closeTo(hours, 2));
    const sent = () => deps.meter.sent.map(({ name, value }) => [name, value]);
    expect(sent()).toEqual([
      ["price_hours_ahead", ahead[0]],
      ["carbon_hours_ahead", ahead[1]],
    ]);
    feeds.prices = down;
    feeds.carbon = down;
    deps.meter.sent.length = 0;
    await expect(run({}, { ...deps, now: () => plusMs(NOON, 12 * HOUR_MS) })).rejects.toThrow("no signal feed");
    expect(sent()).toEqual([
      ["price_hours_ahead", 0],
      ["carbon_hours_ahead", expect.closeTo(23.983, 2)],
    ]);
  });

  it("measures by the series that is known least far, and knows nothing of one that never came", async () => {
    const { deps } = world();
    const J = octopusSource({ fetch: async () => down(), baseUrl: "https://j.example", product: "AGILE", region: "J" });
    await run({}, { ...deps, sources: [...deps.sources, J] });
    expect(deps.meter.counts.get("price_hours_ahead")).toBe(0);
    expect(deps.meter.counts.get("carbon_hours_ahead")).toBeGreaterThan(30);
  });

  it("counts points that were dropped, and none where none were", async () => {
    const { deps, feeds } = world();
    await run({}, deps);
    expect(deps.meter.counts.get("signal_points_dropped")).toBeUndefined();
    feeds.carbon = () => Response.json({ data: [...carbonRows(), { from: "yesterday" }, {}] });
    await run({}, deps);
    expect(deps.meter.counts.get("signal_points_dropped")).toBe(2);
  });

  it("stores both series and tells of what lies ahead", async () => {
    const { deps } = world();
    expect(await run({}, deps)).toEqual([
      { series: AGILE, fetched: 94, stored: 94, published: true },
      { series: CARBON, fetched: 144, stored: 144, published: true },
    ]);
    expect(deps.store.writes.map(({ series, slots }) => [series, slots.length])).toEqual([
      [AGILE, 94],
      [CARBON, 144],
    ]);
    expect(deps.bus.published).toEqual([
      {
        name: "SignalUpdated",
        detail: {
          series: AGILE,
          measure: "price",
          from: "2023-11-20T12:00:00.000Z",
          to: "2023-11-20T23:00:00.000Z",
          changedSlots: 22,
        },
      },
      {
        name: "SignalUpdated",
        detail: {
          series: CARBON,
          measure: "carbon",
          from: "2023-11-20T12:00:00.000Z",
          to: "2023-11-22T00:00:00.000Z",
          changedSlots: 72,
        },
      },
    ]);
    expect(deps.log.lines).toEqual([]);
  });

  it("asks for whole UTC days, so that the URL is the same all day", async () => {
    const { deps, fetch } = world();
    await run({}, deps);
    await run({}, { ...deps, now: () => at("2023-11-20T23:59Z") });
    expect(new Set(fetch.urls.map((url) => url.href)).size).toBe(2);
    expect(daysAround(NOON)).toEqual({ from: "2023-11-19T00:00:00.000Z", to: "2023-11-22T00:00:00.000Z" });
  });

  it("writes and publishes nothing when nothing is new", async () => {
    const { deps } = world();
    await run({}, deps);
    deps.store.writes.length = 0;
    deps.bus.published.length = 0;
    expect(await run({}, { ...deps, now: () => LATER })).toMatchObject([
      { stored: 0, published: false },
      { stored: 0, published: false },
    ]);
    expect(deps.store.writes).toEqual([]);
    expect(deps.bus.published).toEqual([]);
  });

  it("stores a corrected past without a word and publishes a corrected future", async () => {
    const { deps, feeds } = world();
    await run({}, deps);
    deps.store.writes.length = 0;
    deps.bus.published.length = 0;
    feeds.carbon = () => {
      const rows = carbonRows();
      rows[0] = aCarbonRow("2023-11-19T00:00Z", { forecast: 100, actual: 7 });
      return Response.json({ data: rows });
    };
    feeds.prices = () =>
      Response.json({ next: null, results: [...rates().slice(0, -1), aRate("2023-11-20T22:30Z", -3)] });
    await run({}, { ...deps, now: () => LATER });
    expect(deps.store.writes.map(({ series, slots }) => [series, slots.map((slot) => slot.value)])).toEqual([
      [AGILE, [-3]],
      [CARBON, [7]],
    ]);
    expect(deps.bus.published.map((event) => event.detail)).toMatchObject([{ series: AGILE, changedSlots: 1 }]);
  });

  it("lets an actual follow a forecast, and no forecast follow an actual", async () => {
    const { deps, feeds } = world();
    await run({}, deps);
    const first = "2023-11-20T12:00Z";
    const row = (intensity: Record<string, unknown>) => () => Response.json({ data: [aCarbonRow(first, intensity)] });
    const stored = async () => (await deps.store.slots(CARBON, at(first), at("2023-11-20T12:30Z")))[0];
    feeds.carbon = row({ forecast: 172, actual: 150 });
    await run({}, { ...deps, now: () => LATER });
    expect(await stored()).toMatchObject({ value: 150, kind: "actual", issuedAt: LATER });
    feeds.carbon = row({ forecast: 180, actual: null });
    await run({}, { ...deps, now: () => at("2023-11-20T13:01Z") });
    expect(await stored()).toMatchObject({ value: 150, kind: "actual", issuedAt: LATER });
  });

  it.each([
    ["prices", AGILE, CARBON],
    ["carbon", CARBON, AGILE],
  ] as const)("goes on when %s is down", async (feed, lost, kept) => {
    const { deps } = world({ [feed]: down });
    expect(await run({}, deps)).toMatchObject([{ series: kept }]);
    expect(deps.store.writes.map(({ series }) => series)).toEqual([kept]);
    expect(deps.log.lines).toEqual([
      { code: "SIGNAL_FETCH_FAILED", fields: { series: lost, faultClass: "transient" } },
    ]);
  });

  it("fetches every region, and goes on when one of them is down", async () => {
    const { deps, feeds, fetch } = world();
    const regions = ["C", "J", "P"];
    const ids = ["national", "13", "14", "1"];
    const answers = fetchOf((url) => {
      if (url.pathname.includes("-J/") || url.pathname.endsWith("regionid/1")) return down();
      return url.host === "octopus.example" ? feeds.prices() : feeds.carbon();
    });
    const sources = [
      ...regions.map((region) =>
        octopusSource({ fetch: answers, baseUrl: "https://octopus.example", product: "AGILE-24-10-01", region }),
      ),
      ...ids.map((region) => carbonIntensitySource({ fetch: answers, baseUrl: "https://carbon.example", region })),
    ];
    const kept = [
      "octopus-agile#C",
      "octopus-agile#P",
      ...["national", "13", "14"].map((id) => `carbon-intensity#${id}`),
    ];
    expect((await run({}, { ...deps, sources })).map(({ series }) => series)).toEqual(kept);
    expect(deps.bus.published.map(({ detail }) => ("series" in detail ? detail.series : ""))).toEqual(kept);
    expect(deps.store.writes.map(({ series }) => series)).toEqual(kept);
    expect(deps.log.lines).toEqual([
      { code: "SIGNAL_FETCH_FAILED", fields: { series: "octopus-agile#J", faultClass: "transient" } },
      { code: "SIGNAL_FETCH_FAILED", fields: { series: "carbon-intensity#1", faultClass: "transient" } },
    ]);
    expect(answers.urls).toHaveLength(7);
    expect(fetch.urls).toEqual([]);
  });

  it("keeps the last good slots when a feed answers with an empty list", async () => {
    const { deps, feeds } = world();
    await run({}, deps);
    feeds.carbon = () => Response.json({ data: [] });
    await run({}, { ...deps, now: () => LATER });
    expect(await deps.store.slots(CARBON, at("2023-11-19T00:00Z"), at("2023-11-22T00:00Z"))).toHaveLength(144);
    expect(deps.log.lines).toEqual([
      { code: "SIGNAL_FETCH_FAILED", fields: { series: CARBON, faultClass: "vendor-outage" } },
    ]);
  });

  it("throws when both are down, having stored and published nothing", async () => {
    const { deps } = world({ prices: down, carbon: () => new Response("<html></html>") });
    await expect(run({}, deps)).rejects.toThrow("no signal feed was of use");
    expect(deps.store.writes).toEqual([]);
    expect(deps.bus.published).toEqual([]);
    expect(deps.log.lines.map(({ fields }) => fields.faultClass)).toEqual(["transient", "malformed-message"]);
  });

  it("calls a bug of ours our fault and still serves the other feed", async () => {
    const { deps } = world();
    const [agile, carbon] = deps.sources;
    if (!agile || !carbon) throw new Error("two sources expected");
    const broken = { ...agile, fetchSlots: () => Promise.reject(new TypeError("undefined is not a function")) };
    await run({}, { ...deps, sources: [broken, carbon] });
    expect(deps.log.lines).toEqual([
      { code: "SIGNAL_FETCH_FAILED", fields: { series: AGILE, faultClass: "our-fault" } },
    ]);
  });

  it("logs bad points once for each reason, and the hole that they leave", async () => {
    const { deps, feeds } = world();
    feeds.prices = () => {
      const rows = rates().map((rate, i) => (i === 60 || i === 61 ? { ...rate, value_inc_vat: null } : rate));
      return Response.json({ next: null, results: rows });
    };
    expect(await run({}, deps)).toMatchObject([{ fetched: 92 }, { fetched: 144 }]);
    expect(deps.log.lines).toMatchObject([
      { code: "SIGNAL_POINT_DROPPED", fields: { series: AGILE, points: 2, firstAt: "2023-11-20T06:00:00Z" } },
      { code: "SIGNAL_DAY_INCOMPLETE", fields: { series: AGILE, day: "2023-11-20", finding: "incomplete" } },
    ]);
  });

  it("says in the evening that tomorrow's prices have not come", async () => {
    const { deps } = world();
    await run({}, deps);
    await run({}, { ...deps, now: () => at("2023-11-20T20:01Z") });
    expect(deps.log.lines).toMatchObject([
      { code: "SIGNAL_DAY_INCOMPLETE", fields: { series: AGILE, day: "2023-11-21" } },
    ]);
  });

  it("fails loudly when the slots cannot be written, and publishes nothing", async () => {
    const { deps } = world();
    const store = { ...deps.store, putSlots: () => Promise.reject(new Error("table gone")) };
    await expect(run({}, { ...deps, store })).rejects.toThrow("table gone");
    expect(deps.bus.published).toEqual([]);
  });
});
