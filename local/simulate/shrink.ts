/**
 * The fewest of `ids` that still fail: halves first, then quarters, then one by one. Stops when it has run too often or
 * too long; what is left then is what is told. Faults that are left out change what comes later, so a part may fail where the whole did not.
 */
export async function shrink(
  ids: readonly string[],
  fails: (only: ReadonlySet<string>) => Promise<boolean>,
  { mostRuns, mostMs, nowMs }: { mostRuns: number; mostMs: number; nowMs: () => number },
): Promise<{ ids: string[]; runs: number }> {
  let left = [...ids];
  let runs = 0;
  const endMs = nowMs() + mostMs;
  const isOver = () => runs >= mostRuns || nowMs() > endMs;
  const tries = async (candidate: readonly string[]) => {
    runs += 1;
    return fails(new Set(candidate));
  };
  if (await tries([])) return { ids: [], runs };
  let pieces = 2;
  while (left.length > 1 && !isOver()) {
    const size = Math.ceil(left.length / pieces);
    let smaller: string[] | undefined;
    for (let from = 0; from < left.length && !isOver(); from += size) {
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      if (await tries(without)) {
        smaller = without;
        break;
      }
    }
    if (smaller) {
      left = smaller;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) break;
    else pieces = Math.min(left.length, pieces * 2);
  }
  return { ids: left, runs };
}
