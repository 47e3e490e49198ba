import { type Action, type Command, isEnded } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT, type FaultClass } from "../../shared/domain/fault.ts";
import { type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, windowAt } from "../../shared/domain/plan.ts";
import type { Wishes } from "./wishes.ts";

/** What to do about one asset now: a command to issue, and open ones that it overtakes. */
export type Difference = {
  issue: { action: Action; windowStartsAt: Instant; notBefore: Instant; notAfter: Instant; reason: string } | undefined;
  withdraw: Command[];
};

const NOTHING: Difference = { issue: undefined, withdraw: [] };
/** After a failed command the same one waits this long, by who has the next move. */
const RETRY_AFTER_MS = { platform: 5 * MINUTE_MS, other: 60 * MINUTE_MS };
/** A stop, or a way back to normal, may still be sent this long after its time if nothing else follows. */
const STOP_VALID_MS = 120 * MINUTE_MS;

/**
 * The difference between what the plan wants at `at` (now, or an edge just ahead) and what the asset does, or will do
 * once its open commands have worked. `recent` holds its newest commands in any order.
 */
export function difference(input: {
  wishes: Wishes;
  plan: Plan;
  recent: readonly Command[];
  now: Instant;
  at: Instant;
}): Difference {
  const { wishes, plan, recent, now } = input;
  const open = recent.filter((command) => !isEnded(command.status));
  const newestOpen = open.reduce<Command | undefined>((a, b) => (a && a.issuedAt >= b.issuedAt ? a : b), undefined);
  // A command that waits for its moment is held against what the plan wants at that moment.
  const at = newestOpen && newestOpen.notBefore > input.at ? newestOpen.notBefore : input.at;
  const window = windowAt(plan, at);
  const wanted = wishes.wanted(window);
  if (!wanted) return NOTHING;

  if (newestOpen ? wishes.covers(newestOpen.action, wanted) : wishes.isSo(wanted)) return NOTHING;
  if (isHeldBack(lastEnded(recent), wanted, now)) return NOTHING;

  const since = window?.startsAt ?? lastEdge(plan, at);
  return {
    issue: {
      action: wanted,
      windowStartsAt: later(since, lastFailure(recent, wanted) ?? since),
      notBefore: later(since, now),
      notAfter: window?.endsAt ?? nextEdge(plan, at) ?? plusMs(at, STOP_VALID_MS),
      reason: window?.reason ?? "waiting for a cheaper window",
    },
    withdraw: open.filter((command) => command.status === "issued" || command.status === "accepted"),
  };
}

/** Only the last word counts: a failure is over once any later command has worked. */
function lastEnded(recent: readonly Command[]): Command | undefined {
  const ended = recent.filter((command) => command.endedAt && command.status !== "withdrawn");
  return ended.reduce<Command | undefined>((a, b) => (a && (a.endedAt ?? "") >= (b.endedAt ?? "") ? a : b), undefined);
}

function isHeldBack(command: Command | undefined, wanted: Action, now: Instant): boolean {
  if (!command?.faultClass || !command.endedAt || command.action.kind !== wanted.kind) return false;
  return now < heldUntil(command.endedAt, command.faultClass);
}

/** When a failure stops holding its action back, if that lies ahead: the moment to look again, for nothing else may come. */
export function nextRetry(recent: readonly Command[], now: Instant): Instant | undefined {
  const ends = recent.flatMap(({ endedAt, faultClass }) =>
    endedAt && faultClass ? [heldUntil(endedAt, faultClass)] : [],
  );
  return ends.filter((end) => end > now).sort()[0];
}

function heldUntil(endedAt: Instant, faultClass: FaultClass): Instant {
  const { actor } = FAULT_TREATMENT[faultClass];
  return plusMs(endedAt, actor === "platform" || actor === "vendor" ? RETRY_AFTER_MS.platform : RETRY_AFTER_MS.other);
}

/** A failed intent is repeated as a new one, dated from its failure: its own id can never be issued again. */
function lastFailure(recent: readonly Command[], wanted: Action): Instant | undefined {
  const failures = recent.filter((command) => command.faultClass && command.action.kind === wanted.kind);
  return failures
    .flatMap((command) => command.endedAt ?? [])
    .sort()
    .at(-1);
}

function lastEdge(plan: Plan, at: Instant): Instant {
  const past = plan.windows.map((window) => window.endsAt).filter((edge) => edge <= at);
  return past.sort().at(-1) ?? plan.madeAt;
}
