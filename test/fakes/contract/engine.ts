import { createRequire } from "node:module";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { StateStack } from "../../../lib/state-stack.ts";
import type { TableName } from "../../../lib/table-shapes.ts";
import { startGuardian } from "../../../local/guardian.ts";
import { buildModel } from "../../../local/model.ts";
import { createTables, startTableEngine } from "../../../local/tables.ts";
import { documentClient } from "../../../shared/store/table.ts";
import { STAGES } from "../../lib/templates.ts";
import { storesOn } from "./real-stores.ts";
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
  const table = (name: TableName) => {
    const logical = `Tables${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const found = model.of("AWS::DynamoDB::GlobalTable").find(({ logicalId }) => logicalId.startsWith(logical));
    if (!found) throw new Error(`the template has no table ${name}`);
    return found.ref;
  };
  return {
    stores: storesOn(client, table),
    stop: () => {
      client.destroy();
      engine.stop();
      guardian.stop();
    },
  };
}
