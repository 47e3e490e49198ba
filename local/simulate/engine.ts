import { type Random, seededRandom } from "../random.ts";
import { Heap, type Timed } from "./heap.ts";

type Task = Timed & { act: () => boolean };

/**
 * One thread of time. Everything that happens is a task at a virtual moment; of tasks of one moment a seeded draw decides
 * which goes next. After each task that woke product code, that code runs until it waits for its next task.
 */
export type Engine = {
  /** True time, epoch milliseconds. */
  nowMs: () => number;
  /** Draws that decide orders and latencies; faults have their own. */
  random: Random;
  /** Does `act` after `delayMs`; `act` answers whether it woke code that waits. */
  after: (delayMs: number, act: () => boolean) => void;
  /** Does all that is due until the moment, and leaves the clock there. */
  runUntil: (untilMs: number) => Promise<void>;
};

export function engine(seed: number, startMs: number): Engine {
  const random = seededRandom(seed);
  const waiting = new Heap<Task>();
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    random,
    after(delayMs, act) {
      waiting.push({ atMs: Math.round(nowMs + Math.max(0, delayMs)), turn: random(), act });
    },
    async runUntil(untilMs) {
      for (;;) {
        const next = waiting.peek();
        if (!next || next.atMs > untilMs) break;
        waiting.pop();
        nowMs = next.atMs;
        if (next.act()) await quiet();
      }
      nowMs = untilMs;
    },
  };
}

/** Resolves when every promise that could go on has gone on. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
