import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { Asset, type AssetId } from "../domain/asset.ts";
import { batchGet, parseItem, queryAll } from "./table.ts";

export type AssetsStore = {
  /** The assets found, in no order; unknown ids are left out. */
  get(assetIds: readonly AssetId[]): Promise<Asset[]>;
  /** Every asset of a fleet. */
  fleet(fleetId: string): Promise<Asset[]>;
  /** Adds or replaces an asset. */
  put(asset: Asset): Promise<void>;
};

/** Table `assets`: key asset; indexes by account and by fleet. */
export function assetsStore(client: DynamoDBDocumentClient, table: string): AssetsStore {
  return {
    async get(assetIds) {
      const items = await batchGet(
        client,
        table,
        assetIds.map((assetId) => ({ assetId })),
      );
      return items.map((item) => parseItem(Asset, item, "assets"));
    },
    async fleet(fleetId) {
      const items = await queryAll(client, {
        TableName: table,
        IndexName: "byFleet",
        KeyConditionExpression: "fleetId = :fleet",
        ExpressionAttributeValues: { ":fleet": fleetId },
      });
      return items.map((item) => parseItem(Asset, item, "assets"));
    },
    async put(asset) {
      await client.send(new PutCommand({ TableName: table, Item: asset }));
    },
  };
}
