import { createHash } from "node:crypto";
import type { Timer, VirtualClock } from "../clock.ts";
import { type AwsMetrics, oldestAgeSeconds } from "../cloudwatch/aws-metrics.ts";
import { AwsError } from "./aws-error.ts";
import type { Ids } from "./ids.ts";

export type MessageAttribute = { DataType: string; StringValue?: string | undefined; BinaryValue?: string | undefined };

export type Message = {
  id: string;
  body: string;
  md5: string;
  attributes: Record<string, MessageAttribute>;
  groupId?: string;
  sentAtMs: number;
  /** When it came to this queue, which is later in a dead-letter queue. */
  arrivedAtMs: number;
  firstReceivedAtMs?: number;
  receiveCount: number;
  /** The receipt that may still delete it; each receive makes a new one. */
  receipt?: string;
  /** It cannot be received before this time. */
  visibleAtMs: number;
  /** The queue that gave up on it. */
  cameFromArn?: string;
};

export type QueueSettings = {
  name: string;
  arn: string;
  url: string;
  visibilityTimeoutSeconds: number;
  delaySeconds: number;
  retentionSeconds: number;
  maximumMessageBytes: number;
};

export type OutgoingMessage = {
  body: string;
  delaySeconds?: number | undefined;
  groupId?: string | undefined;
  attributes?: Record<string, MessageAttribute> | undefined;
};

/** A queue that nobody has used and that has been empty for longer is not measured. */
const ACTIVE_MS = 6 * 3_600_000;

/** One SQS standard queue under virtual time. */
export class Queue {
  readonly settings: QueueSettings;
  /** Where a message goes once it has been received this often in vain. */
  redrive: { to: Queue; maxReceiveCount: number } | undefined;
  /** Called whenever a message can be received; what polls the queue listens here. */
  onVisible: (() => void) | undefined;
  expired = 0;
  readonly #clock: VirtualClock;
  readonly #ids: Ids;
  readonly #metrics: AwsMetrics;
  #lastActiveMs = Number.NEGATIVE_INFINITY;
  readonly #messages = new Map<string, Message>();
  readonly #timers = new Map<string, Timer>();

  constructor(settings: QueueSettings, clock: VirtualClock, ids: Ids, metrics: AwsMetrics) {
    this.settings = settings;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#ids = ids;
  }

  send({ body, delaySeconds = this.settings.delaySeconds, groupId, attributes = {} }: OutgoingMessage): Message {
    const { maximumMessageBytes } = this.settings;
    if (Buffer.byteLength(body) > maximumMessageBytes) {
      const reason = `Message must be shorter than ${maximumMessageBytes} bytes.`;
      throw new AwsError("InvalidParameterValue", `One or more parameters are invalid. Reason: ${reason}`);
    }
    const now = this.#clock.now();
    const message: Message = {
      id: this.#ids(),
      body,
      md5: createHash("md5").update(body).digest("hex"),
      attributes,
      ...(groupId === undefined ? {} : { groupId }),
      sentAtMs: now,
      arrivedAtMs: now,
      receiveCount: 0,
      visibleAtMs: now + delaySeconds * 1000,
    };
    this.#put(message);
    this.#count("Sent", 1);
    return message;
  }

  /** Receives up to `limit` messages; those received too often before go to the dead-letter queue instead. */
  receive(limit: number, visibilitySeconds = this.settings.visibilityTimeoutSeconds): Message[] {
    const now = this.#clock.now();
    const received: Message[] = [];
    for (const message of this.#visible()) {
      if (received.length === limit) break;
      if (this.redrive && message.receiveCount >= this.redrive.maxReceiveCount) {
        this.#remove(message);
        const { receipt: _, ...given } = message;
        const moved = { receiveCount: 0, arrivedAtMs: now, visibleAtMs: now, cameFromArn: this.settings.arn };
        this.redrive.to.#put({ ...given, ...moved });
        continue;
      }
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= now;
      message.receipt = `${message.id}#${message.receiveCount}`;
      received.push(message);
      this.#hide(message, visibilitySeconds);
    }
    this.#count("Received", received.length);
    return received;
  }

  delete(receipt: string): void {
    const message = this.#messages.get(receipt.split("#")[0] as string);
    if (message?.receipt !== receipt) return;
    this.#remove(message);
    this.#count("Deleted", 1);
  }

  changeVisibility(receipt: string, seconds: number): void {
    const message = this.#messages.get(receipt.split("#")[0] as string);
    if (!message) throw new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${receipt}" is invalid.`);
    if (message.receipt !== receipt || message.visibleAtMs <= this.#clock.now()) {
      throw new AwsError("MessageNotInflight", "The message referred to is not in flight.");
    }
    this.#hide(message, seconds);
  }

  /** When each message that can be received now became so, oldest first. */
  visibleSince(): number[] {
    return this.#visible().map((message) => message.visibleAtMs);
  }

  depth(): { visible: number; inFlight: number; delayed: number } {
    const now = this.#clock.now();
    const hidden = this.messages().filter((message) => message.visibleAtMs > now);
    const inFlight = hidden.filter((message) => message.receiveCount > 0).length;
    return { visible: this.#messages.size - hidden.length, inFlight, delayed: hidden.length - inFlight };
  }

  /** Measures it as CloudWatch does every minute, for the minute that ends now, unless it is inactive. What polls it keeps it active. */
  measure(): void {
    const now = this.#clock.now();
    const messages = this.messages();
    if (messages.length > 0 || this.onVisible) this.#lastActiveMs = now;
    if (now - this.#lastActiveMs > ACTIVE_MS) return;
    const levels = { ...this.depth(), oldestAgeSeconds: oldestAgeSeconds(messages, now) };
    this.#metrics.queueLevels(this.settings.name, levels, now - 1);
  }

  messages(): Message[] {
    this.#expire();
    return [...this.#messages.values()];
  }

  #put(message: Message): void {
    this.#messages.set(message.id, message);
    this.#announce(message);
  }

  #count(what: "Sent" | "Received" | "Deleted", count: number): void {
    this.#lastActiveMs = this.#clock.now();
    if (count > 0) this.#metrics.messages(this.settings.name, what, count);
  }

  #remove(message: Message): void {
    this.#timers.get(message.id)?.cancel();
    this.#timers.delete(message.id);
    this.#messages.delete(message.id);
  }

  #hide(message: Message, seconds: number): void {
    message.visibleAtMs = this.#clock.now() + seconds * 1000;
    this.#announce(message);
  }

  #announce(message: Message): void {
    this.#timers.get(message.id)?.cancel();
    this.#timers.delete(message.id);
    if (!this.onVisible) return;
    if (message.visibleAtMs <= this.#clock.now()) {
      this.onVisible();
      return;
    }
    const label = `message visible in ${this.settings.name}`;
    this.#timers.set(
      message.id,
      this.#clock.at(message.visibleAtMs, label, () => {
        this.#timers.delete(message.id);
        this.onVisible?.();
      }),
    );
  }

  #visible(): Message[] {
    const now = this.#clock.now();
    const visible = this.messages().filter((message) => message.visibleAtMs <= now);
    return visible.sort((a, b) => a.visibleAtMs - b.visibleAtMs);
  }

  #expire(): void {
    // Retention counts from the first sending, also in a dead-letter queue, which is how messages there get lost.
    const oldest = this.#clock.now() - this.settings.retentionSeconds * 1000;
    for (const message of this.#messages.values()) {
      if (message.sentAtMs > oldest) continue;
      this.#remove(message);
      this.expired += 1;
    }
  }
}
