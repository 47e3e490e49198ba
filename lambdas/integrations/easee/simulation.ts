import type { Asset } from "../../../shared/domain/asset.ts";
import type { Simulation, StartSimulation } from "../../../shared/integration/simulation.ts";
import type { Charger } from "./adapter.ts";
import { startEaseeSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import { betweenMs, draw } from "./simulator-random.ts";
import type { ChargerSpec } from "./simulator-spec.ts";

const HOUR_MS = 3_600_000;

/** Easee's cloud with the night's chargers: a car comes to each in the evening and leaves when it is over. */
export const startSimulation: StartSimulation = async ({ clock, others, seed, faults, startsAtMs, endsAtMs }) => {
  const chargers = others.filter(isCharger);
  const specs = chargers.map((asset) => toSpec(asset, seed, startsAtMs, endsAtMs));
  const rules = faultPreset(faults, { seed, chargers: specs, startsAtMs, endsAtMs });
  const simulator = await startEaseeSimulator({ clock, chargers: specs, seed, rules });
  const idOf = new Map(chargers.map(({ assetId, vendorAssetId }) => [assetId, vendorAssetId]));
  const assetOf = new Map(chargers.map(({ assetId, vendorAssetId }) => [vendorAssetId, assetId]));

  return {
    endpoints: { EASEE_API_URL: simulator.url },
    secret: {},
    // Both ways to link a login: Easee's own refresh token, good once, where nothing goes wrong; else with its password, as
    // an operator links it: a lost rotation then costs nobody anything.
    issueTokens(accountId) {
      const { refreshToken, ...tokens } = simulator.issueTokens(accountId);
      if (faults === "none") return { ...tokens, refreshToken };
      return { ...tokens, refreshToken: JSON.stringify({ ...simulator.loginOf(accountId), refreshToken }) };
    },
    intervals(assetId) {
      const id = idOf.get(assetId);
      if (id === undefined) throw new RangeError(`${assetId} is not in this simulation`);
      return simulator.truth(id).intervals;
    },
    couldBeReady: () => true,
    effectiveCalls: () =>
      simulator.calls().flatMap(({ atMs, chargerId, effective, amps }): ReturnType<Simulation["effectiveCalls"]> => {
        const assetId = assetOf.get(chargerId ?? "");
        if (!effective || assetId === undefined || amps === undefined) return [];
        return [{ atMs, assetId, kind: amps === 0 ? "charge.stop" : "charge.start" }];
      }),
    calls: () => [...counted(simulator.calls())].map(([kind, calls]) => ({ kind, calls, priceUsd: 0 })),
    injectedFaults: () => Object.fromEntries(counted(simulator.faultLog())),
    stop: () => simulator.stop(),
  };
};

function isCharger(asset: Asset): asset is Charger {
  return asset.kind === "charger";
}

function toSpec(asset: Charger, seed: number, startsAtMs: number, endsAtMs: number): ChargerSpec {
  const drawn = (topic: string) => draw(seed, topic, asset.assetId);
  const arrivesAt = betweenMs(startsAtMs, Math.min(endsAtMs, startsAtMs + 3 * HOUR_MS), drawn("arrives"));
  return {
    id: asset.vendorAssetId,
    accountId: asset.accountId,
    voltageV: asset.supply.voltageV,
    phases: asset.supply.phases,
    maxCurrentA: asset.supply.maxCurrentA,
    // A third of the chargers give little without their cloud.
    ...(drawn("offline limit") < 0.33 ? { offlineCurrentA: 6 } : {}),
    needsStart: drawn("needs start") < 0.15,
    sessions: [
      { arrivesAt, departsAt: endsAtMs, wantsKwh: asset.preferences.sessionEnergyKwh * (1 + 0.2 * drawn("wants")) },
    ],
  };
}

function counted(list: readonly { kind: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of list) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
