import { Stack, TimeZone } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import type { HouseFunction } from "./house-function.ts";

type Cadence = { id: string; expression: string; timeZone?: string };

const SECONDS_WORTH_DELIVERING = 60;

/**
 * Wakes a function on a clock. The input is `{ "tickAt": <scheduled time> }`, so that a late or repeated delivery still
 * says which tick it is. Written by hand because the library's target grants every version and alias of the function.
 */
export class Ticks extends Construct {
  constructor(scope: Construct, id: string, props: { wakes: HouseFunction; cadences: readonly Cadence[] }) {
    super(scope, id);
    const { lambda, failures } = props.wakes;
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
    role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [lambda.functionArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [failures.queueArn] }));
    const target = {
      arn: lambda.functionArn,
      role,
      input: ScheduleTargetInput.fromObject({ tickAt: ContextAttribute.scheduledTime }),
      // The next tick does the work of a lost one: an old tick is worth nothing.
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: SECONDS_WORTH_DELIVERING },
      deadLetterConfig: { arn: failures.queueArn },
    };
    for (const { id, expression, timeZone = "UTC" } of props.cadences) {
      new Schedule(this, id, {
        schedule: ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
        target: { bind: () => target },
      });
    }
  }
}
