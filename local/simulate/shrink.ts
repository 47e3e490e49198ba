/**
 * The fewest of `ids` that still fail: halves first, then quarters, then one by one. Stops after `mostRuns`; what is left then
 * is small enough to read. Faults that are left out change what comes later, so a part may fail where the whole did not.
 */
export async function shrink(
  ids: readonly string[],
  fails: (only: ReadonlySet<string>) => Promise<boolean>,
  mostRuns = 120,
): Promise<{ ids: string[]; runs: number }> {
  let left = [...ids];
  let runs = 0;
  const tries = async (candidate: readonly string[]) => {
    runs += 1;
    return fails(new Set(candidate));
  };
  if (await tries([])) return { ids: [], runs };
  let pieces = 2;
  while (left.length > 1 && runs < mostRuns) {
    const size = Math.ceil(left.length / pieces);
    let smaller: string[] | undefined;
    for (let from = 0; from < left.length && runs < mostRuns; from += size) {
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
