import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { CostSlot } from "./costs.ts";
import type { Market as SeenMarket } from "./market.ts";
import type { Surplus } from "./surplus.ts";

/** What a site's energy costs and emits, and a key that is equal for all who see the same. */
export type Market = SeenMarket & { marketKey: string };

/** What loads are planned with: their market, and what is left of their own site's sun. */
export type Signals = Market & {
  surplus: Surplus | undefined;
  solarNotes: readonly string[];
};

/** What of the signals was missing or estimated, in words for the plan. */
export function signalNotes(slots: readonly CostSlot[]): string[] {
  const notes: string[] = [];
  const estimated = slots.filter((slot) => slot.estimated).length;
  const unknown = slots.filter((slot) => slot.costPencePerKwh === null).length;
  if (estimated > 0) notes.push(`${estimated} of ${slots.length} slots priced by the same time of an earlier day`);
  if (unknown > 0) notes.push(`${unknown} of ${slots.length} slots have no price; they are used last`);
  return notes;
}

/** How far back stored signals are read: estimates look two days back. */
export function signalsFrom(now: Instant): Instant {
  return plusMs(now, -49 * 3_600_000);
}
