import type { AwsCall, Right } from "./aws-call.ts";

/** What a role allows: every action on every resource, where every condition holds. */
export type Statement = {
  actions: readonly string[];
  resources: readonly string[];
  /** What must be true of a call, such as `dynamodb:LeadingKeys`: all that it says matches one of these. */
  conditions?: Readonly<Record<string, readonly string[]>>;
};
export type RoleOfFunction = {
  name: string;
  statements: readonly Statement[];
  /** What AWS itself does in the function's name, because the template says so: its log lines, its queue, its failures. */
  byAws: readonly Right[];
};
/** `about`: the part of a condition that nobody needs, or what a call said that no condition allows. */
export type Difference = { action: string; resource: string; about?: string };
export type Comparison = { name: string; calls: number; missing: Difference[]; spare: Difference[] };

/** Holds a function's role against what the function was seen to ask for. Empty both ways is least privilege. */
export function compare(role: RoleOfFunction, calls: readonly AwsCall[]): Comparison {
  const own = calls.filter(({ caller }) => caller === role.name);
  const needed = unique([...own, ...role.byAws]);
  const missing = needed
    .filter((right) => !role.statements.some((statement) => allows(statement, right)))
    .map(({ action, resource, says }) => ({ action, resource, ...about(Object.values(says ?? {}).flat()) }));
  const spare = role.statements.flatMap((statement) => {
    const used = needed.filter((right) => allows(statement, right));
    return narrowest(statement).filter((one) => !used.some((right) => needs(right, one)));
  });
  return { name: role.name, calls: own.length, missing: unique(missing), spare: unique(spare) };
}

function allows({ actions, resources, conditions = {} }: Statement, { action, resource, says = {} }: Right): boolean {
  return (
    matchesAny(actions, action) &&
    matchesAny(resources, resource) &&
    // A call of which nobody knows what it says is taken as refused, though IAM is kinder to some.
    Object.entries(conditions).every(([key, allowed]) => says[key]?.every((text) => matchesAny(allowed, text)))
  );
}

/** A statement in parts that can be spared one by one: an action on a resource, for one value of a condition. */
function narrowest({ actions, resources, conditions = {} }: Statement): Difference[] {
  const values = Object.values(conditions).flat();
  return actions.flatMap((action) =>
    resources.flatMap((resource) =>
      values.length === 0 ? [{ action, resource }] : values.map((value) => ({ action, resource, about: value })),
    ),
  );
}

function needs({ action, resource, says = {} }: Right, one: Difference): boolean {
  const { about } = one;
  const saysSo = () =>
    Object.values(says)
      .flat()
      .some((text) => about !== undefined && matches(about, text));
  return matches(one.action, action) && matches(one.resource, resource) && (about === undefined || saysSo());
}

function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

/** IAM's `*` stands for any text; nothing else is special. */
function matches(pattern: string, text: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  const tail = rest.pop() ?? "";
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let from = head.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - tail.length;
}

function about(said: readonly string[]): { about?: string } {
  return said.length === 0 ? {} : { about: [...new Set(said)].sort().slice(0, 3).join(", ") };
}

function unique<T extends Right | Difference>(all: readonly T[]): T[] {
  const keyOf = (one: T) => {
    const { action, resource, says, about } = one as Right & Difference;
    return JSON.stringify([action, resource, says, about]);
  };
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}
