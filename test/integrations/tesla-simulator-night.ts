import { afterEach } from "vitest";
import {
  startTeslaSimulator,
  type TeslaSimulator,
  type TeslaSimulatorOptions,
} from "../../lambdas/integrations/tesla/simulator.ts";
import type { FaultRule } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import type { CarSpec } from "../../lambdas/integrations/tesla/simulator-spec.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const EVENING = Date.parse("2026-11-20T18:00:00.000Z");
export const MORNING = Date.parse("2026-11-21T07:00:00.000Z");
export const VIN = "LRW3E7FA0SIM00001";
export const VEHICLE = `/api/1/vehicles/${VIN}`;
export const START = `${VEHICLE}/command/charge_start`;
export const STOP = `${VEHICLE}/command/charge_stop`;
export const DATA = `${VEHICLE}/vehicle_data`;
export const WAKE = `${VEHICLE}/wake_up`;

/** 60 kWh, 7.36 kW, efficiency 0.9: from 40 to 80 % is 24 kWh in the battery, 3 h 37 min 23 s of charging. */
export function aCar(overrides: Partial<CarSpec> = {}): CarSpec {
  return {
    vin: VIN,
    accountId: "alex",
    batteryCapacityKwh: 60,
    chargeEfficiency: 0.9,
    voltageV: 230,
    phases: 1,
    maxCurrentA: 32,
    initialSocPercent: 40,
    chargeLimitPercent: 80,
    ownSchedule: { mode: "DepartBy", marginMinutes: 5 },
    timeZone: "Europe/London",
    sessions: [{ arrivesAt: EVENING, departsAt: MORNING }],
    ...overrides,
  };
}
export const CHARGING_MS = (24 / (7.36 * 0.9)) * HOUR;
export const OFF = { ownSchedule: { mode: "Off" } } as const;

type ChargeState = Record<string, unknown>;
type Said = { status: number; text: string; headers: Headers; body: { response?: never; error?: string } };

const running: TeslaSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()));
});

/** One car plugged in at six, leaving at seven, on a simulator whose time the test sets. */
export async function aNight(
  car: Partial<CarSpec> = {},
  rules: FaultRule[] = [],
  more: Partial<TeslaSimulatorOptions> = {},
) {
  const time = { ms: EVENING };
  const client = { clientId: "us", clientSecret: "secret" };
  const clock = { now: () => time.ms };
  const simulator = await startTeslaSimulator({
    clock,
    cars: [aCar(car)],
    seed: 7,
    faults: { rules },
    ...client,
    ...more,
  });
  running.push(simulator);
  let tokens = simulator.issueTokens("alex");
  const call = async (path: string, body?: object): Promise<Said> => {
    const answer = await fetch(simulator.url + path, {
      method: body || path.endsWith("wake_up") || path.includes("/command/") ? "POST" : "GET",
      headers: { authorization: `Bearer ${tokens.accessToken}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    const json = answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {};
    return { status: answer.status, text, headers: answer.headers, body: json };
  };
  return {
    simulator,
    call,
    at: (ms: number) => {
      time.ms = ms;
    },
    pass: (ms: number) => {
      time.ms += ms;
    },
    truth: () => simulator.truth(VIN),
    look: async () => JSON.parse((await call(DATA)).text).response.charge_state as ChargeState,
    refresh: (token: string, form: Record<string, string> = {}) =>
      fetch(`${simulator.authUrl}/oauth2/v3/token`, {
        method: "POST",
        body: new URLSearchParams({ grant_type: "refresh_token", client_id: "us", refresh_token: token, ...form }),
      }),
    tokens: () => tokens,
    /** A new consent, for a test that outlives its access token. */
    consent: () => {
      tokens = simulator.issueTokens("alex");
    },
  };
}
