import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import type { CostSlot } from "./costs.ts";
import { type PlanAnswer, type PlanProblem, plan } from "./plan.ts";
import type { Surplus } from "./surplus.ts";

/** Shorter than this is no run worth a start. */
const SHORTEST_MS = 10 * 60_000;

/**
 * The cheaper of two exact plans: one that first takes the site's surplus for as long as it is expected to last, and one
 * that does not. What of the power the sun gives costs what it would have earned; the rest is bought.
 */
export function sunFirst(problem: PlanProblem, surplus: Surplus, carbonWeightPencePerKg: number): PlanAnswer {
  const without = plan(problem);
  const startMs = problem.slots[0]?.startMs;
  const endMs = problem.slots.at(-1)?.endMs;
  // What must not wait does not ask for the sun; and without a choice there is nothing to choose.
  if (startMs === undefined || endMs === undefined || problem.nowKwh > 0 || without.shortfallKwh > 0) return without;
  const powerKw = Math.min(problem.maxPowerKw, Math.max(problem.minPowerKw, surplus.powerKw));
  const fullMs = startMs + (problem.energyKwh / powerKw) * HOUR_MS;
  const untilMs = Math.floor(Math.min(surplus.untilMs, endMs, fullMs));
  if (untilMs - startMs < SHORTEST_MS) return without;

  const energyKwh = (powerKw * (untilMs - startMs)) / HOUR_MS;
  const head = sunlit(problem.slots, startMs, untilMs, powerKw, surplus);
  const tail = plan({
    ...problem,
    energyKwh: Math.max(0, problem.energyKwh - energyKwh),
    slots: problem.slots.flatMap((slot) =>
      slot.endMs <= untilMs ? [] : [{ ...slot, startMs: Math.max(slot.startMs, untilMs) }],
    ),
    isCharging: true,
  });
  const costPence = tail.costPence === null ? null : round(head.costPence + tail.costPence, 3);
  const carbonGrams = tail.carbonGrams === null ? null : round(head.carbonGrams + tail.carbonGrams, 3);
  const weighed = (pence: number | null, grams: number | null) =>
    pence === null ? Number.POSITIVE_INFINITY : pence + ((grams ?? 0) / 1000) * carbonWeightPencePerKg;
  if (tail.shortfallKwh > 0 || weighed(costPence, carbonGrams) >= weighed(without.costPence, without.carbonGrams))
    return without;
  const window: Window = {
    startsAt: instant(startMs),
    endsAt: instant(untilMs),
    powerKw: round(powerKw, 4),
    energyKwh: round(energyKwh, 6),
    reason: "surplus",
    priceEstimated: head.priceEstimated,
  };
  return { ...tail, costPence, carbonGrams, windows: [window, ...tail.windows] };
}

/** Cost and carbon of a run: the sun's part at what it would earn and without carbon, the rest as bought. */
export function sunlit(
  slots: readonly CostSlot[],
  startMs: number,
  untilMs: number,
  powerKw: number,
  surplus: Surplus,
) {
  const sunKw = Math.min(powerKw, surplus.powerKw);
  const total = { costPence: 0, carbonGrams: 0, priceEstimated: false };
  for (const slot of slots) {
    const hours = (Math.min(slot.endMs, untilMs) - Math.max(slot.startMs, startMs)) / HOUR_MS;
    if (hours <= 0) continue;
    // Where nobody knows a price, what is bought costs what it would anywhere: more than what the sun would earn.
    const boughtPence = slot.pricePencePerKwh ?? Number.POSITIVE_INFINITY;
    const boughtKwh = (powerKw - sunKw) * hours;
    total.costPence += sunKw * hours * surplus.pencePerKwh + (boughtKwh > 0 ? boughtKwh * boughtPence : 0);
    total.carbonGrams += boughtKwh * (slot.carbonGramsPerKwh ?? 0);
    total.priceEstimated ||= slot.estimated;
  }
  return total;
}
