import { join } from "node:path";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import {
  Duration,
  aws_lambda_destinations as destinations,
  aws_kms as kms,
  Stack,
  Stage,
  aws_sqs as sqs,
} from "aws-cdk-lib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VirtualClock } from "../../local/clock.ts";
import { startPlatform } from "../../local/platform.ts";
import { actor, contractApp, logTable, synthesise } from "./fixture-app.ts";
import { NOON, type RunningFixture, runFixture } from "./run-fixture.ts";

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const client = ({ platform }: RunningFixture) => ({
  endpoint: platform.gatewayUrl,
  region: "eu-west-2",
  credentials,
  maxAttempts: 1,
});

async function rows({ platform }: RunningFixture): Promise<{ role: string; atMs: number; event: string }[]> {
  const tables = new DynamoDBClient({ ...client({ platform } as RunningFixture), endpoint: platform.dynamodbUrl });
  const { Items = [] } = await tables.send(
    new ScanCommand({ TableName: platform.tableName("Log"), ConsistentRead: true }),
  );
  const read = Items.map((item) => ({
    role: item.pk?.S ?? "",
    atMs: Number(item.sk?.S?.split("#")[0]),
    event: item.event?.S ?? "",
  }));
  return read.sort((a, b) => a.atMs - b.atMs || a.role.localeCompare(b.role));
}

describe("a function on the local platform", { timeout: 30_000 }, () => {
  const lines: string[] = [];
  let running: RunningFixture;
  const invoke = async (payload: object, id = "Direct") => {
    const outcome = await running.platform.invoke(id, payload);
    return { ...outcome, answer: JSON.parse(outcome.payload) };
  };

  beforeAll(async () => {
    process.env.NOT_FOR_FUNCTIONS = "a secret of whoever runs this";
    running = await runFixture(
      (app) => {
        const stack = new Stack(new Stage(app, "dev"), "Work");
        const table = logTable(stack);
        actor(stack, "Direct", table, {}, { VENDOR_URL: "https://vendor.example" });
        actor(stack, "Hasty", table, { timeout: Duration.seconds(1) });
        const failures = new sqs.Queue(stack, "Failures");
        actor(stack, "Off", table, {
          reservedConcurrentExecutions: 0,
          maxEventAge: Duration.minutes(10),
          onFailure: new destinations.SqsDestination(failures),
        });
      },
      {
        environmentOverrides: { VENDOR_URL: "http://127.0.0.1:1", UNDECLARED: "x" },
        onLog: (name, line) => lines.push(`${name.replace(/^dev-Work-|[0-9A-F]{8}$/g, "")}: ${line}`),
      },
    );
  });
  afterAll(() => running.stop());

  it("has the virtual time of its invocation, and a monotonic clock that runs", async () => {
    const { answer: first } = await invoke({ do: "times" });
    expect(first).toMatchObject({
      now: NOON,
      constructed: new Date(NOON).toISOString(),
      isDate: true,
      remaining: 10_000,
      isTimedOut: false,
    });
    expect(first.text).toContain("Fri Nov 20 2026 12:00:00");
    expect(first.explicit).toBe("2026-01-02T00:00:00.000Z");
    await running.pass(3600);
    const { answer: second } = await invoke({ do: "times" });
    expect(second.now).toBe(NOON + 3_600_000);
    expect(second.monotonic).toBeGreaterThan(first.monotonic);
  });

  it("pauses without anybody waiting for it", async () => {
    expect((await invoke({ do: "pause" })).answer).toEqual({ isOver: true });
  });

  it("has the environment of its template, local endpoints and nothing of its host's", async () => {
    const { answer } = await invoke({ do: "environment" });
    expect(answer).toMatchObject({
      ROLE: "Direct",
      TABLE_NAME: running.platform.tableName("Log"),
      VENDOR_URL: "http://127.0.0.1:1",
      AWS_REGION: "eu-west-2",
      AWS_ENDPOINT_URL: running.platform.gatewayUrl,
      AWS_ENDPOINT_URL_DYNAMODB: running.platform.dynamodbUrl,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
    });
    expect(answer).not.toHaveProperty("UNDECLARED");
    expect(answer).not.toHaveProperty("NOT_FOR_FUNCTIONS");
    expect(answer).not.toHaveProperty("HEADROOM_VIRTUAL_NOW_MS");
  });

  it("keeps its state between invocations, and loses it with its process", async () => {
    const { answer: first } = await invoke({ do: "count" });
    const { answer: second } = await invoke({ do: "count" });
    expect(second).toEqual({ invocations: first.invocations + 1, pid: first.pid });
    const gone = await invoke({ do: "exit" });
    expect(gone.failed).toBe(true);
    expect(gone.answer).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("exit status 7"),
    });
    const { answer: anew } = await invoke({ do: "count" });
    expect(anew.invocations).toBe(1);
  });

  it("reports a rejection that nobody catches", async () => {
    const { failed, answer } = await invoke({ do: "reject later" });
    expect(failed).toBe(true);
    expect(answer).toMatchObject({
      errorType: "Runtime.UnhandledPromiseRejection",
      errorMessage: expect.stringContaining("nobody caught this"),
    });
  });

  it.each(["wait", "spin"])("is ended at its timeout when it does nothing but %s", async (what) => {
    const { failed, answer } = await invoke({ do: what }, "Hasty");
    expect(failed).toBe(true);
    expect(answer.errorMessage).toContain("Task timed out after 1.00 seconds");
    expect((await invoke({ do: "echo" }, "Hasty")).failed).toBe(false);
  });

  it("hands over its log lines before its answer, however many", async () => {
    lines.length = 0;
    await invoke({ do: "log", text: "look" });
    expect(lines).toEqual([expect.stringMatching(/^Direct: .*\tINFO\tlook$/), "Direct: look on stderr"]);
    for (let round = 0; round < 20; round += 1) {
      lines.length = 0;
      await invoke({ do: "log", text: "look", times: 2_000 });
      expect(lines).toHaveLength(4_000);
    }
  });

  it("runs what comes at once one after another, in the order it came", async () => {
    const { answer: before } = await invoke({ do: "count" });
    const answers = await Promise.all(Array.from({ length: 40 }, () => invoke({ do: "count" })));
    expect(answers.map(({ answer }) => answer.invocations - before.invocations)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
  });

  it("is throttled when its reserved concurrency is 0, and its events age until they are given up", async () => {
    await expect(running.platform.invoke("Off", {})).rejects.toMatchObject({ code: "TooManyRequestsException" });
    const lambda = new LambdaClient(client(running));
    const FunctionName = running.platform.functions.find(({ logicalId }) => logicalId.startsWith("Off"))?.name;
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: '{"a":1}' }));
    await running.pass(599);
    expect(running.platform.queues()[0]?.visible).toBe(0);
    await running.pass(1);
    const record = JSON.parse(running.platform.queues()[0]?.messages[0]?.body ?? "");
    expect(record).toMatchObject({ requestContext: { condition: "EventAgeExceeded" }, requestPayload: { a: 1 } });
  });

  it("is counted, with its errors and its billed time", async () => {
    const name = running.platform.functions.find(({ logicalId }) => logicalId.startsWith("Hasty"))?.name ?? "";
    const counts = running.platform.invocationCounts()[name];
    expect(counts).toMatchObject({ invocations: 4, errors: 2 });
    expect(counts?.billedMs).toBeGreaterThanOrEqual(2_000);
  });
});

describe("the local platform", { timeout: 30_000 }, () => {
  it("shows a delivery that a missing queue policy would drop silently in AWS", async () => {
    const running = await runFixture(contractApp);
    try {
      const Entries = [{ EventBusName: "contract", Source: "contract", DetailType: "ToMute", Detail: '{"a":1}' }];
      await new EventBridgeClient(client(running)).send(new PutEventsCommand({ Entries }));
      await running.pass(1);
      expect(running.platform.droppedDeliveries()).toEqual([
        expect.objectContaining({
          atMs: NOON,
          from: expect.stringContaining(":rule/contract/"),
          to: expect.stringContaining(":dev-Work-Mute"),
          reason: expect.stringContaining("no queue policy lets events.amazonaws.com send"),
        }),
      ]);
      expect(running.platform.queues().find(({ logicalId }) => logicalId.startsWith("Mute"))?.visible).toBe(0);
    } finally {
      running.stop();
    }
  });

  it("keeps what matches an archive's pattern", async () => {
    const running = await runFixture(contractApp);
    try {
      const entry = { EventBusName: "contract", DetailType: "Any", Detail: '{"a":1}' };
      const Entries = [
        { ...entry, Source: "contract" },
        { ...entry, Source: "other" },
        { ...entry, Source: "contract", EventBusName: "default" },
      ];
      await new EventBridgeClient(client(running)).send(new PutEventsCommand({ Entries }));
      expect(running.platform.archivedEvents()).toEqual([
        expect.objectContaining({ source: "contract", time: "2026-11-20T12:00:00Z", detail: { a: 1 } }),
      ]);
    } finally {
      running.stop();
    }
  });

  it("runs a schedule at its own wall-clock time, also in the night the clock changes", async () => {
    const running = await runFixture(contractApp, { startMs: Date.parse("2026-10-24T12:00:00Z") });
    try {
      await running.pass(2.5 * 86_400);
      const seen = (await rows(running)).filter(({ role }) => role === "London");
      const times = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
      expect(seen.map(({ event }) => event)).toEqual(times.map((at) => JSON.stringify({ at })));
      expect(seen.map(({ atMs }) => atMs)).toEqual(times.map((at) => Date.parse(at)));
    } finally {
      running.stop();
    }
  });

  it("answers in virtual time", async () => {
    const running = await runFixture(contractApp);
    try {
      const { headers } = await fetch(running.platform.gatewayUrl);
      expect(headers.get("date")).toBe(new Date(NOON).toUTCString());
    } finally {
      running.stop();
    }
  });

  it("does the same things at the same times in every run", async () => {
    const story = async () => {
      const running = await runFixture(contractApp);
      try {
        const queues = new SQSClient(client(running));
        const QueueUrl = running.platform.queues().find(({ logicalId }) => logicalId.startsWith("PartialQueue"))?.url;
        const bodies = Array.from({ length: 30 }, (_, item) => JSON.stringify({ item, failTimes: item % 3 }));
        for (const MessageBody of bodies) await queues.send(new SendMessageCommand({ QueueUrl, MessageBody }));
        await running.pass(600);
        return (await rows(running)).map(({ role, atMs, event }) => ({
          role,
          atMs,
          records: JSON.parse(event).Records?.length,
        }));
      } finally {
        running.stop();
      }
    };
    const first = await story();
    expect(first.length).toBeGreaterThan(5);
    expect(await story()).toEqual(first);
  });

  it("keeps tables and what its keys encrypted in a file", async () => {
    const { assemblyDir, remove } = synthesise((app) => {
      const stack = new Stack(new Stage(app, "dev"), "Work");
      actor(stack, "Direct", logTable(stack), {});
      new kms.Key(stack, "Key", { alias: "alias/kept" });
    });
    const dbPath = join(assemblyDir, "kept.db");
    try {
      let CiphertextBlob: Uint8Array | undefined;
      for (const round of [1, 2]) {
        const platform = await startPlatform({
          assemblyDir,
          stage: "dev",
          clock: new VirtualClock(NOON + round),
          dbPath,
        });
        const fixture = { platform } as RunningFixture;
        const keys = new KMSClient(client(fixture));
        if (CiphertextBlob) await keys.send(new DecryptCommand({ CiphertextBlob }));
        CiphertextBlob = (await keys.send(new GenerateDataKeyCommand({ KeyId: "alias/kept", KeySpec: "AES_256" })))
          .CiphertextBlob;
        await platform.invoke("Direct", { round });
        expect((await rows(fixture)).map(({ event }) => JSON.parse(event).round)).toEqual(round === 1 ? [1] : [1, 2]);
        platform.stop();
      }
    } finally {
      remove();
    }
  });

  it("refuses by name, and remembers, every operation it does not implement", async () => {
    const running = await runFixture(contractApp);
    try {
      const events = new EventBridgeClient(client(running));
      await expect(events.send(new ListRulesCommand({}))).rejects.toMatchObject({
        name: "UnsupportedOperation",
        message: "UnsupportedOperation: events:ListRules is not implemented by the local gateway",
        $metadata: { httpStatusCode: 501 },
      });
      const queues = new SQSClient(client(running));
      await expect(queues.send(new CreateQueueCommand({ QueueName: "x" }))).rejects.toThrow("sqs:CreateQueue");
      const functions = new LambdaClient(client(running));
      await expect(functions.send(new ListFunctionsCommand({}))).rejects.toThrow("lambda:GET /2015-03-31/functions");
      const Entries = [{ Source: "contract", DetailType: "x", Detail: "{}" }];
      await expect(events.send(new PutEventsCommand({ Entries, EndpointId: "e" }))).rejects.toThrow();
      const query = await fetch(running.platform.gatewayUrl, {
        method: "POST",
        headers: {
          "Content-Type": "application/x-www-form-urlencoded",
          Authorization: "AWS4-HMAC-SHA256 Credential=k/20261120/eu-west-2/sns/aws4_request, SignedHeaders=host",
        },
        body: "Action=Publish&Version=2010-03-31",
      });
      expect(query.status).toBe(501);
      expect(await query.text()).toContain("sns:Publish is not implemented");
      const named = running.platform.refusals().map(({ operation }) => operation);
      expect(named).toEqual(expect.arrayContaining(["events:ListRules", "sqs:CreateQueue", "sns:Publish"]));
    } finally {
      running.stop();
    }
  });
});
