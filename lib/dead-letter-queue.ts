import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { houseAlarm, type Watch } from "./house-alarm.ts";

/** Where work goes that could not be done: encrypted, TLS only, kept for the 14 days that SQS allows. */
export function deadLetterQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(queue, "SQS3", "This queue is itself a dead-letter queue: an operator redrives it, nothing consumes it.");
  return queue;
}

/** Tells when anything has lain in a dead-letter queue for a quarter of an hour. */
export function watchDeadLetters(
  scope: Construct,
  id: string,
  watch: Watch,
  { name, queue, broken }: { name: string; queue: Queue; broken: string },
): void {
  houseAlarm(scope, id, watch, {
    name,
    broken,
    firstAction: "read one message before moving or purging any: its body says what could not be done.",
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: "Maximum" }),
    when: { atLeast: 1 },
    periods: { breaching: 3, of: 3 },
    // An idle queue stops reporting after some hours.
    missing: TreatMissingData.NOT_BREACHING,
  });
}
