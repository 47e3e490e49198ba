import { z } from "zod";
import { CompositeAlarmProperties, MetricAlarmProperties } from "./cloudwatch/alarm-schema.ts";

/** A property that is accepted and changes nothing on a laptop; the reason is part of the declaration. */
const withoutEffect = (reason: string) => z.unknown().describe(reason).optional();
/** A whole type that is accepted and changes nothing on a laptop. */
const typeWithoutEffect = (reason: string) => z.looseObject({}).describe(reason);

const seconds = z.number().int().nonnegative();
const arn = z.string().startsWith("arn:");
const tags = withoutEffect("nobody reads tags here");
const description = withoutEffect("text for people");
const encryption = withoutEffect("data at rest is not encrypted on a laptop");
const name = z.string().optional();

const deadLetter = z.strictObject({ Arn: arn }).optional();
const retryPolicy = withoutEffect("a local target is always reachable, so there is nothing to retry");

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) }));
const projection = z.strictObject({
  ProjectionType: z.enum(["ALL", "KEYS_ONLY", "INCLUDE"]),
  NonKeyAttributes: z.array(z.string()).optional(),
});
const capacity = withoutEffect("a local table has no capacity limit");
const index = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: projection,
  WriteProvisionedThroughputSettings: capacity,
  WriteOnDemandThroughputSettings: capacity,
  ReadOnDemandThroughputSettings: capacity,
  ProvisionedThroughput: capacity,
  OnDemandThroughput: capacity,
  WarmThroughput: capacity,
  ContributorInsightsSpecification: withoutEffect("no CloudWatch here"),
});
const table = {
  TableName: name,
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(["S", "N", "B"]) })),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string().optional(), Enabled: z.boolean() }).optional(),
  BillingMode: capacity,
  WarmThroughput: capacity,
  SSESpecification: encryption,
};

const textsByKey = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const environment = z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).optional();

/**
 * What the local platform can run, and nothing else: a type or property that is not here stops the start.
 * What is listed as being without effect says why that is safe.
 */
export const RESOURCE_SCHEMAS = {
  "AWS::DynamoDB::GlobalTable": z.strictObject({
    ...table,
    Replicas: withoutEffect("one Region here: backups, deletion protection and tags of replicas mean nothing"),
    WriteProvisionedThroughputSettings: capacity,
    WriteOnDemandThroughputSettings: capacity,
    ReadOnDemandThroughputSettings: capacity,
  }),
  "AWS::DynamoDB::Table": z.strictObject({
    ...table,
    ProvisionedThroughput: capacity,
    OnDemandThroughput: capacity,
    PointInTimeRecoverySpecification: withoutEffect("a laptop has no backups"),
    DeletionProtectionEnabled: withoutEffect("nothing here deletes tables"),
    TableClass: withoutEffect("prices only"),
    ContributorInsightsSpecification: withoutEffect("no CloudWatch here"),
    Tags: tags,
  }),
  "AWS::Lambda::Function": z.strictObject({
    FunctionName: name,
    Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
    Handler: z.string(),
    Runtime: z.string().startsWith("nodejs"),
    Timeout: seconds.default(3),
    MemorySize: z.number().default(128),
    Environment: environment,
    ReservedConcurrentExecutions: z.number().optional(),
    DeadLetterConfig: z.strictObject({ TargetArn: arn }).optional(),
    LoggingConfig: z
      .strictObject({
        LogFormat: z.enum(["JSON", "Text"]).optional(),
        ApplicationLogLevel: z.string().optional(),
        SystemLogLevel: withoutEffect("the local host writes no platform log lines"),
        LogGroup: name,
      })
      .optional(),
    Architectures: withoutEffect("JavaScript runs on any processor"),
    Description: description,
    EphemeralStorage: withoutEffect("the laptop's disk is used"),
    KmsKeyArn: encryption,
    RecursiveLoop: withoutEffect("virtual time shows a loop at once: the clock stops moving"),
    /** No permission is checked while a night runs; `npm run roles` compares afterwards. */
    Role: z.string(),
    RuntimeManagementConfig: withoutEffect("the Node.js that runs the host runs the functions"),
    Tags: tags,
    TracingConfig: withoutEffect("no X-Ray here"),
  }),
  "AWS::Lambda::EventInvokeConfig": z.strictObject({
    FunctionName: z.string(),
    Qualifier: z.string(),
    MaximumEventAgeInSeconds: seconds.optional(),
    MaximumRetryAttempts: z.number().int().min(0).max(2).optional(),
    DestinationConfig: z
      .strictObject({ OnFailure: z.strictObject({ Destination: arn.includes(":sqs:") }).optional() })
      .optional(),
  }),
  "AWS::Lambda::EventSourceMapping": z.strictObject({
    EventSourceArn: arn.includes(":sqs:"),
    FunctionName: z.string(),
    BatchSize: z.number().int().min(1).max(10_000).default(10),
    MaximumBatchingWindowInSeconds: seconds.max(300).default(0),
    FunctionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).optional(),
    ScalingConfig: z.strictObject({ MaximumConcurrency: z.number().int().min(2) }).optional(),
    Enabled: z.boolean().default(true),
    Tags: tags,
  }),
  "AWS::Lambda::Version": typeWithoutEffect("a laptop runs the code that there is, and keeps no other"),
  "AWS::Lambda::Alias": typeWithoutEffect("it leads to the code that there is"),
  "AWS::CodeDeploy::Application": typeWithoutEffect("new code is there at once"),
  "AWS::CodeDeploy::DeploymentGroup": typeWithoutEffect("new code is there at once"),
  "AWS::Lambda::Permission": typeWithoutEffect("no permissions are checked here"),
  "AWS::Events::EventBus": z.strictObject({
    Name: z.string(),
    Description: description,
    KmsKeyIdentifier: encryption,
    LogConfig: withoutEffect("no delivery logs here"),
    Policy: withoutEffect("one account here, and no permissions are checked"),
    Tags: tags,
  }),
  "AWS::Events::Rule": z.strictObject({
    Name: name,
    EventBusName: z.string().default("default"),
    EventPattern: z.record(z.string(), z.json()),
    State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
    Targets: z
      .array(
        z.strictObject({
          Id: z.string(),
          Arn: arn,
          Input: z.string().optional(),
          InputPath: z
            .string()
            .regex(/^\$(\.[\w-]+)*$/, "only plain paths such as $.detail are supported")
            .optional(),
          DeadLetterConfig: deadLetter,
          RetryPolicy: retryPolicy,
          RoleArn: withoutEffect("no permissions are checked here"),
        }),
      )
      .default([]),
    Description: description,
    RoleArn: withoutEffect("no permissions are checked here"),
    Tags: tags,
  }),
  "AWS::Events::Archive": z.strictObject({
    ArchiveName: name,
    SourceArn: arn,
    EventPattern: z.record(z.string(), z.json()).optional(),
    RetentionDays: withoutEffect("events are kept for the life of the host"),
    Description: description,
    KmsKeyIdentifier: encryption,
  }),
  "AWS::SQS::Queue": z.strictObject({
    QueueName: name,
    VisibilityTimeout: seconds.default(30),
    DelaySeconds: seconds.max(900).default(0),
    MessageRetentionPeriod: seconds.default(345_600),
    MaximumMessageSize: z.number().default(1_048_576),
    RedrivePolicy: z
      .strictObject({ deadLetterTargetArn: arn, maxReceiveCount: z.coerce.number().int().positive() })
      .optional(),
    ReceiveMessageWaitTimeSeconds: withoutEffect("a local receive answers at once"),
    FifoQueue: z.literal(false).optional(),
    KmsMasterKeyId: encryption,
    KmsDataKeyReusePeriodSeconds: encryption,
    SqsManagedSseEnabled: encryption,
    Tags: tags,
  }),
  "AWS::SQS::QueuePolicy": z.strictObject({ Queues: z.array(z.string()), PolicyDocument: z.json() }),
  "AWS::Scheduler::Schedule": z.strictObject({
    Name: name,
    GroupName: z.string().default("default"),
    ScheduleExpression: z.string(),
    ScheduleExpressionTimezone: z.string().default("UTC"),
    State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
    FlexibleTimeWindow: z.strictObject({ Mode: z.literal("OFF") }),
    StartDate: z.string().optional(),
    EndDate: z.string().optional(),
    Target: z.strictObject({
      Arn: arn.includes(":lambda:"),
      Input: z.string().optional(),
      DeadLetterConfig: withoutEffect("a local function always accepts an asynchronous invoke"),
      RetryPolicy: retryPolicy,
      RoleArn: withoutEffect("no permissions are checked here"),
    }),
    Description: description,
    KmsKeyArn: encryption,
  }),
  "AWS::Scheduler::ScheduleGroup": z.strictObject({ Name: name, Tags: tags }),
  "AWS::KMS::Key": z.strictObject({
    KeySpec: z.literal("SYMMETRIC_DEFAULT").optional(),
    KeyUsage: z.literal("ENCRYPT_DECRYPT").optional(),
    Enabled: z.literal(true).optional(),
    Description: description,
    EnableKeyRotation: withoutEffect("a run is shorter than any rotation"),
    RotationPeriodInDays: withoutEffect("a run is shorter than any rotation"),
    KeyPolicy: withoutEffect("no permissions are checked here"),
    PendingWindowInDays: withoutEffect("nothing here deletes keys"),
    Tags: tags,
  }),
  "AWS::KMS::Alias": z.strictObject({ AliasName: z.string(), TargetKeyId: z.string() }),
  "AWS::SecretsManager::Secret": z.strictObject({
    Name: name,
    SecretString: z.string().optional(),
    GenerateSecretString: z
      .strictObject({ SecretStringTemplate: z.string().optional(), GenerateStringKey: z.string().optional() })
      .loose()
      .optional(),
    Description: description,
    KmsKeyId: encryption,
    Tags: tags,
  }),
  "AWS::CloudWatch::Alarm": MetricAlarmProperties,
  "AWS::CloudWatch::CompositeAlarm": CompositeAlarmProperties,
  "AWS::CloudWatch::Dashboard": z.strictObject({ DashboardName: z.string(), DashboardBody: z.string() }),
  "AWS::SNS::Topic": typeWithoutEffect("only alarms use it, and what they tell it is recorded"),
  "AWS::Budgets::Budget": typeWithoutEffect("nothing here costs money"),
  "AWS::SNS::TopicPolicy": typeWithoutEffect("only alarms use it"),
  "AWS::SNS::Subscription": typeWithoutEffect("only alarms use it"),
  "AWS::Logs::LogGroup": typeWithoutEffect("log lines go to the host's sink"),
  "AWS::IAM::Role": typeWithoutEffect("no permissions are checked here"),
  "AWS::IAM::Policy": z.strictObject({
    PolicyName: z.string(),
    PolicyDocument: z.strictObject({
      Version: z.string(),
      Statement: z.array(
        z.strictObject({
          Sid: z.string().optional(),
          Effect: z.literal("Allow"),
          Action: z.union([z.string(), z.array(z.string())]),
          Resource: z.union([z.string(), z.array(z.string())]),
          Condition: z.partialRecord(z.enum(["StringLike", "ForAllValues:StringLike"]), textsByKey).optional(),
        }),
      ),
    }),
    Roles: z.array(z.string()),
  }),
  "AWS::CDK::Metadata": typeWithoutEffect("usage statistics of the CDK"),
} as const;

export type ResourceType = keyof typeof RESOURCE_SCHEMAS;
export type PropertiesOf<T extends ResourceType> = z.infer<(typeof RESOURCE_SCHEMAS)[T]>;
