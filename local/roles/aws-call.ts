import { z } from "zod";

/** What IAM grants and a request needs. */
export type Right = {
  /** `dynamodb:PutItem` */
  action: string;
  /** ARN. */
  resource: string;
  /** What the request says that a condition may ask about, by IAM's name for it: `dynamodb:LeadingKeys`. */
  says?: Readonly<Record<string, readonly string[]>>;
};

/** One thing that a function asked of AWS. */
export type AwsCall = Right & {
  /** The function's name. */
  caller: string;
};

/** A table as IAM and its items know it. */
export type TableFacts = { arn: string; partitionKey: string };

const SIGNED = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//;
const Attributes = z.record(z.string(), z.record(z.string(), z.unknown()));
const Keyed = z.looseObject({ Key: Attributes.optional(), Item: Attributes.optional() });
const Named = Keyed.extend({ TableName: z.string(), IndexName: z.string().optional() });
const Reads = z.object({ Keys: z.array(Attributes) });
const Writes = z.array(z.object({ PutRequest: Keyed.optional(), DeleteRequest: Keyed.optional() }));
const Tables = z.looseObject({ RequestItems: z.record(z.string(), z.union([Reads, Writes])) });
const Transaction = z.looseObject({ TransactItems: z.array(z.record(z.string(), Named)) });
/** IAM knows no right to a transaction as such: each of its items needs its own. */
const RIGHT_OF: Record<string, string> = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
  Get: "GetItem",
};

/** Who signed a request, by the access key's id, for which service and Region; undefined when nobody did. */
export function signedBy(authorization: string | undefined) {
  const [, caller, region, service] = SIGNED.exec(authorization ?? "") ?? [];
  return caller && region && service ? { caller, region, service } : undefined;
}

/**
 * The rights that one DynamoDB request needs, by its `X-Amz-Target` and its body, with the partition keys of the items that it
 * names; a query names none here. Throws on a request that names no table.
 */
export function dynamoRights(target: string, body: string, table: (name: string) => TableFacts): Right[] {
  const operation = target.split(".").at(-1) ?? target;
  const input: unknown = JSON.parse(body);
  const right = (action: string, name: string, items: readonly z.infer<typeof Keyed>[], index = ""): Right => {
    const { arn, partitionKey } = table(name);
    const keys = items.flatMap(({ Key, Item }) => Object.values((Key ?? Item)?.[partitionKey] ?? {}).map(String));
    const says = keys.length > 0 && { says: { "dynamodb:LeadingKeys": [...new Set(keys)].sort() } };
    return { action: `dynamodb:${action}`, resource: `${arn}${index}`, ...says };
  };
  if (/^Transact/.test(operation)) {
    return Transaction.parse(input).TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, one]) => right(RIGHT_OF[kind] ?? kind, one.TableName, [one])),
    );
  }
  if (/^Batch/.test(operation)) {
    return Object.entries(Tables.parse(input).RequestItems).map(([name, asked]) =>
      right(operation, name, itemsOf(asked)),
    );
  }
  const one = Named.parse(input);
  return [right(operation, one.TableName, [one], one.IndexName === undefined ? "" : `/index/${one.IndexName}`)];
}

function itemsOf(asked: z.infer<typeof Reads> | z.infer<typeof Writes>): z.infer<typeof Keyed>[] {
  if ("Keys" in asked) return asked.Keys.map((Key) => ({ Key }));
  return asked.flatMap(({ PutRequest, DeleteRequest }): z.infer<typeof Keyed>[] => [PutRequest ?? DeleteRequest ?? {}]);
}
