import { epochMs, HOUR_MS, type Instant } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import { type ChargeJob, windowsFrom } from "./charge.ts";
import { objectivePence, SHORTFALL_PENCE } from "./objective.ts";

/** A plan in force is given up for one that saves more than this, pence and share of what is left to pay. */
const LEAST_SAVING_PENCE = 1;
const LEAST_SAVING_SHARE = 0.01;
/** Readings are rounded: a plan that misses no more than this of a need still serves it, and so does one a little above. */
export const SHORT_KWH = 0.05;
const OVER_KWH = 0.5;

/** What is ahead of the plan in force, where it may stand: it is as free as a new one and still about the same need. */
export function standing(job: ChargeJob, now: Instant): Window[] | undefined {
  const { previous, whole } = job;
  if (!previous || previous.readyBy !== job.readyBy || whole.nowKwh > 0) return undefined;
  const ahead = windowsFrom(now, previous.windows);
  if (!ahead.every(({ reason, powerKw }) => isFree(reason) && powerKw <= whole.maxPowerKw + 1e-6)) return undefined;
  return kwhOf(ahead) > whole.energyKwh + OVER_KWH ? undefined : ahead;
}

/** What windows cost a job with what they leave undelivered, pence: the one yardstick for old and new. */
export function totalPence({ whole }: ChargeJob, windows: readonly Window[], forgivenKwh = 0): number {
  const missingKwh = Math.max(0, whole.energyKwh - kwhOf(windows) - forgivenKwh);
  return objectivePence(windows, whole.slots, whole.energyKwh) + SHORTFALL_PENCE * missingKwh;
}

/**
 * Whether what is ahead of the plan in force is given up for new windows: only where they save notably, for every change
 * of plan is a command, and a promise taken back. `rentPence` is what the shared capacity that windows use is worth: without
 * it everybody would keep what is dear to the others.
 */
export function isWorthChanging(
  job: ChargeJob,
  ahead: readonly Window[],
  made: readonly Window[],
  rentPence: (windows: readonly Window[]) => number,
): boolean {
  const old = totalPence(job, ahead, SHORT_KWH) + rentPence(ahead);
  return isNotable(old, totalPence(job, made) + rentPence(made));
}

export function isNotable(oldPence: number, newPence: number): boolean {
  return oldPence - newPence > Math.max(LEAST_SAVING_PENCE, LEAST_SAVING_SHARE * Math.abs(oldPence));
}

/** What follows the moment does not stand: a charge-now level, the sun, a signal that was missing. */
function isFree(reason: Window["reason"]): boolean {
  return reason !== "charge-now-minimum" && reason !== "surplus" && reason !== "no-signal" && reason !== "expensive";
}

export function kwhOf(windows: readonly Window[]): number {
  let kwh = 0;
  for (const { startsAt, endsAt, powerKw } of windows)
    kwh += (powerKw * (epochMs(endsAt) - epochMs(startsAt))) / HOUR_MS;
  return kwh;
}
