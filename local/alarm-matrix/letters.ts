import type { AwsMetrics } from "../cloudwatch/aws-metrics.ts";
import { oldestAgeSeconds } from "../cloudwatch/aws-metrics.ts";
import type { Stage } from "../simulate/world.ts";
import type { Prod } from "./prod.ts";

/** What lies in dead-letter queues and queues of failed invocations, and since when. */
export class Letters {
  readonly #stage: Pick<Stage, "queues" | "givenUp">;
  readonly #prod: Prod;
  readonly #arrivedMs = new Map<string, number[]>();
  readonly #dropped: { functionName: string }[] = [];
  readonly #seen = new Map<string, number>();

  constructor(stage: Pick<Stage, "queues" | "givenUp">, prod: Prod) {
    this.#stage = stage;
    this.#prod = prod;
  }

  /** To be called each minute: what came, and how much lies there, as SQS measures it. */
  measure(metrics: AwsMetrics, nowMs: number): void {
    for (const [name, queue] of this.#stage.queues)
      this.#take(this.#prod.deadLetters(name), queue.deadLetters.length, nowMs);
    const givenUp = [...this.#stage.givenUp, ...this.#dropped];
    for (const name of new Set(givenUp.map(({ functionName }) => functionName))) {
      const count = givenUp.filter(({ functionName }) => functionName === name).length;
      this.#take(this.#prod.failures(name), count, nowMs);
    }
    for (const [queue, arrived] of this.#arrivedMs) {
      const messages = arrived.map((arrivedAtMs) => ({ arrivedAtMs, receiveCount: 0 }));
      const levels = { visible: arrived.length, inFlight: 0, delayed: 0 };
      metrics.queueLevels(queue, { ...levels, oldestAgeSeconds: oldestAgeSeconds(messages, nowMs) }, nowMs - 1);
    }
  }

  /** An event of a function that was given up, or a tick that could not be delivered. */
  drop(functionName: string): void {
    this.#dropped.push({ functionName });
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
