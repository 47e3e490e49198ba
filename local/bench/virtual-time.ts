import { type Instant, instant } from "../../shared/domain/instant.ts";
import { Heap, type Timed } from "../simulate/heap.ts";

/** A clock that stands still while anybody works, and then jumps to whatever is next. */
export type VirtualTime = {
  nowMs(): number;
  now(): Instant;
  /** Does something at a moment, ms. */
  at(atMs: number, task: () => void): void;
  sleep(ms: number): Promise<void>;
  /** Runs everything before `untilMs`; the clock then stands there. */
  runUntil(untilMs: number): Promise<void>;
};

export function virtualTime(startMs: number): VirtualTime {
  let nowMs = startMs;
  let turn = 0;
  const waiting = new Heap<Timed & { task: () => void }>();
  const at = (atMs: number, task: () => void) => waiting.push({ atMs: Math.max(atMs, nowMs), turn: ++turn, task });
  return {
    nowMs: () => nowMs,
    now: () => instant(nowMs),
    at,
    sleep: (ms) => new Promise((resolve) => at(nowMs + ms, resolve)),
    async runUntil(untilMs) {
      for (;;) {
        // Whatever can go on goes on before the clock does: nothing here waits for anything but the clock.
        await new Promise<void>((resolve) => setImmediate(resolve));
        const next = waiting.peek();
        if (!next || next.atMs >= untilMs) break;
        nowMs = next.atMs;
        while (waiting.peek()?.atMs === nowMs) waiting.pop()?.task();
      }
      nowMs = untilMs;
    },
  };
}
