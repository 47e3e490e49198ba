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
      const step = () => {
        for (;;) {
          const next = waiting.peek();
          if (!next || next.atMs > untilMs) return false;
          waiting.pop();
          nowMs = next.atMs;
          if (next.act()) return true;
        }
      };
      while (await turn(step));
      nowMs = untilMs;
    },
  };
}

/** Steps for one turn of Node's event loop, which looks for I/O after the last of them: nothing here waits for any. */
const STEPS_A_TURN = 500;

/** Takes steps, each when every promise that could go on has gone on; false when there is none left to take. */
function turn(step: () => boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let goesOn = true;
    for (let number = 1; number <= STEPS_A_TURN; number++) {
      setImmediate(() => {
        try {
          goesOn &&= step();
          if (number === STEPS_A_TURN) resolve(goesOn);
        } catch (error) {
          goesOn = false;
          reject(error);
        }
      });
    }
  });
}
