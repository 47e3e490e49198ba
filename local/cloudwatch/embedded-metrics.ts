import { z } from "zod";
import { isObject } from "../json.ts";
import type { Datum } from "./metric.ts";

/** What CloudWatch Logs makes of one log line that is in the embedded metric format. */
export type Extraction =
  | { data: { datum: Datum; atMs: number }[] }
  /** Counted by AWS/Logs: EMFParsingErrors for a line that is not of the format, EMFValidationErrors for what it defines. */
  | { error: "EMFParsingErrors" | "EMFValidationErrors"; reason: string };

const Document = z.object({
  Timestamp: z.number().int().nonnegative(),
  CloudWatchMetrics: z.array(
    z.object({
      Namespace: z.string(),
      Dimensions: z.array(z.array(z.string())),
      Metrics: z.array(z.object({ Name: z.string() })),
    }),
  ),
});

const TWO_WEEKS_MS = 14 * 86_400_000;
const TWO_HOURS_MS = 2 * 3_600_000;
const MOST = {
  metrics: 100,
  dimensions: 30,
  values: 100,
  namespace: 1024,
  metricName: 1024,
  dimensionName: 250,
  dimension: 1024,
};

/**
 * Reads a log line as CloudWatch Logs does; undefined when it is not in the embedded metric format. Every directive
 * and every set of dimensions makes a metric of its own; targets are members of the root, and a metric without its
 * target is left out. Limits: the format's specification (CloudWatch_Embedded_Metric_Format_Specification) and
 * MetricDatum's, timestamps included (two weeks past to two hours ahead).
 */
export function readEmbeddedMetrics(line: string, nowMs: number): Extraction | undefined {
  if (!line.includes('"_aws"')) return undefined;
  let root: unknown;
  try {
    // Lambda may write a time and a request id before it.
    root = JSON.parse(line.slice(line.indexOf("{")));
  } catch {
    return { error: "EMFParsingErrors", reason: "it is not JSON" };
  }
  // Text that quotes the format is not in it.
  if (!isObject(root) || root._aws === undefined) return undefined;
  const parsed = Document.safeParse(root._aws);
  if (!parsed.success) return { error: "EMFParsingErrors", reason: z.prettifyError(parsed.error) };
  const { Timestamp: atMs, CloudWatchMetrics } = parsed.data;
  const reason =
    atMs < nowMs - TWO_WEEKS_MS || atMs > nowMs + TWO_HOURS_MS
      ? `its timestamp ${new Date(atMs).toISOString()} is not between two weeks ago and two hours ahead`
      : CloudWatchMetrics.map((directive) => problemOf(directive, root)).find((one) => one !== undefined);
  if (reason !== undefined) return { error: "EMFValidationErrors", reason };
  const data = CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, root[name] as string]));
      return Metrics.flatMap(({ Name: name }) =>
        numbers(root[name]).map((value) => ({ datum: { namespace, name, dimensions, value }, atMs })),
      );
    }),
  );
  return { data };
}

type Directive = z.infer<typeof Document>["CloudWatchMetrics"][number];

function problemOf({ Namespace, Dimensions, Metrics }: Directive, root: Record<string, unknown>): string | undefined {
  if (!isText(Namespace, MOST.namespace)) return "a namespace that is empty or too long";
  if (Metrics.length > MOST.metrics) return `${Metrics.length} metrics in one directive, of at most ${MOST.metrics}`;
  for (const names of Dimensions) {
    if (names.length > MOST.dimensions) return `${names.length} dimensions in one set, of at most ${MOST.dimensions}`;
    for (const name of names) {
      if (!isText(name, MOST.dimensionName)) return "a dimension whose name is empty or too long";
      if (!isText(root[name], MOST.dimension))
        return `dimension ${name} is not a text of 1 to ${MOST.dimension} characters`;
    }
  }
  for (const { Name } of Metrics) {
    if (!isText(Name, MOST.metricName)) return "a metric whose name is empty or too long";
    const value = root[Name];
    if (value === undefined) continue;
    if (Array.isArray(value) && value.length > MOST.values)
      return `metric ${Name} has ${value.length} values, of at most ${MOST.values}`;
    if (![value].flat().every((one) => typeof one === "number")) return `metric ${Name} is not a number`;
  }
  return undefined;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === "string" && value.trim() !== "" && value.length <= longest;
}

function numbers(value: unknown): number[] {
  return value === undefined ? [] : ([value].flat() as number[]);
}
