import type { Asset } from "../domain/asset.ts";
import type { Command } from "../domain/command.ts";
import { hash32 } from "../domain/hash.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS } from "../domain/instant.ts";
import type { Cadence } from "../domain/manifest.ts";
import { activity, type Reachability, type Reading, type Stream } from "../domain/reading.ts";
import { isBlocked, type LookWhy, minuteAt, minuteNumber, slotOf, wheelMinutes } from "../domain/wheel.ts";
import type { IntegrationDeps } from "./deps.ts";

/** What a look left behind. */
type Seen = {
  assetId: string;
  reading: Reading | undefined;
  reach: Reachability;
  /** Until when a taken command waits for its proof; absent without one. */
  proofUntil?: Instant | undefined;
};

export type NextLook = {
  /** Where it belongs on the wheel now. */
  periodMinutes: number;
  /** A look before its turn there. */
  sooner?: { dueAt: Instant; why: LookWhy };
};

/** A command's proof is never waited for longer than this between two looks, minutes. */
const LONGEST_FOR_PROOF = 4;
/** Less is no time to be written before the minute's tick reads it, ms. */
const IN_TIME_MS = 20_000;

/**
 * When an asset is to be looked at next, after a look that ended at `now`. The wheel has everybody; only exceptions are
 * asked for: the proof of a command, a charge going on, a failure that time may mend (1, 2, 4 … minutes, by full jitter).
 */
export function nextLook(seen: Seen, cadence: Cadence, now: Instant): NextLook {
  const periodMinutes = wheelMinutes(seen.reading, cadence);
  const sooner = (minutes: number, why: LookWhy): NextLook => ({
    periodMinutes,
    sooner: { dueAt: lookMinute(now, minutes), why },
  });
  const { failures } = seen.reach;
  const backoff = 2 ** Math.min(Math.max(failures, 1) - 1, 10);
  if (seen.proofUntil !== undefined && !isBlocked(seen.reach)) {
    const minutes = failures > 0 ? Math.min(LONGEST_FOR_PROOF, backoff) : cadence.openCommandMinutes;
    if (lookMinute(now, minutes) <= seen.proofUntil) return sooner(minutes, "command");
  }
  if (isBlocked(seen.reach)) return { periodMinutes };
  const usualMinutes = isCharging(seen, now) ? cadence.chargingMinutes : periodMinutes;
  // By full jitter, and never slower than the usual pace.
  if (failures > 0 && backoff < usualMinutes)
    return sooner(1 + (hash32(`${seen.assetId} ${failures}`) % backoff), "backoff");
  if (usualMinutes >= periodMinutes) return { periodMinutes };
  return { periodMinutes, sooner: { dueAt: ownMinute(seen.assetId, now, usualMinutes), why: "charging" } };
}

/** What was not reached may charge on; what was not reached for an hour is asleep, whatever it said last. */
function isCharging({ reading, reach }: Seen, now: Instant): boolean {
  if (reading === undefined || activity(reading) !== "charging") return false;
  return reach.online !== false || epochMs(now) - epochMs(reading.observedAt) < HOUR_MS;
}

/**
 * The minute of an asset's slot on a wheel of `everyMinutes` that is nearest to so long from now: whatever made a fleet
 * begin in step, its next looks are spread.
 */
function ownMinute(assetId: string, now: Instant, everyMinutes: number): Instant {
  const earliest = minuteNumber(lookMinute(now, Math.ceil(everyMinutes / 2)));
  const ahead = slotOf(assetId, everyMinutes) - (earliest % everyMinutes);
  return minuteAt(earliest + ((ahead + everyMinutes) % everyMinutes));
}

/** The nearest minute to `minutes` from now whose tick has not begun. */
export function lookMinute(now: Instant, minutes: number): Instant {
  const nearest = Math.round((epochMs(now) + minutes * MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
  const soonest = Math.ceil((epochMs(now) + IN_TIME_MS) / MINUTE_MS) * MINUTE_MS;
  return instant(Math.max(nearest, soonest));
}

export function cadenceOf(manifest: Pick<IntegrationDeps["manifest"], "name" | "streams">, stream: Stream): Cadence {
  const found = manifest.streams.find((one) => one.stream === stream);
  if (!found) throw new RangeError(`the manifest of ${manifest.name} has no stream ${stream}; add it to streams`);
  return found.cadence;
}

/**
 * Asks for the first look at what a command did; each such look asks for the next until the proof is in or its time is
 * over. To be called before the command is written as accepted: a look too many costs less than one that nobody asks for.
 */
export async function lookForProof(
  asset: Pick<Asset, "assetId" | "accountId">,
  stream: Stream,
  deps: Pick<IntegrationDeps, "manifest" | "now"> & { schedule: Pick<IntegrationDeps["schedule"], "lookAt"> },
): Promise<void> {
  const [now, cadence] = [deps.now(), cadenceOf(deps.manifest, stream)];
  await deps.schedule.lookAt({
    integration: deps.manifest.name,
    assetId: asset.assetId,
    accountId: asset.accountId,
    stream,
    // A guess: the look moves an asset only from where it is.
    periodMinutes: cadence.pluggedMinutes,
    dueAt: lookMinute(now, cadence.openCommandMinutes),
    setAt: now,
    why: "command",
  });
}

/** Until when the newest of taken commands must be proved; undefined when none waits. */
export function proofUntil(recent: readonly Command[], now: Instant): Instant | undefined {
  const waiting = recent.filter(({ status, checkAt }) => status === "accepted" && checkAt > now);
  return waiting
    .map(({ checkAt }) => checkAt)
    .sort()
    .at(-1);
}
