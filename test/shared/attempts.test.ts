import { Readable } from "node:stream";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { documentClient } from "../../shared/store/table.ts";
import { fakeMeter } from "../fakes/meter.ts";

const MOST_ATTEMPTS = 3;
const local = { region: "eu-west-2", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

/** A client whose every attempt is answered so, and what it counted. */
function answered(body: object) {
  const meter = fakeMeter();
  const response = { statusCode: 400, headers: {}, body: Readable.from([JSON.stringify(body)]) };
  const client = documentClient(
    { ...local, maxAttempts: 1, requestHandler: { handle: async () => ({ response }) as never } },
    meter,
  );
  const ask = () => client.send(new GetCommand({ TableName: "accounts", Key: { account: "a" } }));
  return { meter, ask };
}

describe("an attempt that DynamoDB throttles", () => {
  it.each([
    ["ThrottlingException", { throttlingReasons: [{ reason: "TableWriteKeyRangeThroughputExceeded" }] }, "hot-key"],
    ["ThrottlingException", { throttlingReasons: [{ reason: "IndexWriteAccountLimitExceeded" }] }, "account-limit"],
    [
      "ThrottlingException",
      { throttlingReasons: [{ reason: "TableReadMaxOnDemandThroughputExceeded" }] },
      "table-limit",
    ],
    [
      "ProvisionedThroughputExceededException",
      { ThrottlingReasons: [{ reason: "TableReadProvisionedThroughputExceeded" }] },
      "table-limit",
    ],
    ["RequestLimitExceeded", {}, "other"],
    ["ThrottlingException", { throttlingReasons: [{ reason: "TableReadSomethingNew" }] }, "other"],
    ["TransactionCanceledException", { CancellationReasons: [{ Code: "None" }, { Code: "ThrottlingError" }] }, "other"],
  ])("with %s %j is counted as %s", async (name, more, reason) => {
    const { meter, ask } = answered({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "m", ...more });
    await expect(ask()).rejects.toThrow();
    expect(meter.sent).toEqual([{ name: "dynamodb_throttles", value: 1, dimensions: { reason } }]);
  });

  it.each([
    ["ConditionalCheckFailedException", {}],
    ["TransactionCanceledException", { CancellationReasons: [{ Code: "ConditionalCheckFailed" }] }],
  ])("is not one that failed with %s", async (name, more) => {
    const { meter, ask } = answered({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "m", ...more });
    await expect(ask()).rejects.toThrow();
    expect(meter.sent).toEqual([]);
  });
});

describe("AWS clients", () => {
  it.each([
    ["DynamoDB", () => documentClient(local).config.maxAttempts],
    ["EventBridge", () => new EventBridgeClient(local).config.maxAttempts],
    ["KMS", () => new KMSClient(local).config.maxAttempts],
    ["Secrets Manager", () => new SecretsManagerClient(local).config.maxAttempts],
    ["SQS", () => new SQSClient(local).config.maxAttempts],
  ])("of %s end their own attempts soon: beyond them the ledger and the queue decide", async (_, attempts) => {
    expect(await attempts()()).toBeLessThanOrEqual(MOST_ATTEMPTS);
  });

  it("of DynamoDB asks as often as that, and not more", async () => {
    let asked = 0;
    const client = documentClient({
      ...local,
      requestHandler: {
        handle: async () => {
          asked += 1;
          throw Object.assign(new Error("cut"), { code: "ECONNRESET" });
        },
      },
    });
    await expect(client.send(new GetCommand({ TableName: "accounts", Key: { account: "a" } }))).rejects.toThrow("cut");
    expect(asked).toBe(MOST_ATTEMPTS);
  });
});
