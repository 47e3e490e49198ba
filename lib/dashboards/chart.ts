import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, type Metric } from "aws-cdk-lib/aws-cloudwatch";

/** Several series over time that answer one question. */
export type Chart = {
  /** What is shown, over which period. */
  title: string;
  /** Of the axis, in words. */
  unit: string;
  lines: readonly Line[];
  /** Drawn on top of each other, because their sum means something. */
  stacked?: boolean;
  /** Values that the lines should be held against. */
  limits?: readonly Limit[];
  /** Where the axis ends; without it, where the data do. */
  most?: number;
};

export type Line = {
  label: string;
  /** By the names that the expression uses; exactly one where there is none. All of one period. */
  metrics: Record<string, Metric>;
  /** Metric math. */
  expression?: string;
};

/** `alarm`: from where one rings that reads the same metric. `objective`: what an SLO promises. */
export type Limit = { is: "alarm" | "objective" | "timeout"; label: string; value: number };

export type Dashboard = {
  /** The end of its name. */
  id: "flexibility" | "machine";
  /** What it answers at a glance. */
  question: string;
  charts: readonly Chart[];
  /** Whether it begins with the state of every alarm. */
  showsAlarms?: true;
};

/** A metric that is always sent. */
export function level(label: string, metric: Metric): Line {
  return { label, metrics: { metric } };
}

/** A metric whose silence means none. */
export function counted(label: string, metric: Metric): Line {
  return { label, metrics: { metric }, expression: "FILL(metric, 0)" };
}

/** The line as a widget draws it. Names of metrics hold for a whole widget, so each gets the line's own ending. */
export function asMetric({ label, metrics, expression }: Line): IMetric {
  const all = Object.entries(metrics);
  const [first] = all;
  if (!first) throw new Error(`the line ${label} reads no metric`);
  if (expression === undefined) return first[1].with({ label });
  const own = (name: string) => `${name}_${label.replaceAll(/\W+/g, "_")}`;
  return new MathExpression({
    label,
    expression: expression.replaceAll(/\b[a-z]\w*\b/g, (word) => (word in metrics ? own(word) : word)),
    usingMetrics: Object.fromEntries(all.map(([name, metric]) => [own(name), metric])),
    period: Duration.seconds(first[1].period.toSeconds()),
  });
}
