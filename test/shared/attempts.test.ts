import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { documentClient } from "../../shared/store/table.ts";

const MOST_ATTEMPTS = 3;
const local = { region: "eu-west-2", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

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
