import { Duration } from "aws-cdk-lib";
import { type EventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { EVENT_SOURCE, type EventName } from "../shared/domain/events.ts";
import { acknowledge } from "./acknowledge.ts";
import { watchDeadLetters } from "./alarms/dead-letter-alarms.ts";
import { deadLetterQueue } from "./dead-letter-queue.ts";
import type { HouseFunction } from "./house-function.ts";

/** Which events to take: any of the names, and detail fields that must have one of the values. */
type Interest = { events: readonly EventName[]; detail?: Record<string, readonly (string | boolean)[]> };

/**
 * A queue in front of a Lambda, filled by rules on the bus. What cannot be delivered to it, and what cannot be done
 * from it, ends in one dead-letter queue; both hold the same event, so both are redriven the same way.
 */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  /** Whose work it is, once it feeds anybody. */
  consumer: HouseFunction | undefined;

  constructor(scope: Construct, id: string, props: { visibilitySeconds: number; maxReceiveCount: number }) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, "DeadLetters");
    this.queue = new Queue(this, "Queue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(props.visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
  }

  /** As its alarms name it: the function's name and its own. */
  get label(): string {
    return `${this.consumer?.watch.part ?? "nobody"} ${this.node.id.toLowerCase()}`;
  }

  /** Puts matching events of the bus on this queue. */
  subscribe(id: string, bus: EventBus, { events, detail }: Interest): void {
    new Rule(this, id, {
      eventBus: bus,
      eventPattern: { source: [EVENT_SOURCE], detailType: [...events], ...(detail && { detail }) },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
    });
  }

  /** Feeds the function in batches whose items fail one by one. */
  feed(
    consumer: HouseFunction,
    {
      batchSize,
      windowSeconds = 0,
      maxConcurrency,
    }: { batchSize: number; windowSeconds?: number; maxConcurrency?: number },
  ): void {
    this.consumer = consumer;
    const { entry, watch } = consumer;
    const name = this.node.id.toLowerCase();
    watchDeadLetters(this, "Undone", watch, {
      what: `${name}-dead-letters`,
      queue: this.deadLetters,
      broken: `Messages on the ${name} queue of ${watch.part} could not be delivered or handled.`,
    });
    // The library's own event source also grants what nobody uses.
    consumer.may(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [this.queue.queueArn]);
    const mapping = entry.addEventSourceMapping(`From${this.node.id}`, {
      eventSourceArn: this.queue.queueArn,
      batchSize,
      reportBatchItemFailures: true,
      ...(windowSeconds > 0 && { maxBatchingWindow: Duration.seconds(windowSeconds) }),
      ...(maxConcurrency !== undefined && { maxConcurrency }),
    });
    acknowledge(
      mapping,
      "Serverless-LambdaEventSourceMappingDestination",
      "What fails as often as the queue allows goes to the queue's own dead letters; mappings of queues know no destination.",
    );
  }
}
