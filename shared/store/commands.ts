import { hash } from "node:crypto";
import { type DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { AssetId } from "../domain/asset.ts";
import { type Command, type CommandChanges, type CommandStatus, PRIOR_STATUSES } from "../domain/command.ts";
import { CommandRow, Link } from "../domain/command-row.ts";
import type { NewEvent } from "../domain/events.ts";
import { epochMs, HOUR_MS, type Instant } from "../domain/instant.ts";
import type { Log } from "../log.ts";
import { begun, dueAt, headOf, LEDGER_DAYS, moved, type Stamp } from "./ledger.ts";
import { batchGet, expiry, type Item, parseItem, queryAll, queryPages, refusals, wins } from "./table.ts";

export type CommandKey = Pick<Command, "assetId" | "commandId">;
/** Where an asset's trail of commands stands: its newest command, and the hash of that one's first line. */
export type Newest = { sequence: number; commandId: string; issuedAt: Instant; hash: string };
/** One delivery of a command's message: how often the command has waited before, and the message's own id. */
export type Delivery = { turn: number; by: string };
/** Rows of the open index, and how many of them do not fit their schema: those are logged by name and left out. */
type OpenPage = { commands: CommandRow[]; unreadable: number };

export type CommandsStore = {
  /** Writes a new intent with the events that it owes; undefined when the same intent was issued before. */
  issue(command: Command, owed?: readonly NewEvent[]): Promise<CommandRow | undefined>;
  get(key: CommandKey): Promise<CommandRow | undefined>;
  /**
   * Moves a command forward, writes the line of its audit trail and the events it then owes, in one write. Of a row as it
   * was read nobody else may have moved it since. Undefined when its status is not one that `to` may follow or, for
   * `sending`, a newer command of the asset was issued: something else was first, and the caller has nothing more to do.
   */
  transition(
    key: CommandKey | CommandRow,
    to: CommandStatus,
    changes: CommandChanges,
    owed?: readonly NewEvent[],
  ): Promise<CommandRow | undefined>;
  /** Adds to what is known of a command that has ended; undefined when somebody else wrote since it was read. */
  amend(row: CommandRow, changes: CommandChanges, owed?: readonly NewEvent[]): Promise<CommandRow | undefined>;
  /** Notes that the events which `row` owes are on the bus. */
  told(row: CommandRow): Promise<void>;
  /**
   * Notes that the message `by`, of a command that must wait, makes way for one of the next turn. False when another message
   * did so before: then that one is on its way, and this one is a copy. The same message may do it again.
   */
  handOn(key: CommandKey, delivery: Delivery): Promise<boolean>;
  /** Commands that have not ended or owe an event, by pages; only those that somebody must look at by `by` if given. */
  open(by?: Instant): AsyncIterable<OpenPage>;
  /** The asset's newest commands, newest window first, without those that do not fit their schema. */
  recent(assetId: AssetId, limit: number): Promise<CommandRow[]>;
  /** The command that was issued last for an asset. */
  newest(assetId: AssetId): Promise<Newest | undefined>;
  /** Everything that is kept of an asset's commands; `unreadable` are the ids of those that do not fit their schema. */
  trail(assetId: AssetId): Promise<Trail>;
};
export type Trail = { rows: CommandRow[]; unreadable: string[]; newest: Newest | undefined };

/** Who writes to the ledger, and where each line's hash is witnessed. */
export type Scribe = { by: string; now: () => Instant; log: Pick<Log, "info" | "warn"> };

/** One partition of the index takes 1,000 changes a second; docs/decisions/0014 has the arithmetic. */
const OPEN_SHARDS = 8;
const PAGE_KEYS = 100;
const ISSUE_ATTEMPTS = 5;

/** Longer than a message lives on its queue and its dead-letter queue. */
const TURNS_KEPT_MS = 20 * 24 * HOUR_MS;

const Head = z.strictObject({ ...Link.pick({ sequence: true }).shape, ...Link.shape.previous.unwrap().shape });
/** No asset's id has a `#`. */
export const headKey = (assetId: AssetId) => ({ assetId: `newest#${assetId}`, commandId: "newest" });

export const turnKey = ({ assetId, commandId }: CommandKey) => ({ assetId: `turn#${assetId}`, commandId });

/** Table `commands`: the intent ledger with its audit trail, and a sparse index of what is open or owes an event. */
export function commandsStore(client: DynamoDBDocumentClient, table: string, scribe: Scribe): CommandsStore {
  const get = async (Key: CommandKey) =>
    (await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }))).Item;
  const stamp = (): Stamp => ({ by: scribe.by, at: scribe.now() });
  const readable = (items: readonly Item[]) =>
    items.flatMap((item) => {
      try {
        return [toRow(item)];
      } catch (error) {
        const { assetId, commandId } = item;
        scribe.log.warn("LEDGER_ROW_UNREADABLE", { assetId, commandId, reason: String(error) });
        return [];
      }
    });
  const written = (row: CommandRow) => {
    const { assetId, commandId, sequence, status } = row;
    scribe.log.info("LEDGER_ENTRY", { assetId, commandId, sequence, status, hash: headOf(row) });
    return row;
  };
  const allOf = (assetId: AssetId) => ({
    TableName: table,
    KeyConditionExpression: "assetId = :asset",
    ExpressionAttributeValues: { ":asset": assetId },
    ConsistentRead: true,
  });
  const newest = async (assetId: AssetId): Promise<Newest | undefined> => {
    const item = await get(headKey(assetId));
    return item && parseItem(Head, item.newest, "commands");
  };
  const putOf = (row: CommandRow) => ({ TableName: table, Item: itemOf(row) });
  const store: CommandsStore = {
    newest,

    async issue(command, owed = []) {
      for (let attempt = 1; attempt <= ISSUE_ATTEMPTS; attempt++) {
        const last = await newest(command.assetId);
        const before = last && (await get({ assetId: command.assetId, commandId: last.commandId }));
        const row = begun(command, linkAfter(last, before?.head), stamp(), owed);
        const head: Newest = {
          sequence: row.sequence,
          commandId: row.commandId,
          issuedAt: row.issuedAt,
          hash: headOf(row),
        };
        const write = new TransactWriteCommand({
          TransactItems: [
            { Put: { ...putOf(row), ConditionExpression: "attribute_not_exists(commandId)" } },
            {
              Put: {
                TableName: table,
                Item: { ...headKey(row.assetId), hash: head.hash, newestId: head.commandId, newest: head },
                ConditionExpression: "attribute_not_exists(assetId) OR #hash = :last",
                ExpressionAttributeNames: { "#hash": "hash" },
                ExpressionAttributeValues: { ":last": last?.hash ?? "" },
              },
            },
          ],
        });
        try {
          await client.send(write);
          return written(row);
        } catch (error) {
          const [ofCommand] = refusals(error) ?? raise(error);
          if (ofCommand === "ConditionalCheckFailed") return undefined;
        }
      }
      throw new Error(`command ${command.commandId} of ${command.assetId}: others were first ${ISSUE_ATTEMPTS} times`);
    },

    async get({ assetId, commandId }) {
      const item = await get({ assetId, commandId });
      return item && toRow(item);
    },

    async transition(key, to, changes, owed = []) {
      const row = "history" in key ? key : await store.get(key);
      if (!row || !PRIOR_STATUSES[to].includes(row.status)) return undefined;
      const next = moved(row, to, changes, stamp(), owed);
      const priors = PRIOR_STATUSES[to].map((status, index) => [`:prior${index}`, status] as const);
      const Put = {
        ...putOf(next),
        ConditionExpression: `head = :head AND #status IN (${priors.map(([name]) => name).join(", ")})`,
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":head": headOf(row), ...Object.fromEntries(priors) },
      };
      if (to !== "sending") return (await wins(client.send(new PutCommand(Put)))) ? written(next) : undefined;
      // A newer intent takes the right to be sent from all before it, by condition: it may be issued while this one waits.
      const isNewest = {
        TableName: table,
        Key: headKey(row.assetId),
        ConditionExpression: "newestId = :commandId",
        ExpressionAttributeValues: { ":commandId": row.commandId },
      };
      try {
        await client.send(new TransactWriteCommand({ TransactItems: [{ Put }, { ConditionCheck: isNewest }] }));
        return written(next);
      } catch (error) {
        if (!refusals(error)) throw error;
        return undefined;
      }
    },

    async amend(row, changes, owed = []) {
      const next = moved(row, row.status, changes, stamp(), owed);
      return (await wins(client.send(new PutCommand({ ...putOf(next), ...isAt(headOf(row)) }))))
        ? written(next)
        : undefined;
    },

    async told(row) {
      const told = new Set(row.untold?.map(({ eventId }) => eventId));
      for (let now: CommandRow | undefined = row; now; now = await store.get(row)) {
        const { untold = [], ...rest }: CommandRow = now;
        const left = untold.filter(({ eventId }) => !told.has(eventId));
        if (left.length === untold.length) return;
        const next = left.length > 0 ? { ...rest, untold: left } : rest;
        if (await wins(client.send(new PutCommand({ ...putOf(next), ...isAt(headOf(now)) })))) return;
      }
    },

    async handOn({ assetId, commandId }, { turn, by }) {
      const put = new PutCommand({
        TableName: table,
        Item: {
          ...turnKey({ assetId, commandId }),
          turn: turn + 1,
          handedOnBy: by,
          expiresAt: expiry(scribe.now(), TURNS_KEPT_MS),
        },
        ConditionExpression: "attribute_not_exists(turn) OR turn < :next OR (turn = :next AND handedOnBy = :by)",
        ExpressionAttributeValues: { ":next": turn + 1, ":by": by },
      });
      return wins(client.send(put));
    },

    async *open(by) {
      const shards = Array.from({ length: OPEN_SHARDS }, (_, shard) =>
        queryPages(client, {
          TableName: table,
          IndexName: "open",
          KeyConditionExpression: by ? "openIn = :open AND dueAtMs <= :by" : "openIn = :open",
          ExpressionAttributeValues: { ":open": `open#${shard}`, ...(by ? { ":by": epochMs(by) } : {}) },
          Limit: PAGE_KEYS,
        }),
      );
      // Page by page of all parts side by side, so that none waits for the end of another.
      for (let left = shards; left.length > 0; ) {
        const pages = await Promise.all(left.map((shard) => shard.next()));
        left = left.filter((_, index) => !pages[index]?.done);
        for (const { done, value } of pages) {
          if (done) continue;
          const keys = value.map(({ assetId, commandId }) => ({ assetId, commandId }));
          const items = await batchGet(client, table, keys, { isConsistent: true });
          const isDue = (item: Item) => item.openIn !== undefined && (!by || item.dueAtMs <= epochMs(by));
          const due = items.filter(isDue).sort((a, b) => a.dueAtMs - b.dueAtMs);
          const commands = readable(due);
          yield { commands, unreadable: due.length - commands.length };
        }
      }
    },

    async recent(assetId, limit) {
      const newestFirst = { ...allOf(assetId), ScanIndexForward: false, Limit: limit };
      return readable(await queryAll(client, newestFirst, limit));
    },

    async trail(assetId) {
      const items = await queryAll(client, allOf(assetId));
      const rows = readable(items);
      const read = new Set(rows.map(({ commandId }) => commandId));
      const unreadable = items.flatMap(({ commandId }) => (read.has(commandId) ? [] : [String(commandId)]));
      return { rows, unreadable, newest: await newest(assetId) };
    },
  };
  return store;
}

/** Nobody has written a line since this hash was read. */
function isAt(head: string) {
  return { ConditionExpression: "head = :head", ExpressionAttributeValues: { ":head": head } };
}

/** Which part of the open index an asset's commands are in. */
function openShard(assetId: AssetId): string {
  return `open#${hash("sha256", assetId, "buffer").readUInt16BE() % OPEN_SHARDS}`;
}

/** A new command follows the newest one, tied to where that one stands now; an expired one stands where it was issued. */
export function linkAfter(last: Newest | undefined, head: string | undefined): Link {
  if (!last) return { sequence: 1 };
  const { sequence, ...previous } = last;
  return { sequence: sequence + 1, previous: { ...previous, hash: head ?? previous.hash } };
}

function itemOf(row: CommandRow): Item {
  const due = dueAt(row);
  return {
    ...row,
    head: headOf(row),
    ...(due ? { openIn: openShard(row.assetId), dueAtMs: epochMs(due) } : {}),
    expiresAt: expiry(row.issuedAt, LEDGER_DAYS * 24 * HOUR_MS),
  };
}

const StoredRow = z.preprocess(
  ({ head: _, openIn: __, dueAtMs: ___, expiresAt: ____, ...row }: Item) => row,
  CommandRow,
);

function toRow(item: Item): CommandRow {
  return parseItem(StoredRow, item, "commands");
}

function raise(error: unknown): never {
  throw error;
}
