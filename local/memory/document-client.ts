import {
  BatchGetCommand,
  type BatchGetCommandInput,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DeleteCommand,
  type DeleteCommandInput,
  type DynamoDBDocumentClient,
  GetCommand,
  type GetCommandInput,
  PutCommand,
  type PutCommandInput,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { TableShape } from "../../lib/table-shapes.ts";
import { conditionFailed, unknownTable, unsupported, validation } from "./errors.ts";
import { readUnits, writeUnits } from "./item-size.ts";
import { onlyKnows } from "./operands.ts";
import { query } from "./query.ts";
import { Table } from "./table.ts";
import { transact } from "./transact.ts";
import { attributesOf, copied, type Item } from "./values.ts";
import { type ConditionalWrite, type Planned, plannedDelete, plannedPut, plannedUpdate } from "./write.ts";

/** A command on its way, as a hook sees it. */
type Operation = {
  name: "Get" | "Put" | "Update" | "Delete" | "Query" | "BatchGet" | "BatchWrite" | "TransactWrite";
  tables: readonly string[];
  input: object;
};

/** Places where a test decides. Without hooks every command answers at once. */
export type Hooks = {
  /** Before anything happens: may wait, or throw what then did not happen. */
  before?(operation: Operation): void | Promise<void>;
  /** After it has happened: may wait, or throw, and the answer is lost. */
  after?(operation: Operation): void | Promise<void>;
  /** True lets a write happen whose condition does not hold. Asked only then. */
  ignoresCondition?(write: ConditionalWrite): boolean;
  /** Makes a table's indexes follow a write, later and in the order of writes; without it they follow at once. */
  indexed?(table: string, follow: () => void): void;
  /**
   * Lets reads that ask for nothing better be answered by a replica that is behind, by as much as is drawn for each, ms.
   * Without it they see every write. A query of an index is as old as the index.
   */
  behind?: { nowMs(): number; drawnMs(): number };
  /** True leaves one key or item of a batch undone, for the caller to ask again. */
  unprocessed?(table: string, key: Item): boolean;
};

/** Capacity by the service's rules for sizes: 4 KB a read, half when it may be stale; 1 KB a write, each index included. */
type Units = { read: number; write: number };

/** A document client over memory, and what only a test may ask. */
export type MemoryDocumentClient = DynamoDBDocumentClient & {
  /** Units used since the start, by table. */
  readonly units: ReadonlyMap<string, Units>;
  /** All items of a table, in no order. */
  items(table: string): Item[];
  /** Does a command at once, past the hooks that may wait. */
  answer(command: { input: object; constructor: unknown }): Answer;
};

type Answer = Record<string, unknown>;

/**
 * DynamoDB in memory behind the document client's `send`, for the commands and expressions of our stores; anything else
 * is refused by name. Each command takes effect at one moment. Nothing ever expires: the service deletes late too.
 */
export function memoryDocumentClient(options: {
  tables: Readonly<Record<string, TableShape>>;
  hooks?: Hooks;
}): MemoryDocumentClient {
  const hooks = options.hooks ?? {};
  const inTime = (name: string) => hooks.indexed && ((follow: () => void) => hooks.indexed?.(name, follow));
  const tables = new Map(
    Object.entries(options.tables).map(([name, shape]) => [
      name,
      new Table(name, shape, { inTime: inTime(name), nowMs: hooks.behind?.nowMs }),
    ]),
  );
  const units = new Map<string, Units>([...tables.keys()].map((name) => [name, { read: 0, write: 0 }]));
  const ignores = hooks.ignoresCondition?.bind(hooks);

  const tableOf = (name: string | undefined): Table => {
    const table = tables.get(name ?? "");
    if (!table) throw unknownTable(name ?? "");
    return table;
  };
  const spend = (table: Table, kind: keyof Units, amount: number) => {
    (units.get(table.name) as Units)[kind] += amount;
  };
  const isLeft = (table: Table, key: Item) => hooks.unprocessed?.(table.name, copied(key)) === true;

  const behindMs = (isConsistent: boolean | undefined) => (isConsistent ? 0 : (hooks.behind?.drawnMs() ?? 0));

  const done = (plan: Planned, returns: string | undefined): Answer => {
    if (plan.fails) {
      spend(plan.table, "write", writeUnits(plan.old?.bytes ?? 0));
      throw conditionFailed(plan.wantsOldOnFailure && plan.old ? attributesOf(plan.old.item) : undefined);
    }
    const next = plan.next();
    spend(plan.table, "write", plan.table.write(plan.key, plan.old, next));
    switch (returns ?? "NONE") {
      case "NONE":
        return {};
      case "ALL_OLD":
        return plan.old ? { Attributes: copied(plan.old.item) } : {};
      case "ALL_NEW":
        return next ? { Attributes: copied(next.item) } : {};
      default:
        throw unsupported(`ReturnValues ${returns}`);
    }
  };

  const operations = {
    Get(input: GetCommandInput): Answer {
      onlyKnows("Get", input, ["TableName", "Key", "ConsistentRead"]);
      const table = tableOf(input.TableName);
      const row = table.get(table.key(input.Key), behindMs(input.ConsistentRead));
      spend(table, "read", readUnits(row?.bytes ?? 0, input.ConsistentRead === true));
      return row ? { Item: copied(row.item) } : {};
    },
    Put: (input: PutCommandInput) =>
      done(plannedPut(tableOf(input.TableName), input, ignores), returnable(input.ReturnValues, "ALL_OLD")),
    Update: (input: UpdateCommandInput) =>
      done(
        plannedUpdate(tableOf(input.TableName), input, ignores),
        returnable(input.ReturnValues, "ALL_OLD", "ALL_NEW"),
      ),
    Delete: (input: DeleteCommandInput) =>
      done(plannedDelete(tableOf(input.TableName), input, ignores), returnable(input.ReturnValues, "ALL_OLD")),
    Query(input: QueryCommandInput): Answer {
      const table = tableOf(input.TableName);
      const answer = query(table, input, behindMs(input.ConsistentRead));
      spend(table, "read", answer.units);
      return answer.page;
    },
    BatchGet(input: BatchGetCommandInput): Answer {
      onlyKnows("BatchGet", input, ["RequestItems"]);
      const Responses: Record<string, Item[]> = {};
      const UnprocessedKeys: Record<string, { Keys: Item[] }> = {};
      for (const [name, request] of Object.entries(input.RequestItems ?? {})) {
        onlyKnows("BatchGet", request, ["Keys", "ConsistentRead"]);
        const table = tableOf(name);
        const keys = (request.Keys ?? []).map((key) => table.key(key));
        if (keys.length < 1 || keys.length > 100) throw validation("a BatchGet takes from 1 to 100 keys");
        if (hasTwins(keys)) throw validation("Provided list of item keys contains duplicates");
        const found: Item[] = [];
        for (const key of keys) {
          if (isLeft(table, key)) {
            UnprocessedKeys[name] ??= { ...request, Keys: [] };
            UnprocessedKeys[name].Keys.push(key);
            continue;
          }
          const row = table.get(key, behindMs(request.ConsistentRead));
          spend(table, "read", readUnits(row?.bytes ?? 0, request.ConsistentRead === true));
          if (row) found.push(copied(row.item));
        }
        // The service promises no order, so nobody may count on the one asked in.
        Responses[name] = found.reverse();
      }
      return { Responses, UnprocessedKeys };
    },
    BatchWrite(input: BatchWriteCommandInput): Answer {
      onlyKnows("BatchWrite", input, ["RequestItems"]);
      const UnprocessedItems: Record<string, unknown[]> = {};
      const requests = Object.entries(input.RequestItems ?? {}).flatMap(([name, list]) =>
        (list ?? []).map((request) => ({ table: tableOf(name), request })),
      );
      if (requests.length < 1 || requests.length > 25) throw validation("a BatchWrite takes from 1 to 25 requests");
      const plans = requests.map(({ table, request: { PutRequest, DeleteRequest } }) =>
        PutRequest
          ? plannedPut(table, { Item: PutRequest.Item }, undefined)
          : plannedDelete(table, { Key: DeleteRequest?.Key }, undefined),
      );
      if (hasTwins(plans.map((plan) => ({ table: plan.table.name, ...plan.key })))) {
        throw validation("Provided list of item keys contains duplicates");
      }
      for (const [at, plan] of plans.entries()) {
        if (isLeft(plan.table, plan.key)) {
          UnprocessedItems[plan.table.name] ??= [];
          UnprocessedItems[plan.table.name]?.push(requests[at]?.request);
        } else done(plan, undefined);
      }
      return { UnprocessedItems };
    },
    TransactWrite: (input: TransactWriteCommandInput) => transact(input, tableOf, spend, ignores),
  };

  const answer: MemoryDocumentClient["answer"] = (command) => {
    const name = nameOf(command);
    return { $metadata: {}, ...operations[name](command.input as never) };
  };
  const send = async (command: { input: object; constructor: unknown }): Promise<Answer> => {
    const operation = { name: nameOf(command), input: command.input, tables: tablesOf(command.input) };
    if (hooks.before) await hooks.before(operation);
    const answered = answer(command);
    if (hooks.after) await hooks.after(operation);
    return answered;
  };
  const items = (name: string) =>
    tableOf(name)
      .all()
      .map((row) => copied(row.item));
  return { send, answer, units, items, destroy() {} } as unknown as MemoryDocumentClient;
}

const NAMES = new Map<unknown, Operation["name"]>([
  [GetCommand, "Get"],
  [PutCommand, "Put"],
  [UpdateCommand, "Update"],
  [DeleteCommand, "Delete"],
  [QueryCommand, "Query"],
  [BatchGetCommand, "BatchGet"],
  [BatchWriteCommand, "BatchWrite"],
  [TransactWriteCommand, "TransactWrite"],
]);

function nameOf(command: { constructor: unknown }): Operation["name"] {
  const name = NAMES.get(command.constructor);
  if (!name) throw unsupported((command.constructor as { name?: string }).name ?? "this command");
  return name;
}

function returnable(wanted: string | undefined, ...known: readonly string[]): string | undefined {
  if (wanted !== undefined && wanted !== "NONE" && !known.includes(wanted)) throw unsupported(`ReturnValues ${wanted}`);
  return wanted;
}

function hasTwins(keys: readonly Item[]): boolean {
  return keys.length > 1 && new Set(keys.map((key) => JSON.stringify(key))).size < keys.length;
}

function tablesOf(input: { TableName?: string; RequestItems?: object; TransactItems?: object[] }): string[] {
  if (input.TableName !== undefined) return [input.TableName];
  if (input.RequestItems) return Object.keys(input.RequestItems);
  const writes = (input.TransactItems ?? []).flatMap((one) => Object.values(one) as { TableName: string }[]);
  return [...new Set(writes.map(({ TableName }) => TableName))];
}
