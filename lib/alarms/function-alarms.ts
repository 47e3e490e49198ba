import { Duration } from "aws-cdk-lib";
import { type Alarm, type IMetric, MathExpression, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { houseAlarm, type Watch } from "../house-alarm.ts";

/** What to do about these is the same for every function. */
const PLATFORM_PAGE = "docs/runbooks/platform.md";

type Watched = { lambda: IFunction; logGroup: ILogGroup; impact: string };

/** What every function is watched for, where each is worth its own alarms; gives back the one on its errors. */
export function watchFunction(
  scope: Construct,
  watch: Watch,
  { lambda, logGroup, impact }: Watched,
): Alarm | undefined {
  if (watch.stage.watch !== "all") return undefined;
  const shared = { ...watch, runbook: PLATFORM_PAGE };
  throttled(scope, shared, lambda);
  metricsLost(scope, shared, logGroup);
  return errors(scope, watch, impact, lambda.metricErrors({ period: Duration.minutes(1) }));
}

/** One alarm on the errors of all functions of the account and Region, where one for each would cost too much. */
export function watchAllFunctions(scope: Construct, watch: Watch): void {
  if (watch.stage.watch === "all") return;
  const metric = new Metric({
    namespace: "AWS/Lambda",
    metricName: "Errors",
    statistic: "Sum",
    period: Duration.minutes(1),
  });
  errors(scope, watch, "Invocations of some function of this account fail.", metric);
}

function errors(scope: Construct, watch: Watch, broken: string, metric: IMetric): Alarm {
  return houseAlarm(scope, "Errors", watch, {
    what: "errors",
    broken,
    firstAction: "read INVOCATION_FAILED in the function's log group.",
    kind: "page",
    withinMinutes: 10,
    metric,
    when: { atLeast: 1 },
    periods: { breaching: 3, of: 5 },
    // A function that is not invoked reports no errors.
    missing: TreatMissingData.NOT_BREACHING,
  });
}

function throttled(scope: Construct, watch: Watch, lambda: IFunction): void {
  houseAlarm(scope, "Throttled", watch, {
    what: "throttled",
    broken: `Lambda turned invocations of ${watch.part} away for want of concurrency: work waits, and polls that wait too long are sent out anew.`,
    firstAction: "compare the function's ConcurrentExecutions with its reserved concurrency and the account's limit.",
    kind: "ticket",
    withinMinutes: 10,
    metric: lambda.metricThrottles({ period: Duration.minutes(1) }),
    when: { atLeast: 1 },
    periods: { breaching: 3, of: 5 },
    missing: TreatMissingData.NOT_BREACHING,
  });
}

/** The alarms' own health: what a log line counted and CloudWatch could not read rings nothing. */
function metricsLost(scope: Construct, watch: Watch, logGroup: ILogGroup): void {
  houseAlarm(scope, "MetricsLost", watch, {
    what: "metrics-lost",
    broken: `CloudWatch could not read metrics that ${watch.part} wrote to its log: other alarms may be blind.`,
    firstAction: "find lines with _aws in the function's log group and compare them with shared/domain/metric.ts.",
    kind: "ticket",
    withinMinutes: 10,
    metric: new MathExpression({
      expression: "FILL(parsing, 0) + FILL(validation, 0)",
      usingMetrics: {
        parsing: logMetric("EMFParsingErrors", logGroup),
        validation: logMetric("EMFValidationErrors", logGroup),
      },
      label: "metrics lost",
      period: Duration.minutes(5),
    }),
    when: { atLeast: 1 },
    periods: { breaching: 1, of: 1 },
    // Sent when there are any.
    missing: TreatMissingData.NOT_BREACHING,
  });
}

/** What CloudWatch counts of the metrics in a log group's lines. */
export function logMetric(metricName: "EMFParsingErrors" | "EMFValidationErrors", logGroup: ILogGroup): Metric {
  return new Metric({
    namespace: "AWS/Logs",
    metricName,
    dimensionsMap: { LogGroupName: logGroup.logGroupName },
    statistic: "Sum",
    period: Duration.minutes(5),
  });
}
