import { CreateTableCommand, DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import type { TableShape } from "../../../lib/table-shapes.ts";
import { startGuardian } from "../../../local/guardian.ts";
import { memoryDocumentClient } from "../../../local/memory/document-client.ts";
import { startTableEngine } from "../../../local/tables.ts";
import { documentClient } from "../../../shared/store/table.ts";

/** A table with all that the platform's tables have: a sort key, a sparse index by number, one with its keys only. */
export const THINGS: TableShape = {
  partition: "pk",
  sort: "sk",
  indexes: [
    { name: "byRank", partition: "team", sort: { name: "rank", type: "N" } },
    { name: "names", partition: "team", sort: { name: "title", type: "S" }, keysOnly: true },
  ],
};
export const TABLE = "Things";

export type Twins = { memory: DynamoDBDocumentClient; engine: DynamoDBDocumentClient; stop: () => void };

/** The same empty table in memory and on the real engine. */
export async function startTwins(): Promise<Twins> {
  const guardian = startGuardian();
  const { url, stop } = await startTableEngine(guardian);
  const engine = documentClient({
    endpoint: url,
    region: "eu-west-2",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const hash = (name: string) => ({ AttributeName: name, KeyType: "HASH" as const });
  const range = (name: string) => ({ AttributeName: name, KeyType: "RANGE" as const });
  const text = (name: string) => ({ AttributeName: name, AttributeType: "S" as const });
  await engine.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [hash("pk"), range("sk")],
      AttributeDefinitions: [...["pk", "sk", "team", "title"].map(text), { AttributeName: "rank", AttributeType: "N" }],
      GlobalSecondaryIndexes: (THINGS.indexes ?? []).map(({ name, partition, sort, keysOnly }) => ({
        IndexName: name,
        KeySchema: [hash(partition), range(sort?.name ?? "")],
        Projection: { ProjectionType: keysOnly ? "KEYS_ONLY" : "ALL" },
      })),
    }),
  );
  return {
    memory: memoryDocumentClient({ tables: { [TABLE]: THINGS } }),
    engine,
    stop: () => {
      engine.destroy();
      stop();
      guardian.stop();
    },
  };
}

type Answer = Record<string, unknown>;

/** What a command came to: its answer, or the name of its error with what the error carries. */
export type Outcome = { answer: unknown } | { error: string; item?: unknown; reasons?: unknown };

export async function outcome(client: DynamoDBDocumentClient, command: object): Promise<Outcome> {
  try {
    const answer =
      command instanceof QueryCommand ? await allPages(client, command.input) : await client.send(command as never);
    return { answer: comparable(answer as Answer) };
  } catch (error) {
    if (!(error instanceof DynamoDBServiceException)) throw error;
    const { name, Item, CancellationReasons } = error as unknown as {
      name: string;
      Item?: unknown;
      CancellationReasons?: { Code?: string; Item?: unknown }[];
    };
    // What fits no item is the caller's mistake, said at once or as the reason of a transaction.
    const isMisfit = CancellationReasons?.every(({ Code }) => Code !== "ConditionalCheckFailed");
    return {
      error: isMisfit ? "ValidationException" : name,
      ...(Item ? { item: Item } : {}),
      ...(CancellationReasons && !isMisfit && { reasons: comparableReasons(CancellationReasons) }),
    };
  }
}

async function allPages(client: DynamoDBDocumentClient, input: QueryCommandInput): Promise<Record<string, unknown>> {
  const [items, scanned]: [unknown[], number[]] = [[], []];
  let start: QueryCommandInput["ExclusiveStartKey"];
  do {
    const page = await client.send(new QueryCommand({ ...input, ...(start && { ExclusiveStartKey: start }) }));
    items.push(...(page.Items ?? []));
    if (page.ScannedCount) scanned.push(page.ScannedCount);
    start = page.LastEvaluatedKey;
  } while (start);
  return { items, scanned };
}

/** The engine tries the updates of a transaction only once all conditions hold, and then stops at the first that fails. */
function comparableReasons(reasons: readonly { Code?: string; Item?: unknown }[]) {
  return reasons.map(({ Code, Item }) => ({ Code: Code === "ValidationError" ? "None" : Code, Item }));
}

/**
 * Answers without what no caller may count on: the order of a batch, empty lists of what is left, and the key alone that
 * the engine gives for the former attributes of an item that was not there (the service gives none).
 */
function comparable({ $metadata, Responses, UnprocessedKeys, UnprocessedItems, Attributes, ...rest }: Answer) {
  const batch = (Responses as Record<string, { pk: string; sk: string }[]> | undefined)?.[TABLE];
  return {
    ...rest,
    ...(batch && { batch: batch.toSorted((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1)) }),
    ...(Object.keys(Attributes ?? {}).length > 2 && { Attributes }),
  };
}
