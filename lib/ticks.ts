import { Duration, Stack, TimeZone } from "aws-cdk-lib";
import { MathExpression, type Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { logMetric } from "./alarms/function-alarms.ts";
import { houseAlarm } from "./house-alarm.ts";
import type { HouseFunction } from "./house-function.ts";

type Cadence = { id: string; expression: string; timeZone?: string };

const SECONDS_WORTH_DELIVERING = 60;

/**
 * Wakes a function on a clock. The input is `{ "tickAt": <scheduled time> }`, so that a late or repeated delivery still
 * says which tick it is. Written by hand because the library's target grants every version and alias of the function.
 */
export class Ticks extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      wakes: HouseFunction;
      cadences: readonly Cadence[];
      silentAfterMinutes: number;
      /** What a function counts at each tick, where other things wake it too. One that fails counts nothing, and a line that is cut is not read. */
      counted?: Metric;
    },
  ) {
    super(scope, id);
    const { lambda, entry, logGroup, failures, watch } = props.wakes;
    // Elsewhere functions send no metrics.
    const counted = watch.stage.watch === "all" ? props.counted : undefined;
    const period = Duration.minutes(props.silentAfterMinutes);
    const stack = Stack.of(this);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": stack.account,
            "aws:SourceArn": stack.formatArn({
              service: "scheduler",
              resource: "schedule-group",
              resourceName: "default",
            }),
          },
        },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [entry.functionArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [failures.queueArn] }));
    const target = {
      arn: entry.functionArn,
      role,
      input: ScheduleTargetInput.fromObject({ tickAt: ContextAttribute.scheduledTime }),
      // The next tick does the work of a lost one: an old tick is worth nothing.
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: SECONDS_WORTH_DELIVERING },
      deadLetterConfig: { arn: failures.queueArn },
    };
    houseAlarm(this, "Silent", watch, {
      what: "silent",
      broken: `${watch.part} has not run for ${props.silentAfterMinutes} minutes: nobody wakes it.`,
      firstAction: "look for its schedules in EventBridge Scheduler: disabled, or refused by a role?",
      kind: "page",
      withinMinutes: props.silentAfterMinutes + 5,
      metric: new MathExpression({
        // Without the zeros CloudWatch judges the last period that had any: it looks at three where an alarm names one.
        expression: counted ? "FILL(runs, 0) + FILL(errors, 0) + FILL(unread, 0)" : "FILL(runs, 0)",
        usingMetrics: counted
          ? {
              runs: counted.with({ period }),
              errors: lambda.metricErrors({ period }),
              unread: logMetric("EMFParsingErrors", logGroup).with({ period }),
            }
          : { runs: lambda.metricInvocations({ period }) },
        label: "runs",
        period,
      }),
      when: { below: 1 },
      periods: { breaching: 1, of: 1 },
      // Silence is what it is about.
      missing: TreatMissingData.BREACHING,
    });
    for (const { id, expression, timeZone = "UTC" } of props.cadences) {
      new Schedule(this, id, {
        schedule: ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
        target: { bind: () => target },
      });
    }
  }
}
