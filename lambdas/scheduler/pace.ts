import type { Cadence } from "../../shared/domain/manifest.ts";
import type { Reachability } from "../../shared/domain/reading.ts";
import type { Candidate, Due } from "./due.ts";

/** So many assets in a row, the last ones that were looked at: that is the vendor, and not a device. */
const IN_A_ROW = 3;
/** Several devices of a bad day can fail together by chance; so many hardly. */
const IN_A_ROW_TO_NAME = 5;
/** Room above the usual pace, to catch up with; so few at once are no crowd at any pace. */
const CATCH_UP = 1.5;
const NO_CROWD = 20;

/**
 * What one minute sends to a vendor of those who are due. While its cloud is down, one look only, which finds out when it
 * is back; otherwise little more than the usual pace, so that after an outage or a start the traffic comes spread out.
 * Whoever waits for the proof of a command goes first, and beyond the pace; then who was not looked at for longest.
 */
export function paced(chosen: readonly Due[], candidates: readonly Candidate[], cadence: Cadence): Due[] {
  const known = new Map(candidates.map((candidate) => [candidate.assetId, candidate]));
  const isUrgent = ({ assetId }: Due) => known.get(assetId)?.hasOpenCommand === true;
  const byAge = chosen.toSorted((a, b) => compare(lookedAt(known.get(a.assetId)), lookedAt(known.get(b.assetId))));
  const urgent = byAge.filter(isUrgent);
  const others = byAge.filter((one) => !isUrgent(one));
  if (isDown(candidates)) return [...urgent, ...others].slice(0, 1);
  const fastestMinutes = Math.min(cadence.idleMinutes, cadence.pluggedMinutes, cadence.chargingMinutes);
  const most = Math.max(NO_CROWD, Math.ceil((CATCH_UP * candidates.length) / fastestMinutes));
  return [...urgent, ...others.slice(0, most)];
}

/** The circuit breaker of a vendor. It needs no state of its own: the last looks at its devices say whether it is open. */
function isDown(candidates: readonly Candidate[]): boolean {
  return newestFail(candidates, IN_A_ROW);
}

/** Evidence enough to call it the vendor's outage, by name and to people; with fewer devices, the same ones again and again. */
export function isOutageOfVendor(candidates: readonly Candidate[]): boolean {
  return newestFail(candidates, IN_A_ROW_TO_NAME);
}

function newestFail(candidates: readonly Candidate[], inARow: number): boolean {
  const newest = candidates
    .flatMap(({ reach }) => reach ?? [])
    // Of looks at the same moment a good one counts.
    .toSorted((a, b) => compare(b.lastFetchedAt, a.lastFetchedAt) || Number(isOutage(a)) - Number(isOutage(b)))
    .slice(0, inARow);
  const failures = newest.reduce((sum, reach) => sum + reach.failures, 0);
  return failures >= inARow && newest.every(isOutage);
}

function isOutage({ faultClass }: Reachability): boolean {
  return faultClass === "vendor-outage" || faultClass === "transient";
}

function lookedAt(candidate: Candidate | undefined): string {
  return candidate?.reach?.lastFetchedAt ?? "";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
