import { connectTesla } from "../../lambdas/integrations/tesla/client.ts";
import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { CallKind, Target } from "../../shared/integration/contract.ts";
import { anAsset, at } from "../builders.ts";

export const BASE = "https://fleet-api.prd.eu.vn.cloud.tesla.com";
// Letters that no real VIN has.
export const VIN = "TESTVIN0000000001";
export const TOKEN = "test-access-token";
/** What a command is sent with. */
export const SENT_WITH = { until: at("2026-11-21T05:00Z") };

export type Answer = { status: number; headers?: Record<string, string>; body: unknown };
type Sent = { method: string; url: URL; authorization: string | null; body: unknown };

/** Tesla's client with a vendor that gives these answers in turn, the last one for ever. `cut` breaks the connection. */
export function aBench(
  answers: readonly (Answer | "cut")[],
  options: { base?: string; commands?: string; now?: Instant } = {},
) {
  const sent: Sent[] = [];
  const counted: CallKind[] = [];
  let now = options.now ?? at("2026-11-20T23:00:01Z");
  const client = connectTesla({
    endpoint: (name) => new URL((name === "TESLA_COMMAND_URL" && options.commands) || (options.base ?? BASE)),
    now: () => now,
    count: (kind) => counted.push(kind),
    fetch: async (input, init) => {
      sent.push({
        method: init?.method ?? "GET",
        url: new URL(String(input)),
        authorization: new Headers(init?.headers).get("authorization"),
        body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
      });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      if (answer === undefined || answer === "cut") throw new TypeError("fetch failed");
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
      return new Response(text, { status: answer.status, headers: answer.headers ?? {} });
    },
  });
  return {
    client,
    sent,
    counted,
    pass: (ms: number) => {
      now = plusMs(now, ms);
    },
  };
}

export function aTarget(changes: Partial<Target> = {}): Target {
  return {
    asset: anAsset({ integration: "tesla", vendorAssetId: VIN }),
    accessToken: TOKEN,
    last: undefined,
    ...changes,
  };
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

export function failure(status: number, error: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: { response: null, error, error_description: "" } };
}

export function said(result: boolean, reason = ""): Answer {
  return { status: 200, body: { response: { result, reason } } };
}

export function state(word: string): Answer {
  return { status: 200, body: { response: { vin: VIN, state: word } } };
}

export function data(chargeState: Record<string, unknown>): Answer {
  return {
    status: 200,
    body: { response: { state: "online", charge_state: { timestamp: 1_795_215_600_000, ...chargeState } } },
  };
}
