import { createServer } from "node:http";

export type Answer = { status: number; contentType: "application/json" | "text/html"; body: string };
export type Loopback = { url: string; stop(): Promise<void> };

export function json(status: number, body: unknown): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** Serves GETs on a free loopback port. `answer` is given the full URL as the caller wrote it. */
export async function serveLoopback(answer: (url: URL) => Answer | Promise<Answer>): Promise<Loopback> {
  let origin = "";
  const server = createServer(async (request, response) => {
    const result = await respond(request.method ?? "", new URL(request.url ?? "/", origin));
    response.writeHead(result.status, { "content-type": result.contentType }).end(result.body);
  });
  const respond = async (method: string, url: URL): Promise<Answer> => {
    if (method !== "GET") return json(405, { detail: `${method} is not served here, only GET` });
    try {
      return await answer(url);
    } catch (error) {
      return json(500, { detail: `the local feed itself failed: ${error instanceof Error ? error.message : error}` });
    }
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the loopback server has no port");
  origin = `http://127.0.0.1:${address.port}`;
  return {
    url: origin,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
