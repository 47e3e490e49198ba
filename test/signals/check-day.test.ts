import { describe, expect, it } from "vitest";
import { checkDay, daysToCheck } from "../../lambdas/signals/check-day.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { aSlot, at, slotsOver, span } from "./builders.ts";

const LONDON = { zone: "Europe/London", measure: "price" } as const;

function findings(day: string, slots: Slot[], more: Partial<Parameters<typeof checkDay>[0]> = {}) {
  return checkDay({ ...LONDON, day, ...more }, slots).map((found) => found.finding);
}

describe("a day's sanity", () => {
  it.each([
    ["2023-03-26", "2023-03-26T00:00Z", "2023-03-26T23:00Z", 46],
    ["2023-10-29", "2023-10-28T23:00Z", "2023-10-30T00:00Z", 50],
    ["2023-11-20", "2023-11-20T00:00Z", "2023-11-21T00:00Z", 48],
  ])("%s is complete with its own number of half-hours", (day, from, to, count) => {
    const slots = slotsOver(from, to, (i) => i);
    expect(slots).toHaveLength(count);
    expect(findings(day, slots)).toEqual([]);
    expect(findings(day, slots.slice(0, -1))).toEqual(["incomplete"]);
  });

  it("does not take 48 half-hours for a day of 50", () => {
    const found = checkDay(
      { ...LONDON, day: "2023-10-29" },
      slotsOver("2023-10-28T23:00Z", "2023-10-29T23:00Z", (i) => i),
    );
    expect(found).toEqual([{ finding: "incomplete", detail: "1440 of 1500 minutes have a value" }]);
  });

  it("goes by covered time, not by the number of slots", () => {
    const hours = Array.from({ length: 24 }, (_, hour) => {
      const start = `2023-11-20T${String(hour).padStart(2, "0")}:00Z`;
      return aSlot(start, hour, { endsAt: at(new Date(Date.parse(start) + 3_600_000).toISOString()) });
    });
    expect(findings("2023-11-20", hours)).toEqual([]);
  });

  it("sees a day of zeros, a stale copy of yesterday and values out of bounds", () => {
    const two = slotsOver("2023-11-19T00:00Z", "2023-11-21T00:00Z", (i) => i % 48);
    expect(findings("2023-11-20", two)).toEqual(["same-as-yesterday"]);
    expect(
      findings(
        "2023-11-20",
        slotsOver("2023-11-20T00:00Z", "2023-11-21T00:00Z", () => 0),
      ),
    ).toEqual(["all-zero"]);
    expect(
      findings(
        "2023-11-20",
        slotsOver("2023-11-20T00:00Z", "2023-11-21T00:00Z", (i) => (i === 3 ? 101 : i)),
      ),
    ).toEqual(["out-of-bounds"]);
    expect(
      findings(
        "2023-11-20",
        slotsOver("2023-11-20T00:00Z", "2023-11-21T00:00Z", (i) => (i === 3 ? 701 : i)),
        { measure: "carbon" },
      ),
    ).toEqual(["out-of-bounds"]);
  });

  it("does not call a flat tariff stale", () => {
    expect(
      findings(
        "2023-11-20",
        slotsOver("2023-11-19T00:00Z", "2023-11-21T00:00Z", () => 24.5),
      ),
    ).toEqual([]);
  });
});

describe("which days are judged", () => {
  const agile = {
    series: "octopus-agile#C",
    measure: "price",
    dayZone: "Europe/Paris",
    tomorrowDueBy: { zone: "Europe/London", hour: 20 },
  } as const;
  const around = span("2023-11-19T00:00Z", "2023-11-22T00:00Z");
  const arrived = (from: string, to: string) =>
    slotsOver(from, to, () => 1).map((slot) => ({ slot, before: undefined }));

  it("is the market day that has just arrived, although London's tomorrow lacks its last hour", () => {
    const news = arrived("2023-11-20T23:00Z", "2023-11-21T23:00Z");
    expect(daysToCheck(agile, news, around, at("2023-11-20T16:15Z"))).toEqual(["2023-11-21"]);
  });

  it("is no day that only partly lies in the span", () => {
    const news = arrived("2023-11-19T00:00Z", "2023-11-20T23:00Z");
    expect(daysToCheck(agile, news, around, at("2023-11-20T12:00Z"))).toEqual(["2023-11-20"]);
  });

  it("is no day that runs on beyond the span, as London's third day does in summer", () => {
    const carbon = { series: "carbon-intensity#national", measure: "carbon", dayZone: "Europe/London" } as const;
    const summer = span("2023-07-10T00:00Z", "2023-07-13T00:00Z");
    const news = arrived("2023-07-10T00:00Z", "2023-07-13T00:00Z");
    expect(daysToCheck(carbon, news, summer, at("2023-07-11T12:00Z"))).toEqual(["2023-07-11", "2023-07-12"]);
  });

  it("is tomorrow once it is overdue, though nothing arrived", () => {
    expect(daysToCheck(agile, [], around, at("2023-11-20T19:45Z"))).toEqual([]);
    expect(daysToCheck(agile, [], around, at("2023-11-20T20:00Z"))).toEqual(["2023-11-21"]);
  });

  it("is not a day that was only revised", () => {
    const revised = [{ slot: aSlot("2023-11-20T01:00Z", 2), before: aSlot("2023-11-20T01:00Z", 1) }];
    expect(daysToCheck(agile, revised, around, at("2023-11-20T12:00Z"))).toEqual([]);
  });
});
