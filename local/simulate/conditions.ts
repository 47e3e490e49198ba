import { readdirSync, readFileSync } from "node:fs";

/** A condition as a store's source has it. */
export type Site = {
  /** `<file>:<line>` */
  at: string;
  /** What it may say, one for each branch; undefined where it is put together elsewhere. */
  says: RegExp | undefined;
};

const STORES = new URL("../../shared/store/", import.meta.url);

/** Every condition that the stores' sources have: a new one is on the list without anybody's doing. */
export function conditionSites(): Site[] {
  const files = readdirSync(STORES).filter((name) => name.endsWith(".ts"));
  return files.flatMap((name) => sitesOf(name, readFileSync(new URL(name, STORES), "utf8")));
}

export function sitesOf(file: string, source: string): Site[] {
  return [...source.matchAll(/\bConditionExpression:/g)].flatMap(({ index }): Site[] => {
    const at = `${file}:${source.slice(0, index).split("\n").length}`;
    const literals = literalsOf(source.slice(index + "ConditionExpression:".length));
    return literals.length > 0 ? literals.map((says) => ({ at, says })) : [{ at, says: undefined }];
  });
}

/** The literals of an expression that are not in a call's parentheses; the source goes on behind it. */
function literalsOf(source: string): RegExp[] {
  const found: RegExp[] = [];
  for (let [at, depth] = [0, 0]; at < source.length; at++) {
    const char = source[at] as string;
    if (char === '"' || char === "`") {
      const end = literalEnd(source, at);
      if (depth === 0) found.push(patternOf(source.slice(at + 1, end)));
      at = end;
    } else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    if (depth < 0 || (depth === 0 && char === ",")) break;
  }
  return found;
}

/** Where a literal ends that begins at `from`, whatever stands in its braces. */
function literalEnd(source: string, from: number): number {
  const quote = source[from];
  for (let [at, depth] = [from + 1, 0]; at < source.length; at++) {
    if (source.startsWith("${", at)) depth += 1;
    else if (depth > 0 && source[at] === "}") depth -= 1;
    else if (depth === 0 && source[at] === quote) return at;
  }
  throw new RangeError(`a literal without an end: ${source.slice(from, from + 40)}`);
}

/** A condition's text as a pattern; what is put in stands for anything. */
function patternOf(text: string): RegExp {
  const parts = text.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/);
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".+")}$`);
}

/**
 * Sites that no night has met: of those that say the same, as many as are more than the conditions met that say so. Names
 * are those of the book of guards.
 */
export function unmet(sites: readonly Site[], names: readonly string[]): Site[] {
  const left = new Set(names);
  const metBy = ({ says }: Site) => [...left].find((name) => says?.test(name.slice(name.indexOf(": ") + 2)) ?? true);
  // Those that may say more take what the others leave.
  const freedom = ({ says }: Site) => (says === undefined ? 2 : says.source.includes(".+") ? 1 : 0);
  return sites
    .toSorted((a, b) => freedom(a) - freedom(b))
    .filter((site) => {
      const name = metBy(site);
      if (name !== undefined) left.delete(name);
      return name === undefined;
    });
}
