import { CLOUD } from "../../shared/domain/outage.ts";
import type { Batch, Run } from "../../shared/store/schedule.ts";

/** So many looks, the last ones that came back: that is the vendor, and not a device. */
const LOOKS = 3;
/** Of the newest looks; a vendor that still answers a few is no better off for being asked more. */
const FAILING_SHARE = 0.95;

/**
 * The circuit breaker of a vendor. It needs no state of its own: the newest batches of the ledger say whether it is open.
 * Whether to call it an outage, by name and to people, takes more (`outage.ts`).
 */
export function breaker(ledger: readonly Run[]): { isOpen: boolean } {
  const newest = ledger
    .flatMap(({ results }) => results)
    .filter((batch) => batch.finishedAt !== undefined)
    .sort((a, b) => (String(a.finishedAt) < String(b.finishedAt) ? 1 : -1));
  return { isOpen: newestFail(newest) };
}

function newestFail(newest: readonly Batch[]): boolean {
  let looks = 0;
  let failed = 0;
  for (const { ok = 0, faults = {} } of newest) {
    if (looks >= LOOKS) break;
    looks += ok + Object.values(faults).reduce((sum: number, count) => sum + (count ?? 0), 0);
    failed += CLOUD.reduce((sum, fault) => sum + (faults[fault] ?? 0), 0);
  }
  return looks >= LOOKS && failed >= FAILING_SHARE * looks;
}
