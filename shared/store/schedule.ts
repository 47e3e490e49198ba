import { type DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import { epochMs, HOUR_MS, Instant } from "../domain/instant.ts";
import { parseItem, queryAll, wins } from "./table.ts";

/** An asset's stream that is to be fetched on a cadence. */
export type Member = { integration: string; assetId: AssetId; stream: string };
/** One claimed minute of one integration: which assets it sent out to be fetched. */
export type Run = { tickAt: Instant; assetIds: AssetId[] };
export type BatchResult = { ok: number; failed: number; finishedAt: Instant };

export type ScheduleStore = {
  /** Everyone who is polled: one read a minute, however many integrations there are. */
  members(): Promise<Member[]>;
  addMember(member: Member): Promise<void>;
  /** Runs claimed at or after `since`. */
  runs(integration: string, since: Instant): Promise<Run[]>;
  /** True when this tick is the first to claim its minute. */
  claimRun(integration: string, run: Run): Promise<boolean>;
  /** True when this delivery is the first to take the batch. */
  claimBatch(integration: string, batchId: string, at: Instant): Promise<boolean>;
  finishBatch(integration: string, batchId: string, result: BatchResult): Promise<void>;
};

const LEDGER_DAYS = 14;

const MEMBERS = "members";
const MemberRow = z.object({ integration: z.string(), assetId: AssetId, stream: z.string() });
const RunRow = z.object({ sk: Instant, assetIds: z.array(AssetId) });

/**
 * Table `schedule`: who is polled (`members`), and the run ledger (`run#…`, `batch#…`). The ledger, not the
 * asynchronous invoke queue, is the truth about what was sent out and what came back.
 */
export function scheduleStore(client: DynamoDBDocumentClient, table: string): ScheduleStore {
  const query = (pk: string, from?: string) =>
    queryAll(client, {
      TableName: table,
      KeyConditionExpression: from ? "pk = :pk AND sk >= :from" : "pk = :pk",
      ExpressionAttributeValues: { ":pk": pk, ...(from ? { ":from": from } : {}) },
    });
  const claim = (item: Record<string, unknown>, at: Instant) =>
    wins(
      client.send(
        new PutCommand({
          TableName: table,
          Item: { ...item, expiresAt: Math.floor((epochMs(at) + LEDGER_DAYS * 24 * HOUR_MS) / 1000) },
          ConditionExpression: "attribute_not_exists(pk)",
        }),
      ),
    );

  return {
    async members() {
      return (await query(MEMBERS)).map((item) => parseItem(MemberRow, item, "schedule"));
    },
    async addMember(member) {
      const key = { pk: MEMBERS, sk: `${member.integration}#${member.assetId}#${member.stream}` };
      await client.send(new PutCommand({ TableName: table, Item: { ...key, ...member } }));
    },
    async runs(integration, since) {
      const rows = (await query(`run#${integration}`, since)).map((item) => parseItem(RunRow, item, "schedule"));
      return rows.map((row) => ({ tickAt: row.sk, assetIds: row.assetIds }));
    },
    claimRun: (integration, run) =>
      claim({ pk: `run#${integration}`, sk: run.tickAt, assetIds: run.assetIds }, run.tickAt),
    claimBatch: (integration, batchId, at) => claim({ pk: `batch#${integration}`, sk: batchId, startedAt: at }, at),
    async finishBatch(integration, batchId, result) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `batch#${integration}`, sk: batchId },
          UpdateExpression: "SET #ok = :ok, failed = :failed, finishedAt = :at",
          ExpressionAttributeNames: { "#ok": "ok" },
          ExpressionAttributeValues: { ":ok": result.ok, ":failed": result.failed, ":at": result.finishedAt },
        }),
      );
    },
  };
}
