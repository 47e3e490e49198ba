import { readFileSync } from "node:fs";
import { connectSolarEdge } from "../../lambdas/integrations/solaredge/client.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import { ProductionReading } from "../../shared/domain/reading.ts";
import type { CallKind, Target } from "../../shared/integration/contract.ts";
import { at } from "../builders.ts";

const FOLDER = new URL("../../lambdas/integrations/solaredge/", import.meta.url);
export const BASE = "https://monitoringapi.solaredge.com/v2";
const TOKEN = "test-access-token";
const NOON = at("2026-08-24T13:05:00Z");

export type Answer = { status: number; headers?: Record<string, string>; body: unknown; on?: string | undefined };

/** SolarEdge's client with a vendor that gives these answers: those kept for a path first, then in turn, the last for ever. */
export function aBench(answers: readonly (Answer | "cut")[], options: { now?: Instant } = {}) {
  const sent: URL[] = [];
  const counted: CallKind[] = [];
  const left = [...answers];
  let now = options.now ?? NOON;
  const client = connectSolarEdge({
    endpoint: () => new URL(BASE),
    now: () => now,
    count: (kind) => counted.push(kind),
    fetch: async (input) => {
      const url = new URL(String(input));
      sent.push(url);
      const kept = left.find((one) => one !== "cut" && one.on !== undefined && url.pathname.includes(one.on));
      const answer = kept ?? left.find((one) => one === "cut" || one.on === undefined);
      const free = left.filter((one) => one === "cut" || one.on === undefined);
      if (answer !== undefined && answer !== kept && free.length > 1) left.splice(left.indexOf(answer), 1);
      if (answer === undefined || answer === "cut") throw new TypeError("fetch failed");
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
      return new Response(text, { status: answer.status, headers: answer.headers ?? {} });
    },
  });
  return {
    client,
    sent,
    counted,
    names: () => sent.map(({ pathname }) => pathname.replace(/^.*\/sites\/\d+\//, "")),
    pass: (ms: number) => {
      now = plusMs(now, ms);
    },
  };
}

export function aSite(changes: { vendorAssetId?: string; timeZone?: string; assetId?: string } = {}) {
  const { timeZone = "Europe/London", ...rest } = changes;
  const asset = Asset.parse({ ...JSON.parse(readFileSync(new URL("asset.json", FOLDER), "utf8")), ...rest });
  if (asset.kind !== "solar-site") throw new Error("asset.json is no solar site");
  return { ...asset, site: { ...asset.site, timeZone } };
}

export function aProduction(
  changes: { [key in keyof ProductionReading]?: ProductionReading[key] | undefined } = {},
): ProductionReading {
  return ProductionReading.parse({
    assetId: "solar-0001",
    stream: "production",
    observedAt: "2026-08-24T12:15:00.000Z",
    receivedAt: "2026-08-24T12:20:00.000Z",
    productionKw: null,
    producedKwh: null,
    producedFrom: null,
    gridKw: null,
    consumptionKw: null,
    ...changes,
  });
}

export function aTarget(changes: Partial<Target> = {}): Target {
  return { asset: aSite(), accessToken: TOKEN, last: undefined, ...changes };
}

/** Quarters of an hour from a moment on. */
export function quarters(from: string, values: readonly (number | null)[], unit = "WH"): Answer {
  const body = {
    unit,
    resolution: "QUARTER_HOUR",
    values: values.map((value, index) => ({ timestamp: plusMs(at(from), index * 900_000), value })),
  };
  return { status: 200, body };
}

export const NO_METER: Answer = { status: 200, body: [], on: "/devices" };

export function problem(status: number, detail: string, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: { type: "about:blank", title: "", status, detail, properties: { traceId: "0" } } };
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
