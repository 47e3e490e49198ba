import type { AwsCall, Right } from "./aws-call.ts";

/** What a role allows: every action on every resource. */
export type Statement = { actions: readonly string[]; resources: readonly string[] };
export type RoleOfFunction = {
  name: string;
  statements: readonly Statement[];
  /** What AWS itself does in the function's name, because the template says so: its log lines, its queue, its failures. */
  byAws: readonly Right[];
};
export type Comparison = { name: string; calls: number; missing: Right[]; spare: Right[] };

/** Holds a function's role against what the function was seen to ask for. Empty both ways is least privilege. */
export function compare(role: RoleOfFunction, calls: readonly AwsCall[]): Comparison {
  const own = calls.filter(({ caller }) => caller === role.name);
  const granted = unique(role.statements.flatMap(rightsOf));
  const needed = unique([...own, ...role.byAws]);
  return {
    name: role.name,
    calls: own.length,
    missing: needed.filter((right) => !granted.some((grant) => covers(grant, right))),
    spare: granted.filter((grant) => !needed.some((right) => covers(grant, right))),
  };
}

function rightsOf({ actions, resources }: Statement): Right[] {
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource })));
}

/** IAM's `*` stands for any text; nothing else is special. */
function covers(grant: Right, right: Right): boolean {
  return matches(grant.action, right.action) && matches(grant.resource, right.resource);
}

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

function unique(rights: readonly Right[]): Right[] {
  return [...new Map(rights.map(({ action, resource }) => [`${action} ${resource}`, { action, resource }])).values()];
}
