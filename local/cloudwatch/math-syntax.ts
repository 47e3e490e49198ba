/** A metric math expression that CloudWatch has not, or that is not known here: it stops the start, by name. */
export class UnsupportedMath extends Error {
  override name = "UnsupportedMath";
}

export type Operator = "+" | "-" | "*" | "/" | "^" | "==" | "!=" | "<=" | ">=" | "<" | ">" | "AND" | "OR";

export type Expression =
  | { kind: "number"; value: number }
  | { kind: "text"; value: string }
  | { kind: "keyword"; name: string }
  | { kind: "reference"; id: string }
  | { kind: "list"; items: Expression[] }
  | { kind: "negation"; operand: Expression }
  | { kind: "operation"; operator: Operator; left: Expression; right: Expression }
  | { kind: "call"; name: string; arguments: Expression[] };

const TOKEN = /\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]\w*|"[^"]*"|'[^']*'|==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],])/y;

/** From the loosest to the tightest; operators of a level group from the left. */
const LEVELS: Operator[][] = [["OR"], ["AND"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/"]];
const SPELLINGS: Record<string, Operator> = { "&&": "AND", "||": "OR" };

/** Parses metric math. Throws UnsupportedMath for what is not in its syntax. */
export function parseMath(text: string): Expression {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at];
  const take = () => tokens[at++];
  const expect = (token: string) => {
    if (take() !== token)
      throw new UnsupportedMath(`expression ${text}: expected ${token} before ${peek() ?? "its end"}`);
  };

  const level = (index: number): Expression => {
    const operators = LEVELS[index];
    if (!operators) return unary();
    let left = level(index + 1);
    for (;;) {
      const next = peek() ?? "";
      const operator = operators.find((one) => one === (SPELLINGS[next] ?? next));
      if (!operator) return left;
      take();
      left = { kind: "operation", operator, left, right: level(index + 1) };
    }
  };
  const unary = (): Expression => {
    if (peek() !== "-") return power();
    take();
    return { kind: "negation", operand: unary() };
  };
  const power = (): Expression => {
    const left = primary();
    if (peek() !== "^") return left;
    take();
    return { kind: "operation", operator: "^", left, right: unary() };
  };
  const listUntil = (end: string): Expression[] => {
    const items: Expression[] = [];
    if (peek() !== end) items.push(level(0));
    while (peek() === ",") {
      take();
      items.push(level(0));
    }
    expect(end);
    return items;
  };
  const primary = (): Expression => {
    const token = take() ?? "";
    if (/^[\d.]/.test(token)) return { kind: "number", value: Number(token) };
    if (/^["']/.test(token)) return { kind: "text", value: token.slice(1, -1) };
    if (token === "[") return { kind: "list", items: listUntil("]") };
    if (token === "(") {
      const inner = level(0);
      expect(")");
      return inner;
    }
    // Ids begin with a small letter, functions and keywords are written in capitals.
    if (/^[a-z]/.test(token)) return { kind: "reference", id: token };
    if (!/^[A-Z]/.test(token)) throw new UnsupportedMath(`expression ${text}: unexpected ${token || "end"}`);
    if (peek() !== "(") return { kind: "keyword", name: token };
    take();
    return { kind: "call", name: token, arguments: listUntil(")") };
  };

  const whole = level(0);
  if (at < tokens.length) throw new UnsupportedMath(`expression ${text}: unexpected ${peek()}`);
  return whole;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new UnsupportedMath(`expression ${text}: cannot read "${text.slice(from).trim().slice(0, 20)}"`);
    tokens.push(found[1] as string);
  }
  return tokens;
}
