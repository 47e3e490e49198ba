import type { AssetId, HeatPump } from "../../../shared/domain/asset.ts";
import { about, injectionsOf } from "../../../shared/integration/injections.ts";
import type { Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import { startMyUplinkSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-faults.ts";
import type { LoggedCall } from "./simulator-ledger.ts";
import type { PumpSpec } from "./simulator-spec.ts";
import { TRUTHS } from "./simulator-truths.ts";

const ONE_CHANGE_MS = 10_000;
const CLIENT = { clientId: "local-client", clientSecret: "local-client-secret" };
const ROOMS_C = 20.5;

/** Parts that no real device has. */
export function vendorAssetId(index: number): string {
  return `made-up-r-${String(index).padStart(6, "0")}-20260101-000000-00-00-00-00-00-00`;
}

/** `Away` turns the rooms down as well as the water. */
export const heatsRooms = true;

/** myUplink's cloud with the night's heat pumps, each keeping its house warm by itself if nobody commands it. */
export const startSimulation: StartSimulation = async ({ clock, heatPumps, seed, faults, startsAtMs, endsAtMs }) => {
  const pumps = heatPumps.map(toSpec);
  const rules = faultPreset(faults, { seed, pumps, startsAtMs, endsAtMs });
  const sinceMs = clock.now();
  const simulator = await startMyUplinkSimulator({ clock, pumps, seed, faults: rules, ...CLIENT });
  const deviceOf = new Map(heatPumps.map(({ assetId, vendorAssetId: id }) => [assetId, id]));
  const assetOf = new Map(heatPumps.map(({ assetId, vendorAssetId: id }) => [id, assetId]));
  const links: { atMs: number; accountId: string }[] = [];
  const truth = (assetId: string) => {
    const deviceId = deviceOf.get(assetId);
    if (deviceId === undefined) throw new RangeError(`${assetId} is not in this simulation`);
    return simulator.truth(deviceId);
  };

  return {
    endpoints: { MYUPLINK_API_URL: simulator.url },
    secret: CLIENT,
    issueTokens(accountId) {
      links.push({ atMs: clock.now(), accountId });
      return simulator.issueTokens(accountId);
    },
    intervals: (assetId) => truth(assetId).intervals,
    storedKwh: (assetId) => truth(assetId).storedKwh,
    // A heat pump has no time by which it is ready.
    couldBeReady: () => true,
    effectiveCalls: () => changesOf(simulator.calls(), assetOf),
    calls: () =>
      simulator.calls().map(({ atMs, kind, status, priceUsd, deviceId, accountId }) => ({
        ...{ atMs, kind, status, priceUsd },
        ...about(assetOf.get(deviceId ?? ""), accountId),
      })),
    injections() {
      const log = simulator.faultLog().map(({ deviceId, accountId, ...entry }) => {
        const assetId = assetOf.get(deviceId ?? "");
        return { ...entry, ...about(assetId, assetId === undefined ? accountId : undefined) };
      });
      return injectionsOf(log, TRUTHS, { sinceMs, nowMs: clock.now() }, links);
    },
    comfortBreaches: () =>
      heatPumps.flatMap(({ assetId }) => truth(assetId).breaches.map((breach) => ({ ...breach, assetId }))),
    stop: () => simulator.stop(),
  };
};

function toSpec({ vendorAssetId: deviceId, accountId, ratedPowerKw, preferences }: HeatPump): PumpSpec {
  const { hotWaterMinC, hotWaterMaxC, indoorMinC, indoorMaxC } = preferences;
  return {
    ...{ deviceId, accountId, ratedPowerKw },
    waterMinC: hotWaterMinC,
    waterMaxC: hotWaterMaxC,
    // Inside the owner's band also when turned down by a degree.
    roomC: Math.min((indoorMaxC ?? ROOMS_C + 0.5) - 0.5, Math.max(ROOMS_C, (indoorMinC ?? 0) + 1.5)),
    ...(indoorMinC === undefined ? {} : { roomMinC: indoorMinC }),
    ...(indoorMaxC === undefined ? {} : { roomMaxC: indoorMaxC }),
  };
}

/** From one held mode straight to the other the house's mode and a point of the pump are both set: one change. */
function changesOf(
  calls: readonly LoggedCall[],
  assetOf: ReadonlyMap<string, AssetId>,
): ReturnType<Simulation["effectiveCalls"]> {
  const last = new Map<AssetId, LoggedCall>();
  return calls.flatMap((call) => {
    const assetId = assetOf.get(call.deviceId ?? "");
    if (!call.effective || assetId === undefined) return [];
    const before = last.get(assetId);
    last.set(assetId, call);
    const isSameChange = before && before.path !== call.path && call.atMs - before.atMs <= ONE_CHANGE_MS;
    return isSameChange ? [] : [{ atMs: call.atMs, assetId, kind: "heat.mode" as const }];
  });
}
