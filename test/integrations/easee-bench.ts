import { connectEasee } from "../../lambdas/integrations/easee/client.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { CallKind, Target } from "../../shared/integration/contract.ts";
import { at } from "../builders.ts";

const TOKEN = "test-access-token";
export const CHARGER_ID = "EH000000";
export const NOW = at("2026-11-20T23:00:00Z");

/** Text as it is on the wire: JSON cannot write numbers above 2^53. */
export type Answer = { status: number; headers?: Record<string, string>; body: string };
type Sent = { method: string; url: URL; authorization: string | null; body: unknown };

/** A charger in London, 32 A at 230 V. */
export function aCharger(changes: Record<string, unknown> = {}) {
  const asset = Asset.parse({
    assetId: "charger-0001",
    kind: "charger",
    integration: "easee",
    accountId: "alex",
    vendorAssetId: CHARGER_ID,
    fleetId: "main",
    site: { siteId: "home-1", timeZone: "Europe/London" },
    supply: { voltageV: 230, phases: 1, maxCurrentA: 32 },
    preferences: { readyBy: "07:00", sessionEnergyKwh: 20 },
    consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
    ...changes,
  });
  if (asset.kind !== "charger") throw new Error("not a charger");
  return asset;
}

/** Easee's client with a vendor that gives these answers in turn, the last one for ever. `cut` breaks the connection. */
export function aBench(answers: readonly (Answer | "cut")[]) {
  const sent: Sent[] = [];
  const counted: CallKind[] = [];
  let now: Instant = NOW;
  const client = connectEasee({
    endpoint: () => new URL("https://api.easee.com"),
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
      return new Response(answer.body, { status: answer.status, headers: answer.headers ?? {} });
    },
  });
  const posted = () =>
    sent
      .filter(({ method }) => method === "POST")
      .map(({ url, body }) => [url.pathname.split("/").at(-1), body ?? null]);
  return {
    client,
    sent,
    counted,
    posted,
    pass: (ms: number) => {
      now = plusMs(now, ms);
    },
  };
}

export function aTarget(changes: Partial<Target> = {}): Target {
  return { asset: aCharger(), accessToken: TOKEN, last: undefined, ...changes };
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

/** An answer of the observations call with these values, each measured just now unless it says otherwise. */
export function observed(values: Record<number, string | [value: string, at: string]>): Answer {
  const observations = Object.entries({ 109: "2", 120: "0", 250: "True", ...values }).map(([id, told]) => {
    const [value, timestamp] = typeof told === "string" ? [told, "2026-11-20T22:59:00Z"] : told;
    return { id: Number(id), timestamp, dataType: 3, value };
  });
  return { status: 200, body: JSON.stringify({ observations }) };
}
