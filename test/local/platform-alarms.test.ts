import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Duration, Stack, Stage, aws_sqs as sqs } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { type CfnRule, EventBus, Rule } from "aws-cdk-lib/aws-events";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Schedule, ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import { Topic } from "aws-cdk-lib/aws-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chartSeries, queryOf } from "../../local/cloudwatch/query.ts";
import { actor, logTable } from "./fixture-app.ts";
import { NOON, type RunningFixture, runFixture } from "./run-fixture.ts";

const MINUTE_MS = 60_000;

describe("the local platform's metrics and alarms", { timeout: 30_000 }, () => {
  let running: RunningFixture;
  const functionName = (id: string) =>
    running.platform.functions.find(({ logicalId }) => logicalId.startsWith(id))?.name ?? "";
  const queue = (id: string) =>
    running.platform.queues().find(({ logicalId }) => logicalId.startsWith(id)) as { url: string; name: string };
  const client = () => ({
    endpoint: running.platform.gatewayUrl,
    region: "eu-west-2",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });

  /** `minute: value` of the minutes after noon in which a metric has one. */
  function values(namespace: string, name: string, dimensions: Record<string, string>, statistic = "Sum"): string {
    const span = { fromMs: NOON, toMs: running.clock.now(), periodMs: MINUTE_MS };
    return chartSeries(queryOf({ namespace, name, dimensions }, statistic), running.platform.metrics, span)
      .flatMap(({ atMs, value }) => (value === undefined ? [] : `${(atMs - NOON) / MINUTE_MS}: ${value}`))
      .join(", ");
  }
  const changes = (name: string) =>
    running.platform.alarms.transitions
      .filter(({ alarm }) => alarm === name)
      .map(({ atMs, to }) => `${(atMs - NOON) / MINUTE_MS} ${to}`);

  beforeAll(async () => {
    running = await runFixture((app) => {
      const stack = new Stack(new Stage(app, "dev"), "Work");
      const table = logTable(stack);
      const topic = new SnsAction(new Topic(stack, "Topic", { topicName: "ops" }));
      const alarm = (alarmName: string, metric: Metric, missing = TreatMissingData.NOT_BREACHING, below = false) => {
        const comparisonOperator = below
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
        const made = new Alarm(stack, alarmName, {
          alarmName,
          metric,
          threshold: 1,
          evaluationPeriods: 1,
          treatMissingData: missing,
          comparisonOperator,
        });
        made.addAlarmAction(topic);
      };
      const period = Duration.minutes(1);
      const ticked = actor(stack, "Ticked", table, {
        logGroup: new LogGroup(stack, "Logs", { logGroupName: "ticks" }),
        retryAttempts: 0,
      });
      new Schedule(stack, "Minute", {
        schedule: ScheduleExpression.rate(Duration.minutes(1)),
        target: new LambdaInvoke(ticked, {}),
        end: new Date(NOON + 4 * MINUTE_MS),
      });
      alarm("errors", ticked.metricErrors({ period }));
      alarm("silent", ticked.metricInvocations({ period }), TreatMissingData.BREACHING, true);
      const dead = new sqs.Queue(stack, "Dead");
      new sqs.Queue(stack, "Unread", { deadLetterQueue: { queue: dead, maxReceiveCount: 1 } });
      alarm("depth", dead.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" }));
      const eventBus = new EventBus(stack, "Bus", { eventBusName: "facts" });
      const rule = new Rule(stack, "Rule", { ruleName: "mute", eventBus, eventPattern: { source: ["test"] } });
      (rule.node.defaultChild as CfnRule).targets = [{ id: "Mute", arn: new sqs.Queue(stack, "Mute").queueArn }];
      const dimensionsMap = { EventBusName: "facts", RuleName: "mute" };
      alarm(
        "undelivered",
        new Metric({
          namespace: "AWS/Events",
          metricName: "FailedInvocations",
          dimensionsMap,
          statistic: "Sum",
          period,
        }),
      );
      alarm("embedded", new Metric({ namespace: "Test", metricName: "polls", statistic: "Maximum", period }));
    });
  });
  afterAll(() => running.stop());

  it("are those that AWS's services would write, and ring for what happens", async () => {
    await running.pass(60);
    const embedded = (aws: object) => JSON.stringify({ _aws: aws, polls: 7 });
    const directive = { Namespace: "Test", Dimensions: [[]], Metrics: [{ Name: "polls" }] };
    await running.pass(90);
    // 12:02:30: a failure, metrics of which one line is broken, a message, an event that nobody may deliver.
    await running.platform.invoke("Ticked", { do: "throw" });
    const atMs = running.clock.now();
    for (const aws of [{ Timestamp: atMs, CloudWatchMetrics: [directive] }, { Timestamp: "now" }]) {
      await running.platform.invoke("Ticked", { do: "log", text: embedded(aws) });
    }
    await new SQSClient(client()).send(new SendMessageCommand({ QueueUrl: queue("Dead").url, MessageBody: "x" }));
    const facts = { EventBusName: "facts", Source: "test", DetailType: "x", Detail: "{}" };
    await new EventBridgeClient(client()).send(new PutEventsCommand({ Entries: [facts] }));
    await running.pass(6 * 60);

    const name = { FunctionName: functionName("Ticked") };
    expect(values("AWS/Lambda", "Invocations", name)).toBe("1: 1, 2: 4, 3: 1, 4: 1");
    expect(values("AWS/Lambda", "Errors", name)).toBe("1: 0, 2: 1, 3: 0, 4: 0");
    expect(values("AWS/Lambda", "Invocations", {})).toBe(values("AWS/Lambda", "Invocations", name));
    expect(values("AWS/Scheduler", "InvocationAttemptCount", { ScheduleGroup: "default" })).toBe(
      "1: 1, 2: 1, 3: 1, 4: 1",
    );
    expect(values("AWS/Lambda", "AsyncEventsReceived", name)).toBe("1: 1, 2: 1, 3: 1, 4: 1");
    expect(values("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue("Dead").name })).toBe(
      "2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1",
    );
    expect(values("AWS/SQS", "ApproximateAgeOfOldestMessage", { QueueName: queue("Dead").name }, "Maximum")).toContain(
      "2: 30, 3: 90",
    );
    expect(values("AWS/SQS", "NumberOfMessagesSent", { QueueName: queue("Dead").name })).toBe("2: 1");
    expect(values("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue("Unread").name })).toBe("");
    expect(values("AWS/Events", "Invocations", { EventBusName: "facts", RuleName: "mute" })).toBe("2: 1");
    expect(values("Test", "polls", {})).toBe("2: 7");
    // The one with a bad time, and what the actor writes of both to its standard error.
    expect(values("AWS/Logs", "EMFParsingErrors", { LogGroupName: "ticks" })).toBe("2: 3");

    expect(changes("errors")).toEqual(["1 OK", "3 ALARM", "4 OK"]);
    // No tick after the fourth minute; three silent ones are needed.
    expect(changes("silent")).toEqual(["1 ALARM", "2 OK", "8 ALARM"]);
    expect(changes("depth")).toEqual(["1 OK", "3 ALARM"]);
    expect(changes("undelivered")).toEqual(["1 OK", "3 ALARM", "6 OK"]);
    expect(changes("embedded")).toEqual(["1 OK", "3 ALARM", "6 OK"]);
    const ringing = await new CloudWatchClient(client()).send(
      new DescribeAlarmsCommand({
        AlarmNamePrefix: "d",
        StateValue: "ALARM",
        AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      }),
    );
    expect(ringing.MetricAlarms).toMatchObject([
      { AlarmName: "depth", StateValue: "ALARM", StateTransitionedTimestamp: new Date(NOON + 3 * MINUTE_MS) },
    ]);
    expect(ringing.CompositeAlarms).toEqual([]);
    expect(running.platform.refusals()).toEqual([]);
    expect(running.platform.alarms.notifications).toContainEqual(
      expect.objectContaining({ alarm: "depth", state: "ALARM", topics: ["arn:aws:sns:eu-west-2:000000000000:ops"] }),
    );
  });
});
