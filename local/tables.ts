import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  ResourceInUseException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { freePort } from "./free-port.ts";
import type { Guardian } from "./guardian.ts";
import { REGION } from "./identity.ts";
import type { Model, Resource } from "./model.ts";

export type TableEngine = { url: string; pid?: number; stop(): void };

type TableResource = Resource<"AWS::DynamoDB::GlobalTable"> | Resource<"AWS::DynamoDB::Table">;

/** A DynamoDB engine on loopback: in memory, or kept in one file at `dbPath`. */
export async function startTableEngine(guardian: Guardian, dbPath?: string): Promise<TableEngine> {
  const binary = engineBinary();
  const given = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  if (binary === undefined && given) return { url: given, stop() {} };
  if (binary === undefined) {
    throw new Error(
      "No DynamoDB engine: the optional package @dynoxide/linux-x64 is not installed (it exists for Linux on x64 only). " +
        "Start any DynamoDB-compatible engine and set AWS_ENDPOINT_URL_DYNAMODB to its address.",
    );
  }
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port), ...(dbPath ? ["--db-path", dbPath] : [])];
  const engine = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"], detached: true, env: {} });
  const unwatch = engine.pid === undefined ? () => {} : guardian.watch(engine.pid);
  let complaint = "";
  engine.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-2_000);
  });
  let ended = false;
  engine.on("error", (error) => {
    complaint = error.message;
  });
  engine.on("exit", () => {
    ended = true;
    unwatch();
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, () => (ended ? complaint || "it exited" : undefined));
  return {
    url,
    ...(engine.pid === undefined ? {} : { pid: engine.pid }),
    stop: () => void engine.kill("SIGKILL"),
  };
}

/** Creates the stage's tables. A table that a former run left in the file must have the same keys. */
export async function createTables(url: string, model: Model): Promise<void> {
  const client = tableClient(url);
  const tables = [...model.of("AWS::DynamoDB::GlobalTable"), ...model.of("AWS::DynamoDB::Table")];
  try {
    await Promise.all(tables.map((table) => createTable(client, table)));
  } finally {
    client.destroy();
  }
}

async function createTable(client: DynamoDBClient, { ref, properties }: TableResource): Promise<void> {
  const indexes = (given: typeof properties.GlobalSecondaryIndexes) =>
    given?.map(({ IndexName, KeySchema, Projection }) => ({
      IndexName,
      KeySchema,
      Projection: {
        ProjectionType: Projection.ProjectionType,
        ...(Projection.NonKeyAttributes ? { NonKeyAttributes: Projection.NonKeyAttributes } : {}),
      },
    }));
  const wanted: CreateTableCommandInput = {
    TableName: ref,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    GlobalSecondaryIndexes: indexes(properties.GlobalSecondaryIndexes),
    LocalSecondaryIndexes: indexes(properties.LocalSecondaryIndexes),
    BillingMode: "PAY_PER_REQUEST",
    ...(properties.StreamSpecification
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: properties.StreamSpecification.StreamViewType } }
      : {}),
  } as CreateTableCommandInput;
  try {
    await client.send(new CreateTableCommand(wanted));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table } = await client.send(new DescribeTableCommand({ TableName: ref }));
    if (shape(Table) !== shape(wanted)) {
      throw new Error(
        `Table ${ref} in the local database has other keys than the template: delete the file to start anew`,
      );
    }
    return;
  }
  // Declared, but nothing expires: DynamoDB may take days to delete an item, so no code may count on it.
  const ttl = properties.TimeToLiveSpecification;
  if (ttl?.Enabled && ttl.AttributeName) {
    const TimeToLiveSpecification = { AttributeName: ttl.AttributeName, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: ref, TimeToLiveSpecification }));
  }
}

function shape(table: TableDescription | CreateTableCommandInput | undefined): string {
  const key = (schema: { AttributeName?: string | undefined }[] | undefined) =>
    schema?.map((k) => k.AttributeName).join("+");
  const indexes = [...(table?.GlobalSecondaryIndexes ?? []), ...(table?.LocalSecondaryIndexes ?? [])];
  return [key(table?.KeySchema), ...indexes.map((i) => `${i.IndexName}:${key(i.KeySchema)}`).sort()].join(" ");
}

function tableClient(url: string): DynamoDBClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new DynamoDBClient({ endpoint: url, region: REGION, credentials });
}

async function untilReady(url: string, failed: () => string | undefined): Promise<void> {
  const client = tableClient(url);
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await client.send(new ListTablesCommand({ Limit: 1 }));
        return;
      } catch (error) {
        const reason = failed() ?? (attempt > 400 ? String(error) : undefined);
        if (reason) throw new Error(`The DynamoDB engine did not start: ${reason}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  } finally {
    client.destroy();
  }
}

function engineBinary(): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  try {
    const home = dirname(resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`));
    return join(home, process.platform === "win32" ? "dynoxide.exe" : "dynoxide");
  } catch {
    return undefined;
  }
}
