import { epochMs, HOUR_MS } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import type { CostSlot } from "./costs.ts";
import type { PlanProblem } from "./plan.ts";

/** Windows of which most would lie elsewhere by price alone are there for their low carbon, and say so. */
export function markCleanest(windows: readonly Window[], problem: PlanProblem): Window[] {
  const isWeighted = problem.slots.some((slot) => slot.costPencePerKwh !== slot.pricePencePerKwh);
  if (!isWeighted || windows.every(({ reason }) => reason !== "cheapest")) return [...windows];
  const cheap = cheapestByPrice(problem);
  return windows.map((window) => {
    const [fromMs, toMs] = [epochMs(window.startsAt), epochMs(window.endsAt)];
    const sharedMs = cheap.reduce(
      (ms, slot) => ms + Math.max(0, Math.min(toMs, slot.endMs) - Math.max(fromMs, slot.startMs)),
      0,
    );
    const isElsewhere = window.reason === "cheapest" && 2 * sharedMs < toMs - fromMs;
    return isElsewhere ? { ...window, reason: "cleanest" } : window;
  });
}

/** The slots that the energy would go to if carbon had no weight. */
function cheapestByPrice({ slots, energyKwh, maxPowerKw }: PlanProblem): CostSlot[] {
  const dearest = Number.POSITIVE_INFINITY;
  const byPrice = [...slots].sort((a, b) => (a.pricePencePerKwh ?? dearest) - (b.pricePencePerKwh ?? dearest));
  const chosen: CostSlot[] = [];
  let leftKwh = energyKwh;
  for (const slot of byPrice) {
    if (leftKwh <= 0) break;
    chosen.push(slot);
    leftKwh -= (maxPowerKw * (slot.endMs - slot.startMs)) / HOUR_MS;
  }
  return chosen;
}
