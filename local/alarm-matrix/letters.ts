import type { AwsMetrics } from "../cloudwatch/aws-metrics.ts";
import { oldestAgeSeconds } from "../cloudwatch/aws-metrics.ts";
import type { Stage } from "../simulate/world.ts";
import type { Prod } from "./prod.ts";

/** What lies in dead-letter queues and queues of failed invocations, and since when. */
export class Letters {
  readonly #stage: Pick<Stage, "queues" | "givenUp">;
  readonly #prod: Prod;
  readonly #arrivedMs = new Map<string, number[]>();
  readonly #seen = new Map<string, number>();

  constructor(stage: Pick<Stage, "queues" | "givenUp">, prod: Prod) {
    this.#stage = stage;
    this.#prod = prod;
  }

  /** To be called each minute: what came, and how much lies there, as SQS measures it. */
  measure(metrics: AwsMetrics, nowMs: number): void {
    for (const [name, queue] of this.#stage.queues) this.#take(this.#prod.deadLetters(name), queue.deadLetters.length, nowMs);
    for (const name of new Set(this.#stage.givenUp.map(({ functionName }) => functionName))) {
      const count = this.#stage.givenUp.filter(({ functionName }) => functionName === name).length;
      this.#take(this.#prod.failures(name), count, nowMs);
    }
    for (const [queue, arrived] of this.#arrivedMs) {
      const messages = arrived.map((arrivedAtMs) => ({ arrivedAtMs, receiveCount: 0 }));
      const levels = { visible: arrived.length, inFlight: 0, delayed: 0 };
      metrics.queueLevels(queue, { ...levels, oldestAgeSeconds: oldestAgeSeconds(messages, nowMs) }, nowMs - 1);
    }
  }

  /** Whether anything lies there. */
  has(queue: string): boolean {
    return (this.#arrivedMs.get(queue)?.length ?? 0) > 0;
  }

  /** An operator has read them and takes them away. */
  purge(metrics: AwsMetrics, nowMs: number): void {
    this.measure(metrics, nowMs);
    for (const queue of this.#arrivedMs.keys()) this.#arrivedMs.set(queue, []);
  }

  #take(queue: string, count: number, nowMs: number): void {
    const seen = this.#seen.get(queue) ?? 0;
    if (count === seen) return;
    this.#seen.set(queue, count);
    const arrived = this.#arrivedMs.get(queue) ?? [];
    this.#arrivedMs.set(queue, [...arrived, ...Array.from({ length: count - seen }, () => nowMs)]);
  }
}
