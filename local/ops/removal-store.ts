import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { AssetId } from "../../shared/domain/asset.ts";
import { Instant } from "../../shared/domain/instant.ts";
import { Plan } from "../../shared/domain/plan.ts";
import { vendorBudgetKey } from "../../shared/store/budgets.ts";
import { type Item, parseItem, queryAll, refusals, wins } from "../../shared/store/table.ts";
import type { Tables } from "./connection.ts";
import { type RemovalRows, removalRows } from "./removal-rows.ts";

const count = z.number().int().nonnegative();

/** A removal that was begun: what it takes, and how far it has come. It is the last row to go. */
export const Removal = z.strictObject({
  integration: z.string(),
  accountId: AssetId,
  assets: z.array(z.strictObject({ assetId: AssetId, siteId: z.string() })),
  /** The whole account: its vendor login too. */
  withLogin: z.boolean(),
  startedAt: Instant,
  /** What was there when it began, rows by table. */
  rows: z.record(z.string(), count),
  /** The audit trails, once no command of them is waiting any more: how many commands, and each trail's last hash. */
  trails: z.strictObject({ commands: count, heads: z.array(z.string()) }).optional(),
  /** Since when nothing is left that an invocation could begin with. */
  sweptAt: Instant.optional(),
});
export type Removal = z.infer<typeof Removal>;

type AccountName = Pick<Removal, "integration" | "accountId">;

export type RemovalStore = RemovalRows & {
  /** The account's assets, as the registry's index tells. */
  assetsOf(account: AccountName): Promise<Removal["assets"]>;
  begun(account: AccountName): Promise<Removal | undefined>;
  note(removal: Removal): Promise<void>;
  forget(account: AccountName): Promise<void>;
  /** Takes an asset from the registry, and so from every index, and counts one less: both or neither, and only once. */
  takeOut(integration: string, assetId: AssetId): Promise<void>;
  /** Takes the asset's name from those that stay at its site: a car's charger, notes of plans. */
  unnameAtSite(siteId: string, assetId: AssetId): Promise<void>;
};

const Row = z.object({ removal: Removal });
const Registered = z.object({
  assetId: AssetId,
  integration: z.string(),
  siteId: z.string(),
  chargerId: AssetId.optional(),
});
const PlanRow = z.object({ plan: Plan });
/** No asset's id has a `#`; without an index's keys it is in no index. */
const keyOf = ({ integration, accountId }: AccountName) => ({ assetId: `removal#${integration}#${accountId}` });

/** What only an operator does: no function's role may remove a customer. */
export function removalStore(client: DynamoDBDocumentClient, tables: Tables): RemovalStore {
  const index = async (name: string, key: string, value: string) => {
    const items = await queryAll(client, {
      TableName: tables.assets,
      IndexName: name,
      KeyConditionExpression: `${key} = :value`,
      ExpressionAttributeValues: { ":value": value },
    });
    return items.map((item) => parseItem(Registered, item, "assets"));
  };
  const conditional = (table: string, Key: Item, write: object) =>
    wins(client.send(new UpdateCommand({ TableName: table, Key, ...write })));

  return {
    ...removalRows(client, tables),

    async assetsOf({ integration, accountId }) {
      const found = await index("byAccount", "accountId", accountId);
      return found
        .filter((asset) => asset.integration === integration)
        .map(({ assetId, siteId }) => ({ assetId, siteId }));
    },

    async begun(account) {
      const answer = await client.send(
        new GetCommand({ TableName: tables.assets, Key: keyOf(account), ConsistentRead: true }),
      );
      return answer.Item && parseItem(Row, answer.Item, "assets").removal;
    },

    async note(removal) {
      await client.send(new PutCommand({ TableName: tables.assets, Item: { ...keyOf(removal), removal } }));
    },

    async forget(account) {
      await client.send(new DeleteCommand({ TableName: tables.assets, Key: keyOf(account) }));
    },

    async takeOut(integration, assetId) {
      const Delete = {
        TableName: tables.assets,
        Key: { assetId },
        ConditionExpression: "attribute_exists(assetId)",
      };
      const Update = {
        TableName: tables.accounts,
        Key: { account: vendorBudgetKey(integration) },
        UpdateExpression: "ADD assets :less",
        ConditionExpression: "assets >= :one",
        ExpressionAttributeValues: { ":less": -1, ":one": 1 },
      };
      try {
        await client.send(new TransactWriteCommand({ TransactItems: [{ Delete }, { Update }] }));
      } catch (error) {
        const [ofAsset, ofCount] = refusals(error) ?? [];
        if (ofAsset === "ConditionalCheckFailed") return;
        // Nobody ever counted it.
        if (ofCount !== "ConditionalCheckFailed") throw error;
        await wins(client.send(new DeleteCommand(Delete)));
      }
    },

    async unnameAtSite(siteId, assetId) {
      for (const other of await index("bySite", "siteId", siteId)) {
        if (other.assetId === assetId) continue;
        const Key = { assetId: other.assetId };
        if (other.chargerId === assetId) {
          await conditional(tables.assets, Key, {
            UpdateExpression: "REMOVE chargerId",
            ConditionExpression: "chargerId = :gone",
            ExpressionAttributeValues: { ":gone": assetId },
          });
        }
        const { Item } = await client.send(new GetCommand({ TableName: tables.plans, Key, ConsistentRead: true }));
        const plan = Item && parseItem(PlanRow, Item, "plans").plan;
        if (!plan?.notes.some((note) => names(note, assetId))) continue;
        await conditional(tables.plans, Key, {
          UpdateExpression: "SET #plan.#notes = :notes",
          ConditionExpression: "version = :version",
          ExpressionAttributeNames: { "#plan": "plan", "#notes": "notes" },
          ExpressionAttributeValues: {
            ":notes": plan.notes.filter((note) => !names(note, assetId)),
            ":version": plan.version,
          },
        });
      }
    },
  };
}

function names(note: string, assetId: AssetId): boolean {
  return note.split(/[^a-z0-9-]+/).includes(assetId);
}
