import { BlockList, isIP } from "node:net";
import { isObject, type Json, type JsonObject } from "../json.ts";

/** A pattern uses an operator, or a form of one, that EventBridge does not document. */
export class UnsupportedPattern extends Error {
  override name = "UnsupportedPattern";
}

export type EventMatcher = (event: JsonObject) => boolean;

type Leaf = null | boolean | number | string;
/** Answers for the values at one field; an absent field has none. */
type FieldMatcher = (values: Leaf[]) => boolean;
type NodeMatcher = (value: Json | undefined) => boolean;

/** Compiles an EventBridge event pattern; every operator is checked now, not when the first event comes. */
export function compilePattern(pattern: JsonObject): EventMatcher {
  return objectMatcher(pattern, "");
}

function objectMatcher(pattern: JsonObject, path: string): NodeMatcher {
  const fields = Object.entries(pattern).map(([key, value]): NodeMatcher => {
    if (key === "$or") return orMatcher(value, path);
    const below = nodeMatcher(value, path ? `${path}.${key}` : key);
    return (node) => below(isObject(node) ? node[key] : undefined);
  });
  return (node) => fields.every((matches) => matches(node));
}

function orMatcher(alternatives: Json, path: string): NodeMatcher {
  if (!Array.isArray(alternatives) || alternatives.length < 2 || !alternatives.every(isObject)) {
    throw new UnsupportedPattern(`${path || "the pattern"}: $or needs a list of at least two patterns`);
  }
  const matchers = alternatives.map((alternative) => objectMatcher(alternative, path));
  return (node) => matchers.some((matches) => matches(node));
}

function nodeMatcher(pattern: Json, path: string): NodeMatcher {
  if (Array.isArray(pattern)) {
    if (pattern.length === 0) throw new UnsupportedPattern(`${path}: an empty list matches nothing`);
    const matchers = pattern.map((item) => fieldMatcher(item, path));
    return (value) => {
      const values = leaves(value);
      return matchers.some((matches) => matches(values));
    };
  }
  if (!isObject(pattern)) throw new UnsupportedPattern(`${path}: a match value must be in a list`);
  const below = objectMatcher(pattern, path);
  // Within a list, one element has to satisfy all the fields.
  return (value) => (Array.isArray(value) && value.length > 0 ? value.some(below) : below(value));
}

function leaves(value: Json | undefined): Leaf[] {
  if (value === undefined || isObject(value)) return [];
  return Array.isArray(value) ? value.flatMap(leaves) : [value];
}

function fieldMatcher(item: Json, path: string): FieldMatcher {
  if (!isObject(item)) {
    if (Array.isArray(item)) throw new UnsupportedPattern(`${path}: a list within a list`);
    return (values) => values.includes(item);
  }
  const [operator, ...others] = Object.keys(item);
  if (operator === undefined || others.length > 0) {
    throw new UnsupportedPattern(`${path}: one operator at a time, got ${JSON.stringify(item)}`);
  }
  const argument = item[operator] as Json;
  if (operator === "exists") {
    if (typeof argument !== "boolean") throw new UnsupportedPattern(`${path}: exists takes true or false`);
    return (values) => values.length > 0 === argument;
  }
  const test = leafTest(operator, argument, path);
  return (values) => values.some(test);
}

function leafTest(operator: string, argument: Json, path: string): (value: Leaf) => boolean {
  switch (operator) {
    case "prefix":
    case "suffix":
    case "equals-ignore-case":
    case "wildcard":
      return textTest(operator, argument, path);
    case "anything-but":
      return anythingBut(argument, path);
    case "numeric":
      return numericTest(argument, path);
    case "cidr":
      return cidrTest(argument, path);
    default:
      throw new UnsupportedPattern(`${path}: ${operator} is not an EventBridge operator`);
  }
}

function textTest(operator: string, argument: Json, path: string): (value: Leaf) => boolean {
  const onText = (test: (text: string) => boolean) => (value: Leaf) => typeof value === "string" && test(value);
  if ((operator === "prefix" || operator === "suffix") && isObject(argument)) {
    const wanted = argument["equals-ignore-case"];
    if (Object.keys(argument).length !== 1 || typeof wanted !== "string") {
      throw new UnsupportedPattern(`${path}: ${operator} with ${JSON.stringify(argument)}`);
    }
    const end = lower(wanted);
    return onText((text) => (operator === "prefix" ? lower(text).startsWith(end) : lower(text).endsWith(end)));
  }
  if (typeof argument !== "string") throw new UnsupportedPattern(`${path}: ${operator} takes text`);
  if (operator === "prefix") return onText((text) => text.startsWith(argument));
  if (operator === "suffix") return onText((text) => text.endsWith(argument));
  if (operator === "equals-ignore-case") return onText((text) => lower(text) === lower(argument));
  const expression = wildcard(argument, path);
  return onText((text) => expression.test(text));
}

const lower = (text: string) => text.toLowerCase();

function wildcard(source: string, path: string): RegExp {
  if (source.includes("**")) throw new UnsupportedPattern(`${path}: wildcard with consecutive stars`);
  const parts = source.match(/\\.|[\s\S]/g) ?? [];
  const body = parts.map((part) => {
    if (part === "*") return "[\\s\\S]*";
    if (part.length === 2 && part !== "\\*" && part !== "\\\\") {
      throw new UnsupportedPattern(`${path}: wildcard with the escape ${part}`);
    }
    return (part.at(-1) as string).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${body.join("")}$`);
}

const NEGATABLE = ["prefix", "suffix", "equals-ignore-case", "wildcard"];

function anythingBut(argument: Json, path: string): (value: Leaf) => boolean {
  if (isObject(argument)) {
    const [operator, ...others] = Object.keys(argument);
    if (operator === undefined || others.length > 0 || !NEGATABLE.includes(operator)) {
      throw new UnsupportedPattern(`${path}: anything-but with ${JSON.stringify(argument)}`);
    }
    const given = argument[operator] as Json;
    const tests = (Array.isArray(given) ? given : [given]).map((one) => textTest(operator, one, path));
    return (value) => !tests.some((test) => test(value));
  }
  const refused = Array.isArray(argument) ? argument : [argument];
  if (refused.length === 0 || !refused.every((one) => typeof one === "string" || typeof one === "number")) {
    throw new UnsupportedPattern(`${path}: anything-but takes text or numbers`);
  }
  return (value) => !refused.some((one) => one === value);
}

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

function numericTest(argument: Json, path: string): (value: Leaf) => boolean {
  if (!Array.isArray(argument) || (argument.length !== 2 && argument.length !== 4)) {
    throw new UnsupportedPattern(`${path}: numeric takes one or two comparisons`);
  }
  const comparisons: ((value: number) => boolean)[] = [];
  for (let index = 0; index < argument.length; index += 2) {
    const compare = COMPARISONS[String(argument[index])];
    const bound = argument[index + 1];
    if (!compare || typeof bound !== "number") {
      throw new UnsupportedPattern(`${path}: numeric ${JSON.stringify(argument)}`);
    }
    comparisons.push((value) => compare(value, bound));
  }
  return (value) => typeof value === "number" && comparisons.every((holds) => holds(value));
}

function cidrTest(argument: Json, path: string): (value: Leaf) => boolean {
  const [network = "", bits = ""] = typeof argument === "string" ? argument.split("/") : [];
  const family = isIP(network);
  if (family === 0 || !/^\d+$/.test(bits)) throw new UnsupportedPattern(`${path}: cidr ${JSON.stringify(argument)}`);
  const block = new BlockList();
  block.addSubnet(network, Number(bits), family === 6 ? "ipv6" : "ipv4");
  return (value) =>
    typeof value === "string" && isIP(value) === family && block.check(value, family === 6 ? "ipv6" : "ipv4");
}
