import { describe, expect, it } from "vitest";
import { gridEventLines, gridEventReport, nightEventOf } from "../../local/night/grid-event.ts";
import { prepare } from "../../local/night/inputs.ts";
import { nightOf } from "../../local/night/night.ts";
import type { Outcome } from "../../local/night/outcome.ts";
import { epochMs, HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { at } from "../builders.ts";

const night = nightOf("2026-01-14", "Europe/London");

describe("an event of a night", () => {
  it.each([
    ["02:00-04:00=5", "2026-01-15T02:00Z", "2026-01-15T04:00Z", 5],
    ["22:30-00:30=7.5", "2026-01-14T22:30Z", "2026-01-15T00:30Z", 7.5],
    ["11:00-12:00=0", "2026-01-15T11:00Z", "2026-01-15T12:00Z", 0],
  ])("is told by clocks at the homes, noon to noon: %s", (text, from, to, kw) => {
    expect(nightEventOf(text, night)).toEqual({ fromMs: epochMs(at(from)), toMs: epochMs(at(to)), kw });
  });

  it("is in summer time in summer", () => {
    const summer = nightOf("2026-07-14", "Europe/London");
    expect(instant(nightEventOf("02:00-04:00=5", summer).fromMs)).toBe("2026-07-15T01:00:00.000Z");
  });

  it.each([
    "02:00-04:00",
    "2-4=5",
    "02:15-04:00=5",
    "24:00-04:00=5",
    "02:00-04:00=-5",
    "04:00-02:00=5",
    "11:00-13:00=5",
  ])("is refused, with an example: %s", (text) => {
    expect(() => nightEventOf(text, night)).toThrow(/^--event wants half-hours of the night and kW, such as/);
  });
});

describe("what was metered in an event", () => {
  const event = nightEventOf("02:00-03:30=5", night);
  const from = (minutes: number) => event.fromMs + minutes * 60_000;
  const drew = (fromMinutes: number, toMinutes: number, powerKw: number) => [
    { startsAtMs: from(fromMinutes), endsAtMs: from(toMinutes), powerKw },
  ];

  async function told(drawn: Record<string, ReturnType<typeof drew>>, plannedAtMinutes: Record<string, number> = {}) {
    const inputs = await prepare({
      ...{ night: "2026-01-14", zone: "Europe/London", cars: 2, chargers: 0, heatPumps: 1, solarSites: 0 },
      ...{
        prices: undefined,
        carbon: undefined,
        sessions: undefined,
        faults: "none",
        seed: 1,
        carbonWeightPencePerKg: 0,
      },
    });
    const planned = { "car-0001": -60, "car-0002": -60, ...plannedAtMinutes };
    const events = Object.entries(planned).map(([assetId, minutes]): Outcome["events"][number] => ({
      name: "PlanUpdated",
      atMs: from(minutes),
      assetId,
      faultClass: undefined,
    }));
    return gridEventReport(event, inputs, { intervals: (assetId) => drawn[assetId] ?? [], events });
  }
  const rows = async (...args: Parameters<typeof told>) =>
    (await told(...args)).halfHours.map(({ meteredKw, unplannedKw, overKw }) => [meteredKw, unplannedKw, overKw]);

  it("is the mean of all meters in each half-hour, and over where that is above the limit", async () => {
    const drawn = { "car-0001": drew(-30, 45, 4), "car-0002": drew(0, 30, 3) };
    expect(await rows(drawn)).toEqual([
      [7, 0, 2],
      [2, 0, 0],
      [0, 0, 0],
    ]);
    const text = gridEventLines(await told(drawn), "Europe/London").join("\n");
    expect(text).toContain("Grid event, at most 5.0 kW: kept in 2 of 3 half-hours by what we charged");
    expect(text).toContain("  02:00  metered    7.00 kW, OVER by 2.00 kW");
    expect(text).toContain("  02:30  metered    2.00 kW\n");
  });

  it("tells apart what cars draw by themselves before their first plan", async () => {
    const drawn = { "car-0001": drew(0, 60, 4), "car-0002": drew(0, 60, 3) };
    expect(await rows(drawn, { "car-0002": 45 })).toEqual([
      [7, 3, 0],
      [7, 1.5, 0.5],
      [0, 0, 0],
    ]);
    const text = gridEventLines(await told(drawn, { "car-0002": 45 }), "Europe/London").join("\n");
    expect(text).toContain("7.00 kW, 1.50 kW by cars before their first plan, OVER by 0.50 kW");
  });

  it("is not over by a heat pump alone, but by what we charge beside it", async () => {
    expect(await rows({ "pump-0001": drew(0, 60, 6), "car-0001": drew(30, 60, 3) })).toEqual([
      [6, 0, 0],
      [9, 0, 3],
      [0, 0, 0],
    ]);
  });

  it("ends where clocks say, in hours: nothing before or after it counts", async () => {
    const report = await told({
      "car-0001": [{ startsAtMs: event.fromMs - HOUR_MS, endsAtMs: event.fromMs, powerKw: 9 }],
    });
    expect(report.halfHours.every(({ meteredKw }) => meteredKw === 0)).toBe(true);
    expect(report.halfHours).toHaveLength(3);
  });
});
