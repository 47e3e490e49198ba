import { z } from "zod";
import type { VirtualClock } from "../clock.ts";
import type { Alarms } from "../cloudwatch/alarms.ts";
import { AwsError } from "./aws-error.ts";
import { DescribeAlarms, describeAlarms } from "./describe-alarms.ts";
import type { EventBuses } from "./event-bus.ts";
import { systemAttributes } from "./event-source-mappings.ts";
import type { Keys } from "./keys.ts";
import { messageAttributesMd5 } from "./message-attributes.ts";
import type { MessageAttribute, Queue } from "./queues.ts";
import type { Secrets } from "./secrets.ts";

/** One operation of an AWS JSON service: input already parsed from JSON, output to be written as JSON. */
export type Operation = (input: unknown) => object;

export type Services = {
  buses: EventBuses;
  queues: ReadonlyMap<string, Queue>;
  keys: Keys;
  secrets: Secrets;
  alarms: Alarms;
  clock: VirtualClock;
};

// Inputs are strict: a parameter that is not implemented is refused like an operation that is not.
const PutEvents = z.strictObject({
  Entries: z.array(
    z.strictObject({
      Source: z.string().optional(),
      DetailType: z.string().optional(),
      Detail: z.string().optional(),
      EventBusName: z.string().optional(),
      Resources: z.array(z.string()).optional(),
      Time: z.number().optional(),
      TraceHeader: z.string().optional(),
    }),
  ),
});
const attribute = z.strictObject({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const QueueUrl = z.string();
const SendMessage = z.strictObject({
  QueueUrl,
  MessageBody: z.string().min(1),
  DelaySeconds: z.number().int().min(0).max(900).optional(),
  MessageGroupId: z.string().optional(),
  MessageAttributes: z.record(z.string(), attribute).optional(),
});
const ReceiveMessage = z.strictObject({
  QueueUrl,
  MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
  VisibilityTimeout: z.number().int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.number().optional(),
  AttributeNames: z.array(z.string()).optional(),
  MessageSystemAttributeNames: z.array(z.string()).optional(),
  MessageAttributeNames: z.array(z.string()).optional(),
});
const DeleteMessage = z.strictObject({ QueueUrl, ReceiptHandle: z.string() });
const ChangeMessageVisibility = z.strictObject({
  QueueUrl,
  ReceiptHandle: z.string(),
  VisibilityTimeout: z.number().int().min(0).max(43_200),
});
const GetQueueAttributes = z.strictObject({ QueueUrl, AttributeNames: z.array(z.string()).optional() });
const context = z.record(z.string(), z.string()).default({});
const GenerateDataKey = z.strictObject({
  KeyId: z.string(),
  KeySpec: z.enum(["AES_256", "AES_128"]).optional(),
  NumberOfBytes: z.number().int().min(1).max(1024).optional(),
  EncryptionContext: context,
});
const Decrypt = z.strictObject({
  CiphertextBlob: z.base64(),
  KeyId: z.string().optional(),
  EncryptionAlgorithm: z.literal("SYMMETRIC_DEFAULT").optional(),
  EncryptionContext: context,
});
const GetSecretValue = z.strictObject({
  SecretId: z.string(),
  VersionStage: z.literal("AWSCURRENT").optional(),
});

/** The operations the gateway answers, by the X-Amz-Target that the SDK sends. Lambda's Invoke is REST: see server.ts. */
export function createOperations({ buses, queues, keys, secrets, alarms, clock }: Services): Record<string, Operation> {
  const queueAt = (url: string): Queue => {
    const queue = queues.get(url.split("/").at(-1) as string);
    if (queue) return queue;
    throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
  };
  return {
    "AWSEvents.PutEvents": operation(PutEvents, ({ Entries }) => {
      const results = buses.putEvents(Entries);
      return { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results };
    }),

    "AmazonSQS.SendMessage": operation(SendMessage, (input) => {
      const sent = queueAt(input.QueueUrl).send({
        body: input.MessageBody,
        delaySeconds: input.DelaySeconds,
        groupId: input.MessageGroupId,
        attributes: input.MessageAttributes,
      });
      return { MessageId: sent.id, MD5OfMessageBody: sent.md5, ...attributesMd5(sent.attributes) };
    }),
    "AmazonSQS.ReceiveMessage": operation(ReceiveMessage, (input) => {
      const messages = queueAt(input.QueueUrl).receive(input.MaxNumberOfMessages, input.VisibilityTimeout);
      const wanted = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
      return {
        Messages: messages.map((message) => ({
          MessageId: message.id,
          ReceiptHandle: message.receipt,
          Body: message.body,
          MD5OfBody: message.md5,
          Attributes: pick(systemAttributes(message), wanted),
          ...(input.MessageAttributeNames && Object.keys(message.attributes).length > 0
            ? { MessageAttributes: message.attributes, ...attributesMd5(message.attributes) }
            : {}),
        })),
      };
    }),
    "AmazonSQS.DeleteMessage": operation(DeleteMessage, (input) => {
      queueAt(input.QueueUrl).delete(input.ReceiptHandle);
      return {};
    }),
    "AmazonSQS.ChangeMessageVisibility": operation(ChangeMessageVisibility, (input) => {
      queueAt(input.QueueUrl).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout);
      return {};
    }),
    "AmazonSQS.GetQueueAttributes": operation(GetQueueAttributes, (input) => {
      const { settings, depth, redrive } = describe(queueAt(input.QueueUrl));
      const attributes = {
        ApproximateNumberOfMessages: String(depth.visible),
        ApproximateNumberOfMessagesNotVisible: String(depth.inFlight),
        ApproximateNumberOfMessagesDelayed: String(depth.delayed),
        DelaySeconds: String(settings.delaySeconds),
        MaximumMessageSize: String(settings.maximumMessageBytes),
        MessageRetentionPeriod: String(settings.retentionSeconds),
        QueueArn: settings.arn,
        VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
        ...redrive,
      };
      return { Attributes: pick(attributes, input.AttributeNames ?? []) };
    }),

    "TrentService.GenerateDataKey": operation(GenerateDataKey, (input) => {
      const bytes = input.NumberOfBytes ?? (input.KeySpec === "AES_128" ? 16 : 32);
      const { arn, key, blob } = keys.generateDataKey(input.KeyId, bytes, input.EncryptionContext);
      return { KeyId: arn, Plaintext: key.toString("base64"), CiphertextBlob: blob.toString("base64") };
    }),
    "TrentService.Decrypt": operation(Decrypt, (input) => {
      const blob = Buffer.from(input.CiphertextBlob, "base64");
      const { arn, plaintext } = keys.decrypt(blob, input.EncryptionContext, input.KeyId);
      return { KeyId: arn, Plaintext: plaintext.toString("base64"), EncryptionAlgorithm: "SYMMETRIC_DEFAULT" };
    }),

    "GraniteServiceVersion20100801.DescribeAlarms": operation(DescribeAlarms, (input) => describeAlarms(alarms, input)),

    "secretsmanager.GetSecretValue": operation(GetSecretValue, (input) => {
      const { name, arn, value, versionId } = secrets.find(input.SecretId);
      const CreatedDate = clock.now() / 1000;
      const version = { VersionId: versionId, VersionStages: ["AWSCURRENT"] };
      return { ARN: arn, Name: name, SecretString: value, CreatedDate, ...version };
    }),
  };
}

/** A parameter of a supported operation that the gateway does not implement, or a value AWS would not take. */
export class UnsupportedInput extends Error {
  override name = "UnsupportedInput";
}

function operation<T>(schema: z.ZodType<T>, run: (input: T) => object): Operation {
  return (input) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new UnsupportedInput(z.prettifyError(parsed.error));
    return run(parsed.data);
  };
}

function describe(queue: Queue) {
  const policy = queue.redrive && {
    deadLetterTargetArn: queue.redrive.to.settings.arn,
    maxReceiveCount: queue.redrive.maxReceiveCount,
  };
  const redrive: Record<string, string> = policy ? { RedrivePolicy: JSON.stringify(policy) } : {};
  return { settings: queue.settings, depth: queue.depth(), redrive };
}

function pick(attributes: Record<string, string>, wanted: string[]): Record<string, string> {
  const all = wanted.includes("All");
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => all || wanted.includes(name)));
}

function attributesMd5(attributes: Record<string, MessageAttribute>) {
  return Object.keys(attributes).length === 0 ? {} : { MD5OfMessageAttributes: messageAttributesMd5(attributes) };
}
