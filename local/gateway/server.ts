import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../../shared/integration/loopback.ts";
import type { VirtualClock } from "../clock.ts";
import { type AwsCall, signedBy } from "../roles/aws-call.ts";
import { gatewayCalls, invokeCalls } from "../roles/gateway-calls.ts";
import { AwsError, UnsupportedOperation } from "./aws-error.ts";
import type { Functions } from "./functions.ts";
import { type Operation, UnsupportedInput } from "./operations.ts";
import type { RunRecord } from "./record.ts";

/** What the gateway answers with; set once the assembly is wired, because its URL is part of the wiring. */
type GatewayBackend = { operations: Record<string, Operation>; functions: Functions };

export type Gateway = { url: string; serve(backend: GatewayBackend): void; close(): Promise<void> };

type Reply = { status: number; headers?: Record<string, string>; body: string };

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations(?:\?Qualifier=(?:%24|\$)LATEST)?$/;

/** One loopback server for every AWS service but DynamoDB. Time stands still while it answers; `onCall` hears what it did for whom. */
export async function startGateway(
  clock: VirtualClock,
  record: RunRecord,
  onCall?: (call: AwsCall) => void,
): Promise<Gateway> {
  let backend: GatewayBackend | undefined;
  const server = createServer((request, response) => {
    const release = clock.hold(`gateway ${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("close", () => {
      if (!request.complete) release();
    });
    request.on("end", () => {
      void reply(request, Buffer.concat(chunks).toString("utf8"))
        .then((answer) => write(response, answer))
        .finally(release);
    });
  });

  async function reply(request: IncomingMessage, body: string): Promise<Reply> {
    try {
      if (!backend) throw new AwsError("ServiceUnavailable", "The local platform is starting.", 503);
      const target = request.headers["x-amz-target"];
      if (typeof target === "string") return answerJson(request, backend, target, body);
      const [, functionName] = (request.method === "POST" && INVOKE.exec(request.url ?? "")) || [];
      if (functionName !== undefined) return await invoke(request, backend, decodeURIComponent(functionName), body);
      throw new UnsupportedOperation(nameOf(request, body));
    } catch (error) {
      const known = error instanceof AwsError ? error : new AwsError("InternalFailure", String(error), 500);
      const operation = nameOf(request, body);
      if (known.status >= 500) record.refusals.push({ atMs: clock.now(), operation, message: known.message });
      return failure(request, known);
    }
  }

  function answerJson(request: IncomingMessage, { operations }: GatewayBackend, target: string, body: string): Reply {
    const operation = Object.hasOwn(operations, target) ? operations[target] : undefined;
    if (!operation) throw new UnsupportedOperation(nameOf(request, body));
    try {
      const output = operation(JSON.parse(body || "{}"));
      if (onCall) for (const call of gatewayCalls(request.headers.authorization, target, body, output)) onCall(call);
      return { status: 200, headers: { "Content-Type": contentType(request) }, body: JSON.stringify(output) };
    } catch (error) {
      if (!(error instanceof UnsupportedInput)) throw error;
      throw new UnsupportedOperation(`${nameOf(request, body)} with this input (${error.message})`);
    }
  }

  async function invoke(
    request: IncomingMessage,
    { functions }: GatewayBackend,
    name: string,
    body: string,
  ): Promise<Reply> {
    const type = request.headers["x-amz-invocation-type"] ?? "RequestResponse";
    if (onCall) for (const call of invokeCalls(request.headers.authorization, name)) onCall(call);
    if (type === "Event") {
      const requestId = functions.invokeAsync(name, body || "{}");
      return { status: 202, headers: { "x-amzn-RequestId": requestId }, body: "" };
    }
    if (type !== "RequestResponse") throw new UnsupportedOperation(`lambda:Invoke with InvocationType ${type}`);
    const outcome = await functions.invoke(name, body || "{}", { isNested: true });
    const failed: Record<string, string> = outcome.failed ? { "X-Amz-Function-Error": "Unhandled" } : {};
    const headers = { "Content-Type": "application/json", "X-Amz-Executed-Version": "$LATEST", ...failed };
    return { status: 200, headers, body: outcome.payload };
  }

  function write(response: ServerResponse, { status, headers, body }: Reply): void {
    response.writeHead(status, {
      Date: new Date(clock.now()).toUTCString(),
      "Content-Length": Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
  }

  const { address, close } = await listenOnLoopback(server);
  return {
    url: `http://${address}`,
    serve: (given) => {
      backend = given;
    },
    close,
  };
}

function contentType(request: IncomingMessage): string {
  return request.headers["content-type"] ?? "application/x-amz-json-1.0";
}

/** The service and operation of any AWS request, as well as they can be told: `events:ListRules`. */
function nameOf(request: IncomingMessage, body: string): string {
  const service = signedBy(request.headers.authorization)?.service ?? "unknown";
  const target = request.headers["x-amz-target"];
  if (typeof target === "string") return `${service}:${target.split(".").at(-1)}`;
  const [, rpc] = /\/operation\/([^/?]+)$/.exec(request.url ?? "") ?? [];
  if (rpc) return `${service}:${rpc}`;
  if (contentType(request).startsWith("application/x-www-form-urlencoded")) {
    return `${service}:${new URLSearchParams(body).get("Action") ?? "unknown"}`;
  }
  return `${service}:${request.method} ${request.url}`;
}

function failure(request: IncomingMessage, error: AwsError): Reply {
  if (contentType(request).startsWith("application/x-www-form-urlencoded")) {
    const text = `<Error><Type>Sender</Type><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error>`;
    const body = `<ErrorResponse>${text}<RequestId>local</RequestId></ErrorResponse>`;
    return { status: error.status, headers: { "Content-Type": "text/xml" }, body };
  }
  return {
    status: error.status,
    headers: { "Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
