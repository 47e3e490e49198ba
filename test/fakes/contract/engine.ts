import { createRequire } from "node:module";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { StateStack } from "../../../lib/state-stack.ts";
import { startGuardian } from "../../../local/guardian.ts";
import { buildModel } from "../../../local/model.ts";
import { createTables, startTableEngine } from "../../../local/tables.ts";
import { accountsStore } from "../../../shared/store/accounts.ts";
import { assetsStore } from "../../../shared/store/assets.ts";
import { budgetsStore } from "../../../shared/store/budgets.ts";
import { causesStore } from "../../../shared/store/causes.ts";
import { commandsStore } from "../../../shared/store/commands.ts";
import { habitsStore } from "../../../shared/store/habits.ts";
import { plansStore } from "../../../shared/store/plans.ts";
import { readingsStore } from "../../../shared/store/readings.ts";
import { scheduleStore } from "../../../shared/store/schedule.ts";
import { signalsStore } from "../../../shared/store/signals.ts";
import { documentClient } from "../../../shared/store/table.ts";
import { STAGES } from "../../lib/templates.ts";
import type { Stores } from "./stores.ts";

/** The engine is an optional package: it exists for one kind of machine only. */
export function engineIsHere(): boolean {
  if (process.env.AWS_ENDPOINT_URL_DYNAMODB) return true;
  try {
    createRequire(import.meta.url).resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`);
    return true;
  } catch {
    return false;
  }
}

/** The real stores on a DynamoDB engine, over the tables that stage dev would deploy. Every query pages by two items. */
export async function engineStores(): Promise<{ stores: Stores; stop: () => void }> {
  const guardian = startGuardian();
  const engine = await startTableEngine(guardian);
  const stack = new StateStack(new App(), "State", STAGES.dev);
  const template = Template.fromStack(stack).toJSON();
  const model = buildModel([{ name: "headroom-dev", path: "dev/State", template, codePaths: new Map() }], engine.url);
  await createTables(engine.url, model);

  const client = documentClient({
    endpoint: engine.url,
    region: "eu-west-2",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  client.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === "QueryCommand") args.input = { Limit: 2, ...args.input };
      return next(args);
    },
    { step: "initialize", priority: "high" },
  );
  const table = (name: string) => {
    const found = model.of("AWS::DynamoDB::GlobalTable").find(({ logicalId }) => logicalId.startsWith(`Tables${name}`));
    if (!found) throw new Error(`the template has no table ${name}`);
    return found.ref;
  };
  return {
    stores: {
      assets: assetsStore(client, table("Assets")),
      readings: readingsStore(client, table("Readings")),
      schedule: scheduleStore(client, table("Schedule")),
      causes: causesStore(client, table("Schedule")),
      signals: signalsStore(client, table("Signals")),
      plans: plansStore(client, table("Plans")),
      habits: habitsStore(client, table("Plans")),
      commands: commandsStore(client, table("Commands")),
      accounts: accountsStore(client, table("Accounts")),
      budgets: budgetsStore(client, table("Accounts")),
    },
    stop: () => {
      client.destroy();
      engine.stop();
      guardian.stop();
    },
  };
}
