import type { AssetId } from "../../shared/domain/asset.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Cadence } from "../../shared/domain/manifest.ts";
import { activity, type Reachability, type Reading } from "../../shared/domain/reading.ts";

/** What the decision needs of one asset's stream. */
export type Candidate = {
  assetId: AssetId;
  reading: Reading | undefined;
  reach: Reachability | undefined;
  /** A command waits for its proof. */
  hasOpenCommand: boolean;
  /** The last minute that sent this asset out to be fetched. */
  sentAt: Instant | undefined;
};

export type Due = { assetId: AssetId; expectAwake: boolean };

/** How long a batch may be on its way before its assets are due again: an invocation's age limit and its life. */
export const IN_FLIGHT_MS = 5 * MINUTE_MS;
/** Somebody else has the next move: looking more often than this costs money and shows nothing. */
const BLOCKED_MINUTES = 60;

/** Which assets are to be fetched at `now`: those whose last fetch is a cadence old and who are not on their way. */
export function due(candidates: readonly Candidate[], cadence: Cadence, now: Instant): Due[] {
  return candidates
    .filter((candidate) => isDue(candidate, cadence, now))
    .map((candidate) => ({
      assetId: candidate.assetId,
      expectAwake: candidate.hasOpenCommand || activity(candidate.reading) === "charging",
    }));
}

function isDue(candidate: Candidate, cadence: Cadence, now: Instant): boolean {
  const { reach, sentAt } = candidate;
  const answered = sentAt === undefined || (reach !== undefined && reach.lastFetchedAt >= sentAt);
  if (!answered && epochMs(now) - epochMs(sentAt) < IN_FLIGHT_MS) return false;
  if (reach === undefined) return true;
  const ageMs = epochMs(now) - epochMs(reach.lastFetchedAt);
  // Half a minute of grace: a fetch finished just after its tick must not slip by a whole one.
  return ageMs >= intervalMinutes(candidate, cadence) * MINUTE_MS - MINUTE_MS / 2;
}

/** How many failures in a row are more than bad luck. */
const FAILING = 3;

/**
 * The share of assets that we ought to have read and have not: fetched later than two cadences ago, or failing again and
 * again. Those whose owner has the next move do not count. Undefined without assets.
 */
export function notReadPercent(candidates: readonly Candidate[], cadence: Cadence, now: Instant): number | undefined {
  const ours = candidates.filter(
    ({ reach }) => !reach?.faultClass || FAULT_TREATMENT[reach.faultClass].actor !== "customer",
  );
  if (ours.length === 0) return undefined;
  const notRead = ours.filter((candidate) => {
    const { reach } = candidate;
    if (!reach || reach.failures >= FAILING) return true;
    return epochMs(now) - epochMs(reach.lastFetchedAt) > 2 * intervalMinutes(candidate, cadence) * MINUTE_MS;
  });
  return (100 * notRead.length) / ours.length;
}

/** Minutes between fetches, by what the asset is doing and how the last attempts went. */
export function intervalMinutes(candidate: Candidate, cadence: Cadence): number {
  const usual = candidate.hasOpenCommand ? cadence.openCommandMinutes : usualMinutes(candidate.reading, cadence);
  const { failures, faultClass } = candidate.reach ?? { failures: 0, faultClass: null };
  if (failures === 0 || faultClass === null) return usual;
  if (!FAULT_TREATMENT[faultClass].retry) return Math.max(usual, BLOCKED_MINUTES);
  // 1, 2, 4 … minutes, never slower than the usual pace nor, for a command, than four minutes.
  return Math.min(Math.max(usual, 4), 2 ** Math.min(failures - 1, 6));
}

function usualMinutes(reading: Reading | undefined, cadence: Cadence): number {
  return { charging: cadence.chargingMinutes, plugged: cadence.pluggedMinutes, idle: cadence.idleMinutes }[
    activity(reading)
  ];
}
