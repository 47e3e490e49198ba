import { describe, expect, it } from "vitest";
import {
  CarbonRegion,
  carbonIntensitySource,
  rangeUrl,
  toSlots,
} from "../../lambdas/signals/sources/carbon-intensity.ts";
import { aCarbonRow, at, fetchOf, halfHourStarts, span } from "./builders.ts";

const NOW = at("2023-11-20T17:00Z");
const DAY = span("2023-11-20T00:00Z", "2023-11-21T00:00Z");
const BASE = "https://carbon.example";

function fetchSlots(answer: () => Response, region = "national") {
  return carbonIntensitySource({ fetch: fetchOf(answer), baseUrl: BASE, region }).fetchSlots(DAY, NOW);
}

describe("the range URL", () => {
  it("writes times without seconds, nationally and by region", () => {
    expect(rangeUrl(BASE, "national", DAY).href).toBe(`${BASE}/intensity/2023-11-20T00:00Z/2023-11-21T00:00Z`);
    expect(rangeUrl(BASE, "13", DAY).href).toBe(
      `${BASE}/regional/intensity/2023-11-20T00:00Z/2023-11-21T00:00Z/regionid/13`,
    );
  });

  it.each(["national", "1", "9", "10", "17"])("knows region %s", (region) =>
    expect(CarbonRegion.safeParse(region).success).toBe(true),
  );
  it.each(["", "0", "18", "London", "01"])("refuses region %j", (region) =>
    expect(CarbonRegion.safeParse(region).success).toBe(false),
  );
});

describe("toSlots of carbon intensity", () => {
  it("takes the actual, else the forecast, else nothing", () => {
    const { slots, dropped } = toSlots(
      {
        data: [
          aCarbonRow("2023-11-20T00:00Z", { forecast: 60, actual: 64 }),
          aCarbonRow("2023-11-20T00:30Z", { forecast: 61, actual: null }),
          aCarbonRow("2023-11-20T01:00Z", { forecast: null, actual: null }),
          aCarbonRow("2023-11-20T01:30Z", { forecast: 62 }),
          aCarbonRow("2023-11-20T02:00Z", { forecast: 50, actual: 0 }),
        ],
      },
      "national",
      DAY,
      NOW,
    );
    expect(slots.map(({ startsAt, value, kind }) => [startsAt.slice(11, 16), value, kind])).toEqual([
      ["00:00", 64, "actual"],
      ["00:30", 61, "forecast"],
      ["01:30", 62, "forecast"],
      ["02:00", 0, "actual"],
    ]);
    expect(dropped).toEqual([]);
  });

  it("reads both nestings of the regional answer and only the region asked for", () => {
    const data = [aCarbonRow("2023-11-20T00:00Z", { forecast: 60 })];
    for (const answer of [{ data: { regionid: 13, data } }, { data: [{ regionid: 13, data }] }]) {
      expect(toSlots(answer, "13", DAY, NOW).slots).toMatchObject([{ value: 60, kind: "forecast" }]);
      expect(toSlots(answer, "12", DAY, NOW).slots).toEqual([]);
    }
  });

  it("leaves out half-hours beyond the span, such as the one before it", () => {
    const data = halfHourStarts("2023-11-19T23:30Z", "2023-11-21T01:00Z").map((ms) =>
      aCarbonRow(new Date(ms).toISOString(), { forecast: 1 }),
    );
    expect(toSlots({ data }, "national", DAY, NOW).slots).toHaveLength(48);
  });

  it.each([
    ["2023-03-26T00:00Z", "2023-03-26T23:00Z", 46],
    ["2023-10-28T23:00Z", "2023-10-30T00:00Z", 50],
  ])("keeps a clock-change day whole (%s)", (from, to, count) => {
    const data = halfHourStarts(from, to).map((ms) => aCarbonRow(new Date(ms).toISOString(), { forecast: 1 }));
    expect(toSlots({ data }, "national", span(from, to), NOW).slots).toHaveLength(count);
  });

  it.each([
    ["a negative intensity", aCarbonRow("2023-11-20T01:00Z", { forecast: -1 }), /forecast/],
    ["an intensity in words", aCarbonRow("2023-11-20T01:00Z", { actual: "low" }), /actual/],
    ["a row without times", { intensity: { forecast: 1 } }, /from/],
    [
      "times off the half-hour",
      { from: "2023-11-20T01:10Z", to: "2023-11-20T01:40Z", intensity: { forecast: 1 } },
      /half-hours/,
    ],
    [
      "an end before the start",
      { from: "2023-11-20T01:00Z", to: "2023-11-20T00:30Z", intensity: { forecast: 1 } },
      /ends before/,
    ],
  ])("drops %s and keeps the rest", (_what, bad, reason) => {
    const { slots, dropped } = toSlots(
      { data: [bad, aCarbonRow("2023-11-20T00:00Z", { forecast: 9 })] },
      "national",
      DAY,
      NOW,
    );
    expect(slots.map((slot) => slot.value)).toEqual([9]);
    expect(dropped).toHaveLength(1);
    expect(dropped[0]?.reason).toMatch(reason);
  });
});

describe("fetching carbon intensity", () => {
  it.each([
    [
      "HTTP 400",
      () => Response.json({ error: { code: "400 Bad Request", message: "string" } }, { status: 400 }),
      "our-fault",
    ],
    ["HTTP 404", () => new Response("", { status: 404 }), "our-configuration"],
    ["HTTP 429", () => new Response("", { status: 429 }), "rate-limited"],
    ["HTTP 500", () => Response.json({ error: { code: "500" } }, { status: 500 }), "transient"],
    ["an empty object", () => Response.json({}), "vendor-outage"],
    ["an empty list", () => Response.json({ data: [] }), "vendor-outage"],
    ["a 400 inside a 200", () => Response.json({ error: { code: "400 Bad Request" } }), "our-fault"],
    ["an unclear error inside a 200", () => Response.json({ data: [], error: { code: "Oops" } }), "vendor-outage"],
    ["HTML", () => new Response("<html></html>"), "malformed-message"],
    ["data that is no list", () => Response.json({ data: "soon" }), "malformed-message"],
  ])("calls %s a fault", async (_what, answer, fault) => {
    await expect(fetchSlots(answer)).rejects.toMatchObject({ fault });
  });

  it("calls a cut connection transient", async () => {
    const failing = () => {
      throw new TypeError("fetch failed");
    };
    await expect(fetchSlots(failing)).rejects.toMatchObject({ fault: "transient", mayHaveActed: false });
  });
});
