import { describe, expect, it } from "vitest";
import { OBJECTIVES } from "../../lib/alarms/burn-rate.ts";
import { mathQuery } from "../../local/cloudwatch/query.ts";
import { type Body, type Graph, parseBody } from "../../local/dashboards/body.ts";
import { METRICS, type MetricName } from "../../shared/domain/metric.ts";
import { alarmRows } from "./alarm-rows.ts";
import { MANIFESTS, ofType, type Resource, resourcesOf } from "./templates.ts";

/** Every dashboard of a stage, by its name; what only a deployment knows stands there as the text of its reference. */
async function dashboardsOf(stage: "dev" | "prod"): Promise<Record<string, Body>> {
  const text = ({ Properties }: Resource): string =>
    Properties.DashboardBody["Fn::Join"][1]
      .map((part: unknown) =>
        typeof part === "string"
          ? part
          : Object.values(part as object)
              .flat()
              .join("."),
      )
      .join("");
  const all = ofType(await resourcesOf(stage), "AWS::CloudWatch::Dashboard");
  return Object.fromEntries(all.map(([, one]) => [one.Properties.DashboardName, parseBody(text(one))]));
}

const graphsOf = ({ widgets }: Body): Graph[] => widgets.filter((widget) => widget.kind === "graph");
const metricsOf = ({ series }: Graph) =>
  series.flatMap(({ queries }) => queries.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []));
const namesOf = (graph: Graph) => new Set(metricsOf(graph).map(({ MetricName }) => MetricName));

describe("the dashboards", () => {
  it("are two in prod and none in dev: each costs $3 a month", async () => {
    expect(Object.entries(await dashboardsOf("prod")).map(([name, { heading }]) => [name, heading])).toEqual([
      ["headroom-prod-flexibility", "Headroom prod: Is flexibility being delivered?"],
      ["headroom-prod-machine", "Headroom prod: Is the machine well?"],
    ]);
    expect(await dashboardsOf("dev")).toEqual({});
  });

  it("read metrics that are sent, with the dimensions that they are sent with", async () => {
    const services = new Set(["scheduler", "verifier", "optimiser", "signals", ...MANIFESTS.map(({ name }) => name)]);
    const read = Object.values(await dashboardsOf("prod"))
      .flatMap(graphsOf)
      .flatMap(metricsOf);
    const ours = read.filter(({ Namespace }) => Namespace === "Headroom");
    expect(ours.length).toBeGreaterThan(20);
    for (const { MetricName, Dimensions } of ours) {
      const known = METRICS[MetricName as MetricName];
      expect(known, MetricName).toBeDefined();
      expect(Dimensions.map(({ Name }) => Name).sort(), MetricName).toEqual([...known.dimensions].sort());
      const service = Dimensions.find(({ Name }) => Name === "service")?.Value;
      if (service !== undefined) expect(services).toContain(service);
    }
  });

  it("use metric math that alarms use too, over one period in each line", async () => {
    const series = Object.values(await dashboardsOf("prod"))
      .flatMap(graphsOf)
      .flatMap((graph) => graph.series);
    for (const { label, queries } of series) expect(() => mathQuery(queries), label).not.toThrow();
  });

  it("hold every service level against its objective", async () => {
    const graphs = Object.values(await dashboardsOf("prod")).flatMap(graphsOf);
    const of = (name: string) =>
      graphs.filter((graph) => namesOf(graph).has(name)).flatMap(({ limits }) => limits.map(({ value }) => value));
    const promised = { freshness: "assets_not_read", confirmedCommands: "commands_missed" };
    expect(Object.keys(promised)).toEqual(Object.keys(OBJECTIVES));
    for (const slo of ["freshness", "confirmedCommands"] as const)
      expect(of(promised[slo]), slo).toContain(OBJECTIVES[slo]);
  });

  it("draw an alarm's line only where an alarm that reads the same has its threshold", async () => {
    const resources = await resourcesOf("prod");
    const thresholds = alarmRows(resources).flatMap(({ id, metrics }) =>
      metrics.map(({ name }) => `${name} ${resources[id]?.Properties.Threshold}`),
    );
    const graphs = Object.values(await dashboardsOf("prod")).flatMap(graphsOf);
    const lines = graphs.flatMap((graph) =>
      graph.limits
        .filter(({ label }) => label.startsWith("alarm"))
        .map(({ label, value }) => ({ label, reads: [...namesOf(graph)].map((name) => `${name} ${value}`) })),
    );
    expect(lines.length).toBeGreaterThan(5);
    for (const { label, reads } of lines)
      expect(
        reads.some((one) => thresholds.includes(one)),
        `${label}: ${reads}`,
      ).toBe(true);
  });

  it("leave out no function, no queue and no alarm that is told", async () => {
    const resources = await resourcesOf("prod");
    const { "headroom-prod-machine": body } = await dashboardsOf("prod");
    const drawn = JSON.stringify(body);
    const parts = [...ofType(resources, "AWS::Lambda::Function"), ...ofType(resources, "AWS::SQS::Queue")];
    expect(parts.map(([id]) => id).filter((id) => !drawn.includes(id))).toEqual([]);
    const told = alarmRows(resources).filter(({ actions }) => actions.length > 0);
    const listed = body?.widgets.flatMap((widget) => (widget.kind === "alarms" ? widget.alarms : [])) ?? [];
    expect(listed.toSorted()).toEqual(told.map(({ name }) => name).sort());
  });
});
