import { type Loopback, serveLoopback } from "../../shared/integration/loopback.ts";

export type Answer = { status: number; contentType: "application/json" | "text/html"; body: string };

export function json(status: number, body: unknown): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** Serves GETs on a free loopback port. `answer` is given the full URL as the caller wrote it. */
export function serveFeed(answer: (url: URL) => Answer | Promise<Answer>): Promise<Loopback> {
  const respond = async (method: string, url: URL): Promise<Answer> => {
    if (method !== "GET") return json(405, { detail: `${method} is not served here, only GET` });
    try {
      return await answer(url);
    } catch (error) {
      return json(500, { detail: `the local feed itself failed: ${error instanceof Error ? error.message : error}` });
    }
  };
  return serveLoopback(async ({ method, url }) => {
    const { status, contentType, body } = await respond(method, url);
    return { status, headers: { "content-type": contentType }, body };
  });
}
