import { epochMs, HOUR_MS } from "../../shared/domain/instant.ts";
import type { Proof, Window } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import type { CostSlot } from "./costs.ts";
import type { PlanProblem } from "./plan.ts";

/** Above any price with its carbon, pence per kWh: a slot without a cost comes after every slot with one. */
const UNKNOWN_PENCE = 1200;
/** Energy not delivered is worse than any slot, pence per kWh. */
export const SHORTFALL_PENCE = 2000;

/** What a slot's energy costs a plan, pence per kWh. */
export function costOf({ costPencePerKwh }: Pick<CostSlot, "costPencePerKwh">): number {
  return costPencePerKwh ?? UNKNOWN_PENCE;
}

/** What the first `energyKwh` of these windows cost, pence: a load that has what it needs draws no more. */
export function objectivePence(windows: readonly Window[], slots: readonly CostSlot[], energyKwh: number): number {
  let [leftKwh, pence] = [energyKwh, 0];
  for (const { startsAt, endsAt, powerKw } of windows) {
    const [fromMs, toMs] = [epochMs(startsAt), epochMs(endsAt)];
    for (const slot of slots) {
      const overlapMs = Math.min(toMs, slot.endMs) - Math.max(fromMs, slot.startMs);
      if (overlapMs <= 0 || leftKwh <= 0) continue;
      const kwh = Math.min(leftKwh, (powerKw * overlapMs) / HOUR_MS);
      pence += kwh * costOf(slot);
      leftKwh -= kwh;
    }
  }
  return pence;
}

/**
 * The least that `energyKwh` can cost, at any power up to the most: cheapest slots first. `capacityPence` is what a kWh of
 * shared capacity is worth in a slot.
 */
export function boundPence(
  { slots, maxPowerKw }: Pick<PlanProblem, "slots" | "maxPowerKw">,
  energyKwh: number,
  capacityPence: (slot: CostSlot) => number = () => 0,
): number {
  const byCost = slots
    .map((slot) => ({ hours: (slot.endMs - slot.startMs) / HOUR_MS, pence: costOf(slot) + capacityPence(slot) }))
    .sort((a, b) => a.pence - b.pence);
  let [leftKwh, pence] = [energyKwh, 0];
  for (const slot of byCost) {
    const kwh = Math.min(leftKwh, slot.hours * maxPowerKw);
    pence += kwh * slot.pence;
    leftKwh -= kwh;
  }
  return pence;
}

/** Figures as they are stored; a bound above the objective by rounding is the objective. */
export function proofOf(objective: number, bound: number): Proof {
  const objectivePence = round(objective, 4);
  const boundPence = Math.min(objectivePence, round(bound, 4));
  const gap = objectivePence === 0 ? 0 : (objectivePence - boundPence) / Math.abs(objectivePence);
  return { objectivePence, boundPence, gap: round(gap, 6) };
}
