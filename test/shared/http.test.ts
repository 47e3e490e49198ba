import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { VendorError } from "../../shared/errors.ts";
import { call, faultOfStatus, parseBody, retryAfterMs } from "../../shared/http.ts";

const BEHAVIOURS: Record<string, (response: ServerResponse) => void> = {
  "/ok": (response) => response.writeHead(200, { "x-limit": "7" }).end('{"ok":true}'),
  "/error": (response) => response.writeHead(503).end("down"),
  "/never": () => {},
  "/half": (response) => response.writeHead(200, { "content-length": "100" }).write("half"),
  "/cut": (response) => response.destroy(),
  "/cut-in-body": (response) => {
    response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy());
  },
  "/elsewhere": (response) => response.writeHead(307, { location: "/ok" }).end(),
};

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => BEHAVIOURS[request.url ?? ""]?.(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ask = (path: string, method: "GET" | "POST" = "GET", timeoutMs = 5_000) =>
  call(globalThis.fetch, {
    method,
    url: new URL(path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    operation: "vehicle data",
    timeoutMs,
  });
const failure = async (work: Promise<unknown>): Promise<VendorError> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof VendorError) return error;
  throw new Error(`expected a VendorError, got ${String(error)}`);
};

describe("a call", () => {
  it("gives back what was answered, whatever the status", async () => {
    const ok = await ask("/ok");
    expect([ok.status, ok.text, ok.headers.get("x-limit")]).toEqual([200, '{"ok":true}', "7"]);
    expect(await ask("/error")).toMatchObject({ status: 503, text: "down" });
  });

  it.each(["/never", "/half"])("ends when the time is up, also within the body: %s", async (path) => {
    const error = await failure(ask(path, "GET", 60));
    expect(error).toMatchObject({ fault: "transient", operation: "vehicle data", mayHaveActed: false });
    expect(error.message).toBe("vehicle data: no answer within 60 ms");
  });

  it.each(["/cut", "/cut-in-body", "/elsewhere"])(
    "is transient when the connection is cut or led away: %s",
    async (path) => {
      const error = await failure(ask(path));
      expect(error).toMatchObject({ fault: "transient", mayHaveActed: false });
      expect(error.message).toBe("vehicle data: connection failed or was cut");
      expect(error.cause).toBeInstanceOf(Error);
    },
  );

  it.each(["/never", "/cut", "/cut-in-body"])("may have acted when it was a POST: %s", async (path) => {
    expect((await failure(ask(path, "POST", 60))).mayHaveActed).toBe(true);
  });
});

describe("a body", () => {
  const Vehicle = z.object({ response: z.object({ charge: z.object({ level: z.number() }) }) });
  const parse = (text: string) => parseBody({ status: 200, headers: new Headers(), text }, Vehicle, "vehicle data");

  it("is parsed by its schema, loose about what we do not use", () => {
    expect(parse('{"response":{"charge":{"level":50,"new":1}}}')).toEqual({ response: { charge: { level: 50 } } });
  });

  it.each([
    ['{"response":{"charge":{"level":"half"}}}', "field response.charge.level:"],
    ['{"response":{}}', "field response.charge:"],
    ["[]", "field (root):"],
    ["null", "field (root):"],
    ["<html>", "the answer is not JSON"],
    ["", "the answer is not JSON"],
  ])("that is malformed names the field: %s", async (text, words) => {
    const error = await failure(Promise.resolve().then(() => parse(text)));
    expect(error).toMatchObject({ fault: "malformed-message", status: 200, mayHaveActed: false });
    expect(error.message).toContain(`vehicle data: ${words}`);
  });
});

describe("a status", () => {
  it.each([
    [400, "our-fault"],
    [401, "token-expired"],
    [403, "our-configuration"],
    [404, "our-fault"],
    [408, "device-offline"],
    [410, "api-retired"],
    [429, "rate-limited"],
    [500, "transient"],
    [503, "transient"],
    [304, "malformed-message"],
  ])("%s without better words means %s", (status, fault) => {
    expect(faultOfStatus(status)).toBe(fault);
  });
});

describe("Retry-After", () => {
  const NOW_MS = Date.parse("2026-11-20T18:00:00Z");
  it.each<[string, string | undefined, number | undefined]>([
    ["seconds", "120", 120_000],
    ["a date", "Fri, 20 Nov 2026 18:02:00 GMT", 120_000],
    ["a date that is past", "Fri, 20 Nov 2026 17:00:00 GMT", 0],
    ["a negative number", "-5", 0],
    ["words", "soon", undefined],
    ["nothing", undefined, undefined],
  ])("may be %s", (_, text, expected) => {
    expect(retryAfterMs(new Headers(text === undefined ? {} : { "retry-after": text }), NOW_MS)).toBe(expected);
  });
});
