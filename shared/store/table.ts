import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  type NativeAttributeValue,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import type { z } from "zod";
import { epochMs, type Instant } from "../domain/instant.ts";
import type { Meter } from "../metrics.ts";
import { countThrottles } from "./throttles.ts";

export type Item = Record<string, NativeAttributeValue>;

/** One document client per process; fields left undefined are not written. Attempts that were throttled are counted. */
export function documentClient(config: DynamoDBClientConfig = {}, meter?: Meter): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ maxAttempts: 3, ...config });
  if (meter) countThrottles(client, meter);
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** What frozen items were parsed to. */
const parsedBefore = new WeakMap<z.ZodType, WeakMap<object, unknown>>();

/**
 * Parses a stored item. An item that does not fit its schema is our bug: the error names the table and field. An item that
 * cannot change, as tables in memory hand out again and again, is parsed once.
 */
export function parseItem<T>(schema: z.ZodType<T>, item: unknown, table: string): T {
  const lasting = typeof item === "object" && item !== null && Object.isFrozen(item) ? item : undefined;
  const known = lasting && parsedBefore.get(schema)?.get(lasting);
  if (known) return known as T;
  const parsed = schema.safeParse(item);
  if (parsed.success) {
    if (lasting) {
      const ofSchema = parsedBefore.get(schema) ?? new WeakMap();
      parsedBefore.set(schema, ofSchema.set(lasting, deepFrozen(parsed.data)));
    }
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  throw new Error(`stored item in ${table} does not fit its schema: ${issue?.path.join(".")}: ${issue?.message}`, {
    cause: parsed.error,
  });
}

/** What is handed to more than one is handed out so that none can change it. */
function deepFrozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFrozen(part);
  return Object.freeze(value);
}

export function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof ConditionalCheckFailedException;
}

/** Why each part of a refused transaction was refused, `None` for those that were not; undefined for another error. */
export function refusals(error: unknown): string[] | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  return (error.CancellationReasons ?? []).map(({ Code }) => Code ?? "None");
}

/** True when a condition of a transaction did not hold, or another transaction was at the same items. */
export function isTransactionRefused(error: unknown): boolean {
  const codes = refusals(error)?.filter((code) => code !== "None") ?? [];
  return codes.length > 0 && codes.every((code) => code === "ConditionalCheckFailed" || code === "TransactionConflict");
}

/** The `expiresAt` of an item that may go so long after a moment, epoch seconds. DynamoDB deletes it some time later. */
export function expiry(at: Instant, afterMs: number): number {
  return Math.floor((epochMs(at) + afterMs) / 1000);
}

/** Runs a conditional write; false when its condition did not hold. */
export async function wins(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

/** Splits into pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < items.length; i += size) result.push(items.slice(i, i + size));
  return result;
}

/** Reads items by key, 100 a call, repeating keys that DynamoDB left unprocessed. Missing items are left out. */
export async function batchGet(
  client: DynamoDBDocumentClient,
  table: string,
  keys: readonly Item[],
  { isConsistent = false }: { isConsistent?: boolean } = {},
): Promise<Item[]> {
  const read = isConsistent ? { ConsistentRead: true } : {};
  const readPart = async (part: Item[]): Promise<Item[]> => {
    const items: Item[] = [];
    let waiting = part;
    for (let attempt = 0; waiting.length > 0; attempt++) {
      if (attempt === 5) throw new Error(`${waiting.length} keys stayed unread after 5 attempts`);
      const answer = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: waiting, ...read } } }));
      items.push(...(answer.Responses?.[table] ?? []));
      waiting = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return items;
  };
  return (await Promise.all(chunks(keys, 100).map(readPart))).flat();
}

/** The pages of a query, each with its items. */
export async function* queryPages(client: DynamoDBDocumentClient, input: QueryCommandInput): AsyncGenerator<Item[]> {
  let start: Item | undefined;
  do {
    const page = await client.send(new QueryCommand({ ...input, ...(start ? { ExclusiveStartKey: start } : {}) }));
    if (page.Items && page.Items.length > 0) yield page.Items;
    start = page.LastEvaluatedKey;
  } while (start);
}

/** Every item of a query, page by page; stops once `limit` items are there. */
export async function queryAll(
  client: DynamoDBDocumentClient,
  input: QueryCommandInput,
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of queryPages(client, input)) {
    items.push(...page);
    if (items.length >= limit) break;
  }
  return items;
}
