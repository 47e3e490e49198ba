import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { AssetId } from "../domain/asset.ts";
import { HOUR_MS, type Instant, MINUTE_MS, plusMs } from "../domain/instant.ts";
import type { Stream } from "../domain/reading.ts";
import { minuteOf, slotOf } from "../domain/wheel.ts";
import {
  type Batch,
  BatchRow,
  type Cursor,
  CursorRow,
  DueLook,
  keyOfBatch,
  Member,
  type Run,
  RunRow,
} from "./schedule-rows.ts";
import { batchGet, expiry, type Item, isTransactionRefused, parseItem, queryAll, wins } from "./table.ts";

export type { Batch, Cursor, DueLook, Member, Run } from "./schedule-rows.ts";

/** What a claim writes: `attempt` 1 takes what nobody took, a later one what the attempt before it left unfinished. */
export type RunClaim = Omit<Run, "results">;
export type BatchResult = Required<Pick<Batch, "ok" | "notAttempted" | "faults" | "failedAccounts" | "finishedAt">>;

export type ScheduleStore = {
  /** Puts an asset's stream on the wheel of its period. */
  join(member: Member): Promise<void>;
  leave(member: Member): Promise<void>;
  /** Moves a member to another period; false when it is not where the caller takes it to be. */
  move(member: Member, toPeriodMinutes: number): Promise<boolean>;
  /** Whoever has this slot on the wheel of a period. */
  slot(integration: string, stream: Stream, periodMinutes: number, slot: number): Promise<Member[]>;
  /** An asset's place on one of the wheels of these periods, minutes. */
  find(
    of: { integration: string; stream: Stream; assetId: AssetId },
    periods: readonly number[],
  ): Promise<Member | undefined>;
  /** Asks for a look in the minute of `dueAt`; the last to ask of one asset's stream and minute is heard. */
  lookAt(look: DueLook): Promise<void>;
  /** The looks asked for in one minute. */
  dueLooks(integration: string, minute: Instant): Promise<DueLook[]>;
  /** True for the first to claim this attempt of a run. */
  claimRun(integration: string, run: RunClaim): Promise<boolean>;
  /** The runs of the minutes from `from` on, up to the minute `to` if given, each with its batches so far. */
  ledger(integration: string, from: Instant, to?: Instant): Promise<Run[]>;
  /** True when this delivery is the first to take the batch. */
  claimBatch(integration: string, batchId: string, taken: { assets: number; startedAt: Instant }): Promise<boolean>;
  /** Those of the batches that have ended, or are so old that their rows are gone. */
  ended(integration: string, batchIds: readonly string[]): Promise<Set<string>>;
  finishBatch(integration: string, batchId: string, result: BatchResult): Promise<void>;
  /** By integration: absent when nobody has ever joined, "new" until the first tick after that. */
  cursors(integrations: readonly string[]): Promise<Map<string, Cursor | "new">>;
  /** A slower tick's older word does no harm: what was claimed since cannot be claimed again. */
  advanceCursor(integration: string, cursor: Cursor): Promise<void>;
};

const LEDGER_DAYS = 14;
const DUE_DAYS = 1;
const DAY_MS = 24 * HOUR_MS;

/**
 * Table `schedule`: who is polled (`wheel#…`, `due#…`) and the run ledger (`run#…`). The ledger, not the asynchronous
 * invoke queue, is the truth about what was sent out and what came back. A row that does not fit its schema is handed to
 * `refused` and left out; without it, reading such a row throws.
 */
export function scheduleStore(
  client: DynamoDBDocumentClient,
  table: string,
  refused?: (key: string, error: unknown) => void,
): ScheduleStore {
  const rows = <T>(items: readonly Item[], parse: (item: Item) => T): T[] =>
    items.flatMap((item) => {
      try {
        return [parse(item)];
      } catch (error) {
        if (!refused) throw error;
        refused(`${item.pk} ${item.sk}`, error);
        return [];
      }
    });
  const query = (pk: string) =>
    queryAll(client, {
      TableName: table,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": pk },
    });
  const put = (item: Item) => client.send(new PutCommand({ TableName: table, Item: item }));

  return {
    async join(member) {
      await put({ ...placeKey(member), ...member });
      await wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...cursorKey(member.integration), isNew: true },
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        ),
      );
    },
    async leave(member) {
      await client.send(new DeleteCommand({ TableName: table, Key: placeKey(member) }));
    },
    async move(member, toPeriodMinutes) {
      const moved = { ...member, periodMinutes: toPeriodMinutes };
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Delete: { TableName: table, Key: placeKey(member), ConditionExpression: "attribute_exists(pk)" },
              },
              { Put: { TableName: table, Item: { ...placeKey(moved), ...moved } } },
            ],
          }),
        );
        return true;
      } catch (error) {
        // It is not there, or somebody else is moving it.
        if (isTransactionRefused(error)) return false;
        throw error;
      }
    },
    async slot(integration, stream, periodMinutes, slot) {
      return rows(await query(wheelKey(integration, stream, periodMinutes, slot)), (item) =>
        parseItem(Member, item, "schedule"),
      );
    },
    async find({ integration, stream, assetId }, periods) {
      const keys = [...new Set(periods)].map((periodMinutes) =>
        placeKey({ integration, stream, assetId, periodMinutes }),
      );
      const [item] = await batchGet(client, table, keys);
      return item && parseItem(Member, item, "schedule");
    },
    async lookAt(look) {
      await put({
        ...look,
        pk: dueKey(look.integration, minuteOf(look.dueAt)),
        sk: lookSort(look),
        expiresAt: expiry(look.dueAt, DUE_DAYS * DAY_MS),
      });
    },
    async dueLooks(integration, minute) {
      return rows(await query(dueKey(integration, minute)), (item) => parseItem(DueLook, item, "schedule"));
    },
    claimRun: (integration, run) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: runKey(integration),
              sk: `${run.minute}#${run.part}`,
              ...run,
              expiresAt: expiry(run.minute, LEDGER_DAYS * DAY_MS),
            },
            ...(run.attempt === 1
              ? { ConditionExpression: "attribute_not_exists(pk)" }
              : {
                  ConditionExpression: "attempt = :before",
                  ExpressionAttributeValues: { ":before": run.attempt - 1 },
                }),
          }),
        ),
      ),
    async ledger(integration, from, to) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
        // Every key of a minute sorts before the minute after it.
        ExpressionAttributeValues: {
          ":pk": runKey(integration),
          ":from": minuteOf(from),
          ":to": to ? plusMs(minuteOf(to), MINUTE_MS) : "9999",
        },
      });
      const batches = new Map<string, Batch[]>();
      const runs = new Map<string, Run>();
      rows(items, (item) => {
        if ("claimedAt" in item) {
          const run = parseItem(RunRow, item, "schedule");
          runs.set(`${run.minute}#${run.part}`, { ...run, results: [] });
        } else {
          const { run, batch } = parseItem(BatchRow, item, "schedule");
          const known = batches.get(run);
          if (known) known.push(batch);
          else batches.set(run, [batch]);
        }
      });
      return [...runs].map(([key, run]) => ({ ...run, results: batches.get(key) ?? [] }));
    },
    claimBatch: (integration, batchId, taken) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: runKey(integration),
              sk: batchId,
              ...keyOfBatch(batchId),
              ...taken,
              expiresAt: expiry(taken.startedAt, LEDGER_DAYS * DAY_MS),
            },
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        ),
      ),
    async ended(integration, batchIds) {
      const keys = batchIds.map((sk) => ({ pk: runKey(integration), sk }));
      const begun = await batchGet(client, table, keys);
      const underWay = new Set(begun.flatMap(({ sk, finishedAt }) => (finishedAt === undefined ? [String(sk)] : [])));
      return new Set(batchIds.filter((batchId) => !underWay.has(batchId)));
    },
    async finishBatch(integration, batchId, { ok, notAttempted, faults, failedAccounts, finishedAt }) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: runKey(integration), sk: batchId },
          UpdateExpression:
            "SET #ok = :ok, notAttempted = :notAttempted, faults = :faults, failedAccounts = :failed, finishedAt = :at",
          ExpressionAttributeNames: { "#ok": "ok" },
          ExpressionAttributeValues: {
            ":ok": ok,
            ":notAttempted": notAttempted,
            ":faults": faults,
            ":failed": failedAccounts,
            ":at": finishedAt,
          },
        }),
      );
    },
    async cursors(integrations) {
      // An older word does no harm: what was claimed since cannot be claimed again.
      const items = await batchGet(client, table, integrations.map(cursorKey));
      const found = rows(items, (item) => ({ pk: String(item.pk), row: parseItem(CursorRow, item, "schedule") }));
      const byKey = new Map(found.map(({ pk, row }) => [pk, "isNew" in row ? ("new" as const) : row]));
      return new Map(
        integrations.flatMap((name) => {
          const cursor = byKey.get(cursorKey(name).pk);
          return cursor ? [[name, cursor] as const] : [];
        }),
      );
    },
    async advanceCursor(integration, { through, dueThrough, wheels }) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: cursorKey(integration),
          UpdateExpression: "SET through = :through, dueThrough = :due, wheels = :wheels REMOVE isNew",
          ExpressionAttributeValues: { ":through": through, ":due": dueThrough, ":wheels": wheels },
        }),
      );
    },
  };
}

/** A member's place on the wheel of its period. */
export function placeKey({ integration, stream, periodMinutes, assetId }: Omit<Member, "accountId">) {
  return { pk: wheelKey(integration, stream, periodMinutes, slotOf(assetId, periodMinutes)), sk: assetId };
}

const wheelKey = (integration: string, stream: string, periodMinutes: number, slot: number) =>
  `wheel#${integration}#${stream}#${periodMinutes}#${slot}`;
export const lookSort = ({ stream, assetId }: Pick<Member, "stream" | "assetId">) => `${stream}#${assetId}`;
export const dueKey = (integration: string, minute: Instant) => `due#${integration}#${minute}`;
export const runKey = (integration: string) => `run#${integration}`;
const cursorKey = (integration: string) => ({ pk: `cursor#${integration}`, sk: "minute" });
