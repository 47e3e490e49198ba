import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Datum, metricKey } from "../../../local/cloudwatch/metric.ts";
import { MetricStore } from "../../../local/cloudwatch/metric-store.ts";
import { chartSeries, queryOf } from "../../../local/cloudwatch/query.ts";
import { readStatistic } from "../../../local/cloudwatch/statistic.ts";

const MINUTE_MS = 60_000;
const NOON = Date.parse("2026-01-14T12:00:00Z");
const metric = { namespace: "Headroom", name: "polls", dimensions: { service: "scheduler", integration: "tesla" } };
const STATISTICS = ["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p99"] as const;

const naive: Record<(typeof STATISTICS)[number], (values: number[]) => number> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
  SampleCount: (values) => values.length,
  p50: (values) => values.toSorted((a, b) => a - b)[Math.ceil(0.5 * values.length) - 1] as number,
  p99: (values) => values.toSorted((a, b) => a - b)[Math.ceil(0.99 * values.length) - 1] as number,
};

describe("the metric store", () => {
  it("answers for any periods what the values in them come to", () => {
    const data = fc.array(
      fc.record({ minute: fc.integer({ min: -400, max: 10 }), value: fc.integer({ min: -9, max: 99 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        data,
        fc.constantFrom(...STATISTICS),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: -70, max: 5 }),
        (given, name, length, count, endMinute) => {
          const store = new MetricStore();
          for (const { minute, value } of given) store.put({ ...metric, value }, NOON + minute * MINUTE_MS + 59_999);
          const periods = { endMs: NOON + endMinute * MINUTE_MS, periodMs: length * MINUTE_MS, count };
          const expected = Array.from({ length: count }, (_, index) => {
            const from = endMinute - (count - index) * length;
            const inside = given.filter(({ minute }) => minute >= from && minute < from + length);
            return inside.length === 0 ? undefined : naive[name](inside.map(({ value }) => value));
          });
          const found = store.points(metric, readStatistic(name), periods);
          expect(found.map((value) => value?.toFixed(9))).toEqual(expected.map((value) => value?.toFixed(9)));
        },
      ),
    );
  });

  it("tells metrics apart by namespace, name and the exact set of dimensions, whose order means nothing", () => {
    const store = new MetricStore();
    store.put({ ...metric, value: 1 }, NOON);
    const sumOf = (changes: Partial<Datum>) =>
      store.points({ ...metric, ...changes }, "Sum", { endMs: NOON + MINUTE_MS, periodMs: MINUTE_MS, count: 1 })[0];
    expect(sumOf({ dimensions: { integration: "tesla", service: "scheduler" } })).toBe(1);
    expect(sumOf({ dimensions: { service: "scheduler" } })).toBeUndefined();
    expect(sumOf({ dimensions: { ...metric.dimensions, stage: "dev" } })).toBeUndefined();
    expect(sumOf({ dimensions: { service: "tesla", integration: "scheduler" } })).toBeUndefined();
    expect(sumOf({ name: "Polls" })).toBeUndefined();
    expect(sumOf({ namespace: "headroom" })).toBeUndefined();
    expect(metricKey({ ...metric, dimensions: { a: "b", c: "d" } })).not.toBe(
      metricKey({ ...metric, dimensions: { a: "b,c", d: "" } }),
    );
  });

  it("forgets whole hours, and what is left still adds up", () => {
    const store = new MetricStore();
    for (let minute = 0; minute < 180; minute++) store.put({ ...metric, value: 1 }, NOON + minute * MINUTE_MS);
    store.put({ ...metric, name: "old", value: 1 }, NOON);
    store.forgetBefore(NOON + 119 * MINUTE_MS);
    const found = store.points(metric, "Sum", { endMs: NOON + 180 * MINUTE_MS, periodMs: 45 * MINUTE_MS, count: 4 });
    expect(found).toEqual([undefined, 30, 45, 45]);
    expect(store.metrics()).toEqual([metric]);
  });

  it("refuses a statistic that it does not know, by name", () => {
    expect(readStatistic("p99.9")).toEqual({ percentile: 99.9 });
    for (const name of ["tm99", "IQM", "sum", "p101", "p"]) expect(() => readStatistic(name)).toThrow(name);
  });

  it("gives a chart the periods of a span, aligned and stamped with their start", () => {
    const store = new MetricStore();
    store.put({ ...metric, value: 3 }, NOON + 7 * MINUTE_MS);
    const span = { fromMs: NOON + MINUTE_MS, toMs: NOON + 11 * MINUTE_MS, periodMs: 5 * MINUTE_MS };
    expect(chartSeries(queryOf(metric, "Maximum"), store, span)).toEqual([
      { atMs: NOON, value: undefined },
      { atMs: NOON + 5 * MINUTE_MS, value: 3 },
      { atMs: NOON + 10 * MINUTE_MS, value: undefined },
    ]);
  });
});
