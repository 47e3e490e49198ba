/** Runs that are over sooner say nothing. */
const QUIET_MS = 2000;
/** A pipe gets a line when a run ends, and within a long one this often. */
const PIPE_EVERY_MS = 30_000;

type Out = { isTTY?: boolean; write: (text: string) => unknown };

/** One line that rewrites itself on a terminal; in a pipe a few plain lines. `nowMs` is a clock that only goes forward. */
export function backtestProgress(out: Out, nowMs: () => number) {
  const startedMs = nowMs();
  let lastMs = Number.NEGATIVE_INFINITY;
  let shown = "";
  let open = false;
  return {
    update(what: string, share: number) {
      if (nowMs() - startedMs < QUIET_MS) return;
      const text = `${what}: ${Math.floor(share * 100)} %`;
      if (text === shown) return;
      if (out.isTTY) {
        out.write(`\r\x1b[2K${text}`);
        open = true;
      } else if (share === 1 || nowMs() - lastMs >= PIPE_EVERY_MS) {
        out.write(`${text}\n`);
        lastMs = nowMs();
      } else return;
      shown = text;
    },
    end() {
      if (open) out.write("\r\x1b[2K");
      open = false;
    },
  };
}
