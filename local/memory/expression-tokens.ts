import { unsupported, validation } from "./errors.ts";
import { RESERVED_WORDS } from "./reserved-words.ts";

/** Attribute names as an expression writes them, some of them `#placeholders`, from the item down. */
export type Path = readonly string[];

/** What an expression refers to; a request must give exactly these. */
export type Uses = { names: Set<string>; values: Set<string>; paths: Path[] };

const TOKEN = /\s*([#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),.+-])/y;

/** Reads an expression token by token. Keywords are known in any case, functions in their own only. */
export class Tokens {
  readonly uses: Uses = { names: new Set(), values: new Set(), paths: [] };
  private readonly tokens: string[] = [];
  private at = 0;
  private readonly kind: string;

  constructor(text: string, kind: string) {
    this.kind = kind;
    if (text.includes("[")) throw unsupported("an index of a list in an expression");
    TOKEN.lastIndex = 0;
    const end = text.trimEnd().length;
    while (TOKEN.lastIndex < end) {
      const from = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (!found) throw validation(`Invalid ${kind}: Syntax error; near: "${text.slice(from, from + 20)}"`);
      this.tokens.push(found[1] as string);
    }
    if (this.tokens.length === 0) throw validation(`Invalid ${kind}: The expression can not be empty;`);
  }

  peek(ahead = 0): string | undefined {
    return this.tokens[this.at + ahead];
  }

  isKeyword(word: string): boolean {
    return this.peek()?.toUpperCase() === word;
  }

  takeKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false;
    this.at++;
    return true;
  }

  take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.unexpected();
  }

  expectKeyword(word: string): void {
    if (!this.takeKeyword(word)) throw this.unexpected();
  }

  next(): string {
    const token = this.tokens[this.at++];
    if (token === undefined) throw this.unexpected();
    return token;
  }

  end(): void {
    if (this.at < this.tokens.length) throw this.unexpected();
  }

  /** The name of a function whose bracket has been opened, if one begins here. */
  takeFunction(): string | undefined {
    const name = this.peek();
    if (name === undefined || this.peek(1) !== "(" || !/^[a-z_]+$/.test(name)) return undefined;
    this.at += 2;
    return name;
  }

  path(): Path {
    const path = [this.name()];
    while (this.take(".")) path.push(this.name());
    this.uses.paths.push(path);
    return path;
  }

  private name(): string {
    const token = this.next();
    if (token.startsWith("#")) this.uses.names.add(token);
    else if (!/^[A-Za-z_]/.test(token)) throw this.unexpected(1);
    else if (RESERVED_WORDS.has(token.toUpperCase())) {
      throw validation(`Invalid ${this.kind}: Attribute name is a reserved keyword; reserved keyword: ${token}`);
    }
    return token;
  }

  /** `:value`, if one is here. */
  value(): string | undefined {
    if (!this.peek()?.startsWith(":")) return undefined;
    const name = this.next();
    this.uses.values.add(name);
    return name;
  }

  unexpected(back = 0): Error {
    const token = this.tokens[this.at - back] ?? "<EOF>";
    return validation(`Invalid ${this.kind}: Syntax error; token: "${token}"`);
  }
}

/** A parser that reads each text once: stores send the same few texts for ever. */
export function remembered<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let parsed = known.get(text);
    if (parsed === undefined) {
      parsed = parse(text);
      known.set(text, parsed);
    }
    return parsed;
  };
}
