import { type Asset, powerOfCurrent } from "../domain/asset.ts";
import type { Bucket } from "../domain/bucket.ts";
import type { Action } from "../domain/command.ts";

/** What may start at once, in minutes of the ramp. */
const BURST_MINUTES = 3;

/**
 * Power that an action may add to the grid, W. A stop adds none. A heat pump that goes back to its owner's settings may
 * start as one that is boosted: after an event that held a fleet down, that is the rebound.
 */
export function startedWatts(asset: Asset, action: Action): number {
  switch (action.kind) {
    case "charge.stop":
      return 0;
    case "charge.start":
      return asset.kind === "car" || asset.kind === "charger"
        ? Math.round(powerOfCurrent(asset.supply, action.currentA) * 1000)
        : 0;
    case "heat.mode":
      return asset.kind === "heat-pump" && action.mode !== "reduced" ? Math.round(asset.ratedPowerKw * 1000) : 0;
  }
}

/** A fleet's ramp in one region, in watts. */
export function rampBucket(kwPerMinute: number): Bucket {
  return { name: "watts", perMinute: kwPerMinute * 1000, burst: kwPerMinute * 1000 * BURST_MINUTES };
}
