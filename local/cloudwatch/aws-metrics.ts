import { readEmbeddedMetrics } from "./embedded-metrics.ts";
import type { Datum } from "./metric.ts";

/** Where data goes; stamped with the present unless another time is given. */
export type Put = (datum: Datum, atMs?: number) => void;

export type QueueLevels = {
  visible: number;
  inFlight: number;
  delayed: number;
  /** Of the messages that count for it; 0 when there are none. */
  oldestAgeSeconds: number;
};

/** How often a message may have been received and still be the oldest: "three times (or more)" moves it to the back. */
const POISONED_AFTER = 3;

/** The metrics that AWS services write by themselves, with the dimensions and zeros they write. */
export function awsMetrics(put: Put) {
  const record = (
    namespace: string,
    dimensions: Datum["dimensions"],
    values: Record<string, number>,
    atMs?: number,
  ) => {
    for (const [name, value] of Object.entries(values)) put({ namespace, name, dimensions, value }, atMs);
  };
  // Lambda writes each metric for the function and for the account as a whole.
  const ofFunction = (FunctionName: string, values: Record<string, number>) => {
    for (const dimensions of [{ FunctionName }, {}]) record("AWS/Lambda", dimensions, values);
  };
  return {
    /** One invocation that was run. Errors and Throttles of 0 are written too, so that silence means no invocations. */
    invocation(name: string, { failed, durationMs }: { failed: boolean; durationMs: number }): void {
      ofFunction(name, { Invocations: 1, Errors: failed ? 1 : 0, Throttles: 0, Duration: durationMs });
    },
    /** Invocations of it that run now, and of all functions. */
    concurrency(name: string, { ofIt, ofAll }: { ofIt: number; ofAll: number }): void {
      record("AWS/Lambda", { FunctionName: name }, { ConcurrentExecutions: ofIt });
      record("AWS/Lambda", {}, { ConcurrentExecutions: ofAll });
    },
    throttle: (name: string): void => ofFunction(name, { Throttles: 1 }),
    /** An asynchronous event that was accepted. */
    asyncReceived: (name: string): void => ofFunction(name, { AsyncEventsReceived: 1 }),
    /** It waited so long for an invocation. */
    asyncAge: (name: string, ageMs: number): void => ofFunction(name, { AsyncEventAge: ageMs }),
    /** It was given up, whether or not a destination has it. */
    asyncDropped: (name: string): void => ofFunction(name, { AsyncEventsDropped: 1 }),

    /** What a queue holds at `atMs`. Only active queues are measured: used or not empty within six hours. */
    queueLevels(QueueName: string, { visible, inFlight, delayed, oldestAgeSeconds }: QueueLevels, atMs: number): void {
      const levels = {
        ApproximateNumberOfMessagesVisible: visible,
        ApproximateNumberOfMessagesNotVisible: inFlight,
        ApproximateNumberOfMessagesDelayed: delayed,
        ApproximateAgeOfOldestMessage: oldestAgeSeconds,
      };
      record("AWS/SQS", { QueueName }, levels, atMs);
    },
    /** Messages sent by a call, received or deleted; a move to a dead-letter queue is not a sending. */
    messages(QueueName: string, what: "Sent" | "Received" | "Deleted", count: number): void {
      record("AWS/SQS", { QueueName }, { [`NumberOfMessages${what}`]: count });
    },

    /** One target of a rule that matched. `lost`: neither the target nor a dead-letter queue took it. */
    delivery(
      { busName, ruleName }: { busName: string; ruleName: string },
      end: "delivered" | "dead letter" | "lost",
      hasDeadLetters: boolean,
    ): void {
      const dimensions = busName === "default" ? { RuleName: ruleName } : { EventBusName: busName, RuleName: ruleName };
      record("AWS/Events", dimensions, {
        Invocations: 1,
        ...(end !== "delivered" && { FailedInvocations: 1 }),
        ...(end === "dead letter" && { InvocationsSentToDlq: 1 }),
        ...(end === "lost" && hasDeadLetters && { InvocationsFailedToBeSentToDlq: 1 }),
      });
    },
    /** One time that a schedule came due. */
    scheduled(ScheduleGroup: string): void {
      for (const dimensions of [{ ScheduleGroup }, {}])
        record("AWS/Scheduler", dimensions, { InvocationAttemptCount: 1 });
    },

    /** A request that DynamoDB refused for want of throughput. No local engine does; simulations may. */
    tableThrottle(TableName: string, { operation, isWrite }: { operation: string; isWrite: boolean }): void {
      record("AWS/DynamoDB", { TableName, Operation: operation }, { ThrottledRequests: 1 });
      record("AWS/DynamoDB", { TableName }, { [isWrite ? "WriteThrottleEvents" : "ReadThrottleEvents"]: 1 });
    },

    /** A line that a function wrote: metrics embedded in it are extracted, and what goes wrong with that is counted. */
    logLine(LogGroupName: string, line: string, nowMs: number): void {
      const read = readEmbeddedMetrics(line, nowMs);
      if (!read) return;
      if ("error" in read) record("AWS/Logs", { LogGroupName }, { [read.error]: 1 });
      else for (const { datum, atMs } of read.data) put(datum, atMs);
    },
  };
}

export type AwsMetrics = ReturnType<typeof awsMetrics>;

/**
 * The age that SQS reports, in seconds: of the oldest message that has not been received in vain too often, since it came
 * to this queue (in a dead-letter queue, since it was moved there).
 */
export function oldestAgeSeconds(
  messages: readonly { arrivedAtMs: number; receiveCount: number }[],
  nowMs: number,
): number {
  const counted = messages.filter(({ receiveCount }) => receiveCount < POISONED_AFTER);
  return counted.reduce((oldest, { arrivedAtMs }) => Math.max(oldest, (nowMs - arrivedAtMs) / 1000), 0);
}
