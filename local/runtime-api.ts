import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../shared/integration/loopback.ts";

/** One invocation as the runtime inside a function environment sees it. Times are virtual. */
export type Work = { requestId: string; functionArn: string; payload: string; nowMs: number; deadlineMs: number };

export type RuntimeEvents = {
  /** The runtime asks for work; it waits until `deliver` is called. */
  onNext(deliver: (work: Work) => void): void;
  onResponse(requestId: string, body: string): void;
  onError(requestId: string, body: string): void;
  onInitError(body: string): void;
};

const PREFIX = "/2018-06-01/runtime";
/** Tells the preload what time it is in the invocation. */
const NOW_HEADER = "headroom-virtual-now-ms";

/** The documented Lambda Runtime API for one function environment, which is how AWS knows its callers apart too. */
export async function startRuntimeApi(events: RuntimeEvents): ReturnType<typeof listenOnLoopback> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (request.method === "GET" && path === `${PREFIX}/invocation/next`) {
      events.onNext((work) => {
        response.writeHead(200, {
          "Content-Type": "application/json",
          "Lambda-Runtime-Aws-Request-Id": work.requestId,
          "Lambda-Runtime-Deadline-Ms": String(work.deadlineMs),
          "Lambda-Runtime-Invoked-Function-Arn": work.functionArn,
          [NOW_HEADER]: String(work.nowMs),
        });
        response.end(work.payload);
      });
      return;
    }
    readBody(request, (body) => {
      const [, requestId, what] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path.slice(PREFIX.length)) ?? [];
      if (path === `${PREFIX}/init/error`) events.onInitError(body);
      else if (requestId !== undefined && what === "response") events.onResponse(requestId, body);
      else if (requestId !== undefined && what === "error") events.onError(requestId, body);
      else return answer(response, 404);
      answer(response, 202);
    });
  });
  return listenOnLoopback(server);
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => done(Buffer.concat(chunks).toString("utf8")));
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Length": 0 });
  response.end();
}
