import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { type Levels, latestFullAtUs, mostOf, refillUs, type Take, waitMs } from "../domain/bucket.ts";
import { epochMs, type Instant } from "../domain/instant.ts";
import { isConditionFailure, parseItem, wins } from "./table.ts";

/** `levels` is what the row held after the lease, or when it was refused. */
type Leased = { levels: Levels } & ({ granted: true } | { granted: false; retryAfterMs: number });

export type BudgetsStore = {
  /**
   * Takes from all the buckets of a row, or from none; no amount may exceed `share` of its bucket's burst. Taking nothing
   * only asks whether the row is blocked.
   */
  lease(key: string, takes: readonly Take[], share: number, now: Instant): Promise<Leased>;
  /** Gives back what was taken and not used; throws, and does nothing, where nobody ever took of one of the buckets. */
  giveBack(key: string, takes: readonly Take[]): Promise<void>;
  /** Nobody takes from the row before `until`; never shortens what was said before. */
  block(key: string, until: Instant): Promise<void>;
  /** Counts one asset more: money is budgeted for each. */
  countAsset(integration: string): Promise<void>;
  /** Assets counted; undefined when nobody ever counted. */
  assets(integration: string): Promise<number | undefined>;
};

// Accounts have one `#` in their key, budgets two: they share a table, and each integration's grant covers its own.
export function vendorBudgetKey(integration: string): string {
  return `${integration}#budget#vendor`;
}

export function accountBudgetKey(integration: string, accountId: string): string {
  return `${integration}#budget#account#${accountId}`;
}

export function deviceBudgetKey(integration: string, assetId: string): string {
  return `${integration}#budget#device#${assetId}`;
}

/** Shared by all integrations; no integration's name begins with `@`. */
export function rampKey(fleetId: string, region: string | undefined): string {
  return `@ramp#${fleetId}#${region ?? "default"}`;
}

const FULL_AT = "fullAtUs#";
const TRIES = 4;
/** When others were faster four times in a row. */
const CONTENDED_MS = 1000;
/** Rows whose levels a process remembers. */
const MOST_REMEMBERED = 5000;

const Row = z.looseObject({ blockedUntilMs: z.number().optional(), assets: z.number().int().nonnegative().optional() });

/**
 * Table `accounts`: the buckets of a vendor, of an account, of a device, of a fleet's ramp; all buckets of one row move in one
 * conditional update. It has two forms, for a full bucket (lend from now on) and for one that others lent from (lend on
 * top); the process tries the form that fits what it saw last, and a failed try tells which fits.
 */
export function budgetsStore(client: DynamoDBDocumentClient, table: string): BudgetsStore {
  const remembered = new Map<string, Levels>();
  const remember = (key: string, levels: Levels) => {
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(key, levels);
  };
  const read = async (key: string) => {
    const answer = await client.send(new GetCommand({ TableName: table, Key: { account: key }, ConsistentRead: true }));
    return answer.Item;
  };

  /** One try: the levels after it when it was granted, else those that refused it. */
  const attempt = async (key: string, takes: readonly Take[], share: number, nowMs: number, known: Levels) => {
    const names: Record<string, string> = {};
    const values: Record<string, number> = { ":nowMs": nowMs, ":nowUs": nowMs * 1000 };
    const conditions = ["(attribute_not_exists(blockedUntilMs) OR blockedUntilMs <= :nowMs)"];
    const sets = takes.map(({ bucket, amount }, i) => {
      names[`#full${i}`] = FULL_AT + bucket.name;
      values[`:refill${i}`] = refillUs(bucket, amount);
      if ((known.fullAtUs[bucket.name] ?? 0) < nowMs * 1000) {
        conditions.push(`(attribute_not_exists(#full${i}) OR #full${i} < :nowUs)`);
        return `#full${i} = :nowUs + :refill${i}`;
      }
      values[`:latest${i}`] = latestFullAtUs(bucket, share, nowMs) - refillUs(bucket, amount);
      conditions.push(`#full${i} BETWEEN :nowUs AND :latest${i}`);
      return `#full${i} = #full${i} + :refill${i}`;
    });
    try {
      const answer = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { account: key },
          UpdateExpression: `SET ${sets.join(", ")}`,
          ConditionExpression: conditions.join(" AND "),
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
          ReturnValues: "ALL_NEW",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return { granted: true, levels: levelsOf(answer.Attributes ?? {}) };
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      return { granted: false, levels: levelsOf(numbersOf(error.Item ?? {})) };
    }
  };

  return {
    async lease(key, takes, share, now) {
      const nowMs = epochMs(now);
      const tooMuch = takes.find(({ bucket, amount }) => amount > mostOf(bucket, share));
      if (tooMuch) throw new RangeError(`${tooMuch.amount} of ${tooMuch.bucket.name} can never be had at once`);
      if (takes.length === 0) {
        const levels = levelsOf((await read(key)) ?? {});
        const retryAfterMs = waitMs(levels, [], share, nowMs);
        return retryAfterMs > 0 ? { granted: false, retryAfterMs, levels } : { granted: true, levels };
      }
      let levels = remembered.get(key) ?? { fullAtUs: {} };
      for (let tries = 0; tries < TRIES; tries++) {
        const tried = await attempt(key, takes, share, nowMs, levels);
        levels = tried.levels;
        remember(key, levels);
        if (tried.granted) return { granted: true, levels };
        const retryAfterMs = waitMs(levels, takes, share, nowMs);
        if (retryAfterMs > 0) return { granted: false, retryAfterMs, levels };
      }
      return { granted: false, retryAfterMs: CONTENDED_MS, levels };
    },
    async giveBack(key, takes) {
      const names = takes.map(({ bucket }, i) => [`#full${i}`, FULL_AT + bucket.name]);
      const values = takes.map(({ bucket, amount }, i) => [`:refill${i}`, refillUs(bucket, amount)]);
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { account: key },
          UpdateExpression: `SET ${takes.map((_, i) => `#full${i} = #full${i} - :refill${i}`).join(", ")}`,
          ExpressionAttributeNames: Object.fromEntries(names),
          ExpressionAttributeValues: Object.fromEntries(values),
        }),
      );
    },
    async block(key, until) {
      await wins(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { account: key },
            UpdateExpression: "SET blockedUntilMs = :until",
            ConditionExpression: "attribute_not_exists(blockedUntilMs) OR blockedUntilMs < :until",
            ExpressionAttributeValues: { ":until": epochMs(until) },
          }),
        ),
      );
    },
    async countAsset(integration) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { account: vendorBudgetKey(integration) },
          UpdateExpression: "ADD assets :one",
          ExpressionAttributeValues: { ":one": 1 },
        }),
      );
    },
    async assets(integration) {
      return parseItem(Row, (await read(vendorBudgetKey(integration))) ?? {}, "accounts").assets;
    },
  };
}

function levelsOf(item: Record<string, unknown>): Levels {
  const { blockedUntilMs } = parseItem(Row, item, "accounts");
  const full = Object.entries(item).filter(([name]) => name.startsWith(FULL_AT));
  const fullAtUs = Object.fromEntries(full.map(([name, value]) => [name.slice(FULL_AT.length), Number(value)]));
  return { fullAtUs, ...(blockedUntilMs === undefined ? {} : { blockedUntilMs }) };
}

/** The numbers of an item as a failed condition tells it: the document client leaves it in DynamoDB's own form. */
function numbersOf(item: Record<string, { N?: string | undefined }>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, { N }]) => (N === undefined ? [] : [[name, Number(N)]])),
  );
}
