import type { z } from "zod";
import type { MetricQuery } from "./alarm-schema.ts";
import { type Expression, parseMath, UnsupportedMath } from "./math-syntax.ts";
import type { Metric } from "./metric.ts";
import { evaluateMath } from "./metric-math.ts";
import type { MetricStore, Periods, Points } from "./metric-store.ts";
import { readStatistic, type Statistic } from "./statistic.ts";

/** One series out of a store: a statistic of a metric, or an expression over several. */
export type Query = {
  metrics: ReadonlyMap<string, { metric: Metric; statistic: Statistic }>;
  expressions: ReadonlyMap<string, Expression>;
  /** The metric or expression that is the answer. */
  answer: string;
};

/** CloudWatch's limit for an alarm. */
const MOST_METRICS = 10;

export function queryOf(metric: Metric, statistic: string): Query {
  const only = { metric, statistic: readStatistic(statistic) };
  return { metrics: new Map([["m1", only]]), expressions: new Map(), answer: "m1" };
}

/** A list of queries as alarms have them, with the one period they share. Throws UnsupportedMath for what AWS would refuse or is not known here. */
export function mathQuery(queries: readonly z.infer<typeof MetricQuery>[]): { query: Query; periodMs: number } {
  const metrics = new Map<string, { metric: Metric; statistic: Statistic }>();
  const expressions = new Map<string, Expression>();
  const periods = new Set<number>();
  for (const { Id, Expression, MetricStat, Period } of queries) {
    if (metrics.has(Id) || expressions.has(Id)) throw new UnsupportedMath(`two metrics have the id ${Id}`);
    if (Period !== undefined) periods.add(Period);
    if (Expression !== undefined && !MetricStat) expressions.set(Id, parseMath(Expression));
    else if (MetricStat && Expression === undefined) {
      const { Namespace: namespace, MetricName: name, Dimensions } = MetricStat.Metric;
      const dimensions = Object.fromEntries(Dimensions.map((one) => [one.Name, one.Value]));
      metrics.set(Id, { metric: { namespace, name, dimensions }, statistic: readStatistic(MetricStat.Stat) });
      periods.add(MetricStat.Period);
    } else throw new UnsupportedMath(`${Id} must have either an expression or a metric`);
  }
  const answers = queries.filter(({ ReturnData }) => ReturnData);
  const [seconds, ...otherPeriods] = periods;
  if (answers.length !== 1) throw new UnsupportedMath(`${answers.length} of its metrics return data, not 1`);
  if (seconds === undefined || otherPeriods.length > 0) {
    throw new UnsupportedMath(`its metrics have periods of ${[...periods].join(", ") || "no"} seconds, not one`);
  }
  if (metrics.size > MOST_METRICS) throw new UnsupportedMath(`${metrics.size} metrics, of at most ${MOST_METRICS}`);
  const query = { metrics, expressions, answer: (answers[0] as { Id: string }).Id };
  refuseWhatHasNoSeries(query, seconds);
  return { query, periodMs: seconds * 1000 };
}

/** An expression's type does not depend on data, so trying each on nothing shows all that it cannot do. */
function refuseWhatHasNoSeries({ metrics, expressions, answer }: Query, periodSeconds: number): void {
  const nothing = new Map([...metrics.keys()].map((id) => [id, [undefined]]));
  const input = { metrics: nothing, expressions, periodSeconds, length: 1 };
  for (const expression of expressions.values()) evaluateMath(expression, input);
  const { kind } = evaluateMath({ kind: "reference", id: answer }, input);
  if (kind !== "series") throw new UnsupportedMath(`${answer} is a ${kind}; an alarm watches one time series`);
}

/** The query's values in these periods, oldest first. */
export function runQuery({ metrics, expressions, answer }: Query, store: MetricStore, periods: Periods): Points {
  const known = new Map(
    [...metrics].map(([id, { metric, statistic }]) => [id, store.points(metric, statistic, periods)]),
  );
  const input = { metrics: known, expressions, periodSeconds: periods.periodMs / 1000, length: periods.count };
  const value = evaluateMath({ kind: "reference", id: answer }, input);
  if (value.kind !== "series") throw new UnsupportedMath(`${answer} is a ${value.kind}, not a time series`);
  return value.points;
}

/**
 * A query's series for a chart: the periods, aligned to their own length, that touch the span. `atMs` is where a period
 * starts, as CloudWatch stamps it.
 */
export function chartSeries(
  query: Query,
  store: MetricStore,
  { fromMs, toMs, periodMs }: { fromMs: number; toMs: number; periodMs: number },
): { atMs: number; value: number | undefined }[] {
  const startMs = Math.floor(fromMs / periodMs) * periodMs;
  const count = Math.ceil((toMs - startMs) / periodMs);
  const points = runQuery(query, store, { endMs: startMs + count * periodMs, periodMs, count });
  return points.map((value, index) => ({ atMs: startMs + index * periodMs, value }));
}
