import { type FaultClass, isTold } from "../../shared/domain/fault.ts";
import { epochMs, HOUR_MS, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { type Outage, outageUnderWay } from "../../shared/domain/outage.ts";
import { activity, MAX_CLOCK_SKEW_MS, type Reachability, type Reading } from "../../shared/domain/reading.ts";
import { isBlocked } from "../../shared/domain/wheel.ts";

/** One claimed part of a minute of the run ledger, with what its batches came to. */
export type LedgerRun = {
  minute: Instant;
  part: string;
  attempt: number;
  claimedAt: Instant;
  expected: number;
  batches: number;
  /** Not sent out because the vendor is down. */
  held: number;
  results: readonly {
    attempt: number;
    assets: number;
    startedAt: Instant;
    finishedAt?: Instant | undefined;
    ok?: number | undefined;
    notAttempted?: number | undefined;
    faults?: Partial<Record<FaultClass, number>> | undefined;
  }[];
};

/** What is known of one asset's stream when somebody asks why it is late. */
export type Evidence = {
  now: Instant;
  stream: string;
  /** Its place on the wheel; undefined when it has none. */
  place: { periodMinutes: number; slot: number } | undefined;
  /** Minutes between looks that its state calls for. */
  cadenceMinutes: number;
  reading: Reading | undefined;
  reach: Reachability | undefined;
  /** The same asset's rows under other streams. */
  elsewhere: readonly { stream: string; lastFetchedAt: Instant }[];
  /** The integration's runs since its last look, as far back as was read. */
  runs: readonly LedgerRun[];
  runsSince: Instant;
  outage: Outage | undefined;
};

export type CauseName =
  | "not-scheduled"
  | "no-run"
  | "no-result"
  | "not-attempted"
  | "failed"
  | "old-at-vendor"
  | "elsewhere"
  | "quarantined"
  | "fresh"
  | "unknown";

/** The first cause that matches, with its proof. `run` and the others are what the proof rests on. */
export type Answer = {
  cause: CauseName;
  isLate: boolean;
  faultClass?: FaultClass;
  /** The look that was due and is missing. */
  dueAt?: Instant;
  run?: LedgerRun;
  elsewhere?: string;
  /** Of `fresh`: what the vendor says of it. */
  state?: "answered" | "asleep" | "retried";
};

/** How long a batch may be on its way: an invocation's age limit and its life. */
const IN_FLIGHT_MS = 5 * MINUTE_MS;
/** Somebody else has the next move: it is looked at this rarely. */
const BLOCKED_MINUTES = 60;
/** So many failures in a row are more than bad luck. */
const FAILING = 3;
/** A device at work has news within this, or three looks. */
const AT_WORK_MS = HOUR_MS;
/** Of a device at rest nothing changes for long, but not this long. */
const AT_REST_MS = 24 * HOUR_MS;

/**
 * Why is it late? A decision list; the first match counts. Looked at in time: refused as from the future (landed elsewhere) ·
 * the vendor failed (by class) · the vendor answered and its own time is old (no upstream data) · nothing is late (the check
 * is wrong). Not in time: an announced outage · newer data under another stream · it is on no wheel, or no run took its turn
 * (the scheduler) · a run without a result (the function or its queue) · unknown.
 */
export function whyLate(evidence: Evidence): Answer {
  const { now, reach, cadenceMinutes } = evidence;
  const down = outageUnderWay(evidence.outage);
  const lookedMs = reach && epochMs(now) - epochMs(reach.lastFetchedAt);
  const pace = reach && isBlocked(reach) ? Math.max(BLOCKED_MINUTES, cadenceMinutes) : cadenceMinutes;
  if (reach && lookedMs !== undefined && lookedMs <= 2 * pace * MINUTE_MS + IN_FLIGHT_MS)
    return looked(evidence, reach, down !== undefined);
  if (down) return { cause: "failed", isLate: true, faultClass: down.faultClass };
  const newer = evidence.elsewhere.find(({ lastFetchedAt }) => lastFetchedAt > (reach?.lastFetchedAt ?? ""));
  if (newer) return { cause: "elsewhere", isLate: true, elsewhere: newer.stream };
  return notLooked(evidence);
}

/** It was looked at in time: did the look fail, is what it brought old, or is nothing wrong? */
function looked({ now, reading, cadenceMinutes }: Evidence, reach: Reachability, isDown: boolean): Answer {
  const { failures, faultClass, online } = reach;
  if (failures > 0 && faultClass) {
    if (reach.quarantined) return { cause: "quarantined", isLate: true, faultClass };
    if (failures < FAILING && !isTold(faultClass) && !isDown)
      return { cause: "fresh", isLate: false, faultClass, state: "retried" };
    return { cause: "failed", isLate: true, faultClass };
  }
  if (online === false) return { cause: "fresh", isLate: false, state: "asleep" };
  if (!reading) return { cause: "old-at-vendor", isLate: true };
  const ageMs = epochMs(now) - epochMs(reading.observedAt);
  // A stored time ahead of ours holds up every reading after it.
  if (-ageMs > MAX_CLOCK_SKEW_MS) return { cause: "quarantined", isLate: true };
  const mostMs = activity(reading) === "charging" ? Math.max(AT_WORK_MS, 3 * cadenceMinutes * MINUTE_MS) : AT_REST_MS;
  if (ageMs > mostMs) return { cause: "old-at-vendor", isLate: true };
  return { cause: "fresh", isLate: false, state: "answered" };
}

/** Nobody has looked in time: where did its turn get lost? */
function notLooked(evidence: Evidence): Answer {
  const { place, reach, stream, now, runs } = evidence;
  if (!place) return { cause: "not-scheduled", isLate: true };
  const since = reach?.lastFetchedAt ?? evidence.runsSince;
  const dueAt = lastTurn(place, since, now);
  const dated = dueAt ? { dueAt } : {};
  const own =
    dueAt &&
    worst(
      runs.filter((run) => isTurn(run, stream, place, dueAt)),
      now,
    );
  if (dueAt && !own) return { cause: "no-run", isLate: true, ...dated };
  // Whoever was not reached is asked for again, and then goes with the looks that were asked for.
  const from = dueAt ?? since;
  const asked = worst(
    runs.filter(({ minute, part }) => minute >= from && part === `${stream}#due`),
    now,
  );
  const run = own && (lossOf(own, now) > 0 || !asked || lossOf(asked, now) === 0) ? own : asked;
  if (!run) return { cause: "no-run", isLate: true, ...dated };
  const found = { isLate: true, run, ...dated };
  if (run.held > 0 && run.expected === 0) return { cause: "failed", faultClass: "vendor-outage", ...found };
  if (unfinished(run) > 0) return { cause: "no-result", ...found };
  if (run.results.some(({ notAttempted = 0 }) => notAttempted > 0)) return { cause: "not-attempted", ...found };
  return { cause: "unknown", ...found };
}

/** The last of its turns on the wheel that ought to have come back by now; undefined when none came since its last look. */
function lastTurn({ periodMinutes, slot }: { periodMinutes: number; slot: number }, since: Instant, now: Instant) {
  const minute = Math.floor((epochMs(now) - IN_FLIGHT_MS) / MINUTE_MS);
  const turn = minute - ((((minute - slot) % periodMinutes) + periodMinutes) % periodMinutes);
  const at = plusMs(now, turn * MINUTE_MS - epochMs(now));
  return at > since ? at : undefined;
}

/** Is it the asset's own turn on its wheel, or a part of that made good later? */
function isTurn(
  { minute, part }: LedgerRun,
  stream: string,
  { periodMinutes }: { periodMinutes: number },
  dueAt: Instant,
): boolean {
  const own = `${stream}#${periodMinutes}`;
  return minute === dueAt && (part === own || part.startsWith(`${own}#missed`));
}

/** Of several runs that could have lost it, the one that surely lost something. */
function worst(runs: readonly LedgerRun[], now: Instant): LedgerRun | undefined {
  return runs.toSorted((a, b) => lossOf(b, now) - lossOf(a, now))[0];
}

function lossOf(run: LedgerRun, now: Instant): number {
  const isBackBy = epochMs(now) - epochMs(run.claimedAt) > IN_FLIGHT_MS;
  if (isBackBy && unfinished(run) > 0) return 3;
  if (run.held > 0) return 2;
  return run.results.some(({ notAttempted = 0 }) => notAttempted > 0) ? 1 : 0;
}

/** Batches of a run that have not come back. */
export function unfinished({ attempt, batches, results }: LedgerRun): number {
  const back = results.filter((batch) => batch.attempt === attempt && batch.finishedAt !== undefined);
  return Math.max(0, batches - back.length);
}
