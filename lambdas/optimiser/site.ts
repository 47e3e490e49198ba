import { type Asset, type AssetId, type HeatPump, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { HeatReading, Reading, Stream } from "../../shared/domain/reading.ts";
import type { Latest } from "../../shared/store/readings.ts";
import { concernedBy, type Load, loadsOf } from "./loads.ts";
import { type SiteSurplus, surplusOf } from "./surplus.ts";

/** All that one site's plans depend on. */
export type Site = {
  loads: Load[];
  pumps: { asset: HeatPump; reading: HeatReading | undefined }[];
  /** Undefined without solar power of ours. */
  solar: SiteSurplus | undefined;
  /** Whose plans news about an asset may change. */
  concernedBy(assetId: AssetId): AssetId[];
};

/** The assets in their sites, with what they last told. */
export function sitesOf(assets: readonly Asset[], latest: ReadonlyMap<AssetId, Latest>, now: Instant): Site[] {
  const bySite = new Map<string, Asset[]>();
  for (const asset of assets) {
    const site = bySite.get(asset.site.siteId);
    if (site) site.push(asset);
    else bySite.set(asset.site.siteId, [asset]);
  }
  const readings = new Map<AssetId, Reading>();
  for (const [assetId, { reading }] of latest) if (reading) readings.set(assetId, reading);
  return [...bySite.values()].map((site) => siteOf(site, latest, readings, now));
}

function siteOf(
  assets: readonly Asset[],
  latest: ReadonlyMap<AssetId, Latest>,
  readings: ReadonlyMap<AssetId, Reading>,
  now: Instant,
): Site {
  const loads = loadsOf(assets, readings);
  const pumps = assets
    .filter((asset) => asset.kind === "heat-pump")
    .filter(({ consent }) => consent.control)
    .map((asset) => {
      const reading = readings.get(asset.assetId);
      return { asset, reading: reading?.stream === "heat" ? reading : undefined };
    });
  const draws = [...loads, ...pumps].map(({ reading }) => reading);
  return {
    loads,
    pumps,
    solar: surplusOf(assets, latest, draws, now),
    concernedBy: (assetId) => {
      const asset = assets.find((one) => one.assetId === assetId);
      return asset ? concernedBy(asset, assets, loads) : [];
    },
  };
}

/** Which assets are read on which stream. */
export function byStream(assets: readonly Asset[]): [Stream, AssetId[]][] {
  const ids = new Map<Stream, AssetId[]>();
  for (const { assetId, kind } of assets) {
    const stream = STREAM_OF_KIND[kind];
    ids.set(stream, [...(ids.get(stream) ?? []), assetId]);
  }
  return [...ids];
}

/** What of a surplus is left when a plan has taken its part of it. */
export function leftOf(solar: SiteSurplus | undefined, takenKw: number): SiteSurplus | undefined {
  if (!solar || "unknown" in solar) return solar;
  return { known: { ...solar.known, powerKw: Math.max(0, solar.known.powerKw - takenKw) } };
}
