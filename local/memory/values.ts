import { unsupported } from "./errors.ts";

/** What an attribute may hold here: the native values of the document client. Bytes and big numbers are refused by name. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value } | Set<string> | Set<number>;
export type Item = { [name: string]: Value };
export type ValueType = "NULL" | "BOOL" | "N" | "S" | "L" | "M" | "SS" | "NS";

export function typeOf(value: Value): ValueType {
  if (typeof value === "string") return "S";
  if (typeof value === "number") return "N";
  if (typeof value === "boolean") return "BOOL";
  if (value === null) return "NULL";
  if (Array.isArray(value)) return "L";
  if (value instanceof Set) return typeof value.values().next().value === "number" ? "NS" : "SS";
  return "M";
}

/**
 * A value as the document client would write it: a frozen copy of its own, without the fields that are undefined.
 * Throws on what the client throws on: NaN, infinities, unsafe integers, empty sets, instances of classes.
 */
export function written(value: unknown): Value {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return writtenNumber(value);
    case "object":
      break;
    default:
      throw unsupported(`a value of type ${typeof value}`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) {
    const list: Value[] = [];
    let isWhole = true;
    for (const one of value) {
      if (one === undefined || typeof one === "function") continue;
      const own = written(one);
      isWhole &&= isLasting(own);
      list.push(own);
    }
    return isWhole ? (Object.freeze(list) as Value[]) : list;
  }
  if (value instanceof Set) return writtenSet(value);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error(
      `Unsupported type passed: ${value.constructor.name}. Pass options.convertClassInstanceToMap=true to marshall typeof object as map attribute.`,
    );
  }
  return writtenItem(value as Record<string, unknown>);
}

export function writtenItem(fields: Record<string, unknown>): Item {
  const item: Item = {};
  let isWhole = true;
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || typeof value === "function") continue;
    const own = written(value);
    isWhole &&= isLasting(own);
    item[name] = own;
  }
  return isWhole ? Object.freeze(item) : item;
}

const isLasting = (value: Value) => typeof value !== "object" || value === null || Object.isFrozen(value);

/** Freezes lists and maps at every depth, but not what holds a set: that can be changed all the same. */
export function frozen<T extends Value>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Set || Object.isFrozen(value)) return value;
  let isWhole = true;
  for (const part of Object.values(value) as Value[]) {
    if (!isLasting(frozen(part))) isWhole = false;
  }
  return isWhole ? Object.freeze(value) : value;
}

function writtenNumber(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`Special numeric value ${value} is not allowed`);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    const side = value > 0 ? "greater than Number.MAX_SAFE_INTEGER" : "lesser than Number.MIN_SAFE_INTEGER";
    throw new Error(`Number ${value} is ${side}. Use NumberValue from @aws-sdk/lib-dynamodb.`);
  }
  // Numbers travel as text, which has no negative zero.
  return value === 0 ? 0 : value;
}

function writtenSet(set: ReadonlySet<unknown>): Value {
  const members = [...set].filter((member) => member !== undefined);
  if (members.length === 0) throw new Error("Pass a non-empty set, or options.convertEmptyValues=true.");
  if (members.every((member) => typeof member === "string")) return new Set(members);
  if (members.every((member) => typeof member === "number")) return new Set(members.map(writtenNumber));
  throw unsupported("a set of anything but texts or numbers");
}

/** What a caller may have, who must not change what is stored: the value itself where it cannot be changed. */
export function copied<T extends Value>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return value.map(copied) as T;
  if (value instanceof Set) return new Set<unknown>(value) as T;
  const map: Item = {};
  for (const name in value) map[name] = copied((value as Item)[name] as Value);
  return map as T;
}

/** The order of texts by their UTF-8 bytes, in which DynamoDB sorts them; JavaScript's own is by UTF-16 units. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return byteRank(x) - byteRank(y);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above all others.
const byteRank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit);

/** The order of two values of one type that has an order: text or number; undefined for any others. */
export function compare(a: Value, b: Value): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  return undefined;
}

export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  if (type === "L") {
    const [x, y] = [a as Value[], b as Value[]];
    return x.length === y.length && x.every((one, at) => equal(one, y[at] as Value));
  }
  if (type === "M") {
    const [x, y] = [a as Item, b as Item];
    const names = Object.keys(x);
    return (
      names.length === Object.keys(y).length &&
      names.every((name) => Object.hasOwn(y, name) && equal(x[name] as Value, y[name] as Value))
    );
  }
  if (type === "SS" || type === "NS") {
    const [x, y] = [a as Set<unknown>, b as Set<unknown>];
    return x.size === y.size && [...x].every((member) => y.has(member));
  }
  return false;
}

/** The value in DynamoDB's own form. */
function attributeOf(value: Value): Record<string, unknown> {
  const type = typeOf(value);
  switch (type) {
    case "NULL":
      return { NULL: true };
    case "N":
      return { N: String(value) };
    case "L":
      return { L: (value as Value[]).map(attributeOf) };
    case "M":
      return { M: attributesOf(value as Item) };
    case "SS":
    case "NS":
      return { [type]: [...(value as Set<unknown>)].map(String) };
    case "S":
    case "BOOL":
      return { [type]: value };
  }
}

export function attributesOf(item: Item): Record<string, Record<string, unknown>> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, attributeOf(value)]));
}

/** Sum in decimals, as the engine adds: 0.1 + 0.2 is 0.3. */
export function sum(a: number, b: number): number {
  if (Number.isInteger(a) && Number.isInteger(b)) return safe(a + b);
  const [x, y] = [decimal(a), decimal(b)];
  const scale = Math.max(x.scale, y.scale);
  const total = x.digits * 10n ** BigInt(scale - x.scale) + y.digits * 10n ** BigInt(scale - y.scale);
  return safe(Number(`${total}e-${scale}`));
}

function decimal(value: number): { digits: bigint; scale: number } {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function safe(value: number): number {
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw unsupported("a sum beyond the safe integers");
  return value;
}
