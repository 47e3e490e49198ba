import type { z } from "zod";
import type { FaultClass } from "./domain/fault.ts";
import { VendorError } from "./errors.ts";

export type HttpRequest = {
  method: "GET" | "POST" | "PUT" | "PATCH";
  url: URL;
  /** Names the call in errors and logs; the URL itself may carry personal data and is never printed. */
  operation: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
};

/** A vendor's answer before anyone has judged it. */
export type HttpAnswer = { status: number; headers: Headers; text: string };

export type Fetch = typeof globalThis.fetch;

/**
 * One HTTP call with a timeout and no retry: the scheduler and the command queue are the only retry layers.
 * Throws a `transient` VendorError when no answer came; `mayHaveActed` is set for anything but a GET.
 */
export async function call(fetch: Fetch, request: HttpRequest): Promise<HttpAnswer> {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers ?? {},
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: AbortSignal.timeout(request.timeoutMs),
      // A redirect could carry a bearer token to another host.
      redirect: "error",
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    throw new VendorError({
      fault: "transient",
      operation: request.operation,
      message:
        cause instanceof Error && cause.name === "TimeoutError"
          ? `no answer within ${request.timeoutMs} ms`
          : "connection failed or was cut",
      mayHaveActed: request.method !== "GET",
      cause,
    });
  }
}

/** Parses a JSON body by schema. Throws `malformed-message` naming the first field that does not fit. */
export function parseBody<T>(answer: HttpAnswer, schema: z.ZodType<T>, operation: string): T {
  let json: unknown;
  try {
    json = JSON.parse(answer.text);
  } catch (cause) {
    throw new VendorError({
      fault: "malformed-message",
      operation,
      status: answer.status,
      message: "the answer is not JSON",
      cause,
    });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new VendorError({
    fault: "malformed-message",
    operation,
    status: answer.status,
    message: `field ${issue?.path.join(".") || "(root)"}: ${issue?.message}`,
    cause: parsed.error,
  });
}

/** A page for people, which some gateway on the way wrote: never the vendor's own word about a customer or a device. */
export function isWebPage(text: string): boolean {
  return /<html|<!doctype html/i.test(text);
}

/** What an HTTP status means when the vendor's own words did not say more. */
export function faultOfStatus(status: number): FaultClass {
  if (status === 401) return "token-expired";
  if (status === 402 || status === 403 || status === 412 || status === 421) return "our-configuration";
  if (status === 408) return "device-offline";
  if (status === 410) return "api-retired";
  if (status === 429) return "rate-limited";
  if (status >= 500) return "transient";
  if (status >= 400) return "our-fault";
  return "malformed-message";
}

/** The `Retry-After` header in milliseconds; undefined when absent or unreadable. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
