import type { State } from "./alarm-state.ts";

/** A composite alarm's rule that is not understood: it stops the start. */
export class UnsupportedRule extends Error {
  override name = "UnsupportedRule";
}

export type AlarmRule =
  | { kind: "constant"; value: boolean }
  | { kind: "state"; state: State; alarm: string }
  | { kind: "not"; operand: AlarmRule }
  | { kind: "AND" | "OR"; operands: AlarmRule[] }
  | { kind: "atLeast"; needed: number; state: State; isNegated: boolean; alarms: string[] };

const TOKEN = /\s*("[^"]*"|[(),]|[^\s(),"]+)/y;
const STATES: readonly string[] = ["OK", "ALARM", "INSUFFICIENT_DATA"] satisfies State[];

/**
 * Parses a rule as PutCompositeAlarm documents it: ALARM, OK and INSUFFICIENT_DATA of a name or ARN, TRUE, FALSE, NOT, AND,
 * OR, parentheses, and AT_LEAST(2 or 50%, [NOT] state, (alarms)). AND beside OR without parentheses is refused, as which
 * goes first is not documented. Alarms come out by name.
 */
export function parseRule(text: string): AlarmRule {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at];
  const take = () => tokens[at++] ?? "";
  const refuse = (what: string) => new UnsupportedRule(`rule ${text}: ${what}`);
  const expect = (token: string) => {
    const found = take();
    if (found !== token) throw refuse(`expected ${token}, not ${found || "its end"}`);
  };

  const chain = (): AlarmRule => {
    const first = term();
    const operator = peek();
    if (operator !== "AND" && operator !== "OR") return first;
    const operands = [first];
    while (peek() === operator) {
      take();
      operands.push(term());
    }
    if (peek() === "AND" || peek() === "OR") throw refuse("AND beside OR needs parentheses");
    return { kind: operator, operands };
  };
  const term = (): AlarmRule => {
    const token = take();
    if (token === "NOT") return { kind: "not", operand: term() };
    if (token === "TRUE" || token === "FALSE") return { kind: "constant", value: token === "TRUE" };
    if (token === "(") {
      const inner = chain();
      expect(")");
      return inner;
    }
    if (token === "AT_LEAST") return atLeast();
    const state = stateOf(token);
    expect("(");
    const alarm = name(take());
    expect(")");
    return { kind: "state", state, alarm };
  };
  const atLeast = (): AlarmRule => {
    expect("(");
    const threshold = unquoted(take());
    expect(",");
    const isNegated = peek() === "NOT";
    if (isNegated) take();
    const state = stateOf(take());
    expect(",");
    expect("(");
    const alarms = [name(take())];
    while (peek() === ",") {
      take();
      alarms.push(name(take()));
    }
    expect(")");
    expect(")");
    const [, digits, percent] = /^(\d+)(%)?$/.exec(threshold) ?? [];
    if (digits === undefined) throw refuse(`AT_LEAST(${threshold}`);
    const needed = percent ? Math.ceil((Number(digits) * alarms.length) / 100) : Number(digits);
    return { kind: "atLeast", needed, state, isNegated, alarms };
  };
  const stateOf = (token: string): State => {
    if (!STATES.includes(token)) throw refuse(`${token || "its end"} is not supported`);
    return token as State;
  };
  const name = (token: string): string => {
    if (token === "" || /^[(),]$/.test(token)) throw refuse("an alarm's name is missing");
    return alarmName(unquoted(token));
  };

  const rule = chain();
  if (at < tokens.length) throw refuse(`unexpected ${peek()}`);
  return rule;
}

/** An alarm is named by its name or its ARN. */
export function alarmName(nameOrArn: string): string {
  return /^arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:(.+)$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

export function holds(rule: AlarmRule, stateOf: (alarm: string) => State): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return stateOf(rule.alarm) === rule.state;
    case "not":
      return !holds(rule.operand, stateOf);
    case "AND":
      return rule.operands.every((operand) => holds(operand, stateOf));
    case "OR":
      return rule.operands.some((operand) => holds(operand, stateOf));
    case "atLeast":
      return rule.alarms.filter((alarm) => (stateOf(alarm) === rule.state) !== rule.isNegated).length >= rule.needed;
  }
}

/** The names of the alarms that a rule watches. */
export function watchedBy(rule: AlarmRule): string[] {
  switch (rule.kind) {
    case "constant":
      return [];
    case "state":
      return [rule.alarm];
    case "not":
      return watchedBy(rule.operand);
    case "atLeast":
      return rule.alarms;
    default:
      return rule.operands.flatMap(watchedBy);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text);
    if (!found) throw new UnsupportedRule(`rule ${text}: a quotation mark is missing`);
    tokens.push(found[1] as string);
  }
  return tokens;
}

const unquoted = (token: string) => token.replace(/^"(.*)"$/, "$1");
