import type { AssetId } from "../../shared/domain/asset.ts";
import { type CommandStatus, isEnded } from "../../shared/domain/command.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../shared/domain/instant.ts";

/** What was seen of one asset from the outside. */
export type Followed = {
  assetId: AssetId;
  integration: string;
  /** The longest time between two looks that its cadence allows, minutes. */
  longestPeriodMinutes: number;
  /** Calls that came to its vendor's simulated cloud. */
  vendorCalls: number;
  /** When its last fetch was, at each time somebody looked; null before the first. */
  looks: readonly { at: Instant; lastFetchedAt: Instant | null }[];
  commands: readonly { commandId: string; status: CommandStatus; checkAt: Instant; evidence?: string | undefined }[];
};

export type Seen = {
  startedAt: Instant;
  endedAt: Instant;
  /** Somebody ended it before its time. */
  isBrokenOff: boolean;
  assets: readonly Followed[];
  /** Alarms that rang, by the time they began. */
  alarms: readonly { name: string; since: Instant }[];
};

export type SoakVerdict = {
  passed: boolean;
  startedAt: Instant;
  endedAt: Instant;
  assets: {
    assetId: AssetId;
    integration: string;
    vendorCalls: number;
    oldestMinutes: number | null;
    commands: Partial<Record<CommandStatus, number>>;
  }[];
  alarms: { name: string; since: Instant; isOurs: boolean }[];
  /** Why it did not pass, a sentence each. */
  reasons: string[];
};

/** From enrolment to the first look, and beyond twice its cadence, before an asset counts as late. */
const GRACE_MINUTES = 5;
/** Beyond the time a command has to be proved: the verifier's minute, and the queue. */
const JUDGED_WITHIN_MS = 5 * MINUTE_MS;

/** Whether everything that was enrolled was read in time, every command came to its end as it should, and no alarm rang. */
export function verdictOf({ startedAt, endedAt, isBrokenOff, assets, alarms }: Seen): SoakVerdict {
  const told = alarms.map(({ name, since }) => ({ name, since, isOurs: since >= startedAt }));
  return withReasons({
    startedAt,
    endedAt,
    alarms: told,
    assets: assets.map((asset) => ({
      assetId: asset.assetId,
      integration: asset.integration,
      vendorCalls: asset.vendorCalls,
      oldestMinutes: oldestMinutes(asset, startedAt),
      commands: countByStatus(asset.commands),
    })),
    reasons: [
      ...(isBrokenOff ? ["it was broken off before its time"] : []),
      ...assets.flatMap((asset) => reasonsOf(asset, startedAt, endedAt)),
      ...told.filter(({ isOurs }) => isOurs).map(({ name, since }) => `the alarm ${name} rang at ${since}`),
    ],
  });
}

function withReasons(verdict: Omit<SoakVerdict, "passed">): SoakVerdict {
  return { passed: verdict.reasons.length === 0, ...verdict };
}

function reasonsOf(asset: Followed, startedAt: Instant, endedAt: Instant): string[] {
  const { assetId, integration, longestPeriodMinutes, vendorCalls, commands } = asset;
  const oldest = oldestMinutes(asset, startedAt);
  const mayBeMinutes = 2 * longestPeriodMinutes + GRACE_MINUTES;
  const reasons: string[] = [];
  if (vendorCalls === 0)
    reasons.push(
      `no call of ${integration} came here: is the stage deployed with the simulators' addresses (HEADROOM_<STAGE>_ENDPOINTS)?`,
    );
  else if (oldest === null) reasons.push(`${assetId} was never read`);
  if (oldest !== null && oldest > mayBeMinutes)
    reasons.push(`${assetId} was not read for ${Math.round(oldest)} minutes; ${mayBeMinutes} may pass`);
  for (const { commandId, status, checkAt, evidence } of commands) {
    if (isEnded(status) ? !["confirmed", "withdrawn"].includes(status) : isOverdue(checkAt, endedAt))
      reasons.push(`command ${commandId} of ${assetId} is ${status}${evidence ? `: ${evidence}` : ""}`);
  }
  return reasons;
}

function isOverdue(checkAt: Instant, now: Instant): boolean {
  return epochMs(now) - epochMs(checkAt) > JUDGED_WITHIN_MS;
}

/** How old its last fetch was when it was oldest; from the start until the first. Null when there was none. */
function oldestMinutes({ looks }: Followed, startedAt: Instant): number | null {
  if (!looks.some(({ lastFetchedAt }) => lastFetchedAt !== null)) return null;
  const ages = looks.map(({ at, lastFetchedAt }) => epochMs(at) - epochMs(lastFetchedAt ?? startedAt));
  return Math.max(...ages) / MINUTE_MS;
}

function countByStatus(commands: Followed["commands"]): Partial<Record<CommandStatus, number>> {
  const counts: Partial<Record<CommandStatus, number>> = {};
  for (const { status } of commands) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
