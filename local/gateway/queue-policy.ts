import { z } from "zod";
import { ACCOUNT } from "../identity.ts";

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]));
const conditions = z.record(z.string(), z.record(z.string(), z.union([oneOrMore, z.boolean()])));

const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.literal("*"), z.record(z.string(), oneOrMore)]),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: conditions.optional(),
});

const PolicyDocument = z.object({ Statement: z.array(Statement) });

/** Who sends to a queue: a service acting for a resource, such as EventBridge for a rule. */
type Sender = { service: string; sourceArn: string };
export type QueuePolicy = (sender: Sender, queueArn: string) => boolean;

/** Compiles a queue policy into the question that AWS asks before a service may send; unknown conditions are refused. */
export function compileQueuePolicy(document: unknown): QueuePolicy {
  const statements = PolicyDocument.parse(document).Statement.map((statement) => {
    for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
      for (const key of Object.keys(keys)) checkSupported(operator, key);
    }
    return statement;
  });
  return (sender, queueArn) => {
    const effects = statements.filter((one) => applies(one, sender, queueArn)).map((one) => one.Effect);
    return effects.includes("Allow") && !effects.includes("Deny");
  };
}

function applies(statement: z.infer<typeof Statement>, sender: Sender, queueArn: string): boolean {
  const principal = statement.Principal;
  const named = principal === "*" ? ["*"] : [...(principal.Service ?? []), ...(principal.AWS ?? [])];
  if (!named.includes("*") && !named.includes(sender.service)) return false;
  if (!statement.Action.some((action) => ["*", "sqs:*", "sqs:SendMessage"].includes(action))) return false;
  if (!statement.Resource.some((resource) => like(resource, queueArn))) return false;
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const given = keyValue(key, sender);
      const values = typeof wanted === "boolean" ? [String(wanted)] : wanted;
      const exact = operator.endsWith("Equals") && !operator.startsWith("Arn");
      return values.some((value) => (exact || operator === "Bool" ? value === given : like(value, given)));
    }),
  );
}

const OPERATORS = ["ArnEquals", "ArnLike", "StringEquals", "StringLike", "Bool"];

function checkSupported(operator: string, key: string): void {
  if (!OPERATORS.includes(operator)) throw new Error(`queue policy condition ${operator} is not supported`);
  keyValue(key, { service: "", sourceArn: "" });
}

function keyValue(key: string, sender: Sender): string {
  switch (key.toLowerCase()) {
    case "aws:sourcearn":
      return sender.sourceArn;
    case "aws:sourceaccount":
      return ACCOUNT;
    case "aws:securetransport":
      return "true";
    default:
      throw new Error(`queue policy condition key ${key} is not supported`);
  }
}

function like(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(value);
}
