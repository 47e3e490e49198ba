import { connectViessmann } from "../../lambdas/integrations/viessmann/client.ts";
import { type Asset, HeatPump as Schema } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { CallKind, Target } from "../../shared/integration/contract.ts";
import { at } from "../builders.ts";

export const DEVICE = "1234567/7571381000000000/0";
export const TOKEN = "test-access-token";
export const NOW = at("2026-11-20T23:00:01Z");
export const BASE = "https://api.viessmann-climatesolutions.com";
/** What a mode's switch and setting are called. */
export const CHARGE = "heating.dhw.oneTimeCharge";
export const TARGET = "heating.dhw.temperature.main";

export type Answer = { status: number; headers?: Record<string, string>; body: unknown };
type Sent = { method: string; url: URL; authorization: string | null; body: unknown };
export type HeatPump = Extract<Asset, { kind: "heat-pump" }>;

/** A heat pump in Berlin: 4 kW, hot water between 45 and its owner's own 55 °C. */
export function aHeatPump(changes: Partial<HeatPump> = {}): HeatPump {
  return Schema.parse({
    assetId: "pump-0001",
    kind: "heat-pump",
    integration: "viessmann",
    accountId: "alex",
    vendorAssetId: DEVICE,
    fleetId: "main",
    site: { siteId: "home-1", timeZone: "Europe/Berlin" },
    ratedPowerKw: 4,
    preferences: { hotWaterMinC: 45, hotWaterMaxC: 55 },
    consent: { control: true, givenAt: "2026-01-01T00:00:00.000Z" },
    ...changes,
  });
}

/** Viessmann's client with a vendor that gives these answers in turn, the last one for ever. `cut` breaks the connection. */
export function aBench(answers: readonly (Answer | "cut")[], now: Instant = NOW) {
  const sent: Sent[] = [];
  const counted: CallKind[] = [];
  const client = connectViessmann({
    endpoint: () => new URL(BASE),
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
  return { client, sent, counted };
}

export function aTarget(changes: Partial<Target> = {}): Target {
  return { asset: aHeatPump(), accessToken: TOKEN, last: undefined, ...changes };
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

type Properties = Record<string, { type?: string; unit?: string; value: unknown }>;
type Constraints = { min?: number; max?: number; stepping?: number };
type Commands = Record<string, { isExecutable: boolean; params: Record<string, { constraints: Constraints }> }>;
type AFeature = ReturnType<typeof aFeature>;

function aFeature(
  feature: string,
  properties: Properties,
  more: { commands?: Commands; timestamp?: string; isEnabled?: boolean } = {},
) {
  return {
    feature,
    isEnabled: true,
    isReady: true,
    timestamp: "2026-11-20T22:50:00.000Z",
    properties,
    commands: {},
    ...more,
  };
}

/** The hot-water side of a device, which every mode rests on. */
export function hotWater(
  state: { charging?: boolean; targetC?: number; executable?: boolean; constraints?: Constraints } = {},
): AFeature[] {
  const isExecutable = state.executable ?? true;
  const bare = { isExecutable, params: {} };
  const constraints = state.constraints ?? { min: 10, max: 60, stepping: 1 };
  return [
    aFeature(
      CHARGE,
      { active: { type: "boolean", value: state.charging ?? false } },
      { commands: { activate: bare, deactivate: bare } },
    ),
    aFeature(
      TARGET,
      { value: { type: "number", unit: "celsius", value: state.targetC ?? 55 } },
      { commands: { setTargetTemperature: { isExecutable, params: { temperature: { constraints } } } } },
    ),
  ];
}

export function features(...data: readonly AFeature[]): Answer {
  return { status: 200, body: { data } };
}

export const TAKEN: Answer = {
  status: 200,
  body: { data: { success: true, reason: "COMMAND_EXECUTION_SUCCESS" } },
};
