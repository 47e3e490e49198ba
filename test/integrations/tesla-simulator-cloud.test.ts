import { describe, expect, it } from "vitest";
import type { TokenRules } from "../../lambdas/integrations/tesla/simulator-tokens.ts";
import {
  aCar,
  aNight,
  DATA,
  EVENING,
  HOUR,
  MINUTE,
  OFF,
  START,
  STOP,
  VEHICLE,
  VIN,
  WAKE,
} from "./tesla-simulator-night.ts";

describe("tokens", () => {
  type Pair = { access_token: string; refresh_token: string; expires_in: number };
  const aCustomer = async (tokens: Partial<TokenRules> = {}, lost = false) => {
    const night = await aNight({}, lost ? [{ kind: "lost-rotation", times: 1 }] : [], { tokens });
    const rotate = async (token: string): Promise<Pair> => {
      const answer = await night.refresh(token);
      expect(answer.status).toBe(200);
      return (await answer.json()) as Pair;
    };
    const refused = async (token: string) => {
      const answer = await night.refresh(token);
      return [answer.status, ((await answer.json()) as { error: string }).error];
    };
    const works = async (accessToken: string) => {
      const headers = { authorization: `Bearer ${accessToken}` };
      return (await fetch(night.simulator.url + VEHICLE, { headers })).status === 200;
    };
    return { ...night, rotate, refused, works };
  };

  it("are well-formed and say whose they are", async () => {
    const { rotate, tokens, works, simulator } = await aCustomer();
    const pair = await rotate(tokens().refreshToken);
    const [, payload = ""] = pair.access_token.split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
      sub: "alex",
      ou_code: "EU",
      aud: expect.arrayContaining([simulator.url]),
      scp: expect.arrayContaining(["vehicle_device_data", "vehicle_charging_cmds", "offline_access"]),
      exp: (EVENING + 8 * HOUR) / 1000,
    });
    expect(pair.expires_in).toBe(8 * 3600);
    expect(await works(pair.access_token)).toBe(true);
  });

  it("rotate: the last refresh token is honoured for a day, an older one is not", async () => {
    const { rotate, refused, tokens, pass } = await aCustomer();
    const first = tokens().refreshToken;
    const second = (await rotate(first)).refresh_token;
    expect(second).not.toBe(first);
    pass(23 * HOUR);
    const third = (await rotate(first)).refresh_token;
    await rotate(third);
    expect(await refused(first)).toEqual([401, "login_required"]);
    expect(await refused("never issued")).toEqual([401, "login_required"]);
  });

  it("rotate: the grace ends", async () => {
    const { rotate, refused, tokens, pass } = await aCustomer();
    await rotate(tokens().refreshToken);
    pass(24 * HOUR);
    expect(await refused(tokens().refreshToken)).toEqual([401, "login_required"]);
  });

  it("strict: a used one is refused, the new one still works", async () => {
    const { rotate, refused, tokens } = await aCustomer({ rotation: "strict" });
    const { refresh_token } = await rotate(tokens().refreshToken);
    expect(await refused(tokens().refreshToken)).toEqual([401, "login_required"]);
    await rotate(refresh_token);
  });

  it("reuse revokes: a used one takes everything with it", async () => {
    const { rotate, refused, works, tokens } = await aCustomer({ rotation: "reuse-revokes" });
    const { refresh_token, access_token } = await rotate(tokens().refreshToken);
    expect(await works(access_token)).toBe(true);
    expect(await refused(tokens().refreshToken)).toEqual([401, "login_required"]);
    expect(await refused(refresh_token)).toEqual([401, "login_required"]);
    expect(await works(access_token)).toBe(false);
  });

  it("survive a lost answer by the grace", async () => {
    const { refresh, rotate, tokens, simulator } = await aCustomer({}, true);
    await expect(refresh(tokens().refreshToken)).rejects.toThrow();
    await rotate(tokens().refreshToken);
    expect(simulator.faultLog()).toEqual([{ atMs: EVENING, accountId: "alex", kind: "lost-rotation" }]);
  });

  it("expire: access after eight hours, refresh after three months", async () => {
    const { call, refused, tokens, pass } = await aCustomer();
    pass(8 * HOUR);
    expect(await call(VEHICLE)).toMatchObject({ status: 401, body: { error: "token expired (401)" } });
    pass(90 * 24 * HOUR);
    expect(await refused(tokens().refreshToken)).toEqual([401, "login_required"]);
  });

  it("are given to our client only", async () => {
    const { refresh, tokens } = await aCustomer();
    const { refreshToken } = tokens();
    expect((await refresh(refreshToken, { client_id: "somebody" })).status).toBe(401);
    expect((await refresh(refreshToken, { client_secret: "guess" })).status).toBe(401);
    expect((await refresh(refreshToken, { grant_type: "password" })).status).toBe(400);
    expect((await refresh(refreshToken, { client_secret: "secret" })).status).toBe(200);
  });
});

describe("what the cloud tells", () => {
  it("lists a customer's cars in pages, with ids that a JavaScript number cannot hold", async () => {
    const cars = [aCar(), aCar({ vin: "LRW3E7FA0SIM00002" }), aCar({ vin: "LRW3E7FA0SIM00003", accountId: "blake" })];
    const { call } = await aNight({}, [], { cars });
    const { text } = await call("/api/1/vehicles?page=1&per_page=1");
    const [, id = "", idText = ""] = /"id":(\d+),.*"id_s":"(\d+)"/.exec(text) ?? [];
    expect(id).toBe(idText);
    expect(String(Number(id))).not.toBe(id);
    const page = JSON.parse(text);
    expect(page.pagination).toMatchObject({ count: 2, pages: 2, next: 2, previous: null });
    expect(page.response).toHaveLength(1);
    expect((await call("/api/1/vehicles/LRW3E7FA0SIM00003")).status).toBe(404);
    expect((await call(`/api/1/vehicles/${idText}`)).status).toBe(200);
  });

  it("tells a three-phase car as Tesla does: phases 2, whole kilowatts, whole percents, hundredths of kWh", async () => {
    const { look, pass, truth } = await aNight({ ...OFF, phases: 3, maxCurrentA: 16, initialSocPercent: 40.7 });
    pass(10 * MINUTE);
    const told = await look();
    expect(told).toMatchObject({
      charging_state: "Charging",
      charger_phases: 2,
      charger_power: 11,
      charger_actual_current: 16,
      battery_level: Math.floor(truth().socPercent),
      energy_remaining: Math.round(truth().storedKwh * 100) / 100,
      charge_energy_added: Math.round((truth().storedKwh - 24.42) * 100) / 100,
      charge_limit_soc: 80,
      conn_charge_cable: "IEC",
      charge_port_latch: "Engaged",
    });
    expect(Number(told.timestamp)).toBeLessThanOrEqual(EVENING + 10 * MINUTE);
    expect(Number(told.timestamp)).toBeGreaterThan(EVENING + 10 * MINUTE - 1001);
  });

  it("tells an unplugged car with a volt or two of noise", async () => {
    const { look } = await aNight({ sessions: [] });
    const told = await look();
    expect(told).toMatchObject({
      charging_state: "Disconnected",
      charger_phases: null,
      charge_port_latch: "Disengaged",
    });
    expect([1, 2]).toContain(told.charger_voltage);
  });

  it("tells only the endpoints asked for, and the region", async () => {
    const { call, simulator } = await aNight();
    expect((await call(`${DATA}?endpoints=vehicle_config`)).text).not.toContain("charge_state");
    const both = (await call(`${DATA}?endpoints=charge_state%3Bvehicle_config`)).text;
    expect(both).toContain("charge_state");
    expect(both).toContain("vehicle_config");
    expect((await call("/api/1/users/region")).body.response).toEqual({
      region: "eu",
      fleet_api_base_url: simulator.url,
    });
  });

  it("keeps a wrong clock in the car", async () => {
    const { look } = await aNight({ clockSkewMs: HOUR });
    expect(Number((await look()).timestamp)).toBeGreaterThan(EVENING + 59 * MINUTE);
  });

  it("refuses what it does not know", async () => {
    const { call, simulator } = await aNight();
    expect((await call(`${VEHICLE}/command/honk_horn`)).status).toBe(404);
    expect((await call("/api/1/nonsense")).status).toBe(404);
    expect((await fetch(simulator.url + VEHICLE)).status).toBe(401);
    expect((await fetch(simulator.url + START, { method: "POST" })).status).toBe(403);
  });
});

describe("limits and money", () => {
  it("bills looks, commands and wakes; refusals too, breakdowns not", async () => {
    const { call, pass, refresh, tokens, simulator } = await aNight({}, [
      { kind: "unpaired-key", commands: ["charge_stop"] },
    ]);
    await call("/api/1/vehicles");
    await call(VEHICLE);
    await call(START);
    await call(STOP);
    await refresh(tokens().refreshToken);
    pass(12 * HOUR);
    simulator.issueTokens("alex");
    await call(DATA);
    expect(simulator.calls().map(({ kind, status, priceUsd }) => [kind, status, priceUsd])).toEqual([
      ["state", 200, 0.002],
      ["state", 200, 0.002],
      ["command", 200, 0.001],
      ["command", 500, 0],
      ["token", 200, 0],
      ["data", 401, 0.002],
    ]);
    expect(simulator.calls()[2]).toMatchObject({ vin: VIN, accountId: "alex", command: "charge_start", atMs: EVENING });
  });

  it("bills the 408 of a sleeping car, and the wake", async () => {
    const { call, pass, simulator } = await aNight();
    pass(HOUR);
    await call(DATA);
    await call(WAKE);
    expect(simulator.calls().map(({ status, priceUsd }) => [status, priceUsd])).toEqual([
      [408, 0.002],
      [200, 0.02],
    ]);
  });

  it.each([
    { family: "looks", path: DATA, limit: 60 },
    { family: "commands", path: STOP, limit: 30 },
    { family: "wakes", path: WAKE, limit: 3 },
  ])("allows $limit $family a minute", async ({ path, limit }) => {
    const { call, pass } = await aNight();
    pass(20_000);
    for (let count = 1; count <= limit; count++) {
      const { status, headers } = await call(path);
      expect([status, headers.get("ratelimit-remaining")]).toEqual([200, String(limit - count)]);
    }
    const { status, headers } = await call(path);
    expect([status, headers.get("retry-after"), headers.get("ratelimit-limit")]).toEqual([429, "40", String(limit)]);
    pass(40_000);
    expect((await call(path)).status).toBe(200);
  });

  it("stops everything when the vendor's limit on our bill is reached", async () => {
    const { call } = await aNight({}, [], { billingLimitUsd: 0.004 });
    expect((await call(VEHICLE)).status).toBe(200);
    expect((await call(VEHICLE)).status).toBe(200);
    expect(await call(VEHICLE)).toMatchObject({ status: 429, body: { error: "Account disabled: EXCEEDED_LIMIT" } });
  });
});
