import type { VirtualClock } from "../clock.ts";
import type { AwsMetrics } from "../cloudwatch/aws-metrics.ts";
import type { Outcome } from "../function-environment.ts";
import type { FunctionHost } from "../function-host.ts";
import { ACCOUNT, REGION } from "../identity.ts";
import type { Json } from "../json.ts";
import { AwsError } from "./aws-error.ts";
import type { Ids } from "./ids.ts";
import type { Queue } from "./queues.ts";
import { Turns } from "./turns.ts";

export type FunctionSettings = {
  name: string;
  arn: string;
  host: FunctionHost;
  /** Reserved concurrency 0 is AWS's kill switch: every invoke is throttled. */
  throttled: boolean;
  maximumEventAgeSeconds: number;
  maximumRetryAttempts: number;
  onFailure: Queue | undefined;
  deadLetters: Queue | undefined;
};

export type InvocationCounts = {
  invocations: number;
  errors: number;
  throttles: number;
  billedMs: number;
  /** Asynchronous events given up on. */
  failedEvents: number;
};

type AsyncEvent = { requestId: string; payload: string; acceptedAtMs: number; attempts: number };

// AWS waits one minute before the first retry of an asynchronous invocation and two before the second.
const RETRY_AFTER_MS = [60_000, 120_000];
const MEBIBYTE = 1_048_576;

/** Lambda's Invoke, synchronous and asynchronous, over the hosts that run the code. */
export class Functions {
  readonly #clock: VirtualClock;
  readonly #ids: Ids;
  readonly #metrics: AwsMetrics;
  readonly #functions = new Map<string, { settings: FunctionSettings; counts: InvocationCounts; running: number }>();
  #running = 0;
  readonly #turns = new Turns();

  constructor(clock: VirtualClock, ids: Ids, metrics: AwsMetrics) {
    this.#clock = clock;
    this.#ids = ids;
    this.#metrics = metrics;
  }

  add(settings: FunctionSettings): void {
    const counts = { invocations: 0, errors: 0, throttles: 0, billedMs: 0, failedEvents: 0 };
    this.#functions.set(settings.name, { settings, counts, running: 0 });
  }

  has(nameOrArn: string): boolean {
    return this.#functions.has(functionName(nameOrArn));
  }

  hosts(): FunctionHost[] {
    return [...this.#functions.values()].map(({ settings }) => settings.host);
  }

  /** Ends every process and starts no more; what was waiting is left unanswered. */
  stop(): void {
    for (const host of this.hosts()) host.stop();
  }

  counts(): Record<string, InvocationCounts> {
    return Object.fromEntries([...this.#functions].map(([name, { counts }]) => [name, { ...counts }]));
  }

  /**
   * InvocationType RequestResponse, in turn with all others; `isNested` for one that another invocation may be waiting for,
   * which cannot wait for that to end.
   */
  async invoke(nameOrArn: string, payload: string, { isNested = false } = {}): Promise<Outcome> {
    const { settings, counts } = this.#find(nameOrArn);
    if (Buffer.byteLength(payload) > 6 * MEBIBYTE) throw tooLarge(6 * MEBIBYTE);
    if (settings.throttled) {
      counts.throttles += 1;
      this.#metrics.throttle(settings.name);
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429);
    }
    return this.#run(settings.name, { payload, requestId: this.#ids(), isNested });
  }

  /** InvocationType Event: accepted now, run and retried later. Answers the request id. */
  invokeAsync(nameOrArn: string, payload: string): string {
    const { settings } = this.#find(nameOrArn);
    if (Buffer.byteLength(payload) > MEBIBYTE) throw tooLarge(MEBIBYTE);
    const requestId = this.#ids();
    const event = { requestId, payload, acceptedAtMs: this.#clock.now(), attempts: 0 };
    this.#metrics.asyncReceived(settings.name);
    void this.#clock.during(`asynchronous invoke of ${settings.name}`, () => this.#attempt(settings.name, event));
    return requestId;
  }

  async #attempt(name: string, event: AsyncEvent): Promise<void> {
    const { settings, counts } = this.#find(name);
    const giveUpAtMs = event.acceptedAtMs + settings.maximumEventAgeSeconds * 1000;
    if (settings.throttled) {
      counts.throttles += 1;
      this.#metrics.throttle(name);
      this.#clock.at(giveUpAtMs, `give up on an event of ${name}`, () => this.#giveUp(name, event, "EventAgeExceeded"));
      return;
    }
    event.attempts += 1;
    this.#metrics.asyncAge(name, this.#clock.now() - event.acceptedAtMs);
    const outcome = await this.#run(name, { ...event, isNested: false });
    if (!outcome.failed) return;
    const wait = RETRY_AFTER_MS[event.attempts - 1];
    if (event.attempts > settings.maximumRetryAttempts || wait === undefined) {
      this.#giveUp(name, event, "RetriesExhausted", outcome);
    } else if (this.#clock.now() + wait > giveUpAtMs) {
      this.#giveUp(name, event, "EventAgeExceeded", outcome);
    } else {
      this.#clock.at(this.#clock.now() + wait, `retry of ${name}`, () => {
        void this.#clock.during(`retry of ${name}`, () => this.#attempt(name, event));
      });
    }
  }

  #giveUp(name: string, event: AsyncEvent, condition: string, outcome?: Outcome): void {
    const { settings, counts } = this.#find(name);
    counts.failedEvents += 1;
    this.#metrics.asyncDropped(name);
    settings.onFailure?.send({ body: JSON.stringify(this.#failureRecord(settings, event, condition, outcome)) });
    const message = outcome ? (JSON.parse(outcome.payload) as { errorMessage?: string }).errorMessage : undefined;
    settings.deadLetters?.send({
      body: event.payload,
      attributes: {
        RequestID: { DataType: "String", StringValue: event.requestId },
        ErrorCode: { DataType: "String", StringValue: outcome ? "200" : "429" },
        ErrorMessage: { DataType: "String", StringValue: message ?? condition },
      },
    });
  }

  #failureRecord(settings: FunctionSettings, event: AsyncEvent, condition: string, outcome?: Outcome) {
    return {
      version: "1.0",
      timestamp: new Date(this.#clock.now()).toISOString(),
      requestContext: {
        requestId: event.requestId,
        functionArn: `${settings.arn}:$LATEST`,
        condition,
        approximateInvokeCount: event.attempts,
      },
      requestPayload: JSON.parse(event.payload) as Json,
      ...(outcome
        ? {
            responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
            responsePayload: JSON.parse(outcome.payload) as Json,
          }
        : {}),
    };
  }

  async #run(
    name: string,
    { payload, requestId, isNested }: { payload: string; requestId: string; isNested: boolean },
  ): Promise<Outcome> {
    const known = this.#find(name);
    const { settings, counts } = known;
    const nowMs = this.#clock.now();
    const deadlineMs = nowMs + settings.host.definition.timeoutSeconds * 1000;
    known.running += 1;
    this.#running += 1;
    this.#metrics.concurrency(name, { ofIt: known.running, ofAll: this.#running });
    const work = () => settings.host.invoke({ requestId, functionArn: settings.arn, payload, nowMs, deadlineMs });
    const outcome = await this.#clock.during(`invocation of ${name}`, () =>
      isNested ? work() : this.#turns.take(`${name} ${payload}`, work),
    );
    known.running -= 1;
    this.#running -= 1;
    counts.invocations += 1;
    counts.billedMs += outcome.billedMs;
    if (outcome.failed) counts.errors += 1;
    this.#metrics.invocation(name, { failed: outcome.failed, durationMs: outcome.billedMs });
    return outcome;
  }

  #find(nameOrArn: string) {
    const name = functionName(nameOrArn);
    const found = this.#functions.get(name);
    if (found) return found;
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${arn}`, 404);
  }
}

/** Lambda takes a name, an ARN or a part of one, with or without an alias; of versions there is only the latest. */
function functionName(nameOrArn: string): string {
  const parts = nameOrArn.split(":");
  const marker = parts.indexOf("function");
  const [name = "", version] = marker >= 0 ? parts.slice(marker + 1) : parts;
  if (version !== undefined && /^\d+$/.test(version)) {
    throw new AwsError("ResourceNotFoundException", `Function not found: ${nameOrArn} (versions are not local)`, 404);
  }
  return name;
}

function tooLarge(limit: number): AwsError {
  const message = `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
  return new AwsError("RequestEntityTooLargeException", message, 413);
}
