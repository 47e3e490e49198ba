import { unsupported, validation } from "./errors.ts";
import { type Path, remembered, Tokens, type Uses } from "./expression-tokens.ts";
import { type Context, type Operand, operandOf, operandValue, valueAt } from "./operands.ts";
import { compare, equal, type Item, typeOf, type Value } from "./values.ts";

type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type Condition =
  | { kind: "and" | "or"; sides: readonly Condition[] }
  | { kind: "not"; of: Condition }
  | { kind: "compare"; comparator: Comparator; left: Operand; right: Operand }
  | { kind: "between"; of: Operand; low: Operand; high: Operand }
  | { kind: "in"; of: Operand; list: readonly Operand[] }
  | { kind: "exists"; path: Path; wanted: boolean }
  | { kind: "begins_with" | "contains"; path: Path; operand: Operand };

export type ParsedCondition = { condition: Condition; uses: Uses };

const COMPARATORS: readonly string[] = ["=", "<>", "<", "<=", ">", ">="] satisfies Comparator[];

function parser(kind: string): (text: string) => ParsedCondition {
  return remembered((text) => {
    const tokens = new Tokens(text, kind);
    const condition = either(tokens, new WeakSet());
    tokens.end();
    return { condition, uses: tokens.uses };
  });
}

export const parseCondition = parser("ConditionExpression");
export const parseFilter = parser("FilterExpression");
export const parseKeyCondition = parser("KeyConditionExpression");

function either(tokens: Tokens, groups: WeakSet<Condition>): Condition {
  const sides = [both(tokens, groups)];
  while (tokens.takeKeyword("OR")) sides.push(both(tokens, groups));
  return sides.length === 1 ? (sides[0] as Condition) : { kind: "or", sides };
}

function both(tokens: Tokens, groups: WeakSet<Condition>): Condition {
  const sides = [negated(tokens, groups)];
  while (tokens.takeKeyword("AND")) sides.push(negated(tokens, groups));
  return sides.length === 1 ? (sides[0] as Condition) : { kind: "and", sides };
}

function negated(tokens: Tokens, groups: WeakSet<Condition>): Condition {
  return tokens.takeKeyword("NOT") ? { kind: "not", of: negated(tokens, groups) } : single(tokens, groups);
}

/** `groups` are the conditions that stood in brackets. */
function single(tokens: Tokens, groups: WeakSet<Condition>): Condition {
  if (tokens.take("(")) {
    const inner = either(tokens, groups);
    tokens.expect(")");
    if (groups.has(inner)) throw validation("The expression has redundant parentheses;");
    groups.add(inner);
    return inner;
  }
  const name = tokens.peek(1) === "(" && tokens.peek() !== "size" ? tokens.takeFunction() : undefined;
  if (name !== undefined) {
    const test = called(name, tokens);
    tokens.expect(")");
    return test;
  }
  const left = operandOf(tokens);
  if (tokens.takeKeyword("BETWEEN")) {
    const low = operandOf(tokens);
    tokens.expectKeyword("AND");
    return { kind: "between", of: left, low, high: operandOf(tokens) };
  }
  if (tokens.takeKeyword("IN")) {
    tokens.expect("(");
    const list = [operandOf(tokens)];
    while (tokens.take(",")) list.push(operandOf(tokens));
    tokens.expect(")");
    return { kind: "in", of: left, list };
  }
  const comparator = tokens.next();
  if (!COMPARATORS.includes(comparator)) throw tokens.unexpected(1);
  return { kind: "compare", comparator: comparator as Comparator, left, right: operandOf(tokens) };
}

function called(name: string, tokens: Tokens): Condition {
  switch (name) {
    case "attribute_exists":
    case "attribute_not_exists":
      return { kind: "exists", path: tokens.path(), wanted: name === "attribute_exists" };
    case "begins_with":
    case "contains": {
      const path = tokens.path();
      tokens.expect(",");
      return { kind: name, path, operand: operandOf(tokens) };
    }
    case "attribute_type":
      throw unsupported("attribute_type in a condition");
    default:
      throw validation(`Invalid function name; function: ${name}`);
  }
}

/** Whether an item meets a condition; an item that is not there has no attributes. Operands of the wrong type never do. */
export function holds(condition: Condition, item: Item | undefined, context: Context): boolean {
  switch (condition.kind) {
    case "and":
      return condition.sides.every((side) => holds(side, item, context));
    case "or":
      return condition.sides.some((side) => holds(side, item, context));
    case "not":
      return !holds(condition.of, item, context);
    case "compare": {
      const left = operandValue(condition.left, item, context);
      return compares(condition.comparator, left, operandValue(condition.right, item, context));
    }
    case "between": {
      const of = operandValue(condition.of, item, context);
      const [low, high] = [operandValue(condition.low, item, context), operandValue(condition.high, item, context)];
      return compares(">=", of, low) && compares("<=", of, high);
    }
    case "in": {
      const of = operandValue(condition.of, item, context);
      return condition.list.some((one) => compares("=", of, operandValue(one, item, context)));
    }
    case "exists":
      return (valueAt(condition.path, item, context) !== undefined) === condition.wanted;
    case "begins_with": {
      const [whole, start] = [valueAt(condition.path, item, context), operandValue(condition.operand, item, context)];
      return typeof whole === "string" && typeof start === "string" && whole.startsWith(start);
    }
    case "contains":
      return contains(valueAt(condition.path, item, context), operandValue(condition.operand, item, context));
  }
}

function compares(comparator: Comparator, left: Value | undefined, right: Value | undefined): boolean {
  // An attribute that is not there equals nothing, and so differs from everything.
  if (left === undefined || right === undefined) return comparator === "<>";
  if (comparator === "=") return equal(left, right);
  if (comparator === "<>") return !equal(left, right);
  const order = compare(left, right);
  return order !== undefined && MEETS[comparator](order);
}

const MEETS: Record<Exclude<Comparator, "=" | "<>">, (order: number) => boolean> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function contains(whole: Value | undefined, part: Value | undefined): boolean {
  if (whole === undefined || part === undefined) return false;
  if (typeof whole === "string") return typeof part === "string" && whole.includes(part);
  if (Array.isArray(whole)) return whole.some((one) => equal(one, part));
  if (whole instanceof Set) return (whole as Set<Value>).has(part);
  return false;
}

/** Refuses what the service refuses whatever the item is: an order asked of values that have none. */
export function checkOperands(condition: Condition, context: Context): void {
  switch (condition.kind) {
    case "and":
    case "or":
      for (const side of condition.sides) checkOperands(side, context);
      return;
    case "not":
      checkOperands(condition.of, context);
      return;
    case "compare":
      if (condition.comparator === "=" || condition.comparator === "<>") return;
      checkOrdered([condition.left, condition.right], condition.comparator, context);
      return;
    case "between": {
      checkOrdered([condition.of, condition.low, condition.high], "BETWEEN", context);
      const [low, high] = [condition.low, condition.high].map((one) =>
        one.kind === "value" ? context.values[one.name] : undefined,
      );
      if (low === undefined || high === undefined) return;
      const order = compare(low, high);
      if (order === undefined)
        throw validation("The BETWEEN operator requires same data type for lower and upper bounds");
      if (order > 0) {
        throw validation("The BETWEEN operator requires upper bound to be greater than or equal to lower bound");
      }
      return;
    }
    case "begins_with":
      checkOrdered([condition.operand], "begins_with", context, "S");
      return;
    case "in":
    case "exists":
    case "contains":
      return;
  }
}

function checkOrdered(operands: readonly Operand[], operator: string, { values }: Context, only?: "S"): void {
  for (const operand of operands) {
    if (operand.kind !== "value") continue;
    const type = typeOf(values[operand.name] as Value);
    if (type === "S" || (type === "N" && only !== "S")) continue;
    throw validation(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
    );
  }
}
