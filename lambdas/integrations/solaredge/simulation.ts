import type { SolarSite } from "../../../shared/domain/asset.ts";
import { about, injectionsOf } from "../../../shared/integration/injections.ts";
import type { StartSimulation } from "../../../shared/integration/simulation.ts";
import { startSolarEdgeSimulator } from "./simulator.ts";
import { faultPreset } from "./simulator-fault-presets.ts";
import type { SiteSpec } from "./simulator-spec.ts";
import { TRUTHS } from "./simulator-truths.ts";

const CLIENT = { clientId: "local-client", clientSecret: "local-client-secret" };

export function vendorAssetId(index: number): string {
  return String(1_000_001 + index);
}

/** SolarEdge's cloud with the night's solar sites. Nothing here draws power or takes commands. */
export const startSimulation: StartSimulation = async (options) => {
  const { clock, solarSites, siteLoadKw, seed, faults, startsAtMs, endsAtMs } = options;
  const sites = solarSites.map((asset, index) => toSpec(asset, index, siteLoadKw));
  const script = faultPreset(faults, { seed, sites, startsAtMs, endsAtMs });
  const sinceMs = clock.now();
  const simulator = await startSolarEdgeSimulator({ clock, sites, seed, faults: script, ...CLIENT });
  const assetOf = new Map(solarSites.map(({ assetId, vendorAssetId: id }) => [id, assetId]));
  const links: { atMs: number; accountId: string }[] = [];

  return {
    endpoints: { SOLAREDGE_API_URL: simulator.url },
    secret: CLIENT,
    issueTokens(accountId) {
      links.push({ atMs: clock.now(), accountId });
      return simulator.issueTokens(accountId);
    },
    intervals: () => [],
    couldBeReady: () => true,
    effectiveCalls: () => [],
    calls: () =>
      simulator.calls().map(({ atMs, kind, status, siteId, accountId }) => ({
        ...{ atMs, kind, status, priceUsd: 0 },
        ...about(assetOf.get(siteId ?? ""), accountId),
      })),
    injections() {
      const log = simulator.faultLog().map(({ siteId, accountId, ...entry }) => {
        const assetId = assetOf.get(siteId ?? "");
        return { ...entry, ...about(assetId, assetId === undefined ? accountId : undefined) };
      });
      return injectionsOf(log, TRUTHS, { sinceMs, nowMs: clock.now() }, links);
    },
    comfortBreaches: () => [],
    stop: () => simulator.stop(),
  };
};

function toSpec(
  { vendorAssetId: siteId, accountId, peakPowerKw, site }: SolarSite,
  index: number,
  siteLoadKw: (siteId: string, atMs: number) => number,
): SiteSpec {
  return {
    ...{ siteId, accountId, peakPowerKw, timeZone: site.timeZone },
    // Every other site, so that a small fleet has both.
    hasMeter: index % 2 === 0,
    loadKw: (atMs) => siteLoadKw(site.siteId, atMs),
  };
}
