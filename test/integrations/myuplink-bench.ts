import { connectMyUplink } from "../../lambdas/integrations/myuplink/client.ts";
import { HeatPump } from "../../shared/domain/asset.ts";
import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import { type HeatMode, HeatReading } from "../../shared/domain/reading.ts";
import type { CallKind, Target } from "../../shared/integration/contract.ts";
import { at } from "../builders.ts";

export const BASE = "https://api.myuplink.com";
// Parts that no real device has.
export const DEVICE = "test-r-0000-20260101-000000-00-00-00-00-00-00";
const SYSTEM = "00000000-0000-4000-8000-000000000001";
export const TOKEN = "test-access-token";

export type Answer = { status: number; headers?: Record<string, string> | undefined; body: unknown };

/** A heat pump of 3 kW whose water is wanted between 45 and 60 °C. */
export function aPump(changes: Record<string, unknown> = {}, preferences: Record<string, unknown> = {}) {
  return HeatPump.parse({
    assetId: "pump-0001",
    kind: "heat-pump",
    integration: "myuplink",
    accountId: "customer-0001",
    vendorAssetId: DEVICE,
    fleetId: "main",
    site: { siteId: "home-1", timeZone: "Europe/London" },
    ratedPowerKw: 3,
    preferences: { hotWaterMinC: 45, hotWaterMaxC: 60, ...preferences },
    consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
    ...changes,
  });
}

export function aHeatReading(mode: HeatMode | null, changes: Partial<HeatReading> = {}): HeatReading {
  return HeatReading.parse({
    assetId: "pump-0001",
    stream: "heat",
    observedAt: "2026-11-20T22:50:00.000Z",
    receivedAt: "2026-11-20T22:50:01.000Z",
    mode,
    compressorOn: true,
    powerKw: 1.5,
    powerEstimated: true,
    hotWaterC: 52,
    indoorC: 20.8,
    outdoorC: 4.3,
    ...changes,
  });
}

/** The client with a vendor that gives these answers in turn, the last one for ever. `cut` breaks the connection. */
export function aBench(answers: readonly (Answer | "cut")[], options: { now?: Instant } = {}) {
  const sent: { method: string; url: URL; authorization: string | null; type: string | null; body: unknown }[] = [];
  const counted: CallKind[] = [];
  let now = options.now ?? at("2026-11-20T23:00:01Z");
  const client = connectMyUplink({
    endpoint: () => new URL(BASE),
    now: () => now,
    count: (kind) => counted.push(kind),
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      sent.push({
        method: init?.method ?? "GET",
        url: new URL(String(input)),
        authorization: headers.get("authorization"),
        type: headers.get("content-type"),
        body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
      });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      if (answer === undefined || answer === "cut") throw new TypeError("fetch failed");
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
      const body = answer.status === 204 ? null : text;
      return new Response(body, { status: answer.status, headers: answer.headers ?? {} });
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
  return { asset: aPump(), accessToken: TOKEN, last: undefined, ...changes };
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

export function systems(connectionState: unknown = "Connected"): Answer {
  return { status: 200, body: { systems: [{ systemId: SYSTEM, devices: [{ id: DEVICE, connectionState }] }] } };
}

export function mode(smartHomeMode: string): Answer {
  return { status: 200, body: { smartHomeMode } };
}

/** Points with only what matters; measured at 22:57 unless told otherwise. */
export function points(...list: Record<string, unknown>[]): Answer {
  const timestamp = "2026-11-20T22:57:02+00:00";
  return { status: 200, body: list.map((point) => ({ timestamp, parameterUnit: "", value: null, ...point })) };
}
