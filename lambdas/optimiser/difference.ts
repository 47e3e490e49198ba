import { type Car, type Charger, currentForPower } from "../../shared/domain/asset.ts";
import { type Action, type Command, isEnded, lastIssued } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { earlier, HOUR_MS, type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, type Window, windowAt } from "../../shared/domain/plan.ts";
import { isEnoughCurrent } from "../../shared/domain/proof.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { spreadSeconds } from "./spread.ts";

type Issue = Pick<Command, "action" | "notBefore" | "notAfter" | "offsetSeconds" | "reason"> & {
  windowStartsAt: Instant;
};
/** What to do about one load now: a command to issue, and open ones that it overtakes. */
export type Difference = {
  issue: Issue | undefined;
  withdraw: Command[];
  /** When to look again where something is wanted that cannot be issued now, for nothing else may come. */
  againAt?: Instant;
};

const NOTHING: Difference = { issue: undefined, withdraw: [] };
/** After a failed command the same one waits this long: where it may succeed as it is, and where somebody must act first. */
const RETRY_AFTER_MS = { mayWork: 5 * MINUTE_MS, mustAct: 60 * MINUTE_MS };
/** While a load does not do what its plan wants it is thought of again so often, because whoever was to tell may not. */
const AGAIN_MS = 10 * MINUTE_MS;
/** A start that worked and did not last is repeated so often within its window, after the pause of one that somebody undid. */
const STARTS_UNDONE = 1;
/** A car that begins again after this many stops that worked, within this long, does as its owner set it. */
const STOPS_IN_VAIN = 2;
const IN_VAIN_MS = 6 * HOUR_MS;
/** A stop may still be sent this long after its time if nothing else follows. */
const STOP_VALID_MS = 120 * MINUTE_MS;

/** What a load is to do at a moment, and how that is told from what it does or will do. */
export type Wanted<A extends Action = Action> = {
  action: A;
  /** It does so by itself already. */
  holds: boolean;
  /** A command under way that wants as much. */
  isSame: (open: Action) => boolean;
};

type Given = { plan: Plan; recent: readonly Command[]; now: Instant; at: Instant };

/**
 * The difference between what the plan wants at `at` (now, or an edge just ahead) and what a car or charger does, or will do
 * once its open commands have worked. `recent` holds its newest commands in any order.
 */
export function difference(input: Given & { asset: Car | Charger; reading: ChargeReading }): Difference {
  const { asset, reading, recent } = input;
  if (reading.plugged === false) return NOTHING;
  return settle(input, {
    spreadSeconds: (window) => spreadSeconds(asset, input.plan, window),
    isMended: (failed) => hasPowerSince(failed, reading),
    // A charger's limits end by themselves, so that a stop which ran out must be wanted anew; a car stays stopped.
    repeats: asset.kind === "charger",
    idle: "waiting for a cheaper window",
    wantedIn: (window) => {
      const action: ChargeAction = window
        ? { kind: "charge.start", currentA: currentForPower(asset.supply, window.powerKw) }
        : { kind: "charge.stop" };
      const isOwners = asset.kind === "car" && action.kind === "charge.stop" && isInVain(recent, input.now);
      return { action, holds: isOwners || alreadySo(action, reading), isSame: (open) => sameState(open, action) };
    },
  });
}

/** The same for any load: `wantedIn` says what a window, or none, wants of it; undefined leaves it alone. */
export function settle(
  { plan, recent, now, at: givenAt }: Given,
  load: {
    repeats: boolean;
    idle: string;
    wantedIn: (window: Window | undefined) => Wanted | undefined;
    /** How long after an edge of the plan it follows, s. */
    spreadSeconds: (window: Window | undefined) => number;
    /** Seen to be over, so that nothing waits for it any longer. */
    isMended?: (failed: Command) => boolean;
  },
): Difference {
  const open = recent.filter((command) => !isEnded(command.status));
  const newestOpen = standing(recent);
  // A command that waits for its moment is held against what the plan wants at that moment. Of the time before it was made,
  // which the clock of somebody else may show still, a plan says nothing.
  const at = later(givenAt, newestOpen && newestOpen.notBefore > givenAt ? newestOpen.notBefore : plan.madeAt);
  const window = windowAt(plan, at);
  const wanted = load.wantedIn(window);
  if (!wanted) return NOTHING;
  if (newestOpen && wanted.isSame(newestOpen.action))
    return wanted.holds ? NOTHING : { ...NOTHING, againAt: plusMs(later(now, newestOpen.notBefore), AGAIN_MS) };
  if (!newestOpen && wanted.holds) return NOTHING;
  const last = lastEnded(recent);
  const heldUntil = last && !load.isMended?.(last) ? heldBackUntil(last, wanted.action) : undefined;
  if (heldUntil && now < heldUntil) return { ...NOTHING, againAt: earlier(heldUntil, plusMs(now, AGAIN_MS)) };

  const since = window?.startsAt ?? lastEdge(plan, at);
  const worked = startsThatWorked(recent, wanted.action, since, now);
  const pause = last && worked.includes(last) ? pauseAfter(worked, now) : undefined;
  if (pause) return pause;
  const workedAt = lastEnd(worked);
  const ranOutAt = load.repeats ? lastRunOut(recent, wanted.action, now) : undefined;
  const failedAt = lastFailure(recent, wanted.action);
  // What a new plan wants at once is no edge that others share. A way back is put off as its way in was.
  const isEdge = since > plan.madeAt;
  const offsetSeconds = isEdge ? ((window ? undefined : lastOffset(recent)) ?? load.spreadSeconds(window)) : 0;
  const offsetMs = offsetSeconds * 1000;
  return {
    issue: {
      action: wanted.action,
      windowStartsAt: [since, workedAt ?? since, failedAt ?? since, ranOutAt ?? since].reduce(later),
      notBefore: later(plusMs(since, offsetMs), now),
      notAfter: plusMs(window?.endsAt ?? nextEdge(plan, at) ?? plusMs(at, STOP_VALID_MS), offsetMs),
      ...(offsetSeconds > 0 && { offsetSeconds }),
      reason: window?.reason ?? load.idle,
    },
    withdraw: open.filter((command) => command.status === "issued" || command.status === "accepted"),
  };
}

/**
 * The open command that will be carried out, or was. One that a newer one has followed is withdrawn when its turn comes, also
 * where the newer has come to nothing; unless its vendor has taken it.
 */
function standing(recent: readonly Command[]): Command | undefined {
  const newest = lastIssued(recent);
  return lastIssued(
    recent.filter((command) => (command === newest ? !isEnded(command.status) : command.status === "accepted")),
  );
}

/** What a car or charger is asked: a plan never wants anything else of it. */
type ChargeAction = Extract<Action, { kind: "charge.start" | "charge.stop" }>;

function alreadySo(wanted: ChargeAction, reading: ChargeReading): boolean {
  const active = reading.state === "charging" || reading.state === "starting";
  if (wanted.kind === "charge.stop") return !active;
  if (reading.state === "complete") return true;
  return active && (reading.currentLimitA === null || isEnoughCurrent(reading.currentLimitA, wanted.currentA));
}

/** Its owner's wish is shown, and not fought all night. */
function isInVain(recent: readonly Command[], now: Instant): boolean {
  const since = plusMs(now, -IN_VAIN_MS);
  const worked = recent.filter(({ status, issuedAt }) => status === "confirmed" && issuedAt > since);
  const starts = worked.filter(({ action }) => action.kind === "charge.start").map(({ issuedAt }) => issuedAt);
  const lastStart = starts.sort().at(-1) ?? since;
  return (
    worked.filter(({ action, issuedAt }) => action.kind === "charge.stop" && issuedAt > lastStart).length >=
    STOPS_IN_VAIN
  );
}

function sameState(open: Action, wanted: Action): boolean {
  if (open.kind !== "charge.start" || wanted.kind !== "charge.start") return open.kind === wanted.kind;
  return isEnoughCurrent(open.currentA, wanted.currentA);
}

/** A start that a pulled cable or a charger without power made vain: the device says itself when that is over. */
function hasPowerSince(
  { status, faultClass, endedAt }: Command,
  { observedAt, state, plugged }: ChargeReading,
): boolean {
  if (status !== "missed" || faultClass !== "customer-must-act" || !endedAt || observedAt <= endedAt) return false;
  return plugged === true && state !== null && state !== "no-power" && state !== "disconnected";
}

/** Only the last word counts: a failure is over once any later command has worked. */
function lastEnded(recent: readonly Command[]): Command | undefined {
  const ended = recent.filter((command) => command.endedAt && command.status !== "withdrawn");
  return ended.reduce<Command | undefined>((a, b) => (a && (a.endedAt ?? "") >= (b.endedAt ?? "") ? a : b), undefined);
}

/** A start is a start at any current; a mode is that mode only, so that a failed one never bars the way back to normal. */
function isSameIntent(a: Action, b: Action): boolean {
  return a.kind === "heat.mode" && b.kind === "heat.mode" ? a.mode === b.mode : a.kind === b.kind;
}

/** Until when a failed command holds its action back. Nobody need act any more where a reading has shown since that it is over. */
function heldBackUntil({ action, endedAt, faultClass, faultOverAt }: Command, wanted: Action): Instant | undefined {
  if (!endedAt || !faultClass || !isSameIntent(action, wanted)) return undefined;
  const mayWork = FAULT_TREATMENT[faultClass].retry || faultOverAt !== undefined;
  return plusMs(endedAt, mayWork ? RETRY_AFTER_MS.mayWork : RETRY_AFTER_MS.mustAct);
}

/** A failed intent is repeated as a new one, dated from its failure: its own id can never be issued again. */
function lastFailure(recent: readonly Command[], wanted: Action): Instant | undefined {
  return lastEnd(recent.filter((command) => command.faultClass && isSameIntent(command.action, wanted)));
}

/** Those of a window that did what is wanted now: what was seen since is not as they left it. */
function startsThatWorked(recent: readonly Command[], wanted: Action, since: Instant, now: Instant): Command[] {
  if (wanted.kind !== "charge.start") return [];
  const ofWindow = recent.filter(({ notBefore, notAfter }) => notBefore >= since && notAfter > now);
  return ofWindow.filter(({ status, action }) => status === "confirmed" && sameState(action, wanted));
}

/** Nothing yet, or nothing more, after starts that worked; undefined when it is time to repeat them. */
function pauseAfter(worked: readonly Command[], now: Instant): Difference | undefined {
  const workedAt = lastEnd(worked);
  if (!workedAt || worked.length > STARTS_UNDONE) return NOTHING;
  const againAt = plusMs(workedAt, RETRY_AFTER_MS.mustAct);
  return now < againAt ? { ...NOTHING, againAt } : undefined;
}

function lastEnd(commands: readonly Command[]): Instant | undefined {
  return commands
    .flatMap(({ endedAt }) => endedAt ?? [])
    .sort()
    .at(-1);
}

/** When the last such command that worked ended by itself at the device. */
function lastRunOut(recent: readonly Command[], wanted: Action, now: Instant): Instant | undefined {
  const over = recent.filter(
    ({ status, action, notAfter }) => status === "confirmed" && isSameIntent(action, wanted) && notAfter <= now,
  );
  return over
    .map((command) => command.notAfter)
    .sort()
    .at(-1);
}

/** By how much the newest command was put off that a plan's window called for; undefined where it ran at once. */
function lastOffset(recent: readonly Command[]): number | undefined {
  const started = recent.filter(({ action }) => action.kind !== "charge.stop");
  const newest = lastIssued(started);
  return newest?.offsetSeconds;
}

function lastEdge(plan: Plan, at: Instant): Instant {
  const past = plan.windows.map((window) => window.endsAt).filter((edge) => edge <= at);
  return past.sort().at(-1) ?? plan.madeAt;
}
