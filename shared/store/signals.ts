import { BatchWriteCommand, DeleteCommand, type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { StampedEvent } from "../domain/events.ts";
import { HOUR_MS, Instant, plusMs } from "../domain/instant.ts";
import { type SeriesId, type Slot, SlotKind, sortedSlots } from "../domain/signal.ts";
import { chunks, expiry, parseItem, queryAll } from "./table.ts";

export type SignalsStore = {
  /** Stored slots of a series that touch [from, to), sorted by start. */
  slots(series: SeriesId, from: Instant, to: Instant): Promise<Slot[]>;
  /** Writes slots over those with the same start. */
  putSlots(series: SeriesId, slots: Slot[]): Promise<void>;
  /** Notes an event before what it tells of is written, so that it is told even if nobody lives to tell it. */
  owe(event: StampedEvent): Promise<void>;
  /** Events that nobody has noted as told, oldest first. */
  owed(): Promise<StampedEvent[]>;
  told(event: StampedEvent): Promise<void>;
};

/** No feed's series: the events that are owed, by time. */
const OWED = "owed";
const OWED_HOURS = 48;

const RETENTION_MS = 400 * 24 * HOUR_MS;
// The longest slot any feed gives; a slot that starts this much before `from` may still reach into it.
const LONGEST_SLOT_MS = HOUR_MS;

/** What is stored beside a slot is dropped. */
const StoredSlot = z
  .object({ startsAt: Instant, endsAt: Instant, value: z.number(), kind: SlotKind, issuedAt: Instant })
  .refine((slot) => slot.startsAt < slot.endsAt, "a slot ends after it starts");

function owedKey({ occurredAt, eventId }: StampedEvent) {
  return { series: OWED, startsAt: `${occurredAt}#${eventId}` };
}

/** Table `signals`: key series + slot start. */
export function signalsStore(client: DynamoDBDocumentClient, table: string): SignalsStore {
  return {
    async slots(series, from, to) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: "series = :series AND startsAt BETWEEN :from AND :to",
        ExpressionAttributeValues: {
          ":series": series,
          ":from": plusMs(from, -LONGEST_SLOT_MS),
          ":to": plusMs(to, -1),
        },
      });
      const slots = items.map((item) => parseItem(StoredSlot, item, "signals"));
      return sortedSlots(slots.filter((slot) => slot.endsAt > from));
    },

    async putSlots(series, slots) {
      for (const chunk of chunks(slots, 25)) {
        let requests = chunk.map((slot) => ({
          PutRequest: {
            Item: { series, ...slot, expiresAt: expiry(slot.endsAt, RETENTION_MS) },
          },
        }));
        for (let attempt = 0; requests.length > 0; attempt++) {
          if (attempt === 5) throw new Error(`signals: ${requests.length} slots of ${series} stayed unwritten`);
          const answer = await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
          requests = (answer.UnprocessedItems?.[table] ?? []) as typeof requests;
        }
      }
    },

    async owe(event) {
      const expiresAt = expiry(event.occurredAt, OWED_HOURS * HOUR_MS);
      await client.send(new PutCommand({ TableName: table, Item: { ...owedKey(event), event, expiresAt } }));
    },

    async owed() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: "series = :owed",
        ExpressionAttributeValues: { ":owed": OWED },
        ConsistentRead: true,
      });
      return items.map((item) => parseItem(StampedEvent, item.event, "signals"));
    },

    async told(event) {
      await client.send(new DeleteCommand({ TableName: table, Key: owedKey(event) }));
    },
  };
}
