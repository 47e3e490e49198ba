import { epochMs, HOUR_MS, type Instant } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import { type ChargeJob, windowsFrom } from "./charge.ts";
import { objectivePence } from "./objective.ts";
import type { PlanAnswer } from "./plan.ts";

/** A plan in force is given up for one that saves more than this, pence and share of what is left to pay. */
const LEAST_SAVING_PENCE = 1;
const LEAST_SAVING_SHARE = 0.01;
/** A need is what the plan delivers, but for this: readings are rounded. */
const SHORT_KWH = 0.05;
const OVER_KWH = 0.5;

/**
 * Whether a new answer replaces the plan in force. Both are held against what is needed and known now: a plan that no
 * longer delivers, or costs notably more, is replaced; one that is as good but for pennies stands, for every change of
 * plan is a command, and a promise taken back.
 */
export function isWorthChanging(job: ChargeJob, answer: PlanAnswer, now: Instant): boolean {
  const { previous, whole } = job;
  if (!previous || previous.readyBy !== job.readyBy || whole.nowKwh > 0 || answer.shortfallKwh > 0) return true;
  const ahead = windowsFrom(now, previous.windows);
  if ([...ahead, ...answer.windows].some(({ reason }) => !isFree(reason))) return true;
  const neededKwh = whole.energyKwh;
  const deliveredKwh = ahead.reduce((sum, window) => sum + kwhOf(window), 0);
  if (deliveredKwh < neededKwh - SHORT_KWH || deliveredKwh > neededKwh + OVER_KWH) return true;
  if (ahead.some(({ powerKw }) => powerKw > whole.maxPowerKw + 1e-6)) return true;
  const known = Math.min(deliveredKwh, neededKwh);
  const old = objectivePence(ahead, whole.slots, known);
  const saved = old - objectivePence(answer.windows, whole.slots, known);
  return saved > Math.max(LEAST_SAVING_PENCE, LEAST_SAVING_SHARE * Math.abs(old));
}

/** Energy that waits for a better time; all else follows the moment. */
function isFree(reason: Window["reason"]): boolean {
  return reason === "cheapest" || reason === "cleanest" || reason === "shared-limit" || reason === "event";
}

function kwhOf({ startsAt, endsAt, powerKw }: Window): number {
  return (powerKw * (epochMs(endsAt) - epochMs(startsAt))) / HOUR_MS;
}
