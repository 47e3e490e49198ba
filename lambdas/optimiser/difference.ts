import { type Asset, currentForPower } from "../../shared/domain/asset.ts";
import { type Action, type Command, isEnded } from "../../shared/domain/command.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { epochMs, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, windowAt } from "../../shared/domain/plan.ts";
import type { Reading } from "../../shared/domain/reading.ts";

/** What to do about one car now: a command to issue, and open ones that it overtakes. */
export type Difference = {
  issue: { action: Action; windowStartsAt: Instant; notAfter: Instant; reason: string } | undefined;
  withdraw: Command[];
};

const NOTHING: Difference = { issue: undefined, withdraw: [] };
/** After a failed command the same one waits this long, by who has the next move. */
const RETRY_AFTER_MS = { platform: 5 * MINUTE_MS, other: 60 * MINUTE_MS };
/** A change of current smaller than this is not worth a command. */
const CURRENT_STEP_A = 2;
/** A stop may still be sent this long after its time if nothing else follows. */
const STOP_VALID_MS = 120 * MINUTE_MS;

/**
 * The difference between what the plan wants now and what the car does, or will do once its open commands have worked.
 * `recent` holds the car's newest commands in any order.
 */
export function difference(
  asset: Asset,
  plan: Plan,
  reading: Reading,
  recent: readonly Command[],
  now: Instant,
): Difference {
  if (reading.plugged === false) return NOTHING;
  const window = windowAt(plan, now);
  const wanted: Action = window
    ? { kind: "charge.start", currentA: currentForPower(asset.supply, window.powerKw) }
    : { kind: "charge.stop" };

  const open = recent.filter((command) => !isEnded(command.status));
  const newestOpen = open.reduce<Command | undefined>((a, b) => (a && a.issuedAt >= b.issuedAt ? a : b), undefined);
  if (newestOpen ? sameState(newestOpen.action, wanted) : alreadySo(wanted, reading)) return NOTHING;
  if (recent.some((command) => isHeldBack(command, wanted, now))) return NOTHING;

  const edge = nextEdge(plan, now);
  return {
    issue: {
      action: wanted,
      windowStartsAt: window?.startsAt ?? lastEdge(plan, now),
      notAfter: window?.endsAt ?? edge ?? plusMs(now, STOP_VALID_MS),
      reason: window?.reason ?? "waiting for a cheaper window",
    },
    withdraw: open.filter((command) => command.status === "issued" || command.status === "accepted"),
  };
}

function alreadySo(wanted: Action, reading: Reading): boolean {
  const active = reading.state === "charging" || reading.state === "starting";
  if (wanted.kind === "charge.stop") return !active;
  if (reading.state === "complete") return true;
  return (
    active && (reading.currentLimitA === null || Math.abs(reading.currentLimitA - wanted.currentA) < CURRENT_STEP_A)
  );
}

function sameState(open: Action, wanted: Action): boolean {
  if (open.kind !== "charge.start" || wanted.kind !== "charge.start") return open.kind === wanted.kind;
  return Math.abs(open.currentA - wanted.currentA) < CURRENT_STEP_A;
}

function isHeldBack(command: Command, wanted: Action, now: Instant): boolean {
  if (command.action.kind !== wanted.kind || !command.faultClass || !command.endedAt) return false;
  const actor = FAULT_TREATMENT[command.faultClass].actor;
  const waitMs = actor === "platform" || actor === "vendor" ? RETRY_AFTER_MS.platform : RETRY_AFTER_MS.other;
  return epochMs(now) - epochMs(command.endedAt) < waitMs;
}

function lastEdge(plan: Plan, now: Instant): Instant {
  const past = plan.windows.map((window) => window.endsAt).filter((edge) => edge <= now);
  return past.sort().at(-1) ?? plan.madeAt;
}
