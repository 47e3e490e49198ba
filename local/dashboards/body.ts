import { z } from "zod";
import type { MetricQuery } from "../cloudwatch/alarm-schema.ts";

/** One series of a chart, as a list of queries of which one returns data. */
export type Series = { label: string; queries: z.infer<typeof MetricQuery>[] };

export type Graph = {
  kind: "graph";
  title: string;
  unit: string;
  isStacked: boolean;
  /** Where the axis ends; where the data do when absent. */
  most: number | undefined;
  limits: { label: string; value: number; color: string }[];
  series: Series[];
};
/** The state of these alarms, by their names. */
export type AlarmList = { kind: "alarms"; title: string; alarms: string[] };

/** A dashboard as CloudWatch would draw it: its heading, and its widgets in reading order. */
export type Body = { heading: string; widgets: (Graph | AlarmList)[] };

const place = { width: z.number(), height: z.number(), x: z.number(), y: z.number() };
const Options = z.strictObject({
  id: z.string().optional(),
  label: z.string().optional(),
  expression: z.string().optional(),
  stat: z.string().default("Average"),
  period: z.number().default(300),
  visible: z.boolean().default(true),
});
const GraphWidget = z.strictObject({
  type: z.literal("metric"),
  ...place,
  properties: z.strictObject({
    view: z.literal("timeSeries"),
    title: z.string(),
    region: z.string(),
    stacked: z.boolean().default(false),
    metrics: z.array(z.array(z.union([z.string(), Options]))),
    annotations: z
      .strictObject({
        horizontal: z.array(
          z.strictObject({ label: z.string(), value: z.number(), color: z.string(), yAxis: z.literal("left") }),
        ),
      })
      .default({ horizontal: [] }),
    yAxis: z.strictObject({
      left: z.strictObject({
        label: z.string(),
        showUnits: z.literal(false),
        min: z.literal(0),
        max: z.number().optional(),
      }),
    }),
  }),
});
const AlarmWidget = z.strictObject({
  type: z.literal("alarm"),
  ...place,
  properties: z.strictObject({ title: z.string(), alarms: z.array(z.string().startsWith("arn:")) }),
});
const TextWidget = z.strictObject({
  type: z.literal("text"),
  ...place,
  properties: z.strictObject({ markdown: z.string().startsWith("# "), background: z.literal("transparent") }),
});
const Dashboard = z.strictObject({
  start: z.string(),
  periodOverride: z.literal("inherit"),
  widgets: z.array(z.discriminatedUnion("type", [GraphWidget, AlarmWidget, TextWidget])),
});

/** Reads a `DashboardBody` of the kind that this project deploys; throws a ZodError for any other. */
export function parseBody(text: string): Body {
  const { widgets } = Dashboard.parse(JSON.parse(text));
  const heading = widgets.find(({ type }) => type === "text") as z.infer<typeof TextWidget> | undefined;
  return {
    heading: heading?.properties.markdown.replace(/^# /, "") ?? "",
    widgets: widgets
      .toSorted((a, b) => a.y - b.y || a.x - b.x)
      .flatMap((widget) => {
        if (widget.type === "text") return [];
        return [widget.type === "metric" ? graphOf(widget.properties) : alarmsOf(widget.properties)];
      }),
  };
}

function alarmsOf({ title, alarms }: z.infer<typeof AlarmWidget>["properties"]): AlarmList {
  return { kind: "alarms", title, alarms: alarms.map((arn) => arn.split(":alarm:")[1] ?? arn) };
}

function graphOf(properties: z.infer<typeof GraphWidget>["properties"]): Graph {
  const { title, stacked, metrics, annotations, yAxis } = properties;
  const all = metrics.map((entry, index) => queryOf(entry, `line${index}`));
  return {
    kind: "graph",
    title,
    unit: yAxis.left.label,
    isStacked: stacked,
    most: yAxis.left.max,
    limits: annotations.horizontal,
    series: all
      .filter(({ isVisible }) => isVisible)
      .map(({ label, query }) => ({ label, queries: withWhatItReads(query, all) })),
  };
}

type Entry = { isVisible: boolean; label: string; query: z.infer<typeof MetricQuery> };

/** `[namespace, name, dimension, value, …, options]`, or options alone with an expression. */
function queryOf(entry: (string | z.infer<typeof Options>)[], unnamed: string): Entry {
  const words = entry.filter((one) => typeof one === "string");
  const options = entry.find((one) => typeof one === "object") ?? Options.parse({});
  const { id = unnamed, label = id, expression, stat, period, visible } = options;
  const [Namespace = "", MetricName = "", ...pairs] = words;
  const Dimensions = pairs.flatMap((Name, index) =>
    index % 2 === 0 ? [{ Name, Value: pairs[index + 1] as string }] : [],
  );
  return {
    isVisible: visible,
    label,
    query: {
      Id: id,
      ReturnData: true,
      ...(expression === undefined
        ? { MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: period, Stat: stat } }
        : { Expression: expression, Period: period }),
    },
  };
}

function withWhatItReads(query: Entry["query"], all: Entry[]): Entry["query"][] {
  const names = new Set(query.Expression?.match(/\b[a-z]\w*\b/g));
  const read = all.map((entry) => entry.query).filter(({ Id }) => names.has(Id));
  return [query, ...read.map((one) => ({ ...one, ReturnData: false }))];
}
