import { describe, expect, it } from "vitest";
import { readEmbeddedMetrics } from "../../../local/cloudwatch/embedded-metrics.ts";
import { embeddedMetrics } from "../../../shared/metrics.ts";

const NOW = Date.parse("2026-01-14T12:00:00Z");

function line(changes: { aws?: object; directive?: object; root?: object } = {}): string {
  const directive = {
    Namespace: "Headroom",
    Dimensions: [["service"], ["service", "integration"], []],
    Metrics: [{ Name: "polls", Unit: "Count" }, { Name: "absent" }, { Name: "lags", StorageResolution: 60 }],
    ...changes.directive,
  };
  const aws = { Timestamp: NOW, CloudWatchMetrics: [directive], ...changes.aws };
  return JSON.stringify({
    _aws: aws,
    service: "scheduler",
    integration: "tesla",
    polls: 3,
    lags: [1, 2],
    ...changes.root,
  });
}

describe("a line in the embedded metric format", () => {
  it("makes a metric for every set of dimensions, with every value of a list", () => {
    const read = readEmbeddedMetrics(line(), NOW);
    if (!read || !("data" in read)) throw new Error("it was not read");
    expect(
      read.data.map(({ datum, atMs }) => [datum.name, datum.value, Object.values(datum.dimensions).join(), atMs]),
    ).toEqual(
      ["scheduler", "scheduler,tesla", ""].flatMap((dimensions) => [
        ["polls", 3, dimensions, NOW],
        ["lags", 1, dimensions, NOW],
        ["lags", 2, dimensions, NOW],
      ]),
    );
  });

  it("may have what Lambda writes before it", () => {
    expect(readEmbeddedMetrics(`2026-01-14T12:00:00.000Z\tsome-id\tINFO\t${line()}`, NOW)).toEqual(
      readEmbeddedMetrics(line(), NOW),
    );
  });

  it("reads each directive by itself", () => {
    const one = { Namespace: "A", Dimensions: [["service"]], Metrics: [{ Name: "polls" }] };
    const read = readEmbeddedMetrics(line({ aws: { CloudWatchMetrics: [one, { ...one, Namespace: "B" }] } }), NOW);
    expect(read).toMatchObject({ data: [{ datum: { namespace: "A" } }, { datum: { namespace: "B" } }] });
  });

  it("is what our own meter writes", () => {
    const lines: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = (text) => {
      lines.push(...String(text).split("\n"));
      return true;
    };
    try {
      const meter = embeddedMetrics("scheduler");
      const ofTesla = meter.of({ integration: "tesla" });
      ofTesla.add("assets_checked", 5);
      ofTesla.add("assets_not_read", 1);
      meter.flush();
    } finally {
      process.stdout.write = write;
    }
    const read = lines.map((one) => readEmbeddedMetrics(one, Date.now())).find((one) => one !== undefined);
    expect(read).toMatchObject({
      data: [
        {
          datum: {
            namespace: "Headroom",
            name: "assets_checked",
            value: 5,
            dimensions: { service: "scheduler", integration: "tesla" },
          },
        },
        { datum: { name: "assets_not_read", value: 1 } },
      ],
    });
  });

  it.each([
    ["an ordinary line", '{"level":"info","message":"done"}'],
    ["plain text", "START RequestId"],
    ["a line that quotes the format", JSON.stringify({ message: '{"_aws":{}}' })],
  ])("is not %s", (_what, text) => {
    expect(readEmbeddedMetrics(text, NOW)).toBeUndefined();
  });

  it.each([
    ["cut short", line().slice(0, -5)],
    ["without a timestamp", line({ aws: { Timestamp: undefined } })],
    ["without directives", line({ aws: { CloudWatchMetrics: undefined } })],
    ["with dimensions that are no sets", line({ directive: { Dimensions: ["service"] } })],
  ])("is a parsing error when it is %s", (_what, text) => {
    expect(readEmbeddedMetrics(text, NOW)).toMatchObject({ error: "EMFParsingErrors" });
  });

  it.each([
    ["names a dimension that is not there", line({ root: { integration: undefined } })],
    ["has an empty dimension", line({ root: { service: "" } })],
    ["has a metric that is text", line({ root: { polls: "3" } })],
    ["has no namespace", line({ directive: { Namespace: "" } })],
    [
      "has too many metrics",
      line({ directive: { Metrics: Array.from({ length: 101 }, (_, i) => ({ Name: `m${i}` })) } }),
    ],
    ["has too many values", line({ root: { lags: Array.from({ length: 101 }, () => 1) } })],
    ["is from last month", line({ aws: { Timestamp: NOW - 15 * 86_400_000 } })],
    ["is from tomorrow", line({ aws: { Timestamp: NOW + 86_400_000 } })],
  ])("is a validation error when it %s", (_what, text) => {
    expect(readEmbeddedMetrics(text, NOW)).toMatchObject({ error: "EMFValidationErrors" });
  });
});
