import { describe, expect, it } from "vitest";
import { faultPreset } from "../../lambdas/integrations/tesla/simulator-fault-presets.ts";
import type { CallFault, FaultRule } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import {
  aCar,
  aNight,
  DATA,
  EVENING,
  HOUR,
  MINUTE,
  MORNING,
  OFF,
  SECOND,
  START,
  STOP,
  VEHICLE,
  VIN,
  WAKE,
} from "./tesla-simulator-night.ts";

type Case = { kind: CallFault; path: string; status: number; text: RegExp; acts?: boolean; rule?: Partial<FaultRule> };

const ASLEEP = /vehicle unavailable/;
const ANSWERED: Case[] = [
  { kind: "asleep-408", path: DATA, status: 408, text: ASLEEP },
  { kind: "asleep-500", path: START, status: 500, text: ASLEEP, acts: false },
  { kind: "server-503", path: VEHICLE, status: 503, text: /unavailable/ },
  { kind: "server-504", path: START, status: 504, text: /timeout/ },
  { kind: "html-502", path: WAKE, status: 502, text: /<html>/ },
  { kind: "empty-200", path: START, status: 200, text: /^$/ },
  { kind: "refused-without-reason", path: START, status: 200, text: /"result":false,"reason":""/, acts: false },
  { kind: "accepted-not-executed", path: START, status: 200, text: /"result":true/, acts: false },
  { kind: "rate-limited", path: DATA, status: 429, text: /Rate limit/ },
  { kind: "token-expired-early", path: DATA, status: 401, text: /token expired \(401\)/ },
  { kind: "unpaired-key", path: START, status: 500, text: /public key has not been paired/, acts: false },
  { kind: "mobile-access-disabled", path: DATA, status: 401, text: /mobile_access_disabled/ },
  { kind: "missing-scopes", path: START, status: 403, text: /Unauthorized missing scopes/, acts: false },
  { kind: "wrong-region", path: DATA, status: 421, text: /user out of region, use base URL: http/ },
];

describe("faults", () => {
  it.each(ANSWERED)("$kind answers $status", async ({ kind, path, status, text, acts }) => {
    const { call, simulator, truth, pass } = await aNight({}, [{ kind, vins: [VIN] }]);
    const said = await call(path);
    expect(said.status).toBe(status);
    expect(said.text).toMatch(text);
    pass(MINUTE);
    if (acts !== undefined) expect(truth().charging).toBe(acts);
    expect(simulator.calls()[0]?.effective ?? false).toBe(truth().charging);
    expect(simulator.faultLog()[0]).toMatchObject({ atMs: EVENING, vin: VIN, kind });
  });

  it("says asleep in several texts", async () => {
    const { call, pass } = await aNight({}, [{ kind: "asleep-408" }]);
    const texts = new Set<string | undefined>();
    for (let look = 0; look < 30; look++, pass(MINUTE)) texts.add((await call(DATA)).body.error);
    expect(texts.size).toBe(3);
    expect(texts).toContain('{:error=>"vehicle unavailable:"}');
  });

  it("cuts the connection after the car acted", async () => {
    const { call, simulator, truth, pass } = await aNight({}, [{ kind: "cut-after-acting", times: 1 }]);
    await expect(call(START)).rejects.toThrow();
    pass(MINUTE);
    expect(truth().charging).toBe(true);
    expect(simulator.calls()).toMatchObject([{ status: 0, effective: true, priceUsd: 0.001 }]);
    expect((await call(START)).body.response).toMatchObject({ reason: "is_charging" });
  });

  it("acts in about half of the calls that end in 504", async () => {
    const { call, simulator, pass } = await aNight({}, [{ kind: "server-504", commands: ["charge_start"] }]);
    for (let round = 0; round < 40; round++) {
      await call(START);
      pass(MINUTE);
      await call(STOP);
      pass(MINUTE);
    }
    const acted = simulator.calls().filter(({ status, effective }) => status === 504 && effective).length;
    expect(acted).toBeGreaterThan(8);
    expect(acted).toBeLessThan(32);
  });

  it("executes a command two to six minutes late, and lets a repetition overtake it", async () => {
    const { call, truth, pass } = await aNight({}, [{ kind: "executed-late", times: 1 }]);
    expect((await call(START)).body.response).toMatchObject({ result: true });
    pass(2 * MINUTE);
    expect(truth().phase).toBe("stopped");
    pass(4 * MINUTE + 20 * SECOND);
    expect(truth().phase).toBe("charging");
    const again = await aNight({}, [{ kind: "executed-late", times: 1 }]);
    await again.call(START);
    expect((await again.call(START)).body.response).toMatchObject({ result: true });
    again.pass(MINUTE);
    expect(again.truth().phase).toBe("charging");
  });

  it("gives the time to wait with a 429", async () => {
    const { call } = await aNight({}, [{ kind: "rate-limited", times: 1 }]);
    const { headers } = await call(DATA);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(20);
    expect(headers.get("ratelimit-remaining")).toBe("0");
    expect((await call(DATA)).status).toBe(200);
  });

  it("lets the expired access token be replaced", async () => {
    const { call, consent } = await aNight({}, [{ kind: "token-expired-early", times: 1 }]);
    expect((await call(DATA)).status).toBe(401);
    expect((await call(DATA)).status).toBe(401);
    consent();
    expect((await call(DATA)).status).toBe(200);
  });

  it("names the base URL in the text and in Alt-Svc when the region is wrong", async () => {
    // `fetch` repeats a call answered 421 once by itself, on a new connection, before it shows the answer.
    const { call, simulator } = await aNight({}, [{ kind: "wrong-region", times: 2 }]);
    const { headers, body } = await call(DATA);
    expect(body.error).toContain(simulator.url);
    expect(headers.get("alt-svc")).toBe(`h2="${new URL(simulator.url).host}"`);
    expect(simulator.calls().map(({ status }) => status)).toEqual([421, 421]);
    expect((await call(DATA)).status).toBe(200);
  });

  it("calls a charging car unreachable, and no other", async () => {
    const { call, truth, pass } = await aNight({}, [{ kind: "unreachable-while-charging" }]);
    expect((await call(DATA)).status).toBe(200);
    await call(START);
    pass(MINUTE);
    expect(await call(STOP)).toMatchObject({ status: 408 });
    expect(await call(DATA)).toMatchObject({ status: 408 });
    expect((await call(VEHICLE)).text).toMatch(/"state":"(offline|asleep)"/);
    expect((await call("/api/1/vehicles")).text).toMatch(/"state":"(offline|asleep)"/);
    expect(truth()).toMatchObject({ charging: true, connectivity: "online" });
  });

  it("tells an old reading as new, once there is one", async () => {
    const { look, pass, call } = await aNight(OFF, [{ kind: "stale-reading", startsAtMs: EVENING + 20 * MINUTE }]);
    const first = await look();
    pass(25 * MINUTE);
    expect(await look()).toEqual(first);
    expect((await call(DATA)).status).toBe(200);
  });

  it("takes everything down in an outage, tokens too, and nothing afterwards", async () => {
    const outage: FaultRule = { kind: "vendor-outage", startsAtMs: EVENING + MINUTE, endsAtMs: EVENING + 16 * MINUTE };
    const { call, pass, refresh, tokens, simulator, truth } = await aNight({}, [outage]);
    pass(MINUTE);
    const statuses = new Set<number>();
    for (let round = 0; round < 12; round++) {
      for (const path of [VEHICLE, START, DATA]) statuses.add((await call(path)).status);
    }
    expect(statuses).toEqual(new Set([502, 503]));
    expect((await refresh(tokens().refreshToken)).status).toBe(503);
    expect(simulator.calls().every(({ priceUsd }) => priceUsd === 0)).toBe(true);
    pass(15 * MINUTE);
    expect((await call(VEHICLE)).status).toBe(200);
    expect(truth().charging).toBe(false);
    expect(simulator.faultLog()).toEqual([{ atMs: EVENING + MINUTE, kind: "vendor-outage" }]);
  });

  it("leaves what the customer did not grant out of the token", async () => {
    const { tokens } = await aNight({}, [{ kind: "missing-scopes", vins: [VIN] }]);
    const claims = JSON.parse(Buffer.from(tokens().accessToken.split(".")[1] ?? "", "base64url").toString());
    expect(claims.scp).not.toContain("vehicle_charging_cmds");
    expect(claims.scp).toContain("vehicle_device_data");
  });

  it("strikes as often as the probability says, and the same way for the same seed", async () => {
    const statuses = async (seed: number) => {
      const { call, pass } = await aNight({}, [{ kind: "server-503", probability: 0.3 }], { seed });
      const list: number[] = [];
      for (let look = 0; look < 60; look++, pass(MINUTE)) list.push((await call(VEHICLE)).status);
      return list;
    };
    const once = await statuses(3);
    expect(await statuses(3)).toEqual(once);
    expect(await statuses(4)).not.toEqual(once);
    const struck = once.filter((status) => status === 503).length;
    expect(struck).toBeGreaterThan(6);
    expect(struck).toBeLessThan(36);
  });
});

describe("fault presets", () => {
  const cars = Array.from({ length: 60 }, (_, index) =>
    aCar({ vin: `LRW3E7FA0SIM${String(index).padStart(5, "0")}`, accountId: `account-${index}` }),
  );
  const night = { seed: 11, cars, startsAtMs: EVENING, endsAtMs: MORNING };
  const kinds = (rules: readonly FaultRule[]) => new Set<string>(rules.map(({ kind }) => kind));
  const touched = (rules: readonly FaultRule[]) => new Set(rules.flatMap((rule) => ("vins" in rule ? rule.vins : [])));

  it("none is none; the same seed gives the same night", () => {
    expect(faultPreset("none", night).rules).toEqual([]);
    expect(faultPreset("many", night)).toEqual(faultPreset("many", night));
    expect(faultPreset("some", { ...night, seed: 12 })).not.toEqual(faultPreset("some", night));
  });

  it("some: a third of the cars, one short outage, one lost rotation, one hour without power, nobody locked out", () => {
    const { rules } = faultPreset("some", night);
    expect(touched(rules).size).toBe(20);
    const [outage, ...others] = rules.filter((rule) => rule.kind === "vendor-outage");
    expect(others).toEqual([]);
    if (outage?.kind !== "vendor-outage") throw new Error("no outage");
    const minutes = (outage.endsAtMs - outage.startsAtMs) / MINUTE;
    expect(minutes).toBeGreaterThanOrEqual(15);
    expect(minutes).toBeLessThanOrEqual(20);
    expect(rules.filter(({ kind }) => kind === "lost-rotation")).toHaveLength(1);
    const [noPower] = rules.filter((rule) => rule.kind === "no-power");
    expect(noPower?.kind === "no-power" && noPower.endsAtMs - noPower.startsAtMs).toBe(HOUR);
    for (const kind of ["unpaired-key", "mobile-access-disabled", "missing-scopes", "unplugged-early"]) {
      expect(kinds(rules)).not.toContain(kind);
    }
  });

  it("many: every kind there is", () => {
    expect(kinds(faultPreset("many", night).rules).size).toBe(23);
  });
});
