import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { epochMs, Instant } from "../domain/instant.ts";
import { Sealed } from "../seal.ts";
import { parseItem, wins } from "./table.ts";

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
  /** Takes the refresh lease on a version and records the attempt; false when another holds it or the version moved. */
  lease(account: string, version: number, owner: string, now: Instant, until: Instant): Promise<boolean>;
  /** Stores the next pair and gives the lease back; false when the lease was lost. */
  renewed(
    account: string,
    owner: string,
    next: Pick<Account, "tokens" | "version" | "accessExpiresAt">,
  ): Promise<boolean>;
  /** Records a refusal and gives the lease back; with `revoked`, ends the link until the customer reconnects. */
  refused(account: string, owner: string, at: Instant, revoked: boolean): Promise<void>;
  /** Gives the lease back after a failure that proves nothing. */
  release(account: string, owner: string): Promise<void>;
  /** Declares the access token of a version dead, so that the next use renews it. */
  expire(account: string, version: number, at: Instant): Promise<void>;
};

/** Table `accounts`: key vendor#account. */
export function accountsStore(client: DynamoDBDocumentClient, table: string): AccountsStore {
  type Change = Pick<UpdateCommandInput, "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeValues">;
  const update = (account: string, change: Change) =>
    wins(client.send(new UpdateCommand({ TableName: table, Key: { account }, ...change })));

  return {
    async get(account, { mayBeStale } = { mayBeStale: false }) {
      const consistency = mayBeStale ? {} : { ConsistentRead: true };
      const answer = await client.send(new GetCommand({ TableName: table, Key: { account }, ...consistency }));
      return answer.Item ? parseItem(Account, answer.Item, "accounts") : undefined;
    },
    async link(account) {
      await client.send(new PutCommand({ TableName: table, Item: account }));
    },
    lease: (account, version, owner, now, until) =>
      update(account, {
        UpdateExpression: "SET leaseOwner = :owner, leaseUntilMs = :until, refreshAttemptAt = :now",
        ConditionExpression: "version = :version AND (attribute_not_exists(leaseUntilMs) OR leaseUntilMs < :nowMs)",
        ExpressionAttributeValues: {
          ":version": version,
          ":owner": owner,
          ":until": epochMs(until),
          ":now": now,
          ":nowMs": epochMs(now),
        },
      }),
    renewed: (account, owner, next) =>
      update(account, {
        UpdateExpression:
          "SET tokens = :tokens, version = :version, accessExpiresAt = :expires REMOVE leaseOwner, leaseUntilMs, refreshAttemptAt, refusedAt",
        ConditionExpression: "leaseOwner = :owner",
        ExpressionAttributeValues: {
          ":tokens": next.tokens,
          ":version": next.version,
          ":expires": next.accessExpiresAt,
          ":owner": owner,
        },
      }),
    async refused(account, owner, at, revoked) {
      await update(account, {
        UpdateExpression: `SET refusedAt = if_not_exists(refusedAt, :at)${revoked ? ", revokedAt = :at" : ""} REMOVE leaseOwner, leaseUntilMs, refreshAttemptAt`,
        ConditionExpression: "leaseOwner = :owner",
        ExpressionAttributeValues: { ":at": at, ":owner": owner },
      });
    },
    async release(account, owner) {
      await update(account, {
        UpdateExpression: "REMOVE leaseOwner, leaseUntilMs",
        ConditionExpression: "leaseOwner = :owner",
        ExpressionAttributeValues: { ":owner": owner },
      });
    },
    async expire(account, version, at) {
      await update(account, {
        UpdateExpression: "SET accessExpiresAt = :at",
        ConditionExpression: "version = :version",
        ExpressionAttributeValues: { ":version": version, ":at": at },
      });
    },
  };
}
