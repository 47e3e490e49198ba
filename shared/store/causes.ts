import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import type { FaultClass } from "../domain/fault.ts";
import { epochMs, HOUR_MS, Instant } from "../domain/instant.ts";
import { Outage } from "../domain/outage.ts";
import { isConditionFailure, parseItem, wins } from "./table.ts";

/** One thing that is wrong, and whom it concerns: `of` is an asset, an account or the integration itself. */
export type Cause = { integration: string; of: string; faultClass: FaultClass };

export type OutageRow = { outage: Outage; untoldSince?: Instant | undefined };

export type CausesStore = {
  /**
   * True when `by` is the one to tell of the cause: nobody was, or it was over, or the same one asks again after a crash.
   * `by` names the look or command that met it.
   */
  raise(cause: Cause, by: string, assetId: AssetId, at: Instant): Promise<boolean>;
  /** The asset that the cause was told of, when `by` is the one to tell that it is over; else undefined. */
  clear(cause: Cause, by: string, at: Instant): Promise<AssetId | undefined>;
  /** The last outage of an integration, and since when its last change is still to be told. */
  outage(integration: string): Promise<OutageRow | undefined>;
  /** Writes an outage that began, to be told; false when one is under way. */
  beginOutage(outage: Outage, at: Instant): Promise<boolean>;
  /** Writes when it ended, to be told; false when that was done. */
  endOutage(outage: Outage, endedAt: Instant, at: Instant): Promise<boolean>;
  /** Its beginning, or its end, was told. */
  toldOutage(outage: Outage): Promise<void>;
};

const KEPT_DAYS = 400;
const LAST = "last";
const CauseRow = z.object({ assetId: AssetId });
const StoredOutage = z.object({ ...Outage.shape, untoldSince: Instant.optional() });

/** Table `schedule`: what people were told of (`cause#…`), so that they are told once, and vendors' outages (`outage#…`). */
export function causesStore(client: DynamoDBDocumentClient, table: string): CausesStore {
  const expiresAt = (at: Instant) => Math.floor((epochMs(at) + KEPT_DAYS * 24 * HOUR_MS) / 1000);
  const keyOf = ({ integration, of, faultClass }: Cause) => ({ pk: `cause#${integration}`, sk: `${of}#${faultClass}` });
  const outageKey = (integration: string) => ({ pk: `outage#${integration}`, sk: LAST });

  return {
    raise: (cause, by, assetId, at) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...keyOf(cause), assetId, raisedBy: by, raisedAt: at, expiresAt: expiresAt(at) },
            ConditionExpression: "attribute_not_exists(pk) OR attribute_exists(clearedBy) OR raisedBy = :by",
            ExpressionAttributeValues: { ":by": by },
          }),
        ),
      ),

    async clear(cause, by, at) {
      try {
        const answer = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(cause),
            UpdateExpression: "SET clearedBy = :by, clearedAt = :at",
            ConditionExpression: "attribute_exists(pk) AND (attribute_not_exists(clearedBy) OR clearedBy = :by)",
            ExpressionAttributeValues: { ":by": by, ":at": at },
            ReturnValues: "ALL_NEW",
          }),
        );
        return parseItem(CauseRow, answer.Attributes, "schedule").assetId;
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
      const { untoldSince, ...outage } = parseItem(StoredOutage, answer.Item, "schedule");
      return { outage, untoldSince };
    },

    beginOutage: (outage, at) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...outageKey(outage.integration), ...outage, untoldSince: at },
            ConditionExpression: "attribute_not_exists(pk) OR attribute_exists(endedAt)",
          }),
        ),
      ),

    endOutage: ({ integration, since }, endedAt, at) =>
      wins(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: outageKey(integration),
            UpdateExpression: "SET endedAt = :endedAt, untoldSince = :at",
            ConditionExpression: "since = :since AND attribute_not_exists(endedAt)",
            ExpressionAttributeValues: { ":since": since, ":endedAt": endedAt, ":at": at },
          }),
        ),
      ),

    async toldOutage({ integration, since, endedAt }) {
      await wins(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: outageKey(integration),
            UpdateExpression: "REMOVE untoldSince",
            ConditionExpression: `since = :since AND ${endedAt ? "endedAt = :endedAt" : "attribute_not_exists(endedAt)"}`,
            ExpressionAttributeValues: {
              ":since": since,
              ...(endedAt ? { ":endedAt": endedAt } : {}),
            },
          }),
        ),
      );
    },
  };
}
