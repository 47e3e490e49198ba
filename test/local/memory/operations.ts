import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { condition, FIELDS, given, type Plain, SORT_KEYS, TEXTS, test, update, value } from "./expressions.ts";
import { TABLE } from "./twins.ts";

const COMMANDS = {
  BatchGet: BatchGetCommand,
  BatchWrite: BatchWriteCommand,
  Delete: DeleteCommand,
  Get: GetCommand,
  Put: PutCommand,
  Query: QueryCommand,
  TransactWrite: TransactWriteCommand,
  Update: UpdateCommand,
};
export type Call = { name: keyof typeof COMMANDS; input: object };

/** Commands whose partitions begin with `~`. Each is made twice, one for each client, from partitions of a run's own. */
export function operations(): fc.Arbitrary<Call> {
  const key = fc.record({ pk: fc.constantFrom(`~1`, `~2`), sk: fc.constantFrom(...SORT_KEYS) });
  const team = fc.constantFrom(`~red`, `~blue`);
  const item = fc
    .tuple(
      key,
      fc.record(
        { team, rank: fc.constantFrom(1, 2, 2.5, 10), title: fc.constantFrom(...TEXTS.slice(1)) },
        { requiredKeys: [] },
      ),
      fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 4 }),
    )
    .map((parts): Plain => Object.assign({}, ...parts));
  const maybe = fc.option(condition, { nil: undefined });
  const onFailure = fc
    .constantFrom("ALL_OLD", "NONE")
    .map((one): Plain => ({ ReturnValuesOnConditionCheckFailure: one }));

  const put = fc.tuple(item, maybe).map(([Item, when]) => ({
    Item,
    ...(when && { ConditionExpression: when.text }),
    ...given([when]),
  }));
  const change = fc.tuple(key, update, maybe).map(([Key, to, when]) => ({
    Key,
    UpdateExpression: to.text,
    ...(when && { ConditionExpression: when.text }),
    ...given([to, when]),
  }));
  const removal = fc.tuple(key, maybe).map(([Key, when]) => ({
    Key,
    ...(when && { ConditionExpression: when.text }),
    ...given([when]),
  }));
  const check = fc
    .tuple(key, condition)
    .map(([Key, when]) => ({ Key, ConditionExpression: when.text, ...given([when]) }));
  const common = { TableName: TABLE };

  const range = fc.oneof(
    fc.constant(undefined),
    fc.tuple(fc.constantFrom("=", "<", "<=", ">", ">="), fc.constantFrom(...SORT_KEYS)),
    fc.tuple(fc.constant("BETWEEN"), fc.constantFrom(...SORT_KEYS), fc.constantFrom(...SORT_KEYS)),
    fc.tuple(fc.constant("begins_with"), fc.constantFrom("1", "a", "\u{1F600}")),
  );
  const rangeText = (name: string, operator: string) =>
    operator === "BETWEEN"
      ? `${name} BETWEEN :low AND :high`
      : operator === "begins_with"
        ? `begins_with(${name}, :low)`
        : `${name} ${operator} :low`;
  const query = fc
    .tuple(
      key,
      range,
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      fc.option(test, { nil: undefined }),
    )
    .map(([{ pk }, sort, forward, Limit, filter]) => ({
      KeyConditionExpression: sort ? `pk = :pk AND ${rangeText("sk", sort[0] as string)}` : "pk = :pk",
      ScanIndexForward: forward,
      ConsistentRead: true,
      ...(Limit !== undefined && { Limit }),
      ...(filter && { FilterExpression: filter.text }),
      ...given([
        filter,
        {
          text: "",
          values: { ":pk": pk, ...(sort && { ":low": sort[1] }), ...(sort?.[2] !== undefined && { ":high": sort[2] }) },
        },
      ]),
    }));
  const indexQuery = fc
    .tuple(
      team,
      fc.constantFrom("byRank", "names"),
      fc.option(fc.constantFrom("<", "<=", ">", ">=", "="), { nil: undefined }),
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    )
    .map(([one, IndexName, operator, ScanIndexForward, Limit]) => ({
      IndexName,
      ScanIndexForward,
      ...(Limit !== undefined && { Limit }),
      KeyConditionExpression: `team = :team${operator ? ` AND ${IndexName === "byRank" ? "#rank" : "#title"} ${operator} :edge` : ""}`,
      ...(operator && {
        ExpressionAttributeNames: IndexName === "byRank" ? { "#rank": "rank" } : { "#title": "title" },
      }),
      ExpressionAttributeValues: { ":team": one, ...(operator && { ":edge": IndexName === "byRank" ? 2 : "ab" }) },
    }));

  const call = <T extends object>(name: Call["name"], weight: number, arbitrary: fc.Arbitrary<T>) => ({
    weight,
    arbitrary: arbitrary.map((input): Call => ({ name, input })),
  });
  const answering = (ReturnValues: fc.Arbitrary<string>, one: fc.Arbitrary<Plain>) =>
    fc
      .tuple(one, onFailure, ReturnValues)
      .map(([input, failure, returned]) => ({ ...common, ...input, ...failure, ReturnValues: returned }));
  const write = fc.oneof(
    ...[put, change, removal, check].map((one, at) =>
      fc
        .tuple(one, onFailure)
        .map(([input, failure]) => ({ [KINDS[at] as string]: { ...common, ...input, ...failure } })),
    ),
  );
  const batched = fc.oneof(
    item.map((Item) => ({ PutRequest: { Item } })),
    key.map((Key) => ({ DeleteRequest: { Key } })),
  );
  const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    call("Put", 4, answering(fc.constantFrom("NONE", "ALL_OLD"), put)),
    call("Update", 6, answering(fc.constantFrom("NONE", "ALL_OLD", "ALL_NEW"), change)),
    call("Delete", 2, answering(fc.constantFrom("NONE", "ALL_OLD"), removal)),
    call(
      "Get",
      1,
      key.map((Key) => ({ ...common, Key, ConsistentRead: true })),
    ),
    call(
      "Query",
      5,
      fc.oneof(query, indexQuery).map((one) => ({ ...common, ...one })),
    ),
    call(
      "BatchGet",
      1,
      some(key).map((Keys) => ({ RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } })),
    ),
    call(
      "BatchWrite",
      1,
      some(batched).map((list) => ({ RequestItems: { [TABLE]: list } })),
    ),
    call(
      "TransactWrite",
      3,
      some(write).map((TransactItems) => ({ TransactItems })),
    ),
  );
}

const KINDS = ["Put", "Update", "Delete", "ConditionCheck"];

/** The same command with every `~` at the start of a text turned into the name of the run. */
export function commandOf({ name, input }: Call, run: string): object {
  return new COMMANDS[name](stamped(input, run) as never);
}

function stamped(value: unknown, run: string): unknown {
  if (typeof value === "string") return value.startsWith("~") ? run + value : value;
  if (typeof value !== "object" || value === null || value instanceof Set) return value;
  if (Array.isArray(value)) return value.map((one) => stamped(one, run));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, stamped(one, run)]));
}
