import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { AwsCall } from "../../local/roles/aws-call.ts";
import { startRecorder } from "../../local/roles/recorder.ts";
import { listenOnLoopback } from "../../shared/integration/loopback.ts";

const HEADERS = {
  authorization: "AWS4-HMAC-SHA256 Credential=fn/20261121/eu-west-2/dynamodb/aws4_request, SignedHeaders=host",
  "x-amz-target": "DynamoDB_20120810.PutItem",
};
const table = (name: string) => ({ arn: `table/${name}`, partitionKey: "pk" });
const put = { TableName: "cars", Item: { pk: { S: "car-1" } } };
const conditional = { ...put, ConditionExpression: "attribute_not_exists(pk)" };

describe("the recorder in front of DynamoDB", () => {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  async function recording(isBeaten?: (call: AwsCall) => boolean) {
    const reached: string[] = [];
    const engine = await listenOnLoopback(
      createServer(async (request, response) => {
        for await (const chunk of request) reached.push(String(chunk));
        response.end("{}");
      }),
    );
    const calls: AwsCall[] = [];
    const recorder = await startRecorder(`http://${engine.address}`, {
      table,
      onCall: (call) => void calls.push(call),
      isBeaten,
    });
    open.push(engine.close, recorder.close);
    const ask = (body: object) => fetch(recorder.url, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
    return { reached, calls, ask };
  }

  it("tells what each request needs and hands it on", async () => {
    const { reached, calls, ask } = await recording();
    expect((await ask(conditional)).status).toBe(200);
    expect(reached).toEqual([JSON.stringify(conditional)]);
    const says = { "dynamodb:LeadingKeys": ["car-1"] };
    expect(calls).toEqual([{ caller: "fn", action: "dynamodb:PutItem", resource: "table/cars", says }]);
  });

  it("answers a conditional write that somebody else was first at as DynamoDB does, and hands on no other", async () => {
    const { reached, calls, ask } = await recording(({ resource }) => resource === "table/cars");
    const refused = await ask(conditional);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ __type: expect.stringMatching(/#ConditionalCheckFailedException$/) });
    expect((await ask(put)).status).toBe(200);
    expect((await ask({ ...conditional, TableName: "bikes" })).status).toBe(200);
    expect(reached).toHaveLength(2);
    expect(calls).toHaveLength(3);
  });
});
