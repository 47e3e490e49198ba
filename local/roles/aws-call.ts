import { z } from "zod";

/** What IAM grants and a request needs. */
export type Right = {
  /** `dynamodb:PutItem` */
  action: string;
  /** ARN. */
  resource: string;
};

/** One thing that a function asked of AWS. */
export type AwsCall = Right & {
  /** The function's name. */
  caller: string;
};

const SIGNED = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//;
const Named = z.looseObject({ TableName: z.string(), IndexName: z.string().optional() });
const Tables = z.looseObject({ RequestItems: z.record(z.string(), z.unknown()) });
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
 * The rights that one DynamoDB request needs, by its `X-Amz-Target` and its body. Throws on a request that names no table.
 */
export function dynamoRights(target: string, body: string, tableArn: (name: string) => string): Right[] {
  const operation = target.split(".").at(-1) ?? target;
  const input: unknown = JSON.parse(body);
  if (/^Transact/.test(operation)) {
    return Transaction.parse(input).TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]) => ({
        action: `dynamodb:${RIGHT_OF[kind] ?? kind}`,
        resource: tableArn(TableName),
      })),
    );
  }
  if (/^Batch/.test(operation)) {
    return Object.keys(Tables.parse(input).RequestItems).map((name) => ({
      action: `dynamodb:${operation}`,
      resource: tableArn(name),
    }));
  }
  const { TableName, IndexName } = Named.parse(input);
  const index = IndexName === undefined ? "" : `/index/${IndexName}`;
  return [{ action: `dynamodb:${operation}`, resource: `${tableArn(TableName)}${index}` }];
}
