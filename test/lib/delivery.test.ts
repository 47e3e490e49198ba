import { beforeAll, describe, expect, it } from "vitest";
import { functionIn, idIn, ofType, type Resource, resourcesOf, STAGE_NAMES, statementsOf } from "./templates.ts";

describe.each(STAGE_NAMES)("delivery in %s", (stage) => {
  let resources: Record<string, Resource>;
  beforeAll(async () => {
    resources = await resourcesOf(stage);
  });

  const policyOf = (queue: string) => {
    const policy = ofType(resources, "AWS::SQS::QueuePolicy").find(
      ([, { Properties }]) => idIn(Properties.Queues[0]) === queue,
    );
    return policy ? statementsOf(policy[1]) : [];
  };

  it("encrypts every queue and refuses plain text connections", () => {
    for (const [id, { Properties }] of ofType(resources, "AWS::SQS::Queue")) {
      expect([id, Properties.SqsManagedSseEnabled]).toEqual([id, true]);
      expect(policyOf(id)).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Action: ["sqs:*"],
          Principal: { AWS: "*" },
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
    }
  });

  it("gives every queue a dead-letter queue, unless it is one and then it keeps messages for 14 days", () => {
    for (const [id, { Properties }] of ofType(resources, "AWS::SQS::Queue")) {
      const deadLetters = Properties.RedrivePolicy && idIn(Properties.RedrivePolicy.deadLetterTargetArn);
      const last = deadLetters ? resources[deadLetters]?.Properties : Properties;
      expect([id, last.MessageRetentionPeriod]).toEqual([id, 14 * 24 * 3600]);
    }
  });

  it("lets each rule, and only that rule, send to its target and to the target's dead-letter queue", () => {
    const rules = ofType(resources, "AWS::Events::Rule");
    expect(rules).toHaveLength(5);
    for (const [rule, { Properties }] of rules) {
      for (const target of Properties.Targets) {
        for (const queue of [idIn(target.Arn), idIn(target.DeadLetterConfig.Arn)]) {
          expect(policyOf(queue ?? "")).toContainEqual(
            expect.objectContaining({
              Effect: "Allow",
              Action: expect.arrayContaining(["sqs:SendMessage"]),
              Principal: { Service: "events.amazonaws.com" },
              Condition: { ArnEquals: { "aws:SourceArn": { "Fn::GetAtt": [rule, "Arn"] } } },
            }),
          );
        }
      }
    }
  });

  it("routes each event to the queue of whoever acts on it", () => {
    const routes = ofType(resources, "AWS::Events::Rule").flatMap(([, { Properties }]) =>
      Properties.Targets.map((target: { Arn: object }) => ({
        to: idIn(target.Arn)?.replace(/[0-9A-F]{8}$/, ""),
        events: Properties.EventPattern["detail-type"],
        detail: Properties.EventPattern.detail,
      })),
    );
    expect(routes).toEqual([
      {
        to: "ReplanQueue",
        events: [
          "SignalUpdated",
          "GridEventChanged",
          "ControlSwitched",
          "AssetEnrolled",
          "CommandMissed",
          "CommandRejected",
          "CommandExpired",
        ],
        detail: undefined,
      },
      { to: "ReplanQueue", events: ["TelemetryRecorded"], detail: { matters: [true] } },
      { to: "VerifyQueue", events: ["TelemetryRecorded", "CommandAccepted"], detail: undefined },
      { to: "acmecarsCommandsQueue", events: ["CommandIssued"], detail: { integration: ["acme-cars"] } },
      { to: "boltCommandsQueue", events: ["CommandIssued"], detail: { integration: ["bolt"] } },
    ]);
  });

  it("feeds functions in batches that fail item by item, hidden for six times the function's timeout", () => {
    const mappings = ofType(resources, "AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => Properties);
    expect(
      mappings.map((mapping) => ({
        from: idIn(mapping.EventSourceArn)?.replace(/[0-9A-F]{8}$/, ""),
        batch: mapping.BatchSize,
        windowSeconds: mapping.MaximumBatchingWindowInSeconds,
      })),
    ).toEqual([
      { from: "ReplanQueue", batch: 100, windowSeconds: 30 },
      { from: "VerifyQueue", batch: 50, windowSeconds: 5 },
      { from: "acmecarsCommandsQueue", batch: 10, windowSeconds: undefined },
      { from: "boltCommandsQueue", batch: 10, windowSeconds: undefined },
    ]);
    for (const mapping of mappings) {
      const queue = resources[idIn(mapping.EventSourceArn) ?? ""]?.Properties;
      const lambda = resources[functionIn(mapping.FunctionName, resources) ?? ""]?.Properties;
      expect(mapping.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
      expect(queue.VisibilityTimeout).toBe(6 * lambda.Timeout);
    }
  });

  it("wakes each function on its clock, tells it which tick it is, and keeps what could not be delivered", () => {
    const schedules = ofType(resources, "AWS::Scheduler::Schedule").map(([, { Properties }]) => Properties);
    expect(
      schedules.map(({ ScheduleExpression, ScheduleExpressionTimezone, Target }) => [
        functionIn(Target.Arn, resources)?.replace(/Function[0-9A-F]{8}$/, ""),
        ScheduleExpression,
        ScheduleExpressionTimezone,
      ]),
    ).toEqual([
      ["Signals", "cron(1,31 * * * ? *)", "UTC"],
      ["Signals", "cron(0/15 16-20 * * ? *)", "Europe/London"],
      ["Optimiser", "rate(1 minute)", "UTC"],
      ["Verifier", "rate(1 minute)", "UTC"],
      ["Scheduler", "rate(1 minute)", "UTC"],
    ]);
    for (const { Target } of schedules) {
      expect(JSON.parse(Target.Input)).toEqual({ tickAt: "<aws.scheduler.scheduled-time>" });
      const allowed = ofType(resources, "AWS::IAM::Policy")
        .filter(([, { Properties }]) => idIn(Properties.Roles[0]) === idIn(Target.RoleArn))
        .flatMap(([, policy]) => statementsOf(policy));
      expect(allowed).toEqual([
        { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: [Target.Arn] },
        { Effect: "Allow", Action: ["sqs:SendMessage"], Resource: [Target.DeadLetterConfig.Arn] },
      ]);
    }
  });
});
