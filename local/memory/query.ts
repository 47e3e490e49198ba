import type { QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import {
  type Condition,
  checkOperands,
  holds,
  type ParsedCondition,
  parseFilter,
  parseKeyCondition,
} from "./condition.ts";
import { unsupported, validation } from "./errors.ts";
import { readUnits } from "./item-size.ts";
import { type Context, contextOf, nameOf, onlyKnows } from "./operands.ts";
import type { Row, Table, View } from "./table.ts";
import { compareTexts, copied, type Item, typeOf, type Value, writtenItem } from "./values.ts";

const KNOWN = [
  "TableName",
  "IndexName",
  "KeyConditionExpression",
  "FilterExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ExclusiveStartKey",
  "Limit",
  "ScanIndexForward",
  "ConsistentRead",
];
const PAGE_BYTES = 1024 * 1024;

/** Where a sort key lies from a range: before it, beyond it, or (neither) in it. */
type Range = { isBefore: (value: Value) => boolean; isBeyond: (value: Value) => boolean };

export type Page = {
  Items: Item[];
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item;
};

/** One page of a query, and what it cost; of the table itself, as a replica has the rows that is so far behind. */
export function query(table: Table, input: QueryCommandInput, behindMs = 0): { page: Page; units: number } {
  onlyKnows("Query", input, KNOWN);
  if (input.KeyConditionExpression === undefined) throw unsupported("a query without KeyConditionExpression");
  const view = table.view(input.IndexName);
  if (view.index && input.ConsistentRead) {
    throw validation("Consistent reads are not supported on global secondary indexes");
  }
  if (input.Limit !== undefined && input.Limit < 1) throw validation("Limit must be greater than or equal to 1");
  const keyCondition = parseKeyCondition(input.KeyConditionExpression);
  const filter = input.FilterExpression === undefined ? undefined : parseFilter(input.FilterExpression);
  const context = contextOf(input, [keyCondition.uses, filter?.uses]);
  checkOperands(keyCondition.condition, context);
  if (filter) checkFilter(filter, view, context);
  const { partition, range } = keyRange(keyCondition.condition, view, context);

  const Items: Item[] = [];
  let [scanned, bytes] = [0, 0];
  let last: Row | undefined;
  for (const row of walk(view, partition, range, input)) {
    if (last && (scanned === input.Limit || bytes >= PAGE_BYTES)) {
      const units = readUnits(bytes, input.ConsistentRead === true);
      return {
        page: { Items, Count: Items.length, ScannedCount: scanned, LastEvaluatedKey: place(view, last) },
        units,
      };
    }
    scanned++;
    bytes += row.bytes;
    last = row;
    const seen = view.index ? row : table.seen(row, behindMs);
    if (seen && (!filter || holds(filter.condition, seen.item, context))) Items.push(copied(seen.item));
  }
  // DynamoDB does not look beyond a full page: the last full one names a place too, and the next one is empty.
  const isFull = last !== undefined && scanned === input.Limit;
  const page = {
    Items,
    Count: Items.length,
    ScannedCount: scanned,
    ...(isFull && { LastEvaluatedKey: place(view, last as Row) }),
  };
  return { page, units: readUnits(bytes, input.ConsistentRead === true) };
}

function checkFilter({ condition, uses }: ParsedCondition, view: View, context: Context): void {
  checkOperands(condition, context);
  const keys = [view.partition, view.sort?.name];
  const key = uses.paths.map((path) => nameOf(path[0] as string, context)).find((name) => keys.includes(name));
  if (key === undefined) return;
  throw validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${key}`);
}

function place(view: View, { item }: Row): Item {
  return Object.fromEntries(view.keys.map((name) => [name, item[name] as Value]));
}

/** The rows of a range in the asked direction, from after the start key on. */
function* walk(view: View, partition: string, range: Range, input: QueryCommandInput): Generator<Row> {
  const rows = view.rows(partition);
  const after = input.ExclusiveStartKey && startRow(view, writtenItem(input.ExclusiveStartKey), partition);
  if (!rows) return;
  const sort = view.sort?.name;
  const sortValue = (row: Row) => (sort === undefined ? "" : (row.item[sort] as Value));
  if (input.ScanIndexForward !== false) {
    const isBefore = (row: Row) =>
      range.isBefore(sortValue(row)) || (after !== undefined && view.order(row, after) <= 0);
    for (const row of rows.from(isBefore)) {
      if (range.isBeyond(sortValue(row))) return;
      yield row;
    }
  } else {
    const isNotBeyond = (row: Row) =>
      !range.isBeyond(sortValue(row)) && (after === undefined || view.order(row, after) < 0);
    for (const row of rows.downFrom(isNotBeyond)) {
      if (range.isBefore(sortValue(row))) return;
      yield row;
    }
  }
}

function startRow(view: View, item: Item, partition: string): Row {
  const names = Object.keys(item);
  if (
    names.length !== view.keys.length ||
    !view.keys.every((name) => name in item) ||
    item[view.partition] !== partition
  ) {
    throw validation("The provided starting key is invalid");
  }
  return { item, bytes: 0 };
}

/** The partition and the range of sort keys that a key condition asks for. */
function keyRange(condition: Condition, view: View, context: Context): { partition: string; range: Range } {
  const parts = condition.kind === "and" ? condition.sides : [condition];
  let partition: Value | undefined;
  let range: Range | undefined;
  for (const part of parts) {
    const { name, values } = keyPart(part, context);
    if (name === view.partition && part.kind === "compare" && part.comparator === "=" && partition === undefined) {
      partition = values[0];
    } else if (name === view.sort?.name && range === undefined) {
      if (values.some((value) => typeOf(value) !== view.sort?.type)) {
        throw validation(
          "One or more parameter values were invalid: Condition parameter type does not match schema type",
        );
      }
      range = rangeOf(part, values);
    } else {
      throw validation(`Query condition missed key schema element: ${view.partition}`);
    }
  }
  if (partition === undefined) throw validation(`Query condition missed key schema element: ${view.partition}`);
  if (typeof partition !== "string") {
    throw validation("One or more parameter values were invalid: Condition parameter type does not match schema type");
  }
  return { partition, range: range ?? { isBefore: () => false, isBeyond: () => false } };
}

function keyPart(part: Condition, context: Context): { name: string; values: Value[] } {
  const operands =
    part.kind === "compare"
      ? [part.right]
      : part.kind === "between"
        ? [part.low, part.high]
        : part.kind === "begins_with"
          ? [part.operand]
          : undefined;
  const subject =
    part.kind === "compare"
      ? part.left
      : part.kind === "between"
        ? part.of
        : part.kind === "begins_with"
          ? part
          : undefined;
  if (!operands || !subject || !("path" in subject) || subject.kind === "size" || subject.path.length > 1) {
    throw validation(`Invalid operator used in KeyConditionExpression: ${part.kind}`);
  }
  const values = operands.map((one) => (one.kind === "value" ? context.values[one.name] : undefined));
  if (values.includes(undefined))
    throw validation("Invalid KeyConditionExpression: a key is compared with values only");
  return { name: nameOf(subject.path[0] as string, context), values: values as Value[] };
}

function rangeOf(part: Condition, [value, high]: Value[]): Range {
  const order = orderTo(value as Value);
  const never = () => false;
  if (part.kind === "begins_with") {
    const isIn = (one: Value) => (one as string).startsWith(value as string);
    return { isBefore: (one) => order(one) < 0, isBeyond: (one) => order(one) > 0 && !isIn(one) };
  }
  if (part.kind === "between") {
    const orderToHigh = orderTo(high as Value);
    return { isBefore: (one) => order(one) < 0, isBeyond: (one) => orderToHigh(one) > 0 };
  }
  switch (part.kind === "compare" ? part.comparator : undefined) {
    case "=":
      return { isBefore: (one) => order(one) < 0, isBeyond: (one) => order(one) > 0 };
    case "<":
      return { isBefore: never, isBeyond: (one) => order(one) >= 0 };
    case "<=":
      return { isBefore: never, isBeyond: (one) => order(one) > 0 };
    case ">":
      return { isBefore: (one) => order(one) <= 0, isBeyond: never };
    case ">=":
      return { isBefore: (one) => order(one) < 0, isBeyond: never };
    case "<>":
    case undefined:
      throw validation("Invalid operator used in KeyConditionExpression: <>");
  }
}

/** Negative for a key before `value`, positive for one after it. */
function orderTo(value: Value): (one: Value) => number {
  return typeof value === "number"
    ? (one) => (one as number) - value
    : (one) => compareTexts(one as string, value as string);
}
