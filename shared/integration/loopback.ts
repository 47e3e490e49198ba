import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A call as a cloud on this machine sees it. */
export type LoopbackRequest = { method: string; url: URL; authorization: string | undefined; body: string };
/** Status 0 breaks the connection instead of answering. */
export type LoopbackReply = { status: number; headers: Record<string, string>; body: string };
export type Loopback = { url: string; stop(): Promise<void> };

/** Serves on a free port of the loopback address, for simulations and tests: nothing that is deployed serves. */
export async function serveLoopback(
  answer: (request: LoopbackRequest) => LoopbackReply | Promise<LoopbackReply>,
): Promise<Loopback> {
  let origin = "";
  const server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => {
      body += chunk;
    });
    // A caller that leaves before the end is not answered.
    message.on("end", async () => {
      const { method = "GET", headers } = message;
      const url = new URL(message.url ?? "/", origin);
      const reply = await answer({ method, url, authorization: headers.authorization, body });
      if (reply.status === 0) {
        message.socket.destroy();
        return;
      }
      const length = reply.status === 204 ? {} : { "Content-Length": Buffer.byteLength(reply.body) };
      response.writeHead(reply.status, { ...reply.headers, ...length }).end(reply.body);
    });
  });
  const { address, close } = await listenOnLoopback(server);
  origin = `http://${address}`;
  return { url: origin, stop: close };
}

/** Lets a server listen on a free port of the loopback address; `address` is host and port. */
export async function listenOnLoopback(server: Server): Promise<{ address: string; close(): Promise<void> }> {
  // Virtual nights have long silences in real seconds too, longer on a busy machine: a connection closed as a call begins
  // would look like a fault of the vendor's.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
