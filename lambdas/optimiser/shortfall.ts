import { earlier, type Instant } from "../../shared/domain/instant.ts";
import { type Plan, windowAt } from "../../shared/domain/plan.ts";
import { windowsFrom } from "./charge.ts";
import { kwhOf } from "./keep.ts";
import type { Acting } from "./loads.ts";
import { loadNeed } from "./need.ts";

/** More than readings are rounded by, and worth a command, kWh. */
const NOTABLE_KWH = 0.5;

/**
 * Whether a plan leaves a load without what it lacks, at an edge of it: what was to be drawn before it may never have been,
 * for want of an answer, or a device that did as it liked. Nobody else would notice where that leaves the load as it was.
 * Undefined as long as it was not seen after its last window. One that draws has begun, and is heard of when it ends.
 */
export function fallsShort(load: Acting, plan: Plan, at: Instant): boolean | undefined {
  if (load.kind === "heat" || at >= plan.readyBy) return false;
  if (load.isStale) return undefined;
  const { state, plugged } = load.reading;
  const wants = loadNeed(load);
  if (!wants || plugged !== true || state === "charging" || state === "starting") return false;
  const lacksKwh = wants.energyKwh - plan.shortfallKwh - NOTABLE_KWH;
  const seenAt = earlier(load.seenAt, load.battery?.seenAt ?? load.seenAt);
  if (lacksKwh > kwhOf(windowsFrom(seenAt, plan.windows))) return true;
  return lacksKwh > 0 && seenAt < at && !windowAt(plan, at) ? undefined : false;
}
