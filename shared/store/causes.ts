import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import type { FaultClass } from "../domain/fault.ts";
import { HOUR_MS, Instant } from "../domain/instant.ts";
import { Outage } from "../domain/outage.ts";
import { expiry, isConditionFailure, parseItem, wins } from "./table.ts";

/** One thing that is wrong, and whom it concerns: `of` is an asset, an account or the integration itself. */
export type Cause = { integration: string; of: string; faultClass: FaultClass };

/** An integration's last outage, and since when its last change is still to be told. `step` counts the changes of the row. */
export type OutageRow = { outage: Outage; untoldSince?: Instant | undefined; step: number };

export type CausesStore = {
  /**
   * When `by` is the one to tell of the cause, since when; else undefined, as somebody was told. `by` names the look or the
   * event that met it: whoever asks again, after a crash, is told the same.
   */
  raise(cause: Cause, by: string, assetId: AssetId, at: Instant): Promise<Instant | undefined>;
  /** When `by` is the one to tell that it is over, since when, and of which asset it was told; else undefined. */
  clear(cause: Cause, by: string, at: Instant): Promise<{ assetId: AssetId; at: Instant } | undefined>;
  outage(integration: string): Promise<OutageRow | undefined>;
  /** Puts a row in place of the one before it; false when somebody else has changed that since it was read. */
  putOutage(row: OutageRow): Promise<boolean>;
};

const KEPT_DAYS = 400;
const LAST = "last";
const RaisedRow = z.object({ raisedBy: z.string(), raisedAt: Instant });
const ClearedRow = z.object({ assetId: AssetId, clearedAt: Instant });
const StoredOutage = z.object({ ...Outage.shape, untoldSince: Instant.optional(), step: z.number().int().default(0) });

export const causesKey = (integration: string) => `cause#${integration}`;

/** Table `schedule`: what people were told of (`cause#…`), so that they are told once, and vendors' outages (`outage#…`). */
export function causesStore(client: DynamoDBDocumentClient, table: string): CausesStore {
  const keyOf = ({ integration, of, faultClass }: Cause) => ({ pk: causesKey(integration), sk: `${of}#${faultClass}` });
  const outageKey = (integration: string) => ({ pk: `outage#${integration}`, sk: LAST });

  return {
    async raise(cause, by, assetId, at) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: {
              ...keyOf(cause),
              assetId,
              raisedBy: by,
              raisedAt: at,
              expiresAt: expiry(at, KEPT_DAYS * 24 * HOUR_MS),
            },
            ConditionExpression: "attribute_not_exists(pk) OR attribute_exists(clearedBy)",
          }),
        );
        return at;
      } catch (error) {
        if (!isConditionFailure(error)) throw error;
        const known = await client.send(new GetCommand({ TableName: table, Key: keyOf(cause), ConsistentRead: true }));
        const { raisedBy, raisedAt } = parseItem(RaisedRow, known.Item, "schedule");
        return raisedBy === by ? raisedAt : undefined;
      }
    },

    async clear(cause, by, at) {
      try {
        const answer = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(cause),
            UpdateExpression: "SET clearedBy = :by, clearedAt = if_not_exists(clearedAt, :at)",
            ConditionExpression: "attribute_exists(pk) AND (attribute_not_exists(clearedBy) OR clearedBy = :by)",
            ExpressionAttributeValues: { ":by": by, ":at": at },
            ReturnValues: "ALL_NEW",
          }),
        );
        const { assetId, clearedAt } = parseItem(ClearedRow, answer.Attributes, "schedule");
        return { assetId, at: clearedAt };
      } catch (error) {
        if (isConditionFailure(error)) return undefined;
        throw error;
      }
    },

    async outage(integration) {
      const answer = await client.send(
        new GetCommand({ TableName: table, Key: outageKey(integration), ConsistentRead: true }),
      );
      if (!answer.Item) return undefined;
      const { untoldSince, step, ...outage } = parseItem(StoredOutage, answer.Item, "schedule");
      return { outage, untoldSince, step };
    },

    putOutage: ({ outage, untoldSince, step }) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...outageKey(outage.integration), ...outage, ...(untoldSince && { untoldSince }), step },
            ConditionExpression: "attribute_not_exists(step) OR step = :before",
            ExpressionAttributeValues: { ":before": step - 1 },
          }),
        ),
      ),
  };
}
