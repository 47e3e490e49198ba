import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { Asset, type AssetId } from "../domain/asset.ts";
import { batchGet, parseItem, queryAll } from "./table.ts";

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

/** Table `assets`: key asset; indexes by account, by fleet and by site. */
export function assetsStore(client: DynamoDBDocumentClient, table: string): AssetsStore {
  return {
    async get(assetIds) {
      const items = await batchGet(
        client,
        table,
        assetIds.map((assetId) => ({ assetId })),
      );
      return items.map(parse);
    },
    async fleet(fleetId) {
      const items = await queryAll(client, {
        TableName: table,
        IndexName: "byFleet",
        KeyConditionExpression: "fleetId = :fleet",
        ExpressionAttributeValues: { ":fleet": fleetId },
      });
      return items.map(parse);
    },
    async site(siteId) {
      const items = await queryAll(client, {
        TableName: table,
        IndexName: "bySite",
        KeyConditionExpression: "siteId = :site",
        ExpressionAttributeValues: { ":site": siteId },
      });
      return items.map(parse);
    },
    async put(asset) {
      await client.send(new PutCommand({ TableName: table, Item: { ...asset, siteId: asset.site.siteId } }));
    },
  };
}

/** `siteId` stands beside the asset for the index alone. */
function parse({ siteId: _, ...item }: Record<string, unknown>): Asset {
  return parseItem(Asset, item, "assets");
}
