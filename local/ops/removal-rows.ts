import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { TableName } from "../../lib/table-shapes.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { PLAN_HORIZON_MS } from "../../shared/domain/plan.ts";
import type { Stream } from "../../shared/domain/reading.ts";
import { minuteOf, periodsOf } from "../../shared/domain/wheel.ts";
import { groupBy } from "../../shared/group-by.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { accountBudgetKey, deviceBudgetKey } from "../../shared/store/budgets.ts";
import { causesKey } from "../../shared/store/causes.ts";
import { headKey, turnKey } from "../../shared/store/commands.ts";
import { habitsKey } from "../../shared/store/habits.ts";
import { dueKey, lookSort, placeKey, runKey, scheduleStore } from "../../shared/store/schedule.ts";
import { batchGet, chunks, type Item, queryAll, wins } from "../../shared/store/table.ts";
import type { Tables } from "./connection.ts";

/** What is removed: assets of an account, with its login or without. */
export type Extent = { integration: string; accountId: string; assetIds: readonly AssetId[]; withLogin: boolean };
/** A stored item that is the customer's. */
export type OwnRow = { table: TableName; key: Item };
type Streams = Pick<Manifest, "streams">["streams"];

/** Looks that were asked for live a day. */
const LOOKS_MINUTES = 24 * 60;

/** Every place where a customer's rows are, and what else names the customer. All by key: no table is read as a whole. */
export function removalRows(client: DynamoDBDocumentClient, tables: Tables) {
  const query = (table: TableName, partition: string, value: string) =>
    queryAll(client, {
      TableName: tables[table],
      KeyConditionExpression: `${partition} = :value`,
      ExpressionAttributeValues: { ":value": value },
      ConsistentRead: true,
    });
  const ownRows = (table: TableName, names: readonly string[], items: readonly Item[]): OwnRow[] =>
    items.map((item) => ({ table, key: Object.fromEntries(names.map((name) => [name, item[name]])) }));
  const there = async (table: TableName, names: readonly string[], keys: readonly Item[]) =>
    ownRows(table, names, await batchGet(client, tables[table], keys, { isConsistent: true }));

  /** Every wheel that the integration has or had, as its cursor and its manifest tell. */
  const wheelsOf = async (integration: string, streams: Streams) => {
    const cursor = (await scheduleStore(client, tables.schedule).cursors([integration])).get(integration);
    const had = typeof cursor === "object" ? cursor.wheels : [];
    const has = streams.flatMap(({ stream, cadence }) => periodsOf(cadence).map((period) => `${stream}#${period}`));
    return [...new Set([...had, ...has])].map((wheel) => {
      const [stream, period] = wheel.split("#");
      return { stream: stream as Stream, periodMinutes: Number(period) };
    });
  };

  const places = async ({ integration, assetIds }: Extent, streams: Streams): Promise<OwnRow[]> => {
    const wheels = await wheelsOf(integration, streams);
    const keys = assetIds.flatMap((assetId) => wheels.map((wheel) => placeKey({ integration, assetId, ...wheel })));
    return there("schedule", ["pk", "sk"], keys);
  };

  const looks = async ({ integration, assetIds }: Extent, streams: Streams, now: Instant): Promise<OwnRow[]> => {
    const wheels = await wheelsOf(integration, streams);
    const sorts = assetIds.flatMap((assetId) => [
      ...new Set(wheels.map(({ stream }) => lookSort({ stream, assetId }))),
    ]);
    // Asked for ahead by its turns, and before each edge of a plan.
    const aheadMinutes = Math.max(...wheels.map(({ periodMinutes }) => periodMinutes), PLAN_HORIZON_MS / MINUTE_MS) + 1;
    const minutes = Array.from({ length: LOOKS_MINUTES + aheadMinutes }, (_, index) =>
      minuteOf(plusMs(now, (index - LOOKS_MINUTES) * MINUTE_MS)),
    );
    const keys = minutes.flatMap((minute) => sorts.map((sk) => ({ pk: dueKey(integration, minute), sk })));
    return there("schedule", ["pk", "sk"], keys);
  };

  /** A cause that others share is theirs too: it goes where it was told of one of these assets, and is told once more. */
  const causes = async ({ integration, accountId, assetIds, withLogin }: Extent): Promise<OwnRow[]> => {
    const items = await query("schedule", "pk", causesKey(integration));
    const own = new Set([...assetIds.map((id) => `asset:${id}`), ...(withLogin ? [`account:${accountId}`] : [])]);
    const isOwn = ({ sk, assetId, raisedBy, clearedBy }: Item) =>
      own.has(String(sk).slice(0, String(sk).lastIndexOf("#"))) ||
      assetIds.some((id) => [assetId, raisedBy, clearedBy].some((told) => told === id || told === `look#${id}`));
    return ownRows("schedule", ["pk", "sk"], items.filter(isOwn));
  };

  const ofAsset = async (assetId: AssetId, integration: string): Promise<OwnRow[]> => {
    const commandKeys = ["assetId", "commandId"];
    const turns = turnKey({ assetId, commandId: "" }).assetId;
    return [
      ...ownRows("readings", ["assetId", "stream"], await query("readings", "assetId", assetId)),
      ...(await there("plans", ["assetId"], [{ assetId }, habitsKey(assetId)])),
      ...ownRows("commands", commandKeys, await query("commands", "assetId", assetId)),
      ...ownRows("commands", commandKeys, await query("commands", "assetId", turns)),
      ...(await there("commands", commandKeys, [headKey(assetId)])),
      ...(await there("accounts", ["account"], [{ account: deviceBudgetKey(integration, assetId) }])),
      ...(await there("assets", ["assetId"], [{ assetId }])),
    ];
  };

  const login = ({ integration, accountId, withLogin }: Extent): Promise<OwnRow[]> => {
    const keys = [accountKey(integration, accountId), accountBudgetKey(integration, accountId)];
    return withLogin
      ? there(
          "accounts",
          ["account"],
          keys.map((account) => ({ account })),
        )
      : Promise.resolve([]);
  };

  return {
    places,
    login,

    /** All that is stored for an account's assets now. */
    async all(extent: Extent, streams: Streams, now: Instant): Promise<OwnRow[]> {
      const parts = [places(extent, streams), looks(extent, streams, now), causes(extent), login(extent)];
      const assets: OwnRow[] = [];
      for (const assetId of extent.assetIds) assets.push(...(await ofAsset(assetId, extent.integration)));
      return [...(await Promise.all(parts)).flat(), ...assets];
    },

    async delete(rows: readonly OwnRow[]): Promise<void> {
      // A table at a time: some roles may only touch certain rows, told table by table.
      for (const [table, rowsThere] of groupBy(rows, ({ table }) => tables[table])) {
        for (const chunk of chunks(rowsThere, 25)) {
          const requests = chunk.map(({ key }) => ({ DeleteRequest: { Key: key } }));
          let waiting: BatchWriteCommandInput["RequestItems"] = { [table]: requests };
          for (let attempt = 0; Object.keys(waiting ?? {}).length > 0; attempt++) {
            if (attempt === 5) throw new Error("DynamoDB left some rows undeleted: run the same again");
            waiting = (await client.send(new BatchWriteCommand({ RequestItems: waiting }))).UnprocessedItems;
          }
        }
      }
    },

    /** Takes an account's name out of the run ledger, where batches note whose looks failed. */
    async unnameInRuns({ integration, accountId }: Extent): Promise<void> {
      for (const { pk, sk, failedAccounts } of await query("schedule", "pk", runKey(integration))) {
        if (!Array.isArray(failedAccounts) || !failedAccounts.includes(accountId)) continue;
        const write = new UpdateCommand({
          TableName: tables.schedule,
          Key: { pk, sk },
          UpdateExpression: "SET failedAccounts = :others",
          ConditionExpression: "attribute_exists(pk)",
          ExpressionAttributeValues: { ":others": failedAccounts.filter((one) => one !== accountId) },
        });
        await wins(client.send(write));
      }
    },
  };
}

export type RemovalRows = ReturnType<typeof removalRows>;
