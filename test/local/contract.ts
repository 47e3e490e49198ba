import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Somewhere the contract stacks of fixture-app.ts are deployed: the local platform, another emulator, AWS. */
export type ContractTarget = {
  endpoint: string;
  dynamodbEndpoint: string;
  region: string;
  tableName: string;
  functionName(id: string): string;
  queueUrl(id: string): string;
  secret: string;
  /** Lets this much of the target's time pass, and all that is due in it happen. */
  pass(seconds: number): Promise<void>;
  stop(): Promise<void> | void;
};

export function describeContract(name: string, start: () => Promise<ContractTarget>): void {
  describe(`the AWS behaviour our code relies on, on ${name}`, { timeout: 60_000 }, () => {
    let target: ContractTarget;
    let events: EventBridgeClient;
    let queues: SQSClient;
    let functions: LambdaClient;
    let tables: DynamoDBClient;
    let keys: KMSClient;
    let secrets: SecretsManagerClient;

    beforeAll(async () => {
      target = await start();
      const credentials = { accessKeyId: "contract", secretAccessKey: "contract" };
      const common = { endpoint: target.endpoint, region: target.region, credentials, maxAttempts: 1 };
      events = new EventBridgeClient(common);
      queues = new SQSClient(common);
      functions = new LambdaClient(common);
      keys = new KMSClient(common);
      secrets = new SecretsManagerClient(common);
      tables = new DynamoDBClient({ ...common, endpoint: target.dynamodbEndpoint });
    }, 60_000);
    afterAll(async () => target?.stop());

    const entry = (DetailType: string, detail: object, rest: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
      EventBusName: "contract",
      Source: "contract",
      DetailType,
      Detail: JSON.stringify(detail),
      ...rest,
    });
    const put = (...Entries: PutEventsRequestEntry[]) => events.send(new PutEventsCommand({ Entries }));
    const send = (id: string, body: object, rest: { DelaySeconds?: number } = {}) =>
      queues.send(
        new SendMessageCommand({ QueueUrl: target.queueUrl(id), MessageBody: JSON.stringify(body), ...rest }),
      );
    const invoke = (id: string, payload: object, InvocationType: "Event" | "RequestResponse" = "RequestResponse") => {
      const Payload = JSON.stringify(payload);
      return functions.send(new InvokeCommand({ FunctionName: target.functionName(id), Payload, InvocationType }));
    };
    const receive = async (id: string, VisibilityTimeout?: number): Promise<Message[]> => {
      const input = {
        QueueUrl: target.queueUrl(id),
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ["All" as const],
      };
      const visibility = VisibilityTimeout === undefined ? {} : { VisibilityTimeout };
      return (await queues.send(new ReceiveMessageCommand({ ...input, ...visibility }))).Messages ?? [];
    };
    const depth = async (id: string) => {
      const input = { QueueUrl: target.queueUrl(id), AttributeNames: ["All" as const] };
      const { Attributes } = await queues.send(new GetQueueAttributesCommand(input));
      return {
        visible: Number(Attributes?.ApproximateNumberOfMessages),
        hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
      };
    };
    /** What the named function was given, in order: for a queue its batches, as the bodies in them. */
    const given = async (role: string): Promise<{ atMs: number; event: { Records?: { body: string }[] } }[]> => {
      const { Items = [] } = await tables.send(
        new QueryCommand({
          TableName: target.tableName,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :role",
          ExpressionAttributeValues: { ":role": { S: role } },
        }),
      );
      return Items.map((item) => ({ atMs: Number(item.sk?.S?.split("#")[0]), event: JSON.parse(item.event?.S ?? "") }));
    };
    const batches = async (role: string, mark: string) =>
      (await given(role))
        .map(({ atMs, event }) => ({ atMs, bodies: (event.Records ?? []).map(({ body }) => JSON.parse(body)) }))
        .filter(({ bodies }) => bodies.some((body) => (body.detail ?? body).mark === mark));

    describe("PutEvents", () => {
      it("takes the good entries of a call and names the bad ones", async () => {
        const result = await put(
          entry("ToNobody", {}),
          { EventBusName: "contract", DetailType: "x", Detail: "{}" },
          {
            ...entry("ToNobody", {}),
            Detail: "{not json",
          },
        );
        expect(result.FailedEntryCount).toBe(2);
        expect(result.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
          undefined,
          "InvalidArgument",
          "MalformedDetail",
        ]);
        expect(result.Entries?.[0]?.EventId).toBeTruthy();
      });

      it("refuses eleven entries", async () => {
        const eleven = Array.from({ length: 11 }, () => entry("ToNobody", {}));
        await expect(put(...eleven)).rejects.toMatchObject({ name: "ValidationException" });
      });

      it("carries an event through a rule and a queue to a function that writes to a table", async () => {
        await put(entry("ToPlain", { mark: "through", size: 5 }));
        await target.pass(1);
        const [batch] = await batches("PlainWorker", "through");
        expect(batch?.bodies[0]).toMatchObject({
          version: "0",
          source: "contract",
          "detail-type": "ToPlain",
          region: target.region,
          detail: { mark: "through", size: 5 },
        });
        expect(batch?.bodies[0].time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      });

      it("does not carry an event that the rule's pattern leaves out", async () => {
        await put(entry("ToPlain", { mark: "too large", size: 100 }));
        await target.pass(1);
        expect(await batches("PlainWorker", "too large")).toEqual([]);
      });

      it("invokes a function that is the target of a rule with the whole event", async () => {
        await put(entry("ToFunction", { mark: "direct" }));
        await target.pass(1);
        expect((await given("Direct")).map(({ event }) => event)).toContainEqual(
          expect.objectContaining({ "detail-type": "ToFunction", detail: { mark: "direct" } }),
        );
      });
    });

    describe("a queue that feeds a function", () => {
      it("gives a failing message up to the dead-letter queue after maxReceiveCount tries", async () => {
        await send("PlainQueue", { mark: "poison", throw: true });
        await target.pass(59);
        expect(await batches("PlainWorker", "poison")).toHaveLength(1);
        await target.pass(200);
        const tries = await batches("PlainWorker", "poison");
        expect(tries).toHaveLength(3);
        expect((tries[2]?.atMs ?? 0) - (tries[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(120_000);
        const dead = await receive("PlainDead");
        expect(dead.map(({ Body }) => JSON.parse(Body ?? ""))).toEqual([{ mark: "poison", throw: true }]);
      });

      it("keeps only the items of a batch that the function reports as failed", async () => {
        await Promise.all([
          send("PartialQueue", { mark: "partial", item: "good" }),
          send("PartialQueue", { mark: "partial", item: "bad", failTimes: 1 }),
        ]);
        await target.pass(90);
        const items = (await batches("PartialWorker", "partial")).flatMap(({ bodies }) =>
          bodies.map(({ item }) => item),
        );
        expect(items.filter((item) => item === "good")).toHaveLength(1);
        expect(items.filter((item) => item === "bad")).toHaveLength(2);
        expect(await depth("PartialQueue")).toEqual({ visible: 0, hidden: 0 });
      });

      it("takes an unknown item identifier as the failure of the whole batch", async () => {
        await send("PartialQueue", { mark: "unknown id", failTimes: 1, failAs: "no-such-message" });
        await target.pass(90);
        expect(await batches("PartialWorker", "unknown id")).toHaveLength(2);
      });

      it("brings a failed message back when the function says, not at the visibility timeout", async () => {
        await send("PartialQueue", { mark: "sooner", failTimes: 1, visibleInSeconds: 10 });
        await target.pass(30);
        const [first, second] = await batches("PartialWorker", "sooner");
        const waitedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
        expect(waitedMs).toBeGreaterThanOrEqual(9_000);
        expect(waitedMs).toBeLessThan(30_000);
      });

      it("waits for the batching window and hands over one batch", async () => {
        await send("WindowQueue", { mark: "window", item: 1 });
        await target.pass(5);
        await send("WindowQueue", { mark: "window", item: 2 });
        await target.pass(15);
        expect(await batches("WindowWorker", "window")).toEqual([]);
        await target.pass(30);
        const seen = await batches("WindowWorker", "window");
        expect(seen.flatMap(({ bodies }) => bodies.map(({ item }) => item)).sort()).toEqual([1, 2]);
        expect(seen).toHaveLength(1);
      });

      it("never hands over more than the batch size", async () => {
        await Promise.all([1, 2, 3, 4, 5].map((item) => send("SmallQueue", { mark: "small", item })));
        await target.pass(2);
        const seen = await batches("SmallWorker", "small");
        expect(seen.flatMap(({ bodies }) => bodies.map(({ item }) => item)).sort()).toEqual([1, 2, 3, 4, 5]);
        expect(Math.max(...seen.map(({ bodies }) => bodies.length))).toBeLessThanOrEqual(2);
      });

      it("holds a delayed message back", async () => {
        await send("PlainQueue", { mark: "delayed" }, { DelaySeconds: 20 });
        await target.pass(10);
        expect(await batches("PlainWorker", "delayed")).toEqual([]);
        await target.pass(20);
        expect(await batches("PlainWorker", "delayed")).toHaveLength(1);
      });
    });

    describe("a queue by hand", () => {
      it("hides a received message until its visibility is changed or its latest receipt deletes it", async () => {
        await queues.send(
          new SendMessageCommand({
            QueueUrl: target.queueUrl("Mute"),
            MessageBody: "by hand",
            MessageAttributes: { colour: { DataType: "String", StringValue: "green" } },
          }),
        );
        const [first] = await receive("Mute", 600);
        expect(first).toMatchObject({ Body: "by hand", Attributes: { ApproximateReceiveCount: "1" } });
        expect(await receive("Mute")).toEqual([]);
        const QueueUrl = target.queueUrl("Mute");
        const ReceiptHandle = first?.ReceiptHandle;
        await queues.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
        const [second] = await receive("Mute", 600);
        expect(second?.Attributes?.ApproximateReceiveCount).toBe("2");
        await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        expect(await depth("Mute")).toEqual({ visible: 0, hidden: 1 });
        await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }));
        expect(await depth("Mute")).toEqual({ visible: 0, hidden: 0 });
      });
    });

    describe("Invoke", () => {
      it("answers with what the function returns", async () => {
        const result = await invoke("Direct", { do: "echo", hello: "world" });
        expect(result.FunctionError).toBeUndefined();
        expect(JSON.parse(result.Payload?.transformToString() ?? "")).toEqual({ echo: { hello: "world" } });
      });

      it("marks a thrown error and answers with its type and message", async () => {
        const result = await invoke("Direct", { do: "throw", message: "as told" });
        expect(result.FunctionError).toBe("Unhandled");
        const document = JSON.parse(result.Payload?.transformToString() ?? "");
        expect(document).toMatchObject({ errorType: "TypeError", errorMessage: "as told" });
      });

      it("names a function that does not exist", async () => {
        const unknown = functions.send(new InvokeCommand({ FunctionName: "nobody" }));
        await expect(unknown).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      });

      it("retries an asynchronous event after one and two minutes, then sends its record to the failure queue", async () => {
        const accepted = await invoke("Retried", { do: "throw", message: "never works" }, "Event");
        expect(accepted.StatusCode).toBe(202);
        await target.pass(240);
        const times = (await given("Retried")).map(({ atMs }) => atMs);
        expect(times).toHaveLength(3);
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(55_000);
        expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(115_000);
        const [record] = await receive("Failures");
        expect(JSON.parse(record?.Body ?? "")).toMatchObject({
          version: "1.0",
          requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 3 },
          requestPayload: { do: "throw", message: "never works" },
          responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
          responsePayload: { errorType: "TypeError", errorMessage: "never works" },
        });
      });
    });

    describe("KMS and Secrets Manager", () => {
      it("gives a data key back only for the encryption context it was made with", async () => {
        const EncryptionContext = { account: "a1", vendor: "v1" };
        const made = await keys.send(
          new GenerateDataKeyCommand({ KeyId: "alias/contract", KeySpec: "AES_256", EncryptionContext }),
        );
        expect(made.Plaintext).toHaveLength(32);
        const CiphertextBlob = made.CiphertextBlob;
        const reordered = { vendor: "v1", account: "a1" };
        const opened = await keys.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: reordered }));
        expect(opened.Plaintext).toEqual(made.Plaintext);
        const wrong = keys.send(
          new DecryptCommand({ CiphertextBlob, EncryptionContext: { account: "a2", vendor: "v1" } }),
        );
        await expect(wrong).rejects.toMatchObject({ name: "InvalidCiphertextException" });
        const none = keys.send(new DecryptCommand({ CiphertextBlob }));
        await expect(none).rejects.toMatchObject({ name: "InvalidCiphertextException" });
      });

      it("gives a secret by name, and says when there is none", async () => {
        const found = await secrets.send(new GetSecretValueCommand({ SecretId: "contract/secret" }));
        expect(found).toMatchObject({ Name: "contract/secret", SecretString: target.secret });
        const missing = secrets.send(new GetSecretValueCommand({ SecretId: "contract/none" }));
        await expect(missing).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      });
    });
  });
}
