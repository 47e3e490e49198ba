import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeRuleCommand, EventBridgeClient, ListTargetsByRuleCommand } from "@aws-sdk/client-eventbridge";
import { GetKeyRotationStatusCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sourceOf } from "../lib/source-of.ts";
import { awsJson, awsRest } from "./aws.ts";
import { type Deployed, ofType, type Properties } from "./deployed.ts";
import type { Journal } from "./journal.ts";

const dynamodb = new DynamoDBClient({});
const events = new EventBridgeClient({});
const kms = new KMSClient({});
const lambda = new LambdaClient({});
const sqs = new SQSClient({});

/** What a service says of a resource, beside what the template says: the two lists must be equal. */
type Pairs = readonly (readonly [what: string, asked: unknown, is: unknown])[];
type Look = (resource: Deployed, stage: readonly Deployed[]) => Promise<Pairs>;

const LOOKS: Record<string, Look> = {
  "AWS::DynamoDB::GlobalTable": async ({ physicalId: TableName, properties }) => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    const names = (indexes: readonly { IndexName?: string | undefined }[] = []) =>
      indexes.map(({ IndexName }) => IndexName).sort();
    return [
      ["keys", properties.KeySchema, Table?.KeySchema],
      ["indexes", names(properties.GlobalSecondaryIndexes), names(Table?.GlobalSecondaryIndexes)],
      ["status", "ACTIVE", Table?.TableStatus],
      ["billing", "PAY_PER_REQUEST", Table?.BillingModeSummary?.BillingMode],
    ];
  },

  "AWS::SQS::Queue": async ({ physicalId, properties }, stage) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: physicalId, AttributeNames: ["All"] }),
    );
    const redrive = JSON.parse(Attributes.RedrivePolicy ?? "{}");
    const asked = properties.RedrivePolicy;
    return [
      ["visibility", String(properties.VisibilityTimeout ?? 30), Attributes.VisibilityTimeout],
      ["retention", String(properties.MessageRetentionPeriod ?? 345_600), Attributes.MessageRetentionPeriod],
      ["receives", asked && String(asked.maxReceiveCount), redrive.maxReceiveCount && String(redrive.maxReceiveCount)],
      [
        "dead letters",
        asked && queueName(asked.deadLetterTargetArn, stage),
        redrive.deadLetterTargetArn?.split(":").at(-1),
      ],
      ["encryption", "true", Attributes.SqsManagedSseEnabled],
      ["TLS only", true, /aws:SecureTransport/.test(Attributes.Policy ?? "")],
    ];
  },

  "AWS::Events::Rule": async ({ physicalId, properties }, stage) => {
    const EventBusName = physicalId.split("|").length > 1 ? physicalId.split("|")[0] : busName(stage);
    const Name = physicalId.split(/[|/]/).at(-1);
    const rule = await events.send(new DescribeRuleCommand({ Name, EventBusName }));
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName }));
    const asked: readonly Properties[] = properties.Targets;
    return [
      ["pattern", properties.EventPattern, JSON.parse(rule.EventPattern ?? "null")],
      ["state", properties.State, rule.State],
      ["targets", asked.map(({ Arn }) => queueName(Arn, stage)), Targets.map(({ Arn }) => Arn?.split(":").at(-1))],
      [
        "dead letters",
        asked.map(({ DeadLetterConfig }) => queueName(DeadLetterConfig.Arn, stage)),
        Targets.map(({ DeadLetterConfig }) => DeadLetterConfig?.Arn?.split(":").at(-1)),
      ],
    ];
  },

  "AWS::Lambda::Function": async ({ physicalId, properties }) => {
    const is = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalId }));
    return [
      ["state", "Active", is.State],
      ["runtime", properties.Runtime, is.Runtime],
      ["architecture", properties.Architectures, is.Architectures],
      ["timeout", properties.Timeout, is.Timeout],
      ["memory", properties.MemorySize, is.MemorySize],
      [
        "variables",
        Object.keys(properties.Environment.Variables).sort(),
        Object.keys(is.Environment?.Variables ?? {}).sort(),
      ],
    ];
  },

  "AWS::Lambda::EventInvokeConfig": async ({ properties }, stage) => {
    const FunctionName = functionName(properties.FunctionName, stage).split(":")[0];
    const isPlain = typeof properties.Qualifier === "string";
    const Qualifier = isPlain ? properties.Qualifier : functionName(properties.Qualifier, stage).split(":")[1];
    const is = await lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName, Qualifier }));
    const to = properties.DestinationConfig.OnFailure.Destination;
    return [
      ["retries", properties.MaximumRetryAttempts, is.MaximumRetryAttempts],
      ["age", properties.MaximumEventAgeInSeconds, is.MaximumEventAgeInSeconds],
      ["on failure", queueName(to, stage), is.DestinationConfig?.OnFailure?.Destination?.split(":").at(-1)],
    ];
  },

  "AWS::Lambda::EventSourceMapping": async ({ physicalId, properties }, stage) => {
    const is = await lambda.send(new GetEventSourceMappingCommand({ UUID: physicalId }));
    return [
      ["state", "Enabled", is.State],
      ["queue", queueName(properties.EventSourceArn, stage), is.EventSourceArn?.split(":").at(-1)],
      ["function", functionName(properties.FunctionName, stage), afterFunction(is.FunctionArn)],
      ["batch", properties.BatchSize, is.BatchSize],
      ["window", properties.MaximumBatchingWindowInSeconds ?? 0, is.MaximumBatchingWindowInSeconds ?? 0],
      ["item failures", properties.FunctionResponseTypes, is.FunctionResponseTypes],
      ["concurrency", properties.ScalingConfig?.MaximumConcurrency, is.ScalingConfig?.MaximumConcurrency],
    ];
  },

  "AWS::Scheduler::Schedule": async ({ physicalId, properties }, stage) => {
    const is = await awsRest("scheduler", `/schedules/${physicalId.split("/").at(-1)}`);
    return [
      ["expression", properties.ScheduleExpression, is.ScheduleExpression],
      ["state", properties.State ?? "ENABLED", is.State],
      ["wakes", functionName(properties.Target.Arn, stage), afterFunction(is.Target.Arn)],
    ];
  },

  "AWS::CloudWatch::Alarm": async ({ physicalId, properties }) => {
    const { MetricAlarms } = await awsJson("monitoring", "GraniteServiceVersion20100801.DescribeAlarms", {
      AlarmNames: [physicalId],
    });
    const [is] = MetricAlarms;
    return [
      ["name", properties.AlarmName, is?.AlarmName],
      ["metric", [properties.Namespace, properties.MetricName], [is?.Namespace, is?.MetricName]],
      ["threshold", properties.Threshold, is?.Threshold],
      ["periods", properties.EvaluationPeriods, is?.EvaluationPeriods],
      ["missing data", properties.TreatMissingData, is?.TreatMissingData],
      [
        "actions",
        [properties.AlarmActions?.length ?? 0, properties.OKActions?.length ?? 0],
        [is?.AlarmActions?.length, is?.OKActions?.length],
      ],
    ];
  },

  "AWS::Logs::LogGroup": async ({ physicalId, properties }) => {
    const { logGroups } = await awsJson("logs", "Logs_20140328.DescribeLogGroups", { logGroupNamePrefix: physicalId });
    return [["retention", properties.RetentionInDays, logGroups[0]?.retentionInDays]];
  },

  "AWS::KMS::Key": async ({ physicalId }) => {
    const is = await kms.send(new GetKeyRotationStatusCommand({ KeyId: physicalId }));
    return [["rotation", true, is.KeyRotationEnabled]];
  },
};

/** One check for each type of resource: each is there as the template says. */
export async function checkResources(name: string, stage: readonly Deployed[], journal: Journal): Promise<void> {
  for (const [type, look] of Object.entries(LOOKS)) {
    const resources = ofType(stage, type);
    await journal.check(`${name}: ${resources.length} × ${type} as the template says`, async () => {
      const different = await Promise.all(resources.map((one) => differences(one, look, stage)));
      if (resources.length === 0) throw new Error("there are none");
      if (different.flat().length > 0) throw new Error(different.flat().join("; "));
    });
  }
}

async function differences(resource: Deployed, look: Look, stage: readonly Deployed[]): Promise<string[]> {
  const pairs = await look(resource, stage);
  return pairs
    .filter(([, asked, is]) => JSON.stringify(asked) !== JSON.stringify(is))
    .map(
      ([what, asked, is]) =>
        `${resource.logicalId} ${what}: asked for ${JSON.stringify(asked)}, is ${JSON.stringify(is)}`,
    );
}

/** The physical id of the resource that a reference is made of. */
function refersTo(reference: object, stage: readonly Deployed[]): string {
  const id = sourceOf(reference);
  return stage.find(({ logicalId }) => logicalId === id)?.physicalId ?? `nothing named ${id}`;
}

/** A function's name, and that of its alias if that is what is meant: `name` or `name:live`. */
function functionName(reference: object, stage: readonly Deployed[]): string {
  return afterFunction(refersTo(reference, stage)) ?? "";
}

function afterFunction(arnOrName: string | undefined): string | undefined {
  return arnOrName?.split(":function:").at(-1);
}

/** The name of the queue whose ARN is meant. */
function queueName(reference: object, stage: readonly Deployed[]): string | undefined {
  return refersTo(reference, stage).split("/").at(-1);
}

function busName(stage: readonly Deployed[]): string | undefined {
  return ofType(stage, "AWS::Events::EventBus")[0]?.physicalId;
}
