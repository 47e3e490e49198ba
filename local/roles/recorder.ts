import { Agent, createServer, request as forward } from "node:http";
import { listenOnLoopback } from "../loopback.ts";
import { type AwsCall, dynamoRights, signedBy } from "./aws-call.ts";

export type Recorder = { url: string; close(): void };

/** Stands in front of a DynamoDB engine and tells what each request needs of the caller's role. */
export async function startRecorder(
  engineUrl: string,
  tableArn: (name: string) => string,
  onCall: (call: AwsCall) => void,
): Promise<Recorder> {
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
        for (const right of dynamoRights(target, body.toString("utf8"), tableArn))
          onCall({ caller: signed.caller, ...right });
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
    close: () => {
      close();
      agent.destroy();
    },
  };
}
