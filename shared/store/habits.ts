import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { AssetId } from "../domain/asset.ts";
import { Habits } from "../domain/habits.ts";
import { batchGet, parseItem, wins } from "./table.ts";

export type HabitsStore = {
  get(assetIds: readonly AssetId[]): Promise<Map<AssetId, Habits>>;
  /** Replaces the habits of version `habits.version - 1` (or none); false when another worker was first. */
  put(habits: Habits): Promise<boolean>;
};

const Row = z.object({ habits: Habits });

/** Beside the plans in their table: an asset's name never has a `#`. */
export const habitsKey = (assetId: AssetId) => ({ assetId: `habits#${assetId}` });

/** Table `plans`: the habits of each car and charger, written when a cable goes in or out. */
export function habitsStore(client: DynamoDBDocumentClient, table: string): HabitsStore {
  return {
    async get(assetIds) {
      const items = await batchGet(client, table, assetIds.map(habitsKey));
      return new Map(
        items.map((item) => {
          const { habits } = parseItem(Row, item, "plans");
          return [habits.assetId, habits];
        }),
      );
    },
    put: (habits) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...habitsKey(habits.assetId), version: habits.version, habits },
            ConditionExpression: "attribute_not_exists(assetId) OR version = :previous",
            ExpressionAttributeValues: { ":previous": habits.version - 1 },
          }),
        ),
      ),
  };
}
