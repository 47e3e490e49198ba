import type { SimulatedCar, Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import { tally } from "../../../shared/tally.ts";
import { startTeslaSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import type { CarSpec } from "./simulator-spec.ts";

const CLIENT = { clientId: "local-client", clientSecret: "local-client-secret" };
/** The car's own safety net begins this long before the last possible moment; the platform's plans end earlier. */
const OWN_SCHEDULE_MARGIN_MINUTES = 2;

/** Tesla's cloud with the night's cars, each set by its owner to be ready at departure by itself if nobody commands it. */
export const startSimulation: StartSimulation = async ({ clock, cars, seed, faults, startsAtMs, endsAtMs }) => {
  const specs = cars.map(toSpec);
  const script = faultPreset(faults, { seed, cars: specs, startsAtMs, endsAtMs });
  const simulator = await startTeslaSimulator({ clock, cars: specs, seed, faults: script, ...CLIENT });
  const vinOf = new Map(cars.map(({ asset }) => [asset.assetId, asset.vendorAssetId]));
  const assetOf = new Map(cars.map(({ asset }) => [asset.vendorAssetId, asset.assetId]));
  const vin = (assetId: string) => {
    const found = vinOf.get(assetId);
    if (found === undefined) throw new RangeError(`${assetId} is not in this simulation`);
    return found;
  };

  return {
    endpoints: {
      TESLA_API_URL: simulator.url,
      TESLA_COMMAND_URL: simulator.url,
      TESLA_AUTH_URL: simulator.authUrl,
    },
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    intervals: (assetId) => simulator.truth(vin(assetId)).intervals,
    couldBeReady: (assetId) => simulator.couldBeReady(vin(assetId), 0, { socPercent: limitOf(cars, assetId) }),
    effectiveCalls: () =>
      simulator.calls().flatMap((call): ReturnType<Simulation["effectiveCalls"]> => {
        const assetId = assetOf.get(call.vin ?? "");
        if (!call.effective || assetId === undefined) return [];
        if (call.command === "charge_start") return [{ atMs: call.atMs, assetId, kind: "charge.start" }];
        if (call.command === "charge_stop") return [{ atMs: call.atMs, assetId, kind: "charge.stop" }];
        return [];
      }),
    calls: () => byKind(simulator.calls()),
    injectedFaults: () => tally(simulator.faultLog(), ({ kind }) => kind),
    stop: () => simulator.stop(),
  };
};

function toSpec({ asset, socOnArrivalPercent, arrivesAtMs, readyByMs }: SimulatedCar): CarSpec {
  return {
    vin: asset.vendorAssetId,
    accountId: asset.accountId,
    batteryCapacityKwh: asset.battery.capacityKwh,
    chargeEfficiency: asset.battery.chargeEfficiency,
    voltageV: asset.supply.voltageV,
    phases: asset.supply.phases,
    maxCurrentA: asset.supply.maxCurrentA,
    initialSocPercent: socOnArrivalPercent,
    chargeLimitPercent: asset.preferences.targetSocPercent,
    ownSchedule: { mode: "DepartBy", marginMinutes: OWN_SCHEDULE_MARGIN_MINUTES },
    timeZone: asset.site.timeZone,
    sessions: [{ arrivesAt: arrivesAtMs, departsAt: readyByMs, socOnArrivalPercent }],
  };
}

function limitOf(cars: readonly SimulatedCar[], assetId: string): number {
  return cars.find(({ asset }) => asset.assetId === assetId)?.asset.preferences.targetSocPercent ?? 100;
}

function byKind(
  calls: readonly { kind: string; priceUsd: number }[],
): { kind: string; calls: number; priceUsd: number }[] {
  const kinds = new Map<string, { kind: string; calls: number; priceUsd: number }>();
  for (const { kind, priceUsd } of calls) {
    const sum = kinds.get(kind) ?? { kind, calls: 0, priceUsd: 0 };
    kinds.set(kind, { kind, calls: sum.calls + 1, priceUsd: sum.priceUsd + priceUsd });
  }
  return [...kinds.values()];
}
