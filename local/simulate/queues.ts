import { assetsNamed } from "./hindrances.ts";
import type { FunctionSpec, LambdaService, World } from "./lambda.ts";

export type QueueSpec = {
  name: string;
  consumer: FunctionSpec;
  batchSize: number;
  windowMs: number;
  visibilityMs: number;
  maxReceiveCount: number;
  /** Invocations that the mapping starts at once. */
  maxConcurrency: number;
};

export type Message = { id: string; body: string; visibleAtMs: number; receives: number; isDone: boolean };

/** A standard queue before a function: at least once, in no order, and what fails too often goes to the dead letters. */
export class SimulatedQueue {
  readonly deadLetters: Message[] = [];
  /** Messages that could not be handled although nothing struck the invocation that had them. */
  readonly failedUnstruck: { atMs: number; about: string }[] = [];
  readonly #world: World;
  readonly #lambda: LambdaService;
  readonly #spec: QueueSpec;
  readonly #isDown: () => boolean;
  #messages: Message[] = [];
  #pumpAtMs = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #count = 0;

  constructor(world: World, lambda: LambdaService, spec: QueueSpec, isDown: () => boolean) {
    this.#world = world;
    this.#lambda = lambda;
    this.#spec = spec;
    this.#isDown = isDown;
  }

  /** Messages that are neither done nor given up. */
  get waiting(): readonly Message[] {
    return this.#messages;
  }

  send(body: string, delayMs = 0): void {
    const { engine } = this.#world;
    this.#count += 1;
    const visibleAtMs = engine.nowMs() + delayMs;
    this.#messages.push({ id: `${this.#spec.name}-${this.#count}`, body, visibleAtMs, receives: 0, isDone: false });
    this.#pumpAt(visibleAtMs + this.#spec.windowMs);
  }

  #pumpAt(atMs: number): void {
    if (atMs >= this.#pumpAtMs) return;
    this.#pumpAtMs = atMs;
    this.#world.engine.after(atMs - this.#world.engine.nowMs(), () => {
      if (this.#pumpAtMs !== atMs) return false;
      this.#pumpAtMs = Number.POSITIVE_INFINITY;
      return this.#pump();
    });
  }

  #pump(): boolean {
    const { engine, faults, trace } = this.#world;
    const nowMs = engine.nowMs();
    const { batchSize, maxConcurrency, visibilityMs, maxReceiveCount, name, consumer } = this.#spec;
    if (this.#isDown()) {
      this.#pumpAt(nowMs + 30_000);
      return false;
    }
    const batch: Message[] = [];
    for (const message of this.#messages) {
      if (message.visibleAtMs > nowMs || batch.length >= batchSize) continue;
      const strike = faults.strike("receive", `${name} ${message.id}`);
      if (strike?.kind === "late") {
        message.visibleAtMs = nowMs + 1_000 + Math.round(strike.random() * 120_000);
        this.#world.hindrances.note(assetsNamed(message.body), { fromMs: nowMs, toMs: message.visibleAtMs });
        continue;
      }
      if (message.receives >= maxReceiveCount) {
        message.isDone = true;
        this.deadLetters.push(message);
        trace.add(`${nowMs} ${name} gives up ${message.id}`);
        continue;
      }
      batch.push(message);
      message.receives += 1;
      // A second delivery while the first is at work: at least once is all that is promised.
      message.visibleAtMs = nowMs + (strike?.kind === "doubled" ? 0 : visibilityMs);
    }
    this.#tidy();
    if (batch.length === 0) return this.#next();
    if (this.#inFlight >= maxConcurrency || !this.#lambda.hasRoom(consumer)) {
      for (const message of batch) {
        message.receives -= 1;
        message.visibleAtMs = nowMs + 1_000;
      }
      return this.#next();
    }
    this.#inFlight += 1;
    trace.add(`${nowMs} ${name} hands over ${batch.map(({ body }) => aboutOf(body)).join(", ")}`);
    const records = batch.map(({ id, body, receives }) => ({
      messageId: id,
      receiptHandle: `${id}/${receives}`,
      body,
    }));
    const invocation = this.#lambda.start(consumer, { Records: records }, (outcome) => {
      this.#inFlight -= 1;
      const failed = outcome.kind === "done" ? this.#acknowledge(batch, outcome.result) : batch;
      const atMs = engine.nowMs();
      if (invocation.struck.length === 0)
        this.failedUnstruck.push(...failed.map(({ body }) => ({ atMs, about: aboutOf(body) })));
      this.#tidy();
      this.#next();
    });
    this.#next();
    return true;
  }

  /** What the answer does not name as failed is deleted, as AWS does; the others, which it gives, come back when their time is over. */
  #acknowledge(batch: readonly Message[], result: unknown): Message[] {
    const failures = (result as { batchItemFailures?: { itemIdentifier: string }[] } | undefined)?.batchItemFailures;
    const failed = new Set((failures ?? []).map(({ itemIdentifier }) => itemIdentifier));
    for (const message of batch) {
      if (failed.has(message.id)) continue;
      const strike = this.#world.faults.strike("receive", `${this.#spec.name} ${message.id}`);
      if (strike?.kind !== "delete-lost") message.isDone = true;
    }
    return batch.filter(({ id }) => failed.has(id));
  }

  #tidy(): void {
    if (this.#messages.some(({ isDone }) => isDone)) this.#messages = this.#messages.filter(({ isDone }) => !isDone);
  }

  #next(): false {
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const { visibleAtMs } of this.#messages) if (visibleAtMs < soonestMs) soonestMs = visibleAtMs;
    if (soonestMs < Number.POSITIVE_INFINITY) this.#pumpAt(Math.max(soonestMs, this.#world.engine.nowMs()));
    return false;
  }
}

/** What a message is about, in a word: a command, else an asset. */
export function aboutOf(body: string): string {
  return /"commandId":"([^"]*)"/.exec(body)?.[1] ?? /"assetId":"([^"]*)"/.exec(body)?.[1] ?? "";
}
