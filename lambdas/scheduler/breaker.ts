import type { Batch, Run } from "../../shared/store/schedule.ts";

/** So many looks, the last ones that came back: that is the vendor, and not a device. */
const LOOKS = 3;
/** Several devices of a bad day can fail together by chance; so many hardly. */
const LOOKS_TO_NAME = 5;
/** Of the newest looks; a vendor that still answers a few is no better off for being asked more. */
const FAILING_SHARE = 0.95;

/**
 * The circuit breaker of a vendor. It needs no state of its own: the newest batches of the ledger say whether it is open,
 * and whether that is evidence enough to call it the vendor's outage, by name and to people.
 */
export function breaker(ledger: readonly Run[]): { isOpen: boolean; isNamed: boolean } {
  const newest = ledger
    .flatMap(({ results }) => results)
    .filter((batch) => batch.finishedAt !== undefined)
    .sort((a, b) => (String(a.finishedAt) < String(b.finishedAt) ? 1 : -1));
  return { isOpen: newestFail(newest, LOOKS), isNamed: newestFail(newest, LOOKS_TO_NAME) };
}

function newestFail(newest: readonly Batch[], enough: number): boolean {
  let looks = 0;
  let failed = 0;
  for (const { ok = 0, faults = {} } of newest) {
    if (looks >= enough) break;
    looks += ok + Object.values(faults).reduce((sum: number, count) => sum + (count ?? 0), 0);
    failed += (faults["vendor-outage"] ?? 0) + (faults.transient ?? 0);
  }
  return looks >= enough && failed >= FAILING_SHARE * looks;
}
