/** Why a composite alarm takes no action now; CloudWatch calls it ActionsSuppressedBy. */
export type SuppressedBy = "Alarm" | "WaitPeriod" | "ExtensionPeriod";

export type Suppressor = { alarm: string; waitMs: number; extensionMs: number };

export type Suppression = {
  /** A change of state whose actions have not been taken. */
  isPending: boolean;
  wasInAlarm: boolean;
  period: { kind: "WaitPeriod" | "ExtensionPeriod"; untilMs: number } | undefined;
};

export const UNSUPPRESSED: Suppression = { isPending: false, wasInAlarm: false, period: undefined };

/**
 * One look at a composite alarm and its suppressor, after "Suppressing composite alarm actions" and its six examples: a
 * change of state starts a wait period (and ends any other), in which the suppressor may still go into alarm; while it is in
 * alarm nothing is done, and when it leaves, an extension period runs. What is due after that is done for the state then.
 */
export function suppress(
  before: Suppression,
  { waitMs, extensionMs }: Suppressor,
  { nowMs, hasChanged, isInAlarm }: { nowMs: number; hasChanged: boolean; isInAlarm: boolean },
): { next: Suppression; act: boolean; by?: SuppressedBy } {
  const isPending = before.isPending || hasChanged;
  if (isInAlarm) return { next: { isPending, wasInAlarm: true, period: undefined }, act: false, by: "Alarm" };
  let { period } = before;
  if (hasChanged) period = { kind: "WaitPeriod", untilMs: nowMs + waitMs };
  else if (before.wasInAlarm) period = { kind: "ExtensionPeriod", untilMs: nowMs + extensionMs };
  if (period && nowMs < period.untilMs) {
    return { next: { isPending, wasInAlarm: false, period }, act: false, by: period.kind };
  }
  return { next: UNSUPPRESSED, act: isPending };
}
