import type { z } from "zod";
import { type AlarmRule, alarmName, parseRule } from "./alarm-rule.ts";
import type { CompositeAlarmProperties, MetricAlarmProperties } from "./alarm-schema.ts";
import { decimal, EXTRA_PERIODS, type Missing, type State } from "./alarm-state.ts";
import { UnsupportedMath } from "./math-syntax.ts";
import { mathQuery, type Query, queryOf } from "./query.ts";
import type { Suppressor } from "./suppression.ts";

type Described = {
  name: string;
  description: string;
  /** The topics told when the alarm enters a state; none while its actions are disabled. */
  actions: Readonly<Record<State, readonly string[]>>;
};

export type MetricAlarm = Described & {
  kind: "metric";
  query: Query;
  periodMs: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  breaches: (value: number) => boolean;
  /** `greater than the threshold (1.0)`. */
  comparison: string;
  missing: Missing;
};

export type CompositeAlarm = Described & { kind: "composite"; rule: AlarmRule; suppressor: Suppressor | undefined };

export type Alarm = MetricAlarm | CompositeAlarm;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: { words: "greater than or equal to", holds: (a: number, b: number) => a >= b },
  GreaterThanThreshold: { words: "greater than", holds: (a: number, b: number) => a > b },
  LessThanOrEqualToThreshold: { words: "less than or equal to", holds: (a: number, b: number) => a <= b },
  LessThanThreshold: { words: "less than", holds: (a: number, b: number) => a < b },
} as const;

/** A metric alarm from its properties. Throws UnsupportedMath for what AWS would refuse or is not known here. */
export function metricAlarm(name: string, properties: z.infer<typeof MetricAlarmProperties>): MetricAlarm {
  const { EvaluationPeriods: evaluationPeriods, DatapointsToAlarm, ComparisonOperator, Threshold } = properties;
  const { query, periodMs } = queryFrom(properties);
  const datapointsToAlarm = DatapointsToAlarm ?? evaluationPeriods;
  if (datapointsToAlarm > evaluationPeriods) {
    throw new UnsupportedMath(`${datapointsToAlarm} datapoints to alarm of ${evaluationPeriods} periods`);
  }
  const longestMs = periodMs >= HOUR_MS ? 7 * DAY_MS : DAY_MS;
  if (evaluationPeriods * periodMs > longestMs) {
    throw new UnsupportedMath(
      `its periods last ${(evaluationPeriods * periodMs) / HOUR_MS} hours, of at most ${longestMs / HOUR_MS}`,
    );
  }
  const { words, holds } = COMPARISONS[ComparisonOperator];
  return {
    kind: "metric",
    name,
    ...described(properties),
    query,
    periodMs,
    evaluationPeriods,
    datapointsToAlarm,
    breaches: (value) => holds(value, Threshold),
    comparison: `${words} the threshold (${decimal(Threshold)})`,
    missing: properties.TreatMissingData ?? missingByDefault(query),
  };
}

/** A composite alarm from its properties. Throws UnsupportedRule for a rule that is not understood. */
export function compositeAlarm(name: string, properties: z.infer<typeof CompositeAlarmProperties>): CompositeAlarm {
  const {
    AlarmRule,
    ActionsSuppressor,
    ActionsSuppressorWaitPeriod = 0,
    ActionsSuppressorExtensionPeriod = 0,
  } = properties;
  const suppressor =
    ActionsSuppressor === undefined
      ? undefined
      : {
          alarm: alarmName(ActionsSuppressor),
          waitMs: ActionsSuppressorWaitPeriod * 1000,
          extensionMs: ActionsSuppressorExtensionPeriod * 1000,
        };
  return { kind: "composite", name, ...described(properties), rule: parseRule(AlarmRule), suppressor };
}

/** What CloudWatch retrieves to evaluate the alarm once. */
export function evaluationRangeMs({ periodMs, evaluationPeriods }: MetricAlarm): number {
  return (evaluationPeriods + EXTRA_PERIODS) * periodMs;
}

/** "Multi-day alarms are evaluated once per hour", on data up to the hour. */
export function isEvaluatedHourly({ periodMs, evaluationPeriods }: MetricAlarm): boolean {
  return evaluationPeriods * periodMs > DAY_MS;
}

function queryFrom(properties: z.infer<typeof MetricAlarmProperties>): { query: Query; periodMs: number } {
  const { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic, Period, Metrics } = properties;
  if (Metrics) {
    if ([Namespace, MetricName, Statistic, ExtendedStatistic, Period].some((one) => one !== undefined)) {
      throw new UnsupportedMath("it has both Metrics and a metric of its own");
    }
    return mathQuery(Metrics);
  }
  const statistic = Statistic ?? ExtendedStatistic;
  if (Namespace === undefined || MetricName === undefined || statistic === undefined || Period === undefined) {
    throw new UnsupportedMath("it needs Namespace, MetricName, Period and a statistic, or Metrics");
  }
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return { query: queryOf({ namespace: Namespace, name: MetricName, dimensions }, statistic), periodMs: Period * 1000 };
}

// The user guide: alarms on AWS/DynamoDB "default to ignore missing data"; the setting overrides it.
function missingByDefault({ metrics }: Query): Missing {
  return [...metrics.values()].some(({ metric }) => metric.namespace === "AWS/DynamoDB") ? "ignore" : "missing";
}

function described(properties: {
  AlarmDescription: string;
  ActionsEnabled: boolean;
  AlarmActions: string[];
  OKActions: string[];
  InsufficientDataActions: string[];
}): Omit<Described, "name"> {
  const { AlarmDescription, ActionsEnabled, AlarmActions, OKActions, InsufficientDataActions } = properties;
  const topics = (list: string[]) => (ActionsEnabled ? list : []);
  return {
    description: AlarmDescription,
    actions: { ALARM: topics(AlarmActions), OK: topics(OKActions), INSUFFICIENT_DATA: topics(InsufficientDataActions) },
  };
}
