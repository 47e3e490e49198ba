import { HOUR_MS } from "../../shared/domain/instant.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import type { NightInputs } from "./inputs.ts";
import { devicesOf } from "./simulations.ts";

/** A simulation works out what happened since it was last asked; asked hourly it never has much to do at once. */
const STEP_MS = HOUR_MS;

/**
 * What each heat pump would have drawn with nobody commanding it: the same simulated houses, weather and showers once
 * more, from the same moment, with no platform and nothing going wrong.
 */
export async function leftAlone(inputs: NightInputs, fromMs: number): Promise<Map<string, readonly PowerInterval[]>> {
  const { night, vendors, seed } = inputs;
  const drawn = new Map<string, readonly PowerInterval[]>();
  for (const { name, startSimulation } of vendors) {
    const { heatPumps } = devicesOf(inputs, name);
    if (heatPumps.length === 0) continue;
    let nowMs = fromMs;
    const simulation = await startSimulation({
      clock: { now: () => nowMs },
      ...{ cars: [], chargers: [], heatPumps, solarSites: [] },
      ...{ siteLoadKw: () => 0, fedBy: () => [] },
      ...{ seed, faults: "none", startsAtMs: night.startsAtMs, endsAtMs: night.endsAtMs },
    });
    try {
      for (; nowMs < night.endsAtMs; nowMs = Math.min(nowMs + STEP_MS, night.endsAtMs))
        for (const { assetId } of heatPumps) simulation.intervals(assetId);
      for (const { assetId } of heatPumps) drawn.set(assetId, [...simulation.intervals(assetId)]);
    } finally {
      await simulation.stop();
    }
  }
  return drawn;
}
