import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { AssetId } from "../domain/asset.ts";
import { epochMs } from "../domain/instant.ts";
import { Reachability, Reading, type Stream } from "../domain/reading.ts";
import { batchGet, isConditionFailure, parseItem, wins } from "./table.ts";

/** What is known of one stream of one asset. `untoldBy`: who was to tell of a reading that matters, and has not noted here that it did. */
export type Latest = { reading: Reading | undefined; reach: Reachability; untoldBy?: string };
/** What the write of a reading notes: who is to tell of it, or that whom an earlier reading named has told of it. */
export type ToTell = { untoldBy?: string | undefined; toldBy?: string | undefined };

export type ReadingsStore = {
  /** Latest by asset; assets never fetched are absent. */
  latest(assetIds: readonly AssetId[], stream: Stream): Promise<Map<AssetId, Latest>>;
  /**
   * Stores a reading unless a newer or equal one is there (then only the reachability is stored).
   * Resolves to the reading that was there before, and whether this one was stored. Who is to tell of it is
   * noted in the same write, until `told` or a later reading's note; who notes the same reading twice stored it, and what was there
   * before is not known any more.
   */
  record(
    reading: Reading,
    reach: Reachability,
    note?: ToTell,
  ): Promise<{ stored: boolean; previous: Reading | undefined }>;
  /** Notes that this reading, and any before it, was told of. */
  told(reading: Reading): Promise<void>;
  /** Stores that an attempt failed; the reading stands. */
  recordFailure(assetId: AssetId, stream: Stream, reach: Reachability): Promise<void>;
};

const Row = z.object({
  assetId: z.string(),
  reading: Reading.optional(),
  reach: Reachability.optional(),
  untoldBy: z.string().optional(),
});

/** Table `readings`: key asset + stream. Older never overwrites newer: the condition is on epoch milliseconds. */
export function readingsStore(client: DynamoDBDocumentClient, table: string): ReadingsStore {
  const updateReach = (assetId: AssetId, stream: string, reach: Reachability) =>
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: { assetId, stream },
        UpdateExpression: "SET reach = :reach",
        ExpressionAttributeValues: { ":reach": reach },
        ReturnValues: "ALL_OLD",
      }),
    );

  const record: ReadingsStore["record"] = async (reading, reach, { untoldBy, toldBy } = {}) => {
    // Whoever is to tell anew takes the place of whom an earlier reading named.
    const isOver = toldBy !== undefined && untoldBy === undefined;
    try {
      const answer = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { assetId: reading.assetId, stream: reading.stream },
          UpdateExpression: `SET reading = :reading, reach = :reach, observedAtMs = :at${
            untoldBy === undefined ? "" : ", untoldAtMs = :at, untoldBy = :untoldBy"
          }${isOver ? " REMOVE untoldAtMs, untoldBy" : ""}`,
          ConditionExpression: isOver
            ? "observedAtMs < :at AND untoldBy = :toldBy"
            : "attribute_not_exists(observedAtMs) OR observedAtMs < :at",
          ExpressionAttributeValues: {
            ":reading": reading,
            ":reach": reach,
            ":at": epochMs(reading.observedAt),
            ...(untoldBy !== undefined && { ":untoldBy": untoldBy }),
            ...(isOver && { ":toldBy": toldBy }),
          },
          ReturnValues: "ALL_OLD",
        }),
      );
      return { stored: true, previous: previousReading(answer.Attributes) };
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      if (isOver) return record(reading, reach);
      const { Attributes: there } = await updateReach(reading.assetId, reading.stream, reach);
      // Written already by the same hand: the first answer was lost, and the client asked again.
      const isOwn =
        untoldBy !== undefined && there?.untoldBy === untoldBy && there.observedAtMs === epochMs(reading.observedAt);
      return isOwn ? { stored: true, previous: undefined } : { stored: false, previous: previousReading(there) };
    }
  };

  return {
    async latest(assetIds, stream) {
      const items = await batchGet(
        client,
        table,
        assetIds.map((assetId) => ({ assetId, stream })),
      );
      const latest = new Map<AssetId, Latest>();
      for (const item of items) {
        const { assetId, reading, reach, untoldBy } = parseItem(Row, item, "readings");
        if (reach) latest.set(assetId, { reading, reach, ...(untoldBy === undefined ? {} : { untoldBy }) });
      }
      return latest;
    },

    record,
    async told({ assetId, stream, observedAt }) {
      await wins(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { assetId, stream },
            UpdateExpression: "REMOVE untoldAtMs, untoldBy",
            ConditionExpression: "untoldAtMs <= :at",
            ExpressionAttributeValues: { ":at": epochMs(observedAt) },
          }),
        ),
      );
    },

    async recordFailure(assetId, stream, reach) {
      await updateReach(assetId, stream, reach);
    },
  };
}

function previousReading(item: unknown): Reading | undefined {
  return item === undefined ? undefined : parseItem(Row, item, "readings").reading;
}
