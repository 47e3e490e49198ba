import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  App,
  Duration,
  aws_lambda_destinations as destinations,
  aws_dynamodb as dynamodb,
  aws_lambda_event_sources as eventSources,
  aws_events as events,
  aws_events_targets as eventTargets,
  aws_kms as kms,
  aws_lambda as lambda,
  Stack,
  Stage,
  aws_scheduler as scheduler,
  aws_scheduler_targets as schedulerTargets,
  aws_secretsmanager as secretsmanager,
  aws_sqs as sqs,
  TimeZone,
} from "aws-cdk-lib";
import type { Construct } from "constructs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ACTOR = fileURLToPath(new URL("./fixtures/actor", import.meta.url));

/** Synthesises an app into a directory inside the project, where its functions find the project's packages. */
export function synthesise(build: (app: App) => void): { assemblyDir: string; remove(): void } {
  // The built-in validation takes five seconds and is not what these tests are about.
  process.env.CDK_VALIDATION = "false";
  const parent = join(ROOT, ".headroom");
  mkdirSync(parent, { recursive: true });
  const assemblyDir = mkdtempSync(join(parent, "test-"));
  const app = new App({ outdir: assemblyDir, analyticsReporting: false });
  build(app);
  app.synth();
  return { assemblyDir, remove: () => rmSync(assemblyDir, { recursive: true, force: true }) };
}

/** What the contract tests run on: two stacks of a stage, one resource set for each behaviour. */
export function contractApp(app: App): void {
  const stage = new Stage(app, "dev");
  const state = new Stack(stage, "State");
  const table = logTable(state);
  const bus = new events.EventBus(state, "Bus", { eventBusName: "contract" });
  bus.archive("Archive", { eventPattern: { source: ["contract"] }, retention: Duration.days(7) });
  new kms.Key(state, "Key", { alias: "alias/contract", enableKeyRotation: true });
  new secretsmanager.Secret(state, "Secret", { secretName: "contract/secret" });

  const work = new Stack(stage, "Work");
  const given = { table, bus };
  queueFed(work, "Plain", given, { maxReceiveCount: 3 });
  queueFed(work, "Partial", given, { maxReceiveCount: 5, source: { reportBatchItemFailures: true } });
  queueFed(work, "Window", given, { source: { batchSize: 100, maxBatchingWindow: Duration.seconds(30) } });
  queueFed(work, "Small", given, { source: { batchSize: 2, maxConcurrency: 2 } });

  const direct = actor(work, "Direct", table, {});
  bus.grantPutEventsTo(direct);
  new events.Rule(work, "DirectRule", {
    eventBus: bus,
    eventPattern: { source: ["contract"], detailType: ["ToFunction"] },
    targets: [new eventTargets.LambdaFunction(direct)],
  });

  const failures = new sqs.Queue(work, "Failures");
  actor(work, "Retried", table, { onFailure: new destinations.SqsDestination(failures) });

  const mute = new sqs.Queue(work, "Mute");
  const muteRule = new events.Rule(work, "MuteRule", { eventBus: bus, eventPattern: { detailType: ["ToMute"] } });
  (muteRule.node.defaultChild as events.CfnRule).targets = [{ id: "Mute", arn: mute.queueArn }];

  const london = actor(work, "London", table, {});
  new scheduler.Schedule(work, "Night", {
    schedule: scheduler.ScheduleExpression.expression("cron(30 1 * * ? *)", TimeZone.EUROPE_LONDON),
    target: new schedulerTargets.LambdaInvoke(london, {
      input: scheduler.ScheduleTargetInput.fromObject({ at: scheduler.ContextAttribute.scheduledTime }),
    }),
  });
}

type Given = { table: dynamodb.TableV2; bus: events.EventBus };

/** Where the actors write down what they were given. */
export function logTable(scope: Construct): dynamodb.TableV2 {
  return new dynamodb.TableV2(scope, "Log", {
    partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
    sortKey: { name: "sk", type: dynamodb.AttributeType.STRING },
    globalSecondaryIndexes: [{ indexName: "bySk", partitionKey: { name: "sk", type: dynamodb.AttributeType.STRING } }],
    timeToLiveAttribute: "expiresAt",
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  });
}

/** A rule, a queue with a dead-letter queue, and a function that empties it. */
function queueFed(
  scope: Construct,
  id: string,
  { table, bus }: Given,
  { maxReceiveCount = 3, source = {} }: { maxReceiveCount?: number; source?: eventSources.SqsEventSourceProps },
): void {
  const dead = new sqs.Queue(scope, `${id}Dead`, { retentionPeriod: Duration.days(14), enforceSSL: true });
  const queue = new sqs.Queue(scope, `${id}Queue`, {
    visibilityTimeout: Duration.seconds(60),
    deadLetterQueue: { queue: dead, maxReceiveCount },
    enforceSSL: true,
  });
  const worker = actor(scope, `${id}Worker`, table, {}, { QUEUE_URL: queue.queueUrl });
  queue.grantConsumeMessages(worker);
  worker.addEventSource(new eventSources.SqsEventSource(queue, source));
  new events.Rule(scope, `${id}Rule`, {
    eventBus: bus,
    eventPattern: { source: ["contract"], detailType: [`To${id}`], detail: { size: [{ numeric: ["<", 100] }] } },
    targets: [new eventTargets.SqsQueue(queue, { deadLetterQueue: dead })],
  });
}

export function actor(
  scope: Construct,
  id: string,
  table: dynamodb.TableV2,
  props: Partial<lambda.FunctionProps>,
  environment: Record<string, string> = {},
): lambda.Function {
  const made = new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: "index.handler",
    code: lambda.Code.fromAsset(ACTOR),
    timeout: Duration.seconds(10),
    environment: { TABLE_NAME: table.tableName, ROLE: id, ...environment },
    ...props,
  });
  table.grantReadWriteData(made);
  return made;
}
