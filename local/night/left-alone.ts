import type { HeatPump } from "../../shared/domain/asset.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import type { NightInputs } from "./inputs.ts";
import { devicesOf } from "./simulations.ts";

/** A simulation works out what happened since it was last asked; asked hourly it never has much to do at once. */
const STEP_MS = HOUR_MS;

/** What a heat pump drew, and by how much the heat in its tank and rooms grew from the night's start to its end, kWh. */
export type HeatNight = { intervals: readonly PowerInterval[]; storedKwh: number };

/** Follows what heat pumps have stored over a night: `look` at its start and at its end. */
export function watchStored(heatPumps: readonly HeatPump[], storedKwh: (pump: HeatPump) => number) {
  const looks: Map<string, number>[] = [];
  return {
    look: () => void looks.push(new Map(heatPumps.map((pump) => [pump.assetId, storedKwh(pump)]))),
    grownKwh: (assetId: string) => (looks.at(-1)?.get(assetId) ?? 0) - (looks[0]?.get(assetId) ?? 0),
  };
}

/**
 * What each heat pump would have drawn with nobody commanding it: the same simulated houses, weather and showers once
 * more, from the same moment, with no platform and nothing going wrong.
 */
export async function leftAlone(inputs: NightInputs, fromMs: number): Promise<Map<string, HeatNight>> {
  const { night, vendors, seed } = inputs;
  const drawn = new Map<string, HeatNight>();
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
    const stored = watchStored(heatPumps, ({ assetId }) => simulation.storedKwh?.(assetId) ?? 0);
    try {
      nowMs = Math.max(fromMs, night.startsAtMs);
      stored.look();
      for (; nowMs < night.endsAtMs; nowMs = Math.min(nowMs + STEP_MS, night.endsAtMs))
        for (const { assetId } of heatPumps) simulation.intervals(assetId);
      stored.look();
      for (const { assetId } of heatPumps)
        drawn.set(assetId, { intervals: [...simulation.intervals(assetId)], storedKwh: stored.grownKwh(assetId) });
    } finally {
      await simulation.stop();
    }
  }
  return drawn;
}
