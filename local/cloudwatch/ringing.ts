import type { Notification, Transition } from "./alarms.ts";

/** One time that an alarm was in ALARM. */
export type Ringing = {
  alarm: string;
  fromMs: number;
  /** When it left the state; undefined while it is in it. */
  untilMs: number | undefined;
  reason: string;
  /** Whether anybody was told: an alarm that only feeds composites tells nobody, and a suppressed one neither. */
  told: boolean;
};

/** Every time that any alarm was in ALARM, in the order in which they began. */
export function ringings(transitions: readonly Transition[], notifications: readonly Notification[]): Ringing[] {
  return transitions.flatMap(({ alarm, atMs, to, reason }, index) => {
    if (to !== "ALARM") return [];
    const untilMs = transitions.slice(index + 1).find((later) => later.alarm === alarm)?.atMs;
    const told = notifications.some(
      (one) =>
        one.alarm === alarm &&
        one.state === "ALARM" &&
        one.atMs >= atMs &&
        (untilMs === undefined || one.atMs < untilMs),
    );
    return [{ alarm, fromMs: atMs, untilMs, reason, told }];
  });
}
