import { describe, expect, it } from "vitest";
import { compileSchedule } from "../../local/gateway/schedules.ts";

const START = "2026-03-27T12:00:00Z";

function runs(expression: string, zone: string, from: string, count: number): string[] {
  const next = compileSchedule(expression, zone, Date.parse(from));
  const found: string[] = [];
  let at: number | undefined = Date.parse(from);
  while (found.length < count) {
    at = next(at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

describe("schedule expressions", () => {
  it("counts a rate from the creation of the schedule", () => {
    expect(runs("rate(1 minute)", "UTC", START, 2)).toEqual(["2026-03-27T12:01", "2026-03-27T12:02"]);
    expect(runs("rate(12 hours)", "UTC", START, 2)).toEqual(["2026-03-28T00:00", "2026-03-28T12:00"]);
  });

  it("runs an at expression once, in its own zone", () => {
    expect(runs("at(2026-07-01T08:30:00)", "Europe/London", START, 2)).toEqual(["2026-07-01T07:30"]);
    expect(runs("at(2026-01-01T00:00:00)", "UTC", START, 2)).toEqual([]);
  });

  it.each([
    [
      "every quarter from minute 5",
      "cron(5/15 12 * * ? *)",
      ["2026-03-27T12:05", "2026-03-27T12:20", "2026-03-27T12:35"],
    ],
    ["a list of hours", "cron(0 13,18 * * ? *)", ["2026-03-27T13:00", "2026-03-27T18:00", "2026-03-28T13:00"]],
    ["weekdays, by name", "cron(0 9 ? * MON-FRI *)", ["2026-03-30T09:00", "2026-03-31T09:00", "2026-04-01T09:00"]],
    ["Sunday is the first day", "cron(0 9 ? * 1 *)", ["2026-03-29T09:00", "2026-04-05T09:00", "2026-04-12T09:00"]],
    ["the third Friday", "cron(0 9 ? * 6#3 *)", ["2026-04-17T09:00", "2026-05-15T09:00", "2026-06-19T09:00"]],
    ["the last Friday", "cron(0 9 ? * 6L *)", ["2026-04-24T09:00", "2026-05-29T09:00", "2026-06-26T09:00"]],
    ["the last day of the month", "cron(0 9 L * ? *)", ["2026-03-31T09:00", "2026-04-30T09:00", "2026-05-31T09:00"]],
    [
      "the weekday nearest the fifteenth",
      "cron(0 9 15W * ? *)",
      ["2026-04-15T09:00", "2026-05-15T09:00", "2026-06-15T09:00"],
    ],
    ["a year", "cron(0 9 1 1 ? 2028)", ["2028-01-01T09:00"]],
  ])("understands %s", (_what, expression, expected) => {
    expect(runs(expression, "UTC", START, 3)).toEqual(expected);
  });

  it("skips a time that does not exist on the night the clock goes forward", () => {
    expect(runs("cron(30 1 * * ? *)", "Europe/London", START, 3)).toEqual([
      "2026-03-28T01:30",
      "2026-03-30T00:30",
      "2026-03-31T00:30",
    ]);
  });

  it("runs a time that comes twice on the night the clock goes back only once", () => {
    expect(runs("cron(30 1 * * ? *)", "Europe/London", "2026-10-23T12:00:00Z", 3)).toEqual([
      "2026-10-24T00:30",
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  it("goes on from half an hour to the next across the missing hour", () => {
    expect(runs("cron(0/30 * * * ? *)", "Europe/London", "2026-03-29T00:15:00Z", 3)).toEqual([
      "2026-03-29T00:30",
      "2026-03-29T01:00",
      "2026-03-29T01:30",
    ]);
  });

  it("is not disturbed by a clock change in another zone", () => {
    expect(runs("cron(30 1 * * ? *)", "UTC", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:30",
      "2026-03-30T01:30",
    ]);
  });

  it.each([
    ["five fields", "cron(0 9 * * ?)"],
    ["two days at once", "cron(0 9 1 * 2 *)"],
    ["no days at all", "cron(0 9 ? * ? *)"],
    ["an unknown unit", "rate(5 fortnights)"],
    ["something else", "every(5 minutes)"],
  ])("refuses %s", (_what, expression) => {
    expect(() => compileSchedule(expression, "UTC", 0)).toThrow(expression);
  });
});
