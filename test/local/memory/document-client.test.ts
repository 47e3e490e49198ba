import {
  BatchGetCommand,
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hooks, memoryDocumentClient } from "../../../local/memory/document-client.ts";
import { throttled } from "../../../local/memory/errors.ts";
import { itemBytes, readUnits, writeUnits } from "../../../local/memory/item-size.ts";
import { Sorted } from "../../../local/memory/sorted.ts";
import { compareTexts, sum, written } from "../../../local/memory/values.ts";
import { TABLE, THINGS } from "./twins.ts";

const client = (hooks?: Hooks) => memoryDocumentClient({ tables: { [TABLE]: THINGS }, ...(hooks && { hooks }) });
const key = { pk: "a", sk: "1" };
const put = (item: object, condition?: string) =>
  new PutCommand({ TableName: TABLE, Item: { ...key, ...item }, ...(condition && { ConditionExpression: condition }) });
const get = new GetCommand({ TableName: TABLE, Key: key });
const update = (expression: string, value?: unknown, condition?: string) =>
  new UpdateCommand({
    TableName: TABLE,
    Key: key,
    UpdateExpression: expression,
    ...(expression.includes("#rank") && { ExpressionAttributeNames: { "#rank": "rank" } }),
    ...(condition && { ConditionExpression: condition }),
    ...(value !== undefined && { ExpressionAttributeValues: { ":v": value } }),
  });

describe("the in-memory DynamoDB", () => {
  it("lets its indexes follow a table when a hook says so, in the order of writes", async () => {
    const waiting: (() => void)[] = [];
    const memory = client({ indexed: (_table, follow) => void waiting.push(follow) });
    const ranks = async () => {
      const query = { TableName: TABLE, IndexName: "byRank", KeyConditionExpression: "team = :team" };
      const { Items } = await memory.send(
        new QueryCommand({ ...query, ExpressionAttributeValues: { ":team": "red" } }),
      );
      return Items?.map(({ rank }) => rank);
    };
    await memory.send(put({ team: "red", rank: 1 }));
    await memory.send(put({ team: "red", rank: 2 }));
    await memory.send(put({}));
    expect((await memory.send(get)).Item).toEqual(key);
    const seen = [await ranks()];
    for (const follow of waiting) {
      follow();
      seen.push(await ranks());
    }
    expect(seen).toEqual([[], [1], [2], []]);
  });

  it("answers reads that ask for nothing better from a replica that is behind, by as much as a hook draws", async () => {
    let [nowMs, behindMs] = [1_000, 500];
    const memory = client({ behind: { nowMs: () => nowMs, drawnMs: () => behindMs } });
    const query = (ConsistentRead?: true) =>
      new QueryCommand({
        ...{ TableName: TABLE, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": "a" } },
        ...(ConsistentRead && { ConsistentRead }),
      });
    const ranks = async () => {
      const one = await memory.send(get);
      const batch = await memory.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [key] } } }));
      const all = await memory.send(query());
      return [one.Item, ...(batch.Responses?.[TABLE] ?? []), ...(all.Items ?? [])].map((item) => item?.rank);
    };
    await memory.send(put({ rank: 1 }));
    expect(await ranks()).toEqual([undefined]);
    nowMs += 500;
    expect(await ranks()).toEqual([1, 1, 1]);
    await memory.send(put({ rank: 2 }));
    nowMs += 499;
    expect(await ranks()).toEqual([1, 1, 1]);
    const consistent = await memory.send(new GetCommand({ TableName: TABLE, Key: key, ConsistentRead: true }));
    expect([consistent.Item?.rank, (await memory.send(query(true))).Items?.[0]?.rank]).toEqual([2, 2]);
    behindMs = 0;
    expect(await ranks()).toEqual([2, 2, 2]);
  });

  it.each<[string, object]>([
    ["ScanCommand", new ScanCommand({ TableName: TABLE })],
    ["an index of a list", update("REMOVE things[0]")],
    ["attribute_type", update("SET x = :v", "N", "attribute_type(x, :v)")],
    ["ReturnValues UPDATED_NEW", new UpdateCommand({ TableName: TABLE, Key: key, ReturnValues: "UPDATED_NEW" })],
    ["ADD below the top", update("ADD things.x :v", 1)],
    [
      "ClientRequestToken of TransactWrite",
      new TransactWriteCommand({ TransactItems: [], ClientRequestToken: "again" }),
    ],
    ["ProjectionExpression of Get", new GetCommand({ TableName: TABLE, Key: key, ProjectionExpression: "x" })],
    ["a value of type bigint", put({ x: 1n })],
    ["a set of anything but texts or numbers", put({ x: new Set([new Uint8Array([1])]) })],
  ])("refuses by name what it does not imitate: %s", async (name, command) => {
    await expect(client().send(command as never)).rejects.toThrow(`does not support ${name}`);
  });

  it.each<[string, object]>([
    ["a reserved word", update("SET status = :v", 1)],
    ["redundant brackets", update("SET x = :v", 1, "((x = :v))")],
    ["a value that is not given", update("SET x = :w", 1)],
    ["a value that is not used", update("REMOVE x", 1)],
    ["the key as a target", update("SET sk = :v", "2")],
    ["overlapping paths", update("SET x.y = :v REMOVE x", 1)],
    ["a section twice", update("SET x = :v SET y = :v", 1)],
    ["a sum with a text", update("SET x = :v + :v", "1")],
    ["an attribute that is not there", update("SET x = y")],
    ["an order of booleans", update("SET x = :v", true, "x < :v")],
    [
      "bounds the wrong way round",
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: "pk = :p AND sk BETWEEN :b AND :a",
        ExpressionAttributeValues: { ":p": "a", ":a": "1", ":b": "2" },
      }),
    ],
    ["a key of another type", new GetCommand({ TableName: TABLE, Key: { pk: "a", sk: 1 } })],
    ["half a key", new GetCommand({ TableName: TABLE, Key: { pk: "a" } })],
    ["an empty key", put({ sk: "" })],
    ["an index key of another type", put({ team: "red", rank: "first" })],
    ["more than 400 KB", put({ x: "x".repeat(410_000) })],
    [
      "one item twice in a transaction",
      new TransactWriteCommand({
        TransactItems: [{ Put: { TableName: TABLE, Item: key } }, { Delete: { TableName: TABLE, Key: key } }],
      }),
    ],
    ["one key twice in a batch", new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [key, key] } } })],
    [
      "an index that is not there",
      new QueryCommand({
        TableName: TABLE,
        IndexName: "none",
        KeyConditionExpression: "pk = :p",
        ExpressionAttributeValues: { ":p": "a" },
      }),
    ],
  ])("refuses as the service does: %s", async (_, command) => {
    const memory = client();
    await memory.send(put({ text: "x" }));
    await expect(memory.send(command as never)).rejects.toMatchObject({ name: "ValidationException" });
    expect(memory.items(TABLE)).toEqual([{ ...key, text: "x" }]);
  });

  it("knows no table but its own", async () => {
    const command = new GetCommand({ TableName: "Others", Key: key });
    await expect(client().send(command)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["an unsafe integer", 2 ** 60],
    ["an empty set", new Set()],
    ["an instance of a class", new Date(0)],
  ])("refuses as the document client does: %s", (_, value) => {
    expect(() => written({ value })).toThrow(Error);
  });

  it("drops what is undefined and shares nothing with its callers that they could change", async () => {
    const memory = client();
    const item = { list: [1, undefined, { x: undefined, y: -0 }], gone: undefined, tags: new Set(["a"]) };
    await memory.send(put(item));
    item.list.push(2);
    item.tags.add("b");
    const first = (await memory.send(get)).Item as { list: unknown[]; tags: Set<string> };
    expect(first).toEqual({ ...key, list: [1, { y: 0 }], tags: new Set(["a"]) });
    expect(Object.keys(first)).not.toContain("gone");
    first.tags.add("c");
    expect(() => first.list.push(2)).toThrow(TypeError);
    expect((await memory.send(get)).Item).toMatchObject({ list: [1, { y: 0 }], tags: new Set(["a"]) });
  });

  it("does not change what an answer before it gave", async () => {
    const memory = client();
    await memory.send(put({ things: { n: 1 } }));
    const before = (await memory.send(get)).Item;
    await memory.send(update("SET things.n = :v", 2));
    expect(before).toMatchObject({ things: { n: 1 } });
    expect((await memory.send(get)).Item).toMatchObject({ things: { n: 2 } });
  });

  it("adds as decimals do", () => {
    expect([sum(0.1, 0.2), sum(1e-7, 2e-7), sum(1.5, -0.5), sum(1e20 / 1e10, 0.25)]).toEqual([
      0.3,
      3e-7,
      1,
      1e10 + 0.25,
    ]);
  });

  it("sorts texts by their bytes", () => {
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(byBytes(a, b));
      }),
    );
  });

  it("keeps entries sorted, whatever is put and taken", () => {
    const changes = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 2000 })), {
      maxLength: 1500,
      size: "max",
    });
    fc.assert(
      fc.property(changes, fc.integer({ min: -1, max: 2001 }), (list, edge) => {
        const sorted = new Sorted<number>((a, b) => a - b);
        const set = new Set<number>();
        for (const [isPut, entry] of list) {
          if (isPut) sorted.put(entry);
          else sorted.delete(entry);
          if (isPut) set.add(entry);
          else set.delete(entry);
        }
        const all = [...set].sort((a, b) => a - b);
        expect(sorted.size).toBe(all.length);
        expect([...sorted.from((entry) => entry < edge)]).toEqual(all.filter((entry) => entry >= edge));
        expect([...sorted.downFrom((entry) => entry < edge)]).toEqual(all.filter((entry) => entry < edge).reverse());
        expect(sorted.find(edge)).toBe(set.has(edge) ? edge : undefined);
      }),
      { numRuns: 30 },
    );
  });
});

describe("what a hook decides", () => {
  it("lets a command fail before it happens, or after", async () => {
    const fails = () => {
      throw throttled("TableWriteKeyRangeThroughputExceeded", TABLE);
    };
    for (const [place, there] of [
      ["before", false],
      ["after", true],
    ] as const) {
      const memory = client({ [place]: fails });
      await expect(memory.send(put({}))).rejects.toMatchObject({
        name: "ProvisionedThroughputExceededException",
        ThrottlingReasons: [{ reason: "TableWriteKeyRangeThroughputExceeded" }],
      });
      expect(memory.items(TABLE)).toHaveLength(there ? 1 : 0);
    }
  });

  it("lets a write happen whose condition does not hold, and only that", async () => {
    const asked: unknown[] = [];
    const memory = client({
      ignoresCondition: (write) => asked.push(write) > 0 && write.condition === "attribute_not_exists(pk)",
    });
    await memory.send(put({}, "attribute_not_exists(pk)"));
    expect(asked).toEqual([]);
    await memory.send(put({ n: 1 }, "attribute_not_exists(pk)"));
    await expect(memory.send(put({ n: 2 }, "attribute_not_exists(sk)"))).rejects.toThrow("conditional request failed");
    expect(memory.items(TABLE)).toEqual([{ ...key, n: 1 }]);
    expect(asked[0]).toEqual({ table: TABLE, operation: "Put", condition: "attribute_not_exists(pk)", key });
  });

  it("leaves parts of a batch undone, to be asked for again", async () => {
    const memory = client({ unprocessed: (_, { sk }) => sk === "2" });
    const items = ["1", "2"].map((sk) => ({ pk: "a", sk }));
    const batch = new BatchWriteCommand({ RequestItems: { [TABLE]: items.map((Item) => ({ PutRequest: { Item } })) } });
    expect((await memory.send(batch)).UnprocessedItems).toEqual({ [TABLE]: [{ PutRequest: { Item: items[1] } }] });
    const answer = await memory.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: items } } }));
    expect(answer.Responses).toEqual({ [TABLE]: [items[0]] });
    expect(answer.UnprocessedKeys).toEqual({ [TABLE]: { Keys: [items[1]] } });
  });
});

describe("the units counted", () => {
  it("follows the service's sizes", () => {
    expect(itemBytes({ id: "äb", n: 123, m: { x: true }, l: [null] })).toBe(
      2 + 3 + 1 + 3 + 1 + (3 + 1 + 1 + 1) + 1 + (3 + 1 + 1),
    );
    expect([0, 1024, 1025].map(writeUnits)).toEqual([1, 1, 2]);
    expect([readUnits(4096, true), readUnits(4097, true), readUnits(0, false)]).toEqual([1, 2, 0.5]);
  });

  it("counts a write for the item and for each place of an index that changes, a lost condition too", async () => {
    const memory = client();
    const spent = async (command: object) => {
      const before = memory.units.get(TABLE)?.write ?? 0;
      await memory.send(command as never).catch(() => {});
      return (memory.units.get(TABLE)?.write ?? 0) - before;
    };
    expect(await spent(put({}))).toBe(1);
    expect(await spent(put({ team: "red", rank: 1, title: "x" }))).toBe(3);
    expect(await spent(update("SET extra = :v", 1))).toBe(2);
    expect(await spent(update("SET #rank = :v", 2))).toBe(3);
    expect(await spent(put({}, "attribute_not_exists(pk)"))).toBe(1);
    expect(
      await spent(
        new TransactWriteCommand({
          TransactItems: [{ Put: { TableName: TABLE, Item: { pk: "b", sk: "1", text: "x".repeat(2000) } } }],
        }),
      ),
    ).toBe(4);
  });

  it("counts reads by 4 KB, each key of a batch alone, a page as a whole", async () => {
    const memory = client();
    for (const sk of ["1", "2", "3"]) await memory.send(put({ sk, text: "x".repeat(1000) }));
    const read = () => memory.units.get(TABLE)?.read;
    await memory.send(get);
    expect(read()).toBe(0.5);
    await memory.send(
      new BatchGetCommand({
        RequestItems: { [TABLE]: { Keys: [key, { pk: "none", sk: "1" }], ConsistentRead: true } },
      }),
    );
    expect(read()).toBe(2.5);
    await memory.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: "pk = :p",
        ExpressionAttributeValues: { ":p": "a" },
      }),
    );
    expect(read()).toBe(3);
  });
});
