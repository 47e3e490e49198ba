import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** Where work goes that could not be done: encrypted, TLS only, kept for the 14 days that SQS allows. */
export function deadLetterQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  for (const rule of ["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"])
    acknowledge(queue, rule, "This queue is itself a dead-letter queue: an operator redrives it, nothing consumes it.");
  return queue;
}
