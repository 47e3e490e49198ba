import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  type QueryCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type { AssetId } from "../domain/asset.ts";
import { Command, type CommandStatus, isEnded, PRIOR_STATUSES } from "../domain/command.ts";
import { epochMs, HOUR_MS, type Instant } from "../domain/instant.ts";
import { isConditionFailure, parseItem, queryAll, wins } from "./table.ts";

/** What a transition may change besides the status. */
type CommandChanges = Partial<
  Pick<
    Command,
    "checkAt" | "attempts" | "acceptedAt" | "endedAt" | "withoutEffect" | "faultClass" | "toldFault" | "evidence"
  >
>;
export type CommandKey = Pick<Command, "assetId" | "commandId">;

export type CommandsStore = {
  /** Writes a new intent; false when the same intent was issued before. */
  issue(command: Command): Promise<boolean>;
  get(key: CommandKey): Promise<Command | undefined>;
  /**
   * Moves a command forward. Undefined when its status is not one that `to` may follow: something else was first,
   * and the caller has nothing more to do.
   */
  transition(key: CommandKey, to: CommandStatus, changes: CommandChanges): Promise<Command | undefined>;
  /** Commands that have not ended, soonest check first; only those to be checked by `by` if given. */
  open(by?: Instant): Promise<Command[]>;
  /** The asset's newest commands, newest first. */
  recent(assetId: AssetId, limit: number): Promise<Command[]>;
};

const LEDGER_DAYS = 400;
// One partition of the index takes 1,000 changes a second; more are a matter of a suffix.
const OPEN = "open";

/** Table `commands`: the intent ledger, and a sparse index of the commands that have not ended. */
export function commandsStore(client: DynamoDBDocumentClient, table: string): CommandsStore {
  const query = async (input: Omit<QueryCommandInput, "TableName">, limit?: number) =>
    (await queryAll(client, { TableName: table, ...input }, limit)).map(toCommand);

  return {
    issue: (command) =>
      wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              ...command,
              openIn: OPEN,
              checkAtMs: epochMs(command.checkAt),
              expiresAt: Math.floor((epochMs(command.issuedAt) + LEDGER_DAYS * 24 * HOUR_MS) / 1000),
            },
            ConditionExpression: "attribute_not_exists(commandId)",
          }),
        ),
      ),

    async get({ assetId, commandId }) {
      const Key = { assetId, commandId };
      const answer = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return answer.Item ? toCommand(answer.Item) : undefined;
    },

    async transition(key, to, changes) {
      const names: Record<string, string> = { "#status": "status" };
      const values: Record<string, unknown> = { ":to": to };
      const sets = ["#status = :to"];
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined) continue;
        names[`#${name}`] = name;
        values[`:${name}`] = value;
        sets.push(`#${name} = :${name}`);
      }
      if (changes.checkAt) {
        values[":checkAtMs"] = epochMs(changes.checkAt);
        sets.push("checkAtMs = :checkAtMs");
      }
      const priors = PRIOR_STATUSES[to].map((status, index) => {
        values[`:prior${index}`] = status;
        return `:prior${index}`;
      });
      try {
        const answer = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { assetId: key.assetId, commandId: key.commandId },
            UpdateExpression: `SET ${sets.join(", ")}${isEnded(to) ? " REMOVE openIn, checkAtMs" : ""}`,
            ConditionExpression: `#status IN (${priors.join(", ")})`,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: values,
            ReturnValues: "ALL_NEW",
          }),
        );
        return toCommand(answer.Attributes);
      } catch (error) {
        if (isConditionFailure(error)) return undefined;
        throw error;
      }
    },

    open: (by) =>
      query({
        IndexName: "open",
        KeyConditionExpression: by ? "openIn = :open AND checkAtMs <= :by" : "openIn = :open",
        ExpressionAttributeValues: { ":open": OPEN, ...(by ? { ":by": epochMs(by) } : {}) },
      }),

    recent: (assetId, limit) =>
      query(
        {
          KeyConditionExpression: "assetId = :asset",
          ExpressionAttributeValues: { ":asset": assetId },
          ScanIndexForward: false,
          Limit: limit,
          ConsistentRead: true,
        },
        limit,
      ),
  };
}

const STORED_ONLY = ["openIn", "checkAtMs", "expiresAt"];

function toCommand(item: unknown): Command {
  const fields = Object.entries(item ?? {}).filter(([name]) => !STORED_ONLY.includes(name));
  return parseItem(Command, Object.fromEntries(fields), "commands");
}
