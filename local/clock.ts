/** A timer on the virtual clock. Cancelling one that has fired does nothing. */
export type Timer = { cancel(): void };

type RunOptions = { realPace?: boolean; signal?: AbortSignal };

/** What setTimeout can hold. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

type Entry = { atMs: number; order: number; label: string; fire: () => void; cancelled: boolean };

/**
 * The host's time: it stands still while anything is happening and jumps to the next timer when all is quiet.
 * Work in flight (an invocation, an HTTP answer) is declared with `hold`; time cannot move until it is released.
 */
export class VirtualClock {
  #nowMs: number;
  #order = 0;
  #timers: Entry[] = [];
  #held = new Map<number, string>();
  #holdId = 0;
  #wake: (() => void) | undefined;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** Virtual now, epoch milliseconds. */
  now(): number {
    return this.#nowMs;
  }

  /** Calls `fire` once when virtual time reaches `atMs` (at once, on the next turn, if that is past). */
  at(atMs: number, label: string, fire: () => void): Timer {
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, label, fire, cancelled: false };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle] as Entry;
      if (other.atMs < entry.atMs || (other.atMs === entry.atMs && other.order < entry.order)) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, entry);
    this.#wake?.();
    const cancel = () => {
      entry.cancelled = true;
    };
    return { cancel };
  }

  /** Declares work in flight: virtual time stands still until the returned function is called. */
  hold(label: string): () => void {
    const id = this.#holdId++;
    this.#held.set(id, label);
    return () => {
      if (this.#held.delete(id) && this.#held.size === 0) this.#wake?.();
    };
  }

  /** Holds time for the life of a promise. */
  async during<T>(label: string, work: () => Promise<T>): Promise<T> {
    const release = this.hold(label);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** What keeps time from moving now, for error messages. */
  waitingFor(): string[] {
    return [...this.#held.values()];
  }

  /**
   * Fires timers in order, moving time only when nothing is held, until `endMs`.
   * With `realPace`, virtual time never runs ahead of the wall clock.
   */
  async runUntil(endMs: number, options: RunOptions = {}): Promise<void> {
    const wake = () => this.#wake?.();
    options.signal?.addEventListener("abort", wake, { once: true });
    try {
      await this.#run(endMs, options);
    } finally {
      options.signal?.removeEventListener("abort", wake);
    }
  }

  async #run(endMs: number, options: RunOptions): Promise<void> {
    const wallStart = performance.now();
    const virtualStart = this.#nowMs;
    while (!options.signal?.aborted) {
      if (this.#held.size > 0) {
        await this.#sleepUntilWoken();
        continue;
      }
      while (this.#timers[0]?.cancelled) this.#timers.shift();
      const next = this.#timers[0];
      const target = next && next.atMs <= endMs ? next.atMs : endMs;
      if (options.realPace) {
        const aheadMs = target - virtualStart - (performance.now() - wallStart);
        if (aheadMs > 1) {
          await this.#sleepUntilWoken(aheadMs);
          if (this.#held.size > 0 || this.#timers[0] !== next) continue;
          if (target - virtualStart > performance.now() - wallStart + 1) continue;
        }
      }
      this.#nowMs = Math.max(this.#nowMs, target);
      if (!next || next.atMs > endMs) return;
      while (this.#timers[0] && this.#timers[0].atMs <= this.#nowMs) {
        const due = this.#timers.shift() as Entry;
        if (!due.cancelled) due.fire();
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #sleepUntilWoken(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
      const self = this;
      function done() {
        clearTimeout(timer);
        self.#wake = undefined;
        resolve();
      }
      this.#wake = done;
    });
  }
}
