import {
  type App,
  aws_lambda_event_sources as eventSources,
  aws_events as events,
  aws_lambda as lambda,
  Stack,
  Stage,
  aws_sqs as sqs,
  aws_ssm as ssm,
} from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import { readAssembly, UnsupportedResource } from "../../local/assembly.ts";
import { VirtualClock } from "../../local/clock.ts";
import { startPlatform } from "../../local/platform.ts";
import { actor, contractApp, logTable, synthesise } from "./fixture-app.ts";

async function refusal(build: (app: App) => void): Promise<UnsupportedResource> {
  const { assemblyDir, remove } = synthesise(build);
  try {
    const platform = await startPlatform({ assemblyDir, stage: "dev", clock: new VirtualClock(0) });
    platform.stop();
  } catch (error) {
    if (error instanceof UnsupportedResource) return error;
    throw error;
  } finally {
    remove();
  }
  throw new Error("nothing was refused");
}

const inStack = (build: (stack: Stack) => void) => (app: App) => build(new Stack(new Stage(app, "dev"), "Work"));

describe("reading a cloud assembly", () => {
  it("takes the stacks of one stage, and of those the ones that are asked for", () => {
    const { assemblyDir, remove } = synthesise((app) => {
      contractApp(app);
      new Stack(new Stage(app, "prod"), "State");
    });
    try {
      const paths = (keep?: (path: string) => boolean) =>
        readAssembly(assemblyDir, "dev", keep).map(({ path }) => path);
      expect(paths()).toEqual(["dev/State", "dev/Work"]);
      expect(paths((path) => path === "dev/State")).toEqual(["dev/State"]);
      expect(() => readAssembly(assemblyDir, "test")).toThrow(
        /No stack of stage "test".*dev\/State, dev\/Work, prod\/State/,
      );
    } finally {
      remove();
    }
  });

  it("refuses a resource type it does not know, with all the others", async () => {
    const error = await refusal(
      inStack((stack) => {
        new ssm.StringParameter(stack, "Alarms", { stringValue: "x" });
        new sqs.CfnQueue(stack, "Fifo", { fifoQueue: true });
        new ssm.StringParameter(stack, "Others", { stringValue: "x" });
      }),
    );
    expect(error.problems).toEqual([
      expect.objectContaining({
        type: "AWS::SSM::Parameter",
        stack: "dev/Work",
        logicalId: expect.stringMatching(/^Alarms/),
      }),
      expect.objectContaining({
        type: "AWS::SSM::Parameter",
        stack: "dev/Work",
        logicalId: expect.stringMatching(/^Others/),
      }),
    ]);
    expect(error.message).toMatch(
      /AWS::SSM::Parameter Alarms\w+ in stack dev\/Work: this resource type is not supported/,
    );
  });

  it.each<[string, (stack: Stack) => void, string]>([
    [
      "a filter on an event source",
      (stack) => {
        const worker = actor(stack, "Worker", logTable(stack), {});
        const filters = [lambda.FilterCriteria.filter({ body: { a: lambda.FilterRule.exists() } })];
        worker.addEventSource(new eventSources.SqsEventSource(new sqs.Queue(stack, "Queue"), { filters }));
      },
      "AWS::Lambda::EventSourceMapping .*: property FilterCriteria is not supported",
    ],
    [
      "a FIFO queue",
      (stack) => new sqs.Queue(stack, "Fifo", { fifo: true }),
      "AWS::SQS::Queue Fifo.*: property FifoQueue",
    ],
    [
      "an input transformer",
      (stack) =>
        new events.CfnRule(stack, "Rule", {
          eventPattern: { source: ["s"] },
          targets: [{ id: "a", arn: "arn:aws:sqs:x", inputTransformer: { inputTemplate: "<a>" } }],
        }),
      "AWS::Events::Rule Rule.*: property Targets.0.InputTransformer is not supported",
    ],
    [
      "a rule on a schedule",
      (stack) => new events.CfnRule(stack, "Rule", { scheduleExpression: "rate(1 minute)" }),
      "AWS::Events::Rule Rule.*: property ScheduleExpression is not supported",
    ],
    [
      "an unknown operator in a pattern",
      (stack) => new events.CfnRule(stack, "Rule", { eventPattern: { detail: { a: [{ regex: "x" }] } } }),
      "AWS::Events::Rule Rule.*: detail.a: regex is not an EventBridge operator",
    ],
    [
      "a function in a network",
      (stack) => {
        const worker = actor(stack, "Worker", logTable(stack), {});
        (worker.node.defaultChild as lambda.CfnFunction).vpcConfig = { subnetIds: ["s"] };
      },
      "AWS::Lambda::Function Worker.*: property VpcConfig is not supported",
    ],
    [
      "a function in another language",
      (stack) => {
        const worker = actor(stack, "Worker", logTable(stack), {});
        (worker.node.defaultChild as lambda.CfnFunction).runtime = "python3.13";
      },
      "AWS::Lambda::Function Worker.*: property Runtime",
    ],
    [
      "an unknown condition in a queue policy",
      (stack) => {
        const queue = new sqs.CfnQueue(stack, "Queue");
        const Statement = [
          {
            Effect: "Allow",
            Principal: "*",
            Action: "sqs:SendMessage",
            Resource: "*",
            Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
          },
        ];
        new sqs.CfnQueuePolicy(stack, "Policy", { queues: [queue.ref], policyDocument: { Statement } });
      },
      "AWS::SQS::QueuePolicy Policy.*: queue policy condition IpAddress is not supported",
    ],
  ])("refuses %s by name", async (_what, build, message) => {
    expect((await refusal(inStack(build))).message).toMatch(new RegExp(message));
  });
});
