import { z } from "zod";
import { ACCOUNT } from "../identity.ts";
import { type AwsCall, type Right, signedBy } from "./aws-call.ts";

type ArnOf = (service: string, rest: string) => string;
type Rights = (input: unknown, output: object, arn: ArnOf) => Right[];

const Entries = z.object({ Entries: z.array(z.object({ EventBusName: z.string().default("default") })) });
const Queue = z.object({ QueueUrl: z.string() });
const Key = z.object({ KeyId: z.string() });
const Sealed = z.object({ EncryptionContext: z.record(z.string(), z.string()).default({}) });
const Secret = z.object({ ARN: z.string() });

const ofQueue =
  (operation: string): Rights =>
  (input, _, arn) => [
    { action: `sqs:${operation}`, resource: arn("sqs", Queue.parse(input).QueueUrl.split("/").at(-1) ?? "") },
  ];
const ofKey =
  (operation: string): Rights =>
  (input, output) => {
    const context = Object.entries(Sealed.parse(input).EncryptionContext);
    const says = Object.fromEntries(context.map(([key, value]) => [`kms:EncryptionContext:${key}`, [value]]));
    return [{ action: `kms:${operation}`, resource: Key.parse(output).KeyId, says }];
  };
const RIGHTS: Record<string, Rights> = {
  "AWSEvents.PutEvents": (input, _, arn) =>
    Entries.parse(input).Entries.map(({ EventBusName }) => ({
      action: "events:PutEvents",
      resource: EventBusName.startsWith("arn:") ? EventBusName : arn("events", `event-bus/${EventBusName}`),
    })),
  "AmazonSQS.SendMessage": ofQueue("SendMessage"),
  "AmazonSQS.ReceiveMessage": ofQueue("ReceiveMessage"),
  "AmazonSQS.DeleteMessage": ofQueue("DeleteMessage"),
  "AmazonSQS.ChangeMessageVisibility": ofQueue("ChangeMessageVisibility"),
  "AmazonSQS.GetQueueAttributes": ofQueue("GetQueueAttributes"),
  // The answers name the key and the secret, whatever they were called in the question.
  "TrentService.GenerateDataKey": ofKey("GenerateDataKey"),
  "TrentService.Decrypt": ofKey("Decrypt"),
  "secretsmanager.GetSecretValue": (_, output) => [
    { action: "secretsmanager:GetSecretValue", resource: Secret.parse(output).ARN },
  ],
};

/** What an answered call needed of its caller's role. Throws on an operation that nobody has said this of. */
export function gatewayCalls(
  authorization: string | undefined,
  target: string,
  body: string,
  output: object,
): AwsCall[] {
  const signed = signedBy(authorization);
  if (!signed) return [];
  const rights = RIGHTS[target];
  if (!rights) throw new Error(`no right is named for ${target}: add it to local/roles/gateway-calls.ts`);
  const arn: ArnOf = (service, rest) => `arn:aws:${service}:${signed.region}:${ACCOUNT}:${rest}`;
  return rights(JSON.parse(body || "{}"), output, arn).map((right) => ({ caller: signed.caller, ...right }));
}

export function invokeCalls(authorization: string | undefined, functionName: string): AwsCall[] {
  const signed = signedBy(authorization);
  if (!signed) return [];
  const name = functionName.split(":function:").at(-1);
  const resource = `arn:aws:lambda:${signed.region}:${ACCOUNT}:function:${name}`;
  return [{ caller: signed.caller, action: "lambda:InvokeFunction", resource }];
}
