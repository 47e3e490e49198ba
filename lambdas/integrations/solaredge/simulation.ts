import type { Asset } from "../../../shared/domain/asset.ts";
import type { StartSimulation } from "../../../shared/integration/simulation.ts";
import { tally } from "../../../shared/tally.ts";
import { startSolarEdgeSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import { draw } from "./simulator-random.ts";
import type { SiteSpec } from "./simulator-spec.ts";

const CLIENT = { clientId: "local-client", clientSecret: "local-client-secret" };
/** Share of sites with a meter. */
const METERED = 0.4;

/** SolarEdge's cloud with the night's solar sites. Nothing here draws power or takes commands. */
export const startSimulation: StartSimulation = async ({ clock, others, seed, faults, startsAtMs, endsAtMs }) => {
  const sites = others.flatMap((asset) => toSpec(asset, seed));
  const script = faultPreset(faults, { seed, sites, startsAtMs, endsAtMs });
  const simulator = await startSolarEdgeSimulator({ clock, sites, seed, faults: script, ...CLIENT });

  return {
    endpoints: { SOLAREDGE_API_URL: simulator.url },
    secret: CLIENT,
    issueTokens: (accountId) => simulator.issueTokens(accountId),
    intervals: () => [],
    couldBeReady: () => true,
    effectiveCalls: () => [],
    calls() {
      const kinds = new Map<string, number>();
      for (const { kind } of simulator.calls()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      return [...kinds].map(([kind, calls]) => ({ kind, calls, priceUsd: 0 }));
    },
    injectedFaults: () => tally(simulator.faultLog(), ({ kind }) => kind),
    stop: () => simulator.stop(),
  };
};

function toSpec(asset: Asset, seed: number): SiteSpec[] {
  if (asset.kind !== "solar-site") return [];
  const { vendorAssetId: siteId, accountId, peakPowerKw } = asset;
  const hasMeter = draw(seed, "meter", siteId) < METERED;
  return [{ siteId, accountId, peakPowerKw, timeZone: asset.site.timeZone, hasMeter }];
}
