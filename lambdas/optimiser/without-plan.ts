import type { AssetId } from "../../shared/domain/asset.ts";
import type { Habits } from "../../shared/domain/habits.ts";
import { type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Replanned } from "./replan.ts";

/** Twice the half-hour in which signals come and everybody is planned anew. */
const LONG_MS = 60 * MINUTE_MS;

/**
 * How many have been plugged in for long, and need energy, with no plan made in this stay until now: the news of their
 * arrival led to none. While control was switched off nobody was to be planned.
 */
export function withoutPlan(
  replanned: readonly Replanned[],
  habits: ReadonlyMap<AssetId, Habits>,
  { now, controlledSince }: { now: Instant; controlledSince: Instant | null },
): number {
  return replanned.filter(({ load, previous, next }) => {
    if (load.kind !== "charge" || load.isStale || !next || next === previous || next.windows.length === 0) return false;
    const pluggedInAt = habits.get(load.asset.assetId)?.present?.pluggedInAt;
    if (!pluggedInAt || (previous && previous.madeAt >= pluggedInAt)) return false;
    return plusMs(controlledSince ? later(pluggedInAt, controlledSince) : pluggedInAt, LONG_MS) <= now;
  }).length;
}
