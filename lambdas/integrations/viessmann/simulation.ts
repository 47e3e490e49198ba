import type { HeatPump } from "../../../shared/domain/asset.ts";
import { about, injectionsOf } from "../../../shared/integration/injections.ts";
import type { Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import { between, draw } from "../../../shared/integration/simulation-random.ts";
import { startViessmannSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import { POWER_SENSORS, type PumpSpec } from "./simulator-spec.ts";
import { TRUTHS } from "./simulator-truths.ts";

const CLIENT = { clientId: "local-client" };

/** An installation, its gateway, and the heat pump that is its only device. */
export function vendorAssetId(index: number): string {
  return `${1_000_000 + index}/${7_571_381_000_000_000 + index}/0`;
}

/** Viessmann's cloud with the night's heat pumps, each set by its owner to the upper end of the enrolled band. */
export const startSimulation: StartSimulation = async ({ clock, heatPumps, seed, faults, startsAtMs, endsAtMs }) => {
  const pumps = heatPumps.map((asset, index) => toSpec(asset, index, seed));
  const script = faultPreset(faults, { seed, pumps: pumps.map(({ id }) => id), startsAtMs, endsAtMs });
  const sinceMs = clock.now();
  const simulator = await startViessmannSimulator({ clock, pumps, seed, faults: script, ...CLIENT });
  const idOf = new Map(heatPumps.map(({ assetId, vendorAssetId: id }) => [assetId, id]));
  const assetOf = new Map(heatPumps.map(({ assetId, vendorAssetId: id }) => [id, assetId]));
  const truth = (assetId: string) => {
    const id = idOf.get(assetId);
    if (id === undefined) throw new RangeError(`${assetId} is not in this simulation`);
    return simulator.truth(id);
  };

  return {
    endpoints: { VIESSMANN_API_URL: simulator.url, VIESSMANN_AUTH_URL: simulator.url },
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    intervals: (assetId) => truth(assetId).intervals,
    storedKwh: (assetId) => truth(assetId).storedKwh,
    // A heat pump has no deadline.
    couldBeReady: () => true,
    effectiveCalls: () =>
      simulator.calls().flatMap(({ atMs, pump, effective }): ReturnType<Simulation["effectiveCalls"]> => {
        const assetId = assetOf.get(pump ?? "");
        return effective && assetId !== undefined ? [{ atMs, assetId, kind: "heat.mode" }] : [];
      }),
    calls: () =>
      simulator.calls().map(({ atMs, kind, status, pump, accountId }) => ({
        ...{ atMs, kind, status, priceUsd: 0 },
        ...about(assetOf.get(pump ?? ""), accountId),
      })),
    injections() {
      const log = simulator.faultLog().map(({ pump, accountId, ...entry }) => ({
        ...entry,
        ...about(assetOf.get(pump ?? ""), accountId),
      }));
      return injectionsOf(log, TRUTHS, { sinceMs, nowMs: clock.now() });
    },
    comfortBreaches: () =>
      heatPumps.flatMap(({ assetId }) => truth(assetId).breaches.map((breach) => ({ ...breach, assetId }))),
    stop: () => simulator.stop(),
  };
};

function toSpec(asset: HeatPump, index: number, seed: number): PumpSpec {
  const { hotWaterMinC, hotWaterMaxC } = asset.preferences;
  return {
    id: asset.vendorAssetId,
    accountId: asset.accountId,
    timeZone: asset.site.timeZone,
    ratedPowerKw: asset.ratedPowerKw,
    ownTargetC: Math.min(60, Math.floor(hotWaterMaxC)),
    hotWaterMinC,
    hotWaterMaxC,
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
