import { epochMs, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { LocalClock } from "./local-time.ts";

const COLUMNS = 76;
/** Minutes a column stands for: the finest that shows all of the plan. */
const STEPS = [15, 30, 60] as const;
const FULL_SHARE = 0.95;

/**
 * The coming hours as two lines: wall-clock hours, and what the plan wants (`#` full power, `+` less, `.` nothing,
 * `|` ready by). Nothing when the plan lies behind us.
 */
export function strip(plan: Plan, maxPowerKw: number, now: Instant, clock: LocalClock): string[] {
  const endMs = Math.max(epochMs(plan.readyBy), ...plan.windows.map((window) => epochMs(window.endsAt)));
  if (endMs <= epochMs(now)) return [];
  const startMs = epochMs(clock.hourStart(now));
  const stepMinutes = STEPS.find((minutes) => startMs + COLUMNS * minutes * MINUTE_MS >= endMs) ?? 60;
  const stepMs = stepMinutes * MINUTE_MS;
  const columns = Math.min(COLUMNS, Math.ceil((endMs - startMs) / stepMs));

  const hours = Array.from({ length: columns + 2 }, () => " ");
  const power: string[] = [];
  for (let column = 0; column < columns; column++) {
    const atMs = startMs + column * stepMs;
    const { hour, minute } = clock.hourMinute(instant(atMs));
    const labelled = minute === 0 && (column === 0 || (hour % (stepMinutes === 15 ? 3 : 6) === 0 && column > 2));
    if (labelled) hours.splice(column, 2, ...String(hour).padStart(2, "0"));
    power.push(atMs + stepMs <= epochMs(now) ? " " : symbol(averageKw(plan, atMs, atMs + stepMs) / maxPowerKw));
  }
  return [hours.join("").trimEnd(), `${power.join("")}|`];
}

function averageKw(plan: Plan, fromMs: number, toMs: number): number {
  let kwMs = 0;
  for (const { startsAt, endsAt, powerKw } of plan.windows) {
    kwMs += powerKw * Math.max(0, Math.min(toMs, epochMs(endsAt)) - Math.max(fromMs, epochMs(startsAt)));
  }
  return kwMs / (toMs - fromMs);
}

function symbol(share: number): string {
  if (share >= FULL_SHARE) return "#";
  return share > 0 ? "+" : ".";
}
