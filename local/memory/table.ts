import type { IndexShape, TableShape } from "../../lib/table-shapes.ts";
import { unsupported, validation } from "./errors.ts";
import { itemBytes, writeUnits } from "./item-size.ts";
import { Sorted } from "./sorted.ts";
import { compare, equal, frozen, type Item, typeOf, type Value, written } from "./values.ts";

/** A stored item and its size. Never changed: a write puts another in its place. */
export type Row = { readonly item: Item; readonly bytes: number };

const MAX_ITEM_BYTES = 400 * 1024;

/** Rows by one key: those of a table with a sort key, or those of an index that have its keys. */
export class View {
  readonly partition: string;
  readonly sort: { name: string; type: "S" | "N" } | undefined;
  /** The attributes that tell a place in this view: those of a key to start after. */
  readonly keys: readonly string[];
  readonly index: IndexShape | undefined;
  private readonly partitions = new Map<string, Sorted<Row>>();

  constructor(table: TableShape, index?: IndexShape) {
    const tableKeys = table.sort === undefined ? [table.partition] : [table.partition, table.sort];
    this.index = index;
    this.partition = index?.partition ?? table.partition;
    this.sort = index ? index.sort : table.sort === undefined ? undefined : { name: table.sort, type: "S" };
    this.keys = [...new Set([this.partition, ...(this.sort ? [this.sort.name] : []), ...tableKeys])];
  }

  rows(partition: string): Sorted<Row> | undefined {
    return this.partitions.get(partition);
  }

  /** The order of two rows of one partition: by the sort key, then by the table's own key. */
  readonly order = (a: Row, b: Row): number => {
    for (let at = 1; at < this.keys.length; at++) {
      const name = this.keys[at] as string;
      const order = compare(a.item[name] as Value, b.item[name] as Value) as number;
      if (order !== 0) return order;
    }
    return 0;
  };

  has(row: Row | undefined): row is Row {
    return row !== undefined && this.partition in row.item && (this.sort === undefined || this.sort.name in row.item);
  }

  put(row: Row): void {
    const partition = row.item[this.partition] as string;
    let rows = this.partitions.get(partition);
    if (!rows) {
      rows = new Sorted(this.order);
      this.partitions.set(partition, rows);
    }
    rows.put(this.projected(row));
  }

  delete(row: Row): void {
    const partition = row.item[this.partition] as string;
    const rows = this.partitions.get(partition);
    rows?.delete(row);
    if (rows?.size === 0) this.partitions.delete(partition);
  }

  isSamePlace(a: Row, b: Row): boolean {
    return a.item[this.partition] === b.item[this.partition] && this.order(a, b) === 0;
  }

  /** What the view holds of a row. */
  projected(row: Row): Row {
    if (!this.index?.keysOnly) return row;
    const item = frozen(Object.fromEntries(this.keys.map((name) => [name, row.item[name] as Value])));
    return { item, bytes: itemBytes(item) };
  }
}

export class Table {
  readonly name: string;
  readonly shape: TableShape;
  private readonly rows = new Map<string, Row>();
  private readonly sorted: View | undefined;
  private readonly indexes: readonly View[];
  private readonly inTime: (change: () => void) => void;
  private readonly nowMs: (() => number) | undefined;
  /** What was in a place before its last write, and when that was; kept only where somebody may read it. */
  private readonly before = new Map<string, { row: Row | undefined; untilMs: number }>();

  /**
   * Indexes follow in the order of writes, when `inTime` makes the change: at once unless it is given. With a clock, a read
   * may ask for what a replica has.
   */
  constructor(
    name: string,
    shape: TableShape,
    { inTime, nowMs }: { inTime?: ((change: () => void) => void) | undefined; nowMs?: (() => number) | undefined } = {},
  ) {
    this.inTime = inTime ?? ((change) => change());
    this.nowMs = nowMs;
    this.name = name;
    this.shape = shape;
    this.sorted = shape.sort === undefined ? undefined : new View(shape);
    this.indexes = (shape.indexes ?? []).map((index) => new View(shape, index));
  }

  view(indexName: string | undefined): View {
    const view = indexName === undefined ? this.sorted : this.indexes.find(({ index }) => index?.name === indexName);
    if (view) return view;
    if (indexName === undefined) throw unsupported(`a query of table ${this.name}, which has no sort key`);
    throw validation(`The table does not have the specified index: ${indexName}`);
  }

  all(): Row[] {
    return [...this.rows.values()];
  }

  /** As a replica has it that is so far behind. */
  get(key: Item, behindMs = 0): Row | undefined {
    const place = this.place(key);
    return this.lately(place, behindMs) ? this.before.get(place)?.row : this.rows.get(place);
  }

  /** What a replica so far behind has in the place of a row. */
  seen(row: Row, behindMs: number): Row | undefined {
    return behindMs > 0 ? this.get(row.item, behindMs) : row;
  }

  private lately(place: string, behindMs: number): boolean {
    const { untilMs = Number.NEGATIVE_INFINITY } = (behindMs > 0 && this.before.get(place)) || {};
    return this.nowMs !== undefined && this.nowMs() - untilMs < behindMs;
  }

  /** The key of a request; exactly the key's attributes are allowed. */
  key(given: Record<string, unknown> | undefined): Item {
    const key: Item = {};
    const { partition, sort } = this.shape;
    for (const name of sort === undefined ? [partition] : [partition, sort]) {
      key[name] = this.keyValue(name, given?.[name], "The provided key element does not match the schema");
    }
    if (Object.keys(given ?? {}).length !== Object.keys(key).length) {
      throw validation("The provided key element does not match the schema");
    }
    return key;
  }

  keyOf(item: Item): Item {
    const { partition, sort } = this.shape;
    const key: Item = {};
    for (const name of sort === undefined ? [partition] : [partition, sort]) {
      key[name] = this.keyValue(
        name,
        item[name],
        `One or more parameter values were invalid: Missing the key ${name} in the item`,
      );
    }
    return key;
  }

  /** Puts a row in the place of the old one, or takes that away. Returns the write units, indexes included. */
  write(key: Item, old: Row | undefined, row: Row | undefined): number {
    const place = this.place(key);
    if (this.nowMs) this.before.set(place, { row: old, untilMs: this.nowMs() });
    if (row) this.rows.set(place, row);
    else this.rows.delete(place);
    if (row) this.sorted?.put(row);
    else if (old) this.sorted?.delete(old);
    let units = writeUnits(Math.max(old?.bytes ?? 0, row?.bytes ?? 0));
    const indexes = this.indexes.filter((index) => index.has(old) || index.has(row));
    for (const index of indexes) units += indexUnits(index, old, row);
    const follow = () => {
      for (const index of indexes) moveIn(index, old, row);
    };
    if (indexes.length > 0) this.inTime(follow);
    return units;
  }

  /** An item as a row of this table. Refuses one that is too large or whose index keys are of another type. */
  row(item: Item): Row {
    for (const { partition, sort, index } of this.indexes) {
      checkIndexKey(item, partition, "S", index?.name);
      if (sort) checkIndexKey(item, sort.name, sort.type, index?.name);
    }
    const bytes = itemBytes(item);
    if (bytes > MAX_ITEM_BYTES) throw validation("Item size has exceeded the maximum allowed size");
    return { item: frozen(item), bytes };
  }

  private place(key: Item): string {
    const { partition, sort } = this.shape;
    return sort === undefined ? (key[partition] as string) : `${key[partition]}\0${key[sort]}`;
  }

  private keyValue(name: string, given: unknown, missing: string): Value {
    if (given === undefined) throw validation(missing);
    const value = written(given);
    if (typeof value !== "string") {
      throw validation(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: S actual: ${typeOf(value)}`,
      );
    }
    if (value === "") throw emptyKey(name);
    return value;
  }
}

function checkIndexKey(item: Item, name: string, type: "S" | "N", index: string | undefined): void {
  const value = item[name];
  if (value === undefined) return;
  if (typeOf(value) !== type) {
    throw validation(
      `One or more parameter values were invalid: Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index}`,
    );
  }
  if (value === "") throw emptyKey(name);
}

function emptyKey(name: string): Error {
  return validation(
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
  );
}

/** The units of a row's move in an index: one write for each place that changes, none where nothing does. */
function indexUnits(view: View, old: Row | undefined, row: Row | undefined): number {
  const [before, after] = [view.has(old) ? old : undefined, view.has(row) ? row : undefined];
  const units = (one: Row) => writeUnits(view.projected(one).bytes);
  if (before && after && view.isSamePlace(before, after)) {
    if (view.index?.keysOnly || equal(before.item, after.item)) return 0;
    return Math.max(units(before), units(after));
  }
  return (before ? units(before) : 0) + (after ? units(after) : 0);
}

function moveIn(view: View, old: Row | undefined, row: Row | undefined): void {
  const isSamePlace = view.has(old) && view.has(row) && view.isSamePlace(old, row);
  if (view.has(old) && !isSamePlace) view.delete(old);
  if (view.has(row)) view.put(row);
}
