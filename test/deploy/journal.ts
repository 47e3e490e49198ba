/** Says what is done and what was found, with the seconds since the start, and counts. */
export type Journal = {
  /** A part of the run. What it throws ends the run. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** One thing that must hold, counted; what it throws is why it does not. The run goes on. */
  check(what: string, look: () => Promise<unknown>): Promise<void>;
  note(text: string): void;
  failed(): number;
  /** The closing line. */
  summary(): string;
};

type Options = { startedAtMs: number; now: () => number; write: (line: string) => void };

export function journal({ startedAtMs, now, write }: Options): Journal {
  const counts = { passed: 0, failed: 0 };
  const line = (mark: string, text: string) =>
    write(`${((now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${mark} ${text}\n`);
  return {
    async step(what, work) {
      line("==", what);
      return work();
    },
    async check(what, look) {
      try {
        await look();
        counts.passed++;
        line("ok", what);
      } catch (error) {
        counts.failed++;
        line("NO", `${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    note: (text) => line("  ", text),
    failed: () => counts.failed,
    summary: () =>
      `${counts.passed} checks passed, ${counts.failed} failed, in ${Math.round((now() - startedAtMs) / 1000)} s`,
  };
}
