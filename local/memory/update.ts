import { unsupported, validation } from "./errors.ts";
import { type Path, remembered, Tokens, type Uses } from "./expression-tokens.ts";
import { type Context, nameOf, type Operand, operandValue, valueAt } from "./operands.ts";
import { type Item, sum, typeOf, type Value, type ValueType } from "./values.ts";

type Source =
  | Operand
  | { kind: "if_not_exists"; path: Path; otherwise: Source }
  | { kind: "list_append"; first: Source; second: Source }
  | { kind: "+" | "-"; left: Source; right: Source };

type Action =
  | { kind: "set"; path: Path; source: Source }
  | { kind: "remove"; path: Path }
  | { kind: "add" | "delete"; path: Path; value: string };

export type ParsedUpdate = { actions: readonly Action[]; uses: Uses };

const SECTIONS = ["SET", "REMOVE", "ADD", "DELETE"] as const;

export const parseUpdate = remembered((text: string): ParsedUpdate => {
  const tokens = new Tokens(text, "UpdateExpression");
  const actions: Action[] = [];
  const seen = new Set<string>();
  while (tokens.peek() !== undefined) {
    const section = SECTIONS.find((one) => tokens.takeKeyword(one));
    if (!section) throw tokens.unexpected();
    if (seen.has(section)) {
      throw validation(
        `Invalid UpdateExpression: The "${section}" section can only be used once in an update expression;`,
      );
    }
    seen.add(section);
    do actions.push(action(section, tokens));
    while (tokens.take(","));
  }
  return { actions, uses: tokens.uses };
});

function action(section: (typeof SECTIONS)[number], tokens: Tokens): Action {
  const path = tokens.path();
  switch (section) {
    case "SET":
      tokens.expect("=");
      return { kind: "set", path, source: source(tokens) };
    case "REMOVE":
      return { kind: "remove", path };
    case "ADD":
    case "DELETE": {
      if (path.length > 1) throw unsupported(`${section} below the top of an item`);
      const value = tokens.value();
      if (value === undefined) throw tokens.unexpected();
      return { kind: section === "ADD" ? "add" : "delete", path, value };
    }
  }
}

function source(tokens: Tokens): Source {
  const left = term(tokens);
  const kind = tokens.take("+") ? "+" : tokens.take("-") ? "-" : undefined;
  return kind ? { kind, left, right: term(tokens) } : left;
}

function term(tokens: Tokens): Source {
  const name = tokens.value();
  if (name !== undefined) return { kind: "value", name };
  const called = tokens.takeFunction();
  if (called === undefined) return { kind: "path", path: tokens.path() };
  const result = ((): Source => {
    if (called === "if_not_exists") {
      const path = tokens.path();
      tokens.expect(",");
      return { kind: "if_not_exists", path, otherwise: term(tokens) };
    }
    if (called === "list_append") {
      const first = term(tokens);
      tokens.expect(",");
      return { kind: "list_append", first, second: term(tokens) };
    }
    throw validation(`Invalid UpdateExpression: Invalid function name; function: ${called}`);
  })();
  tokens.expect(")");
  return result;
}

/** Refuses what the service refuses whatever the item is: keys, overlapping paths, values of a type that cannot fit. */
export function checkUpdate(parsed: ParsedUpdate, key: Item, context: Context): void {
  checkPaths(
    parsed.actions.map((one) => one.path.map((step) => nameOf(step, context))),
    key,
  );
  for (const one of parsed.actions) {
    if (one.kind === "add") checkType("ADD", context.values[one.value] as Value, ["N", "NS", "SS"]);
    if (one.kind === "delete") checkType("DELETE", context.values[one.value] as Value, ["NS", "SS"]);
    if (one.kind === "set") checkSource(one.source, context);
  }
}

function checkSource(from: Source, context: Context): void {
  const checkGiven = (operator: string, one: Source, type: ValueType) => {
    if (one.kind === "value") checkType(operator, context.values[one.name] as Value, [type]);
    else checkSource(one, context);
  };
  if (from.kind === "list_append") {
    for (const one of [from.first, from.second]) checkGiven("list_append", one, "L");
  } else if (from.kind === "+" || from.kind === "-") {
    for (const one of [from.left, from.right]) checkGiven(from.kind, one, "N");
  }
}

function checkType(operator: string, value: Value, types: readonly ValueType[]): void {
  if (!types.includes(typeOf(value))) throw wrongType(operator, value);
}

/** The item after an update, as an object of its own. All right sides are read from the item as it was. */
export function updated(parsed: ParsedUpdate, old: Item | undefined, key: Item, context: Context): Item {
  const paths = parsed.actions.map((one) => one.path.map((step) => nameOf(step, context)));
  const values = parsed.actions.map((one) => (one.kind === "set" ? sourced(one.source, old, context) : undefined));
  const item: Item = { ...(old ?? key) };
  for (const [at, one] of parsed.actions.entries()) {
    const path = paths[at] as string[];
    if (one.kind === "set") put(item, path, values[at] as Value);
    else if (one.kind === "remove") put(item, path, undefined);
    else if (one.kind === "add") add(item, path[0] as string, context.values[one.value] as Value);
    else take(item, path[0] as string, context.values[one.value] as Value);
  }
  return item;
}

function checkPaths(paths: readonly (readonly string[])[], key: Item): void {
  const seen = new Set<string>();
  for (const path of paths) {
    if (Object.hasOwn(key, path[0] as string)) {
      throw validation(
        `One or more parameter values were invalid: Cannot update attribute ${path[0]}. This attribute is part of the key`,
      );
    }
    const whole = path.join("\0");
    for (const other of seen) {
      if (whole === other || whole.startsWith(`${other}\0`) || other.startsWith(`${whole}\0`)) {
        throw validation(
          `Invalid UpdateExpression: Two document paths overlap with each other; path: [${path.join(", ")}]`,
        );
      }
    }
    seen.add(whole);
  }
}

function sourced(from: Source, item: Item | undefined, context: Context): Value {
  switch (from.kind) {
    case "if_not_exists": {
      const there = valueAt(from.path, item, context);
      return there === undefined ? sourced(from.otherwise, item, context) : there;
    }
    case "list_append": {
      const [first, second] = [sourced(from.first, item, context), sourced(from.second, item, context)];
      if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
      throw wrongType("list_append", Array.isArray(first) ? second : first);
    }
    case "+":
    case "-": {
      const [left, right] = [sourced(from.left, item, context), sourced(from.right, item, context)];
      if (typeof left !== "number") throw wrongType(from.kind, left);
      if (typeof right !== "number") throw wrongType(from.kind, right);
      return sum(left, from.kind === "+" ? right : -right);
    }
    case "path":
    case "value":
    case "size": {
      const value = operandValue(from, item, context);
      if (value !== undefined) return value;
      throw validation("The provided expression refers to an attribute that does not exist in the item");
    }
  }
}

/** Sets or removes what is at a path, in copies of the maps on the way: the old item shares them. */
function put(item: Item, path: readonly string[], value: Value | undefined): void {
  let map = item;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(map, name) ? map[name] : undefined;
    if (inner === undefined || typeOf(inner) !== "M") {
      throw validation("The document path provided in the update expression is invalid for update");
    }
    const own = { ...(inner as Item) };
    map[name] = own;
    map = own;
  }
  const last = path[path.length - 1] as string;
  if (value === undefined) delete map[last];
  else map[last] = value;
}

function add(item: Item, name: string, value: Value): void {
  const old = item[name];
  const type = typeOf(value);
  if (old === undefined) item[name] = value;
  else if (typeOf(old) !== type) throw wrongType("ADD", old);
  else if (type === "N") item[name] = sum(old as number, value as number);
  else item[name] = new Set([...(old as Set<string>), ...(value as Set<string>)]);
}

function take(item: Item, name: string, value: Value): void {
  const old = item[name];
  if (old === undefined) return;
  if (typeOf(old) !== typeOf(value)) throw wrongType("DELETE", old);
  const left = [...(old as Set<string>)].filter((member) => !(value as Set<string>).has(member));
  // A set is never empty.
  if (left.length === 0) delete item[name];
  else item[name] = new Set(left);
}

function wrongType(operator: string, value: Value): Error {
  return validation(
    `Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ${operator}, operand type: ${typeOf(value)}`,
  );
}
