import type { Timer, VirtualClock } from "../clock.ts";
import type { Outcome } from "../function-environment.ts";
import { REGION } from "../identity.ts";
import { isObject, type Json } from "../json.ts";
import { AwsError } from "./aws-error.ts";
import type { Functions } from "./functions.ts";
import type { Message, Queue } from "./queues.ts";

export type EventSourceMapping = {
  queue: Queue;
  functionName: string;
  batchSize: number;
  windowSeconds: number;
  reportsItemFailures: boolean;
  maximumConcurrency: number;
};

/**
 * Polls a queue for a function, as Lambda does. Messages are taken when all else is quiet at the same virtual instant,
 * so that a batch holds what the instant brought, whichever process was the faster.
 */
export function startEventSourceMapping(mapping: EventSourceMapping, functions: Functions, clock: VirtualClock): void {
  const { queue, batchSize } = mapping;
  const label = `poll of ${queue.settings.name}`;
  let running = 0;
  let next: { atMs: number; timer: Timer } | undefined;

  function plan(): void {
    if (running >= mapping.maximumConcurrency) return;
    const visibleSince = queue.visibleSince();
    if (visibleSince[0] === undefined) return;
    const full = visibleSince.length >= batchSize;
    const atMs = full ? clock.now() : Math.max(clock.now(), visibleSince[0] + mapping.windowSeconds * 1000);
    if (next && next.atMs <= atMs) return;
    next?.timer.cancel();
    next = { atMs, timer: clock.at(atMs, label, poll) };
  }

  function poll(): void {
    next = undefined;
    while (running < mapping.maximumConcurrency) {
      const visibleSince = queue.visibleSince();
      const oldest = visibleSince[0];
      if (oldest === undefined) return;
      if (visibleSince.length < batchSize && oldest + mapping.windowSeconds * 1000 > clock.now()) break;
      const batch = queue.receive(batchSize);
      if (batch.length === 0) return;
      running += 1;
      void clock.during(label, () => deliver(batch));
    }
    plan();
  }

  async function deliver(batch: Message[]): Promise<void> {
    // A retry hands out a new receipt; only the one of this delivery may delete.
    const receipts = new Map(batch.map((message) => [message.id, message.receipt as string]));
    const payload = JSON.stringify({ Records: batch.map((message) => toRecord(message, queue.settings.arn)) });
    try {
      const outcome = await functions.invoke(mapping.functionName, payload);
      for (const id of failedItems(outcome, [...receipts.keys()], mapping.reportsItemFailures)) receipts.delete(id);
      for (const receipt of receipts.values()) queue.delete(receipt);
    } catch (error) {
      // Throttled or too large: the messages come back when their visibility timeout ends.
      if (!(error instanceof AwsError)) throw error;
    } finally {
      running -= 1;
      plan();
    }
  }

  queue.onVisible = plan;
}

/** Which messages of a batch stay in the queue, after the rules of ReportBatchItemFailures. */
function failedItems(outcome: Outcome, ids: string[], reportsItemFailures: boolean): string[] {
  if (outcome.failed) return ids;
  if (!reportsItemFailures) return [];
  const response = JSON.parse(outcome.payload || "null") as Json;
  if (response === null) return [];
  if (!isObject(response)) return ids;
  const failures = response.batchItemFailures;
  if (failures === undefined || failures === null) return [];
  if (!Array.isArray(failures)) return ids;
  const failed = failures.map((failure) => (isObject(failure) ? failure.itemIdentifier : undefined));
  return failed.every((id): id is string => typeof id === "string" && ids.includes(id)) ? failed : ids;
}

function toRecord(message: Message, queueArn: string) {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: message.md5,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}

export function systemAttributes(message: Message): Record<string, string> {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAtMs),
    SenderId: "AROALOCAL:local",
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    ...(message.cameFromArn === undefined ? {} : { DeadLetterQueueSourceArn: message.cameFromArn }),
  };
}
