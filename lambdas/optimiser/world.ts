import { type Asset, type AssetId, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import type { Latest } from "../../shared/store/readings.ts";
import type { World } from "./actuator.ts";
import { IN_FLIGHT, type OptimiserDeps } from "./deps.ts";

/** The assets of the sites of `assets`, and they themselves. */
export async function withSites(assets: readonly Asset[], deps: Pick<OptimiserDeps, "assets">): Promise<Asset[]> {
  const siteIds = [...new Set(assets.map((asset) => asset.site.siteId))];
  return (await mapLimited(siteIds, IN_FLIGHT, (siteId) => deps.assets.site(siteId))).flat();
}

/** What is known of assets, and of the chargers that they name at other sites. */
export async function worldOf(
  found: readonly Asset[],
  deps: Pick<OptimiserDeps, "assets" | "readings">,
): Promise<World> {
  const assets = new Map(found.map((asset) => [asset.assetId, asset]));
  const named = found.flatMap((asset) => (asset.kind === "car" ? (asset.chargerId ?? []) : []));
  const missing = [...new Set(named)].filter((assetId) => !assets.has(assetId));
  for (const asset of await deps.assets.get(missing)) assets.set(asset.assetId, asset);
  const known = new Map<AssetId, Latest>();
  const streams = new Set([...assets.values()].map((asset) => STREAM_OF_KIND[asset.kind]));
  await Promise.all(
    [...streams].map(async (stream) => {
      const ids = [...assets.values()].flatMap((asset) =>
        STREAM_OF_KIND[asset.kind] === stream ? [asset.assetId] : [],
      );
      for (const [assetId, latest] of await deps.readings.latest(ids, stream)) known.set(assetId, latest);
    }),
  );
  return { assets, known };
}
