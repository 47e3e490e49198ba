import { nextLocalTime } from "./simulator-local-time.ts";
import type { OwnSchedule } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A car plugged in this long after its start time does not wait for tomorrow's. */
const STILL_TODAY_MS = 6 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

type Situation = {
  atMs: number;
  timeZone: string;
  /** When the driver leaves, as the car knows it. */
  departsAtMs: number;
  /** From the decision to begin until the limit is reached, ms. */
  durationMs: number;
  justPluggedIn: boolean;
};

/** When the car's departure is, by its own schedule or by what it knows of the session. */
export function departureOf(schedule: OwnSchedule, situation: Omit<Situation, "durationMs" | "justPluggedIn">): number {
  if (schedule.mode !== "DepartBy" || schedule.departureMinutes === undefined) return situation.departsAtMs;
  return nextLocalTime(situation.atMs, schedule.departureMinutes, situation.timeZone);
}

/** When the car would begin by itself; a moment in the past means at once. `Off` begins only at plug-in. */
export function ownStart(schedule: OwnSchedule, situation: Situation): number | undefined {
  switch (schedule.mode) {
    case "Off":
      return situation.justPluggedIn ? situation.atMs : undefined;
    case "StartAt": {
      const next = nextLocalTime(situation.atMs, schedule.minutesAfterLocalMidnight, situation.timeZone);
      const last = nextLocalTime(situation.atMs - DAY_MS, schedule.minutesAfterLocalMidnight, situation.timeZone);
      const missed = last <= situation.atMs && situation.atMs - last <= STILL_TODAY_MS;
      return situation.justPluggedIn && missed ? situation.atMs : next;
    }
    case "DepartBy":
      return departureOf(schedule, situation) - schedule.marginMinutes * MINUTE_MS - situation.durationMs;
  }
}
