import type { Action, Command } from "../../shared/domain/command.ts";
import { earlier, type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, type Window, windowAt } from "../../shared/domain/plan.ts";
import {
  heldBackUntil,
  lastEnd,
  lastEnded,
  lastFailure,
  lastOffset,
  lastRunOut,
  repeatedAt,
  standing,
  startsThatWorked,
} from "./recent-commands.ts";

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

export const NOTHING: Difference = { issue: undefined, withdraw: [] };
/** While a load does not do what its plan wants it is thought of again so often, because whoever was to tell may not. */
const AGAIN_MS = 10 * MINUTE_MS;
/** A stop may still be sent this long after its time if nothing else follows. */
const STOP_VALID_MS = 120 * MINUTE_MS;

/** What a load is to do at a moment, and how that is told from what it does or will do. */
type Wanted<A extends Action = Action> = {
  action: A;
  /** It does so by itself already. */
  holds: boolean;
  /** A command under way that wants as much. */
  isSame: (open: Action) => boolean;
};

export type Given = {
  plan: Plan;
  /** A load's newest commands, in any order. */
  recent: readonly Command[];
  now: Instant;
  /** The moment the plan is asked about: now, or an edge just ahead. */
  at: Instant;
};

/** What sets one kind of load apart from another. */
type Load = {
  /** Its commands end by themselves, so that what ran out is wanted anew. */
  repeats: boolean;
  /** Why, where no window of the plan says it. */
  idle: string;
  /** What a window, or none, wants of it; undefined leaves it alone. */
  wantedIn: (window: Window | undefined) => Wanted | undefined;
  /** How long after an edge of the plan it follows, s. */
  spreadSeconds: (window: Window | undefined) => number;
  /** Seen to be over, so that nothing waits for it any longer. */
  isMended?: (failed: Command) => boolean;
};

/** The difference between what a plan wants of a load and what it does, or will do once its open commands have worked. */
export function difference(given: Given, load: Load): Difference {
  const { plan, recent } = given;
  const underWay = standing(recent);
  // A command that waits for its moment is held against what the plan wants at that moment. Of the time before it was made,
  // which the clock of somebody else may show still, a plan says nothing.
  const at = later(given.at, underWay && underWay.notBefore > given.at ? underWay.notBefore : plan.madeAt);
  const window = windowAt(plan, at);
  const wanted = load.wantedIn(window);
  if (!wanted) return NOTHING;
  const since = window?.startsAt ?? lastEdge(plan, at);
  return (
    nothingFor(given, load, { wanted, underWay, since }) ?? {
      issue: intent(given, load, { wanted, window, at, since }),
      withdraw: recent.filter((command) => command.status === "issued" || command.status === "accepted"),
    }
  );
}

/** Where it is done, under way or held back after what has come before; undefined where a command is to be issued. */
function nothingFor(
  { recent, now }: Given,
  load: Load,
  { wanted, underWay, since }: { wanted: Wanted; underWay: Command | undefined; since: Instant },
): Difference | undefined {
  if (underWay && wanted.isSame(underWay.action))
    return wanted.holds ? NOTHING : { ...NOTHING, againAt: plusMs(later(now, underWay.notBefore), AGAIN_MS) };
  if (!underWay && wanted.holds) return NOTHING;
  const last = lastEnded(recent);
  const heldUntil = last && !load.isMended?.(last) ? heldBackUntil(last, wanted.action) : undefined;
  if (heldUntil && now < heldUntil) return { ...NOTHING, againAt: earlier(heldUntil, plusMs(now, AGAIN_MS)) };
  const worked = startsThatWorked(recent, wanted.action, since, now);
  if (!last || !worked.includes(last)) return undefined;
  const againAt = repeatedAt(worked);
  if (!againAt) return NOTHING;
  return now < againAt ? { ...NOTHING, againAt } : undefined;
}

/** Dated from the newest of what it repeats, because an id that was issued can never be issued again. */
function intent(
  { plan, recent, now }: Given,
  load: Load,
  { wanted, window, at, since }: { wanted: Wanted; window: Window | undefined; at: Instant; since: Instant },
): Issue {
  const repeated = [
    lastEnd(startsThatWorked(recent, wanted.action, since, now)),
    lastFailure(recent, wanted.action),
    load.repeats ? lastRunOut(recent, wanted.action, now) : undefined,
  ];
  // What a new plan wants at once is no edge that others share. A way back is put off as its way in was.
  const isEdge = since > plan.madeAt;
  const offsetSeconds = isEdge ? ((window ? undefined : lastOffset(recent)) ?? load.spreadSeconds(window)) : 0;
  const offsetMs = offsetSeconds * 1000;
  return {
    action: wanted.action,
    windowStartsAt: repeated.reduce<Instant>((a, b) => later(a, b ?? a), since),
    notBefore: later(plusMs(since, offsetMs), now),
    notAfter: plusMs(window?.endsAt ?? nextEdge(plan, at) ?? plusMs(at, STOP_VALID_MS), offsetMs),
    ...(offsetSeconds > 0 && { offsetSeconds }),
    reason: window?.reason ?? load.idle,
  };
}

function lastEdge(plan: Plan, at: Instant): Instant {
  const past = plan.windows.map((window) => window.endsAt).filter((edge) => edge <= at);
  return past.sort().at(-1) ?? plan.madeAt;
}
