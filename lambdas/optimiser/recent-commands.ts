import { type Action, type Command, isEnded, lastIssued } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { isEnoughCurrent } from "../../shared/domain/proof.ts";

/** After a failed command the same one waits this long: where it may succeed as it is, and where somebody must act first. */
const RETRY_AFTER_MS = { mayWork: 5 * MINUTE_MS, mustAct: 60 * MINUTE_MS };
/** A start that worked and did not last is repeated so often within its window, after the pause of one that somebody undid. */
const STARTS_UNDONE = 1;

/**
 * The open command that will be carried out, or was. One that a newer one has followed is withdrawn when its turn comes, also
 * where the newer has come to nothing; unless its vendor has taken it.
 */
export function standing(recent: readonly Command[]): Command | undefined {
  const newest = lastIssued(recent);
  return lastIssued(
    recent.filter((command) => (command === newest ? !isEnded(command.status) : command.status === "accepted")),
  );
}

/** Only the last word counts: a failure is over once any later command has worked. */
export function lastEnded(recent: readonly Command[]): Command | undefined {
  const ended = recent.filter((command) => command.endedAt && command.status !== "withdrawn");
  return ended.reduce<Command | undefined>((a, b) => (a && (a.endedAt ?? "") >= (b.endedAt ?? "") ? a : b), undefined);
}

/** A start is a start at any current; a mode is that mode only, so that a failed one never bars the way back to normal. */
function isSameIntent(a: Action, b: Action): boolean {
  return a.kind === "heat.mode" && b.kind === "heat.mode" ? a.mode === b.mode : a.kind === b.kind;
}

/** Until when a failed command holds its action back. Nobody need act any more where a reading has shown since that it is over. */
export function heldBackUntil(
  { action, endedAt, faultClass, faultOverAt }: Command,
  wanted: Action,
): Instant | undefined {
  if (!endedAt || !faultClass || !isSameIntent(action, wanted)) return undefined;
  const mayWork = FAULT_TREATMENT[faultClass].retry || faultOverAt !== undefined;
  return plusMs(endedAt, mayWork ? RETRY_AFTER_MS.mayWork : RETRY_AFTER_MS.mustAct);
}

/** A failed intent is repeated as a new one, dated from its failure: its own id can never be issued again. */
export function lastFailure(recent: readonly Command[], wanted: Action): Instant | undefined {
  return lastEnd(recent.filter((command) => command.faultClass && isSameIntent(command.action, wanted)));
}

export function lastEnd(commands: readonly Command[]): Instant | undefined {
  return commands
    .flatMap(({ endedAt }) => endedAt ?? [])
    .sort()
    .at(-1);
}

/** When the last such command that worked ended by itself at the device. */
export function lastRunOut(recent: readonly Command[], wanted: Action, now: Instant): Instant | undefined {
  const over = recent.filter(
    ({ status, action, notAfter }) => status === "confirmed" && isSameIntent(action, wanted) && notAfter <= now,
  );
  return over
    .map((command) => command.notAfter)
    .sort()
    .at(-1);
}

/** By how much the newest command was put off that a plan's window called for; undefined where it ran at once. */
export function lastOffset(recent: readonly Command[]): number | undefined {
  const started = recent.filter(({ action }) => action.kind !== "charge.stop");
  const newest = lastIssued(started);
  return newest?.offsetSeconds;
}

/** Those of a window that did what is wanted now: what was seen since is not as they left it. */
export function startsThatWorked(recent: readonly Command[], wanted: Action, since: Instant, now: Instant): Command[] {
  if (wanted.kind !== "charge.start") return [];
  const ofWindow = recent.filter(({ notBefore, notAfter }) => notBefore >= since && notAfter > now);
  return ofWindow.filter(({ status, action }) => status === "confirmed" && asksAsMuch(action, wanted));
}

/** When starts that worked and did not last are repeated; undefined when they are not any more. */
export function repeatedAt(worked: readonly Command[]): Instant | undefined {
  const workedAt = lastEnd(worked);
  return workedAt && worked.length <= STARTS_UNDONE ? plusMs(workedAt, RETRY_AFTER_MS.mustAct) : undefined;
}

/** Whether a command that was made asks for what is wanted: a charger that may draw a little less does as well. */
export function asksAsMuch(open: Action, wanted: Action): boolean {
  if (open.kind !== "charge.start" || wanted.kind !== "charge.start") return open.kind === wanted.kind;
  return isEnoughCurrent(open.currentA, wanted.currentA);
}
