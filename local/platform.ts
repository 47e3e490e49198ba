import { readAssembly } from "./assembly.ts";
import type { VirtualClock } from "./clock.ts";
import type { Alarms } from "./cloudwatch/alarms.ts";
import { awsMetrics } from "./cloudwatch/aws-metrics.ts";
import { MetricStore } from "./cloudwatch/metric-store.ts";
import type { Outcome } from "./function-environment.ts";
import type { InvocationCounts } from "./gateway/functions.ts";
import { createIds } from "./gateway/ids.ts";
import { createOperations } from "./gateway/operations.ts";
import type { Message } from "./gateway/queues.ts";
import type { DroppedDelivery, Refusal, RunRecord } from "./gateway/record.ts";
import { startGateway } from "./gateway/server.ts";
import { startGuardian } from "./guardian.ts";
import { ACCOUNT, REGION } from "./identity.ts";
import type { JsonObject } from "./json.ts";
import { buildModel, type Model } from "./model.ts";
import type { AwsCall, TableFacts } from "./roles/aws-call.ts";
import type { RoleOfFunction } from "./roles/compare.ts";
import { startRecorder } from "./roles/recorder.ts";
import { rolesOf } from "./roles/roles.ts";
import { createTables, startTableEngine } from "./tables.ts";
import { startAlarms } from "./wire-alarms.ts";
import { startSchedules, wireBuses } from "./wire-events.ts";
import { wireFunctions } from "./wire-functions.ts";
import { wireQueues } from "./wire-queues.ts";
import { wireKeys, wireSecrets } from "./wire-vault.ts";

export type PlatformOptions = {
  assemblyDir: string;
  /** The CDK stage to run, or the path of a single stack. */
  stage: string;
  clock: VirtualClock;
  /** Which stacks of the stage to run, by their path in the app (`dev/Core`). All when absent. */
  stackFilter?: (stackPath: string) => boolean;
  /** Replaces variables that the template declares for a function, such as a vendor's address. */
  environmentOverrides?: Record<string, string>;
  /** Secret values by logical id or secret name. */
  secrets?: Record<string, string>;
  /** Every line a function writes. Virtual time does not move before the lines of an invocation are here. */
  onLog?: (functionName: string, line: string) => void;
  /** Hears every call to AWS and who made it. DynamoDB is then reached through a recorder, which takes time. */
  onCall?: (call: AwsCall) => void;
  /** With `onCall`: whether somebody else was first where this conditional write to DynamoDB would go. */
  isBeaten?: (call: AwsCall) => boolean;
  /** Keeps the tables in this file; in memory when absent. */
  dbPath?: string;
};

type QueueView = {
  logicalId: string;
  stack: string;
  name: string;
  arn: string;
  url: string;
  visible: number;
  inFlight: number;
  delayed: number;
  /** Messages lost because nobody took them within the retention period. */
  expired: number;
  /** Some queue gives up into this one. */
  isDeadLetterQueue: boolean;
  messages: Message[];
};

type FunctionView = {
  name: string;
  logicalId: string;
  stack: string;
  arn: string;
  environment: Record<string, string>;
};

export type Platform = {
  gatewayUrl: string;
  dynamodbUrl: string;
  /** Everything an AWS SDK client or CLI on this machine needs in its environment. */
  awsVariables: Record<string, string>;
  /** A physical table name by logical id, construct-id prefix of it, or the name of a function's variable that holds it. */
  tableName(idOrVariable: string): string;
  functions: FunctionView[];
  /** A synchronous invoke, by logical id, prefix of it, or name. */
  invoke(functionId: string, payload: unknown): Promise<Outcome>;
  queues(): QueueView[];
  archivedEvents(): JsonObject[];
  /** Calls the gateway refused: any at all means that the run proves nothing. */
  refusals(): Refusal[];
  /** Deliveries that AWS would have dropped without a word. */
  droppedDeliveries(): DroppedDelivery[];
  /** What the functions may do. */
  roles(): RoleOfFunction[];
  invocationCounts(): Record<string, InvocationCounts>;
  /** The stage's alarms as they are, and all that they have done. */
  alarms: Alarms;
  /** What CloudWatch would know, for charts. */
  metrics: MetricStore;
  /** The stage's dashboards, each with the JSON that CloudWatch would draw it from. */
  dashboards(): { name: string; body: string }[];
  /** The processes this platform runs: the table engine and the function environments. */
  pids(): number[];
  stop(): void;
};

/** Runs one stage of a synthesised cloud assembly on this machine, under the given clock. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { clock } = options;
  const stacks = readAssembly(options.assemblyDir, options.stage, options.stackFilter);
  const record: RunRecord = { refusals: [], dropped: [] };
  const ids = createIds(clock.now());
  const cleanUp: (() => void)[] = [];
  const stop = () => {
    while (cleanUp.length > 0) cleanUp.pop()?.();
  };
  try {
    const gateway = await startGateway(clock, record, options.onCall);
    cleanUp.push(() => gateway.close());
    const model = buildModel(stacks, gateway.url);

    const guardian = startGuardian();
    cleanUp.push(() => guardian.stop());
    const engine = await startTableEngine(guardian, options.dbPath);
    cleanUp.push(() => engine.stop());
    const awsVariables = clientVariables(gateway.url, engine.url);
    const { onCall, isBeaten } = options;
    const table = (name: string) => factsOf(model, name);
    const recorder = onCall && (await startRecorder(engine.url, { table, onCall, isBeaten }));
    if (recorder) cleanUp.push(() => recorder.close());

    const store = new MetricStore();
    const metrics = awsMetrics((datum, atMs = clock.now()) => store.put(datum, atMs));
    const queues = wireQueues(model, clock, ids, metrics);
    const functions = wireFunctions(model, {
      clock,
      ids,
      guardian,
      queues,
      metrics,
      awsVariables: recorder ? clientVariables(gateway.url, recorder.url) : awsVariables,
      environmentOverrides: options.environmentOverrides ?? {},
      onLog: options.onLog ?? (() => {}),
    });
    cleanUp.push(() => functions.stop());
    const events = { clock, ids, record, metrics, queues, functions };
    const { buses, archives } = wireBuses(model, events);
    const keys = wireKeys(model, options.dbPath);
    const secrets = wireSecrets(model, options.secrets ?? {});
    const queuesByName = new Map([...queues.values()].map(({ queue }) => [queue.settings.name, queue]));
    await createTables(engine.url, model);
    startSchedules(model, events);
    const alarms = startAlarms(model, { clock, store, queues });
    gateway.serve({
      operations: createOperations({ buses, queues: queuesByName, keys, secrets, alarms, clock }),
      functions,
    });

    return {
      gatewayUrl: gateway.url,
      dynamodbUrl: engine.url,
      awsVariables,
      tableName: (idOrVariable) => findTable(model, idOrVariable),
      functions: functionViews(model),
      invoke: (functionId, payload) => functions.invoke(findFunction(model, functionId), JSON.stringify(payload)),
      queues: () =>
        model.of("AWS::SQS::Queue").map(({ logicalId, stack, attributes }): QueueView => {
          const { queue } = queues.get(attributes.Arn as string) as NonNullable<ReturnType<typeof queues.get>>;
          const isDeadLetterQueue = [...queues.values()].some((other) => other.queue.redrive?.to === queue);
          const { name, arn, url } = queue.settings;
          const messages = queue.messages();
          return {
            logicalId,
            stack,
            name,
            arn,
            url,
            ...queue.depth(),
            expired: queue.expired,
            isDeadLetterQueue,
            messages,
          };
        }),
      archivedEvents: () => archives.flatMap((archive) => archive.events),
      refusals: () => [...record.refusals],
      droppedDeliveries: () => [...record.dropped],
      roles: () => rolesOf(model),
      invocationCounts: () => functions.counts(),
      alarms,
      metrics: store,
      dashboards: () =>
        model
          .of("AWS::CloudWatch::Dashboard")
          .map(({ properties }) => ({ name: properties.DashboardName, body: properties.DashboardBody })),
      pids: () => [
        ...(engine.pid === undefined ? [] : [engine.pid]),
        ...functions.hosts().flatMap((host) => host.pids()),
      ],
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
}

function clientVariables(gatewayUrl: string, dynamodbUrl: string): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCOUNT_ID: ACCOUNT,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: "local",
    AWS_ENDPOINT_URL: gatewayUrl,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    // The files of whoever runs this must not change what a function does.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}

function functionViews(model: Model): FunctionView[] {
  return model.of("AWS::Lambda::Function").map(({ ref, logicalId, stack, attributes, properties }) => ({
    name: ref,
    logicalId,
    stack,
    arn: attributes.Arn as string,
    environment: properties.Environment?.Variables ?? {},
  }));
}

function factsOf(model: Model, tableName: string): TableFacts {
  const all = [...model.of("AWS::DynamoDB::GlobalTable"), ...model.of("AWS::DynamoDB::Table")];
  const { attributes, properties } = only(tableName, "table", all, ({ ref }) => [ref, ref]);
  const partitionKey = properties.KeySchema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName ?? "";
  return { arn: attributes.Arn as string, partitionKey };
}

function findFunction(model: Model, id: string): string {
  const all = model.of("AWS::Lambda::Function");
  return only(id, "function", all, (one) => [one.logicalId, one.ref]).ref;
}

function findTable(model: Model, id: string): string {
  const all = [...model.of("AWS::DynamoDB::GlobalTable"), ...model.of("AWS::DynamoDB::Table")];
  const variables = functionViews(model).map(({ environment }) => environment[id]);
  const inVariable = all.find(({ ref }) => variables.includes(ref));
  return inVariable?.ref ?? only(id, "table", all, (one) => [one.logicalId, one.ref]).ref;
}

/** The one resource with this name, or else the one whose logical id starts with it. */
function only<T>(id: string, kind: string, all: T[], names: (one: T) => [string, string]): T {
  const exact = all.filter((one) => names(one).includes(id));
  const found = exact.length > 0 ? exact : all.filter((one) => names(one)[0].startsWith(id));
  if (found.length === 1) return found[0] as T;
  const known = all.map((one) => names(one)[0]).join(", ");
  throw new Error(`${found.length === 0 ? "No" : "More than one"} ${kind} ${id} (there are: ${known})`);
}
