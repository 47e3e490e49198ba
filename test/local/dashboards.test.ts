import { describe, expect, it } from "vitest";
import { MetricStore } from "../../local/cloudwatch/metric-store.ts";
import type { Body } from "../../local/dashboards/body.ts";
import { picture } from "../../local/dashboards/picture.ts";

const HOUR_MS = 3_600_000;
const fromMs = Date.parse("2026-01-14T12:00:00Z");
const span = { fromMs, toMs: fromMs + 24 * HOUR_MS, zone: "Europe/London" };

const looks = { Namespace: "Headroom", MetricName: "looks", Dimensions: [{ Name: "service", Value: "tesla" }] };
const body: Body = {
  heading: "Headroom dev: <Is> it?",
  widgets: [
    { kind: "alarms", title: "Pages", alarms: ["headroom-dev-tesla-vendor-down", "headroom-dev-tesla-errors"] },
    {
      kind: "graph",
      title: "Looks",
      unit: "looks",
      isStacked: false,
      most: undefined,
      limits: [{ label: "alarm at 7", value: 7, color: "#d62728" }],
      series: ["tesla", "easee"].map((label, index) => ({
        label,
        queries: [
          { Id: `all${index}`, Expression: `FILL(m${index}, 0)`, Period: 3600, ReturnData: true },
          {
            Id: `m${index}`,
            MetricStat: {
              Metric: { ...looks, Dimensions: [{ Name: "service", Value: label }] },
              Period: 3600,
              Stat: "Sum",
            },
            ReturnData: false,
          },
        ],
      })),
    },
  ],
};

function drawn(values: Record<string, number>): string {
  const store = new MetricStore();
  for (const [service, value] of Object.entries(values))
    store.put({ namespace: "Headroom", name: "looks", dimensions: { service }, value }, fromMs + HOUR_MS);
  const ringings = [
    {
      alarm: "headroom-dev-tesla-vendor-down",
      fromMs: fromMs + HOUR_MS,
      untilMs: fromMs + 3 * HOUR_MS,
      reason: "",
      told: true,
    },
    { alarm: "headroom-dev-tesla-errors", fromMs: fromMs - HOUR_MS, untilMs: fromMs - 1, reason: "", told: true },
  ];
  return picture(body, { store, ringings, span, note: "a night" });
}

describe("the picture of a dashboard", () => {
  it("shows each chart with what its limits and its series are called, and what rang in the time it covers", () => {
    const svg = drawn({ tesla: 5, easee: 3 });
    for (const text of ["Headroom dev: &lt;Is&gt; it?", "a night", ">Looks<", "alarm at 7", ">tesla<", ">easee<"])
      expect(svg).toContain(text);
    expect(svg).toContain("Pages: 2 alarms, 1 in ALARM at some time");
    expect(svg).toContain(">tesla-vendor-down<");
    expect(svg).not.toContain(">tesla-errors<");
    expect(svg).not.toMatch(/NaN|undefined|0 all the time/);
  });

  it("says of a chart without anything that it was 0, and leaves what was 0 out of a legend", () => {
    expect(drawn({})).toContain("0 all the time");
    expect(drawn({ tesla: 5 })).not.toContain(">easee<");
  });

  it("draws the same twice", () => {
    expect(drawn({ tesla: 5, easee: 3 })).toBe(drawn({ tesla: 5, easee: 3 }));
  });
});
