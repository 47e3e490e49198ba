import type { Asset } from "../../../shared/domain/asset.ts";
import type { Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import { tally } from "../../../shared/tally.ts";
import type { HeatPump } from "./power.ts";
import { startViessmannSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import { between, draw } from "./simulator-random.ts";
import { POWER_SENSORS, type PumpSpec } from "./simulator-spec.ts";

const CLIENT = { clientId: "local-client" };

/** Viessmann's cloud with the night's heat pumps, each set by its owner to the upper end of the enrolled band. */
export const startSimulation: StartSimulation = async ({ clock, others, seed, faults, startsAtMs, endsAtMs }) => {
  const assets = others.filter(isHeatPump);
  const pumps = assets.map((asset, index) => toSpec(asset, index, seed));
  const script = faultPreset(faults, { seed, pumps: pumps.map(({ id }) => id), startsAtMs, endsAtMs });
  const simulator = await startViessmannSimulator({ clock, pumps, seed, faults: script, ...CLIENT });
  const idOf = new Map(assets.map(({ assetId, vendorAssetId }) => [assetId, vendorAssetId]));
  const assetOf = new Map(assets.map(({ assetId, vendorAssetId }) => [vendorAssetId, assetId]));

  return {
    endpoints: { VIESSMANN_API_URL: simulator.url, VIESSMANN_AUTH_URL: simulator.url },
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    intervals: (assetId) => {
      const id = idOf.get(assetId);
      if (id === undefined) throw new RangeError(`${assetId} is not in this simulation`);
      return simulator.truth(id).intervals;
    },
    // A heat pump has no deadline.
    couldBeReady: () => true,
    effectiveCalls: () =>
      simulator.calls().flatMap(({ atMs, pump, effective }): ReturnType<Simulation["effectiveCalls"]> => {
        const assetId = assetOf.get(pump ?? "");
        return effective && assetId !== undefined ? [{ atMs, assetId, kind: "heat.mode" }] : [];
      }),
    calls: () => {
      const kinds = new Map<string, number>();
      for (const { kind } of simulator.calls()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      return [...kinds].map(([kind, calls]) => ({ kind, calls, priceUsd: 0 }));
    },
    injectedFaults: () => tally(simulator.faultLog(), ({ kind }) => kind),
    stop: () => simulator.stop(),
  };
};

function isHeatPump(asset: Asset): asset is HeatPump {
  return asset.kind === "heat-pump";
}

function toSpec(asset: HeatPump, index: number, seed: number): PumpSpec {
  const { hotWaterMinC, hotWaterMaxC } = asset.preferences;
  return {
    id: asset.vendorAssetId,
    accountId: asset.accountId,
    timeZone: asset.site.timeZone,
    ratedPowerKw: asset.ratedPowerKw,
    ownTargetC: Math.min(60, Math.floor(hotWaterMaxC)),
    // Some hours after it was heated last: a full tank ends a boost before anybody can see it.
    initialHotWaterC: between(
      Math.max(hotWaterMinC, hotWaterMaxC - 6),
      Math.max(hotWaterMinC, hotWaterMaxC - 2),
      draw(seed, "tank", asset.assetId),
    ),
    // Every form in turn, so that a small fleet shows them all.
    powerSensor: POWER_SENSORS[index % POWER_SENSORS.length] ?? "missing",
    draws: true,
  };
}
