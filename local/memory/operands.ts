import { unsupported, validation } from "./errors.ts";
import type { Path, Tokens, Uses } from "./expression-tokens.ts";
import { type Item, type Value, writtenItem } from "./values.ts";

/** What a request gives beside its expressions. */
export type Context = { names: Readonly<Record<string, string>>; values: Item };

export type Operand =
  | { kind: "path"; path: Path }
  | { kind: "value"; name: string }
  /** Length of a text, or number of members. */
  | { kind: "size"; path: Path };

export function operandOf(tokens: Tokens): Operand {
  const name = tokens.value();
  if (name !== undefined) return { kind: "value", name };
  if (tokens.peek() === "size" && tokens.takeFunction()) {
    const path = tokens.path();
    tokens.expect(")");
    return { kind: "size", path };
  }
  return { kind: "path", path: tokens.path() };
}

export function operandValue(operand: Operand, item: Item | undefined, context: Context): Value | undefined {
  switch (operand.kind) {
    case "path":
      return valueAt(operand.path, item, context);
    case "value":
      return context.values[operand.name];
    case "size":
      return sizeOf(valueAt(operand.path, item, context));
  }
}

function sizeOf(value: Value | undefined): number | undefined {
  if (typeof value === "string") return Buffer.byteLength(value, "utf8");
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value.length;
  return value instanceof Set ? value.size : Object.keys(value).length;
}

/** The attribute's own name of a step of a path. */
export function nameOf(step: string, context: Context): string {
  return step.startsWith("#") ? (context.names[step] as string) : step;
}

export function valueAt(path: Path, item: Item | undefined, context: Context): Value | undefined {
  let value: Value | undefined = item;
  for (const step of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Set) return undefined;
    const name = nameOf(step, context);
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

type Placeholders = {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
};

/** The request's placeholders. Refuses one that no expression uses, and an expression that uses one not given. */
export function contextOf(input: Placeholders, used: readonly (Uses | undefined)[]): Context {
  const names = input.ExpressionAttributeNames ?? {};
  const values = writtenItem(input.ExpressionAttributeValues ?? {});
  const uses = used.filter((one) => one !== undefined);
  if (uses.length === 0 && (input.ExpressionAttributeNames || input.ExpressionAttributeValues)) {
    throw validation(
      "ExpressionAttributeNames and ExpressionAttributeValues can only be specified when using expressions",
    );
  }
  agree(
    "names",
    Object.keys(names),
    uses.map((one) => one.names),
  );
  agree(
    "values",
    Object.keys(values),
    uses.map((one) => one.values),
  );
  return { names, values };
}

function agree(what: "names" | "values", given: readonly string[], used: readonly ReadonlySet<string>[]): void {
  for (const set of used) {
    for (const name of set) {
      if (given.includes(name)) continue;
      const one = what.slice(0, -1);
      throw validation(`An expression attribute ${one} used in expression is not defined; attribute ${one}: ${name}`);
    }
  }
  const unused = given.filter((name) => !used.some((set) => set.has(name)));
  if (unused.length === 0) return;
  const list = what === "names" ? "ExpressionAttributeNames" : "ExpressionAttributeValues";
  throw validation(`Value provided in ${list} unused in expressions: keys: {${unused.join(", ")}}`);
}

/** Refuses parameters that nobody here gives a meaning to. */
export function onlyKnows(operation: string, input: object, known: readonly string[]): void {
  for (const name in input) {
    if (!known.includes(name) && (input as Record<string, unknown>)[name] !== undefined) {
      throw unsupported(`${name} of ${operation}`);
    }
  }
}
