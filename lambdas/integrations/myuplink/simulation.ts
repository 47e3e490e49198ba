import type { Asset } from "../../../shared/domain/asset.ts";
import type { Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import { tally } from "../../../shared/tally.ts";
import { startMyUplinkSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-faults.ts";
import type { PumpSpec } from "./simulator-spec.ts";

const CLIENT = { clientId: "local-client", clientSecret: "local-client-secret" };
const ROOMS_C = 20.5;

/** myUplink's cloud with the night's heat pumps, each keeping its house warm by itself if nobody commands it. */
export const startSimulation: StartSimulation = async ({ clock, others, seed, faults, startsAtMs, endsAtMs }) => {
  const pumps = others.flatMap(toSpec);
  const rules = faultPreset(faults, { seed, pumps, startsAtMs, endsAtMs });
  const simulator = await startMyUplinkSimulator({ clock, pumps, seed, faults: rules, ...CLIENT });
  const deviceOf = new Map(others.map(({ assetId, vendorAssetId }) => [assetId, vendorAssetId]));
  const assetOf = new Map(others.map(({ assetId, vendorAssetId }) => [vendorAssetId, assetId]));

  return {
    endpoints: { MYUPLINK_API_URL: simulator.url },
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    intervals(assetId) {
      const deviceId = deviceOf.get(assetId);
      if (deviceId === undefined) throw new RangeError(`${assetId} is not in this simulation`);
      return simulator.truth(deviceId).intervals;
    },
    // A heat pump has no time by which it is ready.
    couldBeReady: () => true,
    effectiveCalls: () =>
      simulator.calls().flatMap(({ atMs, deviceId, effective }): ReturnType<Simulation["effectiveCalls"]> => {
        const assetId = deviceId === undefined ? undefined : assetOf.get(deviceId);
        return effective && assetId !== undefined ? [{ atMs, assetId, kind: "heat.mode" }] : [];
      }),
    calls() {
      const kinds = new Map<string, number>();
      for (const { kind } of simulator.calls()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      return [...kinds].map(([kind, calls]) => ({ kind, calls, priceUsd: 0 }));
    },
    injectedFaults: () => tally(simulator.faultLog(), ({ kind }) => kind),
    stop: () => simulator.stop(),
  };
};

function toSpec(asset: Asset): PumpSpec[] {
  if (asset.kind !== "heat-pump") return [];
  const { hotWaterMinC, hotWaterMaxC, indoorMinC, indoorMaxC } = asset.preferences;
  return [
    {
      deviceId: asset.vendorAssetId,
      accountId: asset.accountId,
      ratedPowerKw: asset.ratedPowerKw,
      waterMinC: hotWaterMinC,
      waterMaxC: hotWaterMaxC,
      // Inside the owner's band also when turned down by a degree.
      roomC: Math.min((indoorMaxC ?? ROOMS_C + 0.5) - 0.5, Math.max(ROOMS_C, (indoorMinC ?? 0) + 1.5)),
    },
  ];
}
