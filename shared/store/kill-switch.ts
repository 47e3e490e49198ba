import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { Instant } from "../domain/instant.ts";
import { hashOf } from "./canonical.ts";
import { parseItem, wins } from "./table.ts";

/** Whether devices are left to their owners' own schedules, since when, and who said why. Never set, it is off. */
const Setting = z.strictObject({ isOn: z.boolean(), since: Instant, by: z.string().min(1), reason: z.string() });
const Line = Setting.extend({ hash: z.string() });
const Row = z.object({ history: z.tuple([Line], Line), head: z.string() });

export type KillSwitch = z.infer<typeof Setting> | { isOn: false; since: null; by: null; reason: null };
export type SwitchLine = z.infer<typeof Line>;

export type KillSwitchStore = {
  /** As it is now. Throws when it cannot be read: without it nobody may control anything. */
  read(): Promise<KillSwitch>;
  /** Switches and adds a line to its trail; undefined when somebody else switched at the same moment. */
  set(setting: z.infer<typeof Setting>): Promise<KillSwitch | undefined>;
  /** Every switching there was, oldest first, each line's hash over it and the one before. */
  history(): Promise<SwitchLine[]>;
};

/** No asset's id has a `#`. */
const KEY = { assetId: "platform#kill-switch", commandId: "kill-switch" };
const NEVER_SET = { isOn: false, since: null, by: null, reason: null } as const;

/** The platform's one kill switch, a row of table `commands`. */
export function killSwitchStore(client: DynamoDBDocumentClient, table: string): KillSwitchStore {
  const history = async () => {
    const answer = await client.send(new GetCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
    return answer.Item ? parseItem(Row, answer.Item, "commands").history : [];
  };
  return {
    history,
    read: async () => latest(await history()),
    async set(setting) {
      const before = await history();
      const next = withLine(before, setting);
      const head = before.at(-1)?.hash;
      const write = new PutCommand({
        TableName: table,
        Item: { ...KEY, history: next, head: next.at(-1)?.hash },
        ...(head
          ? { ConditionExpression: "head = :head", ExpressionAttributeValues: { ":head": head } }
          : { ConditionExpression: "attribute_not_exists(assetId)" }),
      });
      return (await wins(client.send(write))) ? latest(next) : undefined;
    },
  };
}

/** The trail with one line more. */
export function withLine(lines: readonly SwitchLine[], setting: z.infer<typeof Setting>): SwitchLine[] {
  return [...lines, { ...setting, hash: hashOf({ before: lines.at(-1)?.hash ?? null, line: setting }) }];
}

/** What the last line of a trail says. */
export function latest(lines: readonly SwitchLine[]): KillSwitch {
  const last = lines.at(-1);
  if (!last) return NEVER_SET;
  const { hash: _, ...setting } = last;
  return setting;
}

/** Counted from 1, the first line of a trail that is not what was written; undefined when all are. */
export function firstBrokenLine(lines: readonly SwitchLine[]): number | undefined {
  const broken = lines.findIndex(({ hash, ...line }, index) => {
    return hash !== hashOf({ before: lines[index - 1]?.hash ?? null, line });
  });
  return broken < 0 ? undefined : broken + 1;
}
