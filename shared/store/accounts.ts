import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { epochMs, Instant } from "../domain/instant.ts";
import { Sealed } from "../seal.ts";
import { isConditionFailure, parseItem, wins } from "./table.ts";

/** A customer's vendor login. `tokens` is a sealed JSON of the token pair; `version` counts the pairs. */
export const Account = z.strictObject({
  /** `<integration>#<accountId>`. */
  account: z.string().regex(/^[a-z][a-z0-9-]*#[a-z0-9-]+$/),
  tokens: Sealed,
  version: z.number().int().positive(),
  accessExpiresAt: Instant,
  /** Set before the vendor is asked, removed with the answer's write: left behind, it tells of a crash in between. */
  refreshAttemptAt: Instant.optional(),
  /** A first refusal; a second one after the lease means revoked. */
  refusedAt: Instant.optional(),
  revokedAt: Instant.optional(),
  leaseOwner: z.string().optional(),
  leaseUntilMs: z.number().optional(),
});
export type Account = z.infer<typeof Account>;

export function accountKey(integration: string, accountId: string): string {
  return `${integration}#${accountId}`;
}

export type AccountsStore = {
  /** What is stored now; with `mayBeStale`, what was stored a moment ago, for half the price. */
  get(account: string, options?: { mayBeStale: boolean }): Promise<Account | undefined>;
  /** Stores the first pair, or a new one after the customer reconnected. */
  link(account: Account): Promise<void>;
  /**
   * Takes the refresh lease on a version and records the attempt: the row as it stands then. Undefined when another holds
   * it or the version moved.
   */
  lease(account: string, version: number, owner: string, now: Instant, until: Instant): Promise<Account | undefined>;
  /** Stores what its holder made of a row, and gives the lease back; false when the lease was lost. */
  giveBack(owner: string, row: Account): Promise<boolean>;
  /** Declares the access token of a version dead, so that the next use renews it. */
  expire(account: string, version: number, at: Instant): Promise<void>;
};

/** Table `accounts`: key vendor#account. */
export function accountsStore(client: DynamoDBDocumentClient, table: string): AccountsStore {
  return {
    async get(account, { mayBeStale } = { mayBeStale: false }) {
      const consistency = mayBeStale ? {} : { ConsistentRead: true };
      const answer = await client.send(new GetCommand({ TableName: table, Key: { account }, ...consistency }));
      return answer.Item ? parseItem(Account, answer.Item, "accounts") : undefined;
    },
    async link(account) {
      await client.send(new PutCommand({ TableName: table, Item: account }));
    },
    async lease(account, version, owner, now, until) {
      const take = new UpdateCommand({
        TableName: table,
        Key: { account },
        UpdateExpression: "SET leaseOwner = :owner, leaseUntilMs = :until, refreshAttemptAt = :now",
        ConditionExpression: "version = :version AND (attribute_not_exists(leaseUntilMs) OR leaseUntilMs < :nowMs)",
        ExpressionAttributeValues: {
          ":version": version,
          ":owner": owner,
          ":until": epochMs(until),
          ":now": now,
          ":nowMs": epochMs(now),
        },
        ReturnValues: "ALL_NEW",
      });
      try {
        const { Attributes } = await client.send(take);
        return parseItem(Account, Attributes, "accounts");
      } catch (error) {
        if (isConditionFailure(error)) return undefined;
        throw error;
      }
    },
    async giveBack(owner, { leaseOwner: _, leaseUntilMs: __, ...row }) {
      const put = new PutCommand({
        TableName: table,
        Item: row,
        ConditionExpression: "leaseOwner = :owner",
        ExpressionAttributeValues: { ":owner": owner },
      });
      return wins(client.send(put));
    },
    async expire(account, version, at) {
      const end = new UpdateCommand({
        TableName: table,
        Key: { account },
        UpdateExpression: "SET accessExpiresAt = :at",
        ConditionExpression: "version = :version",
        ExpressionAttributeValues: { ":version": version, ":at": at },
      });
      await wins(client.send(end));
    },
  };
}
