import { Agent, createServer, request as forward } from "node:http";
import { listenOnLoopback } from "../../shared/integration/loopback.ts";
import { type AwsCall, dynamoRights, signedBy, type TableFacts } from "./aws-call.ts";

export type Recorder = { url: string; close(): Promise<void> };
type Recording = {
  table: (name: string) => TableFacts;
  onCall: (call: AwsCall) => void;
  /** Whether somebody else was first where this conditional write of one item would go. */
  isBeaten?: ((call: AwsCall) => boolean) | undefined;
};

const BEATEN = JSON.stringify({
  __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
  message: "The conditional request failed",
});

/** Stands in front of a DynamoDB engine and tells what each request needs of the caller's role. */
export async function startRecorder(engineUrl: string, { table, onCall, isBeaten }: Recording): Promise<Recorder> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const { method, headers, url } = request;
      const target = headers["x-amz-target"];
      const signed = signedBy(headers.authorization);
      if (signed && typeof target === "string") {
        const text = body.toString("utf8");
        const calls = dynamoRights(target, text, table).map((right) => ({ caller: signed.caller, ...right }));
        for (const call of calls) onCall(call);
        const isConditional = calls.length === 1 && text.includes('"ConditionExpression"');
        if (isConditional && calls.some((call) => isBeaten?.(call))) {
          response.writeHead(400, { "Content-Type": "application/x-amz-json-1.0" });
          response.end(BEATEN);
          return;
        }
      }
      const onward = forward(new URL(url ?? "/", engineUrl), { method, headers, agent }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
  });
  const { address, close } = await listenOnLoopback(server);
  return {
    url: `http://${address}`,
    async close() {
      await close();
      agent.destroy();
    },
  };
}
