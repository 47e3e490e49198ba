import { Asset } from "../../shared/domain/asset.ts";
import type { AssetsStore } from "../../shared/store/assets.ts";
import { uniqueKeys } from "./unique-keys.ts";

/** Table `assets` in memory. */
export function fakeAssetsStore(assets: readonly Asset[] = []): AssetsStore {
  const rows = new Map(assets.map((asset) => [asset.assetId, Asset.parse(asset)]));
  return {
    async get(assetIds) {
      return uniqueKeys(assetIds).flatMap((assetId) => structuredClone(rows.get(assetId)) ?? []);
    },
    async fleet(fleetId) {
      return structuredClone([...rows.values()].filter((asset) => asset.fleetId === fleetId));
    },
    async site(siteId) {
      return structuredClone([...rows.values()].filter((asset) => asset.site.siteId === siteId));
    },
    async put(asset) {
      rows.set(asset.assetId, Asset.parse(asset));
    },
  };
}
