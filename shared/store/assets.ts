import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { Asset, type AssetId } from "../domain/asset.ts";
import { batchGet, type Item, parseItem, queryAll } from "./table.ts";

export type AssetsStore = {
  /** The assets found, in no order; unknown ids are left out. */
  get(assetIds: readonly AssetId[]): Promise<Asset[]>;
  /** Every asset of a fleet. */
  fleet(fleetId: string): Promise<Asset[]>;
  /** Every asset of a site. */
  site(siteId: string): Promise<Asset[]>;
  /** Adds or replaces an asset. */
  put(asset: Asset): Promise<void>;
};

/** Table `assets`: key asset; indexes by account, by fleet and by site. An index needs its key at the item's top level. */
export function assetsStore(client: DynamoDBDocumentClient, table: string): AssetsStore {
  const query = async (index: string, key: string, value: string) => {
    const items = await queryAll(client, {
      TableName: table,
      IndexName: index,
      KeyConditionExpression: `${key} = :value`,
      ExpressionAttributeValues: { ":value": value },
    });
    return items.map(toAsset);
  };
  return {
    async get(assetIds) {
      const items = await batchGet(
        client,
        table,
        assetIds.map((assetId) => ({ assetId })),
      );
      return items.map(toAsset);
    },
    fleet: (fleetId) => query("byFleet", "fleetId", fleetId),
    site: (siteId) => query("bySite", "siteId", siteId),
    async put(asset) {
      await client.send(new PutCommand({ TableName: table, Item: { ...asset, siteId: asset.site.siteId } }));
    },
  };
}

const StoredAsset = z.preprocess(({ siteId: _, ...asset }: Item) => asset, Asset);

function toAsset(item: Item): Asset {
  return parseItem(StoredAsset, item, "assets");
}
