import { about, injectionsOf } from "../../../shared/integration/injections.ts";
import type { SimulatedCar, Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import { startTeslaSimulator, type TeslaSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import type { FaultLogEntry, FaultScript } from "./simulator-faults.ts";
import type { CarSpec } from "./simulator-spec.ts";
import { TRUTHS } from "./simulator-truths.ts";

const CLIENT = { clientId: "local-client", clientSecret: "local-client-secret" };
/** The car's own safety net begins this long before the last possible moment; the platform's plans end earlier. */
const OWN_SCHEDULE_MARGIN_MINUTES = 2;

/** 17 characters without I, O and Q, as a VIN has; made up. */
export function vendorAssetId(index: number): string {
  return `5YJ3E7EA9PF${100_000 + index}`;
}

/** Tesla's cloud with the night's cars, each set by its owner to be ready at departure by itself if nobody commands it. */
export const startSimulation: StartSimulation = async ({ clock, cars, fedBy, seed, faults, startsAtMs, endsAtMs }) => {
  const specs = cars.map((car) => toSpec(car, fedBy));
  const script = faultPreset(faults, { seed, cars: specs, startsAtMs, endsAtMs });
  const sinceMs = clock.now();
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
    calls: () =>
      simulator.calls().map(({ atMs, kind, status, priceUsd, vin: known, accountId }) => ({
        ...{ atMs, kind, status, priceUsd },
        ...about(assetOf.get(known ?? ""), accountId),
      })),
    injections() {
      const log = [...statesOf(script), ...troublesOf(simulator, script), ...refusalsOf(simulator)].map(
        ({ vin: known, accountId, ...entry }) => {
          const assetId = assetOf.get(known ?? "");
          return { ...entry, ...about(assetId, assetId === undefined ? accountId : undefined) };
        },
      );
      const away = cars.flatMap(awayFrom);
      return injectionsOf([...log, ...away], TRUTHS, { sinceMs, nowMs: clock.now() });
    },
    comfortBreaches: () => [],
    stop: () => simulator.stop(),
  };
};

function toSpec(
  { asset, socOnArrivalPercent, arrivesAtMs, readyByMs }: SimulatedCar,
  fedBy: Parameters<StartSimulation>[0]["fedBy"],
): CarSpec {
  const { chargerId } = asset;
  return {
    ...(chargerId !== undefined && { fedBy: () => fedBy(chargerId) }),
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

/** What is so from the start, whoever asks. */
function statesOf({ rules }: FaultScript): FaultLogEntry[] {
  return rules.flatMap((rule) =>
    rule.kind === "unpaired-key" || rule.kind === "mobile-access-disabled" || rule.kind === "missing-scopes"
      ? (rule.vins ?? []).map((vin) => ({ atMs: 0, kind: rule.kind, vin }))
      : [],
  );
}

/** The faults that struck, with the ends of those that the script gives one. */
function troublesOf(simulator: TeslaSimulator, { rules }: FaultScript) {
  return simulator.faultLog().map((entry) => {
    const rule = rules.find(
      (one) =>
        (one.kind === "vendor-outage" || (one.kind === "no-power" && one.vin === entry.vin)) &&
        one.kind === entry.kind &&
        one.startsAtMs <= entry.atMs &&
        entry.atMs < one.endsAtMs,
    );
    return rule && "endsAtMs" in rule && rule.endsAtMs !== undefined ? { ...entry, endsAtMs: rule.endsAtMs } : entry;
  });
}

/** What no fault brought: a car that sleeps, and the vendor's own limit. */
function refusalsOf(simulator: TeslaSimulator) {
  const struck = new Set(simulator.faultLog().map(({ atMs, vin }) => `${atMs} ${vin}`));
  return simulator.calls().flatMap(({ atMs, vin, accountId, status }) => {
    const kind = status === 408 ? ("asleep" as const) : status === 429 ? ("limit-reached" as const) : undefined;
    return kind && !struck.has(`${atMs} ${vin}`) ? [{ atMs, vin, accountId, kind }] : [];
  });
}

/** When it is not at its charger. */
function awayFrom({ asset, arrivesAtMs, readyByMs }: SimulatedCar) {
  const common = { kind: "not-plugged-in" as const, assetId: asset.assetId };
  return [
    { ...common, atMs: 0, endsAtMs: arrivesAtMs },
    { ...common, atMs: readyByMs, endsAtMs: Number.POSITIVE_INFINITY },
  ];
}
