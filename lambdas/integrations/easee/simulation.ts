import { about, injectionsOf } from "../../../shared/integration/injections.ts";
import type {
  SimulatedCharger,
  Simulation,
  StartSimulation,
  VendorCall,
} from "../../../shared/integration/simulation.ts";
import { draw } from "../../../shared/integration/simulation-random.ts";
import { startEaseeSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import type { SimulatedCall } from "./simulator-faults.ts";
import type { ChargerSpec } from "./simulator-spec.ts";
import { TRUTHS } from "./simulator-truths.ts";

/** How the manifest counts each call. */
const KINDS: Record<SimulatedCall, VendorCall["kind"]> = {
  observations: "data",
  state: "state",
  command: "command",
  report: "wake",
  result: "state",
  token: "token",
};

export function vendorAssetId(index: number): string {
  return `EH${String(index).padStart(6, "0")}`;
}

/** Easee's cloud with the night's chargers, each of which charges at once whoever comes unless it is told otherwise. */
export const startSimulation: StartSimulation = async ({ clock, chargers, seed, faults, startsAtMs, endsAtMs }) => {
  const specs = chargers.map((charger) => toSpec(charger, seed));
  const rules = faultPreset(faults, { seed, chargers: specs, startsAtMs, endsAtMs });
  const sinceMs = clock.now();
  const simulator = await startEaseeSimulator({ clock, chargers: specs, seed, rules });
  const byAsset = new Map(chargers.map((charger) => [charger.asset.assetId, charger]));
  const assetOf = new Map(chargers.map(({ asset }) => [asset.vendorAssetId, asset.assetId]));
  const charger = (assetId: string) => {
    const found = byAsset.get(assetId);
    if (!found) throw new RangeError(`${assetId} is not in this simulation`);
    return found;
  };
  const links: { atMs: number; accountId: string }[] = [];

  return {
    endpoints: { EASEE_API_URL: simulator.url },
    secret: {},
    // Both ways to link a login: Easee's own refresh token, good once, where nothing goes wrong; else with its password, as
    // an operator links it: a lost rotation then costs nobody anything.
    issueTokens(accountId) {
      links.push({ atMs: clock.now(), accountId });
      const { refreshToken, ...tokens } = simulator.issueTokens(accountId);
      if (faults === "none") return { ...tokens, refreshToken };
      return { ...tokens, refreshToken: JSON.stringify({ ...simulator.loginOf(accountId), refreshToken }) };
    },
    intervals: (assetId) => simulator.truth(charger(assetId).asset.vendorAssetId).intervals,
    couldBeReady(assetId) {
      const { asset, readyByMs, wantsKwh } = charger(assetId);
      const neededKwh = Math.min(wantsKwh, asset.preferences.sessionEnergyKwh);
      return simulator.reachableKwh(asset.vendorAssetId, readyByMs) >= neededKwh;
    },
    effectiveCalls: () =>
      simulator.calls().flatMap(({ atMs, chargerId, effective, amps }): ReturnType<Simulation["effectiveCalls"]> => {
        const assetId = assetOf.get(chargerId ?? "");
        if (!effective || assetId === undefined || amps === undefined) return [];
        return [{ atMs, assetId, kind: amps === 0 ? "charge.stop" : "charge.start" }];
      }),
    calls: () =>
      simulator.calls().map(({ atMs, kind, status, chargerId, accountId }) => ({
        ...{ atMs, kind: KINDS[kind], status, priceUsd: 0 },
        ...about(assetOf.get(chargerId ?? ""), accountId),
      })),
    injections() {
      const log = simulator.faultLog().map(({ subject, ...entry }) => {
        const assetId = assetOf.get(subject ?? "");
        return { ...entry, ...about(assetId, assetId === undefined ? subject : undefined) };
      });
      const away = chargers.flatMap(awayFrom);
      return injectionsOf([...log, ...away], TRUTHS, { sinceMs, nowMs: clock.now() }, links);
    },
    comfortBreaches: () => [],
    stop: () => simulator.stop(),
  };
};

/** When there is no car at it. */
function awayFrom({ asset, arrivesAtMs, departsAtMs }: SimulatedCharger) {
  const common = { kind: "not-plugged-in" as const, assetId: asset.assetId };
  return [
    { ...common, atMs: 0, endsAtMs: arrivesAtMs },
    { ...common, atMs: departsAtMs, endsAtMs: Number.POSITIVE_INFINITY },
  ];
}

function toSpec(charger: SimulatedCharger, seed: number): ChargerSpec {
  const { asset, arrivesAtMs, departsAtMs, wantsKwh, needsStart } = charger;
  const drawn = (topic: string) => draw(seed, topic, asset.assetId);
  return {
    id: asset.vendorAssetId,
    accountId: asset.accountId,
    voltageV: asset.supply.voltageV,
    phases: asset.supply.phases,
    maxCurrentA: asset.supply.maxCurrentA,
    // A third of the chargers give little without their cloud.
    ...(drawn("offline limit") < 0.33 ? { offlineCurrentA: 6 } : {}),
    needsStart: needsStart ?? drawn("needs start") < 0.15,
    sessions: [{ arrivesAt: arrivesAtMs, departsAt: departsAtMs, wantsKwh }],
  };
}
