import { describe, expect, it } from "vitest";
import type { FaultRule } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import type { CarSpec } from "../../lambdas/integrations/tesla/simulator-spec.ts";
import {
  aNight,
  CHARGING_MS,
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

describe("a car's charging", () => {
  it("begins at plug-in without a schedule, and ends at the limit", async () => {
    const { truth, pass } = await aNight(OFF);
    expect(truth().phase).toBe("starting");
    pass(15 * SECOND);
    expect(truth()).toMatchObject({ phase: "charging", powerKw: 7.36, starts: 1 });
    pass(CHARGING_MS);
    expect(truth()).toMatchObject({ phase: "complete", powerKw: 0, charging: false, plugged: true });
    expect(truth().socPercent).toBeCloseTo(80, 5);
    pass(12 * HOUR);
    expect(truth()).toMatchObject({ phase: "disconnected", plugged: false, starts: 1 });
  });

  it("waits for the latest moment that makes it ready, less its margin", async () => {
    const { truth, at, look } = await aNight();
    expect(await look()).toMatchObject({ charging_state: "Stopped", scheduled_charging_pending: true });
    at(MORNING - 5 * MINUTE - CHARGING_MS - 20 * SECOND);
    expect(truth().phase).toBe("stopped");
    at(MORNING);
    const [only] = truth().intervals;
    expect(only?.endsAtMs).toBe(MORNING - 5 * MINUTE);
  });

  const cases: { name: string; car: Partial<CarSpec>; beginsAt: number }[] = [
    {
      name: "at plug-in when it is already too late",
      car: { sessions: [{ arrivesAt: EVENING + HOUR, departsAt: EVENING + 2 * HOUR }] },
      beginsAt: EVENING + HOUR,
    },
    {
      name: "at its start time, on the local clock",
      car: { ownSchedule: { mode: "StartAt", minutesAfterLocalMidnight: 30 }, timeZone: "Europe/Paris" },
      beginsAt: Date.parse("2026-11-20T23:30:00.000Z"),
    },
    {
      name: "at once when plugged in less than six hours after its start time",
      car: { ownSchedule: { mode: "StartAt", minutesAfterLocalMidnight: 13 * 60 } },
      beginsAt: EVENING,
    },
    {
      name: "the next day when its start time is longer ago",
      car: {
        ownSchedule: { mode: "StartAt", minutesAfterLocalMidnight: 11 * 60 },
        sessions: [{ arrivesAt: EVENING, departsAt: EVENING + 40 * HOUR }],
      },
      beginsAt: Date.parse("2026-11-21T11:00:00.000Z"),
    },
  ];
  it.each(cases)("begins $name", async ({ car, beginsAt }) => {
    const { truth, at } = await aNight(car);
    at(EVENING + 39 * HOUR);
    const starting = (truth().intervals[0]?.startsAtMs ?? 0) - beginsAt;
    expect(starting).toBeGreaterThanOrEqual(5 * SECOND);
    expect(starting).toBeLessThanOrEqual(15 * SECOND);
  });

  it("begins again at its latest moment after a stop before it, and obeys a stop after it", async () => {
    const { truth, at, call, pass, consent } = await aNight();
    await call(START, {});
    pass(HOUR);
    await call(STOP, {});
    pass(MINUTE);
    expect(truth().phase).toBe("stopped");
    at(MORNING - HOUR);
    expect(truth()).toMatchObject({ phase: "charging", starts: 2 });
    consent();
    await call(STOP, {});
    at(MORNING - 1);
    expect(truth()).toMatchObject({ phase: "stopped", starts: 2 });
  });

  it("loses an hour when the charger offers nothing, and comes back by itself", async () => {
    const window = { startsAtMs: EVENING + HOUR, endsAtMs: EVENING + 2 * HOUR };
    const { truth, at, call, look, simulator } = await aNight(OFF, [{ kind: "no-power", vin: VIN, ...window }]);
    at(EVENING + HOUR + MINUTE);
    expect(truth()).toMatchObject({ phase: "no-power", powerKw: 0 });
    expect(await look()).toMatchObject({ charging_state: "NoPower", charger_pilot_current: 0 });
    expect((await call(START, {})).body.response).toMatchObject({ result: false, reason: "requested" });
    at(EVENING + 2 * HOUR + MINUTE);
    expect(truth()).toMatchObject({ phase: "charging", starts: 2 });
    expect(simulator.faultLog()).toEqual([{ atMs: EVENING + HOUR, vin: VIN, kind: "no-power" }]);
  });

  it("ends when the driver leaves early, with the energy it had", async () => {
    const { truth, at, simulator } = await aNight(OFF, [{ kind: "unplugged-early", vin: VIN, atMs: EVENING + HOUR }]);
    at(EVENING + 5 * HOUR);
    expect(truth()).toMatchObject({ phase: "disconnected", session: undefined });
    expect(truth().intervals[0]?.endsAtMs).toBe(EVENING + HOUR);
    expect(simulator.faultLog().map(({ kind }) => kind)).toEqual(["unplugged-early"]);
  });

  it.each<FaultRule>([
    { kind: "own-schedule-starts", vin: VIN, atMs: EVENING + 20 * MINUTE },
    { kind: "own-schedule-starts", vin: VIN, afterStopMs: 10 * MINUTE },
  ])("begins by itself in the middle of our stop (%#)", async (rule) => {
    const { truth, pass, call, simulator } = await aNight({}, [rule]);
    await call(START, {});
    pass(5 * MINUTE);
    await call(STOP, {});
    pass(25 * MINUTE);
    expect(truth()).toMatchObject({ phase: "charging", starts: 2 });
    expect(simulator.faultLog().map(({ kind }) => kind)).toEqual(["own-schedule-starts"]);
  });

  it("goes on from the charge the drive left, session by session", async () => {
    const sessions = [
      { arrivesAt: EVENING, departsAt: MORNING },
      { arrivesAt: EVENING + 24 * HOUR, departsAt: MORNING + 24 * HOUR, socOnArrivalPercent: 55.25 },
    ];
    const { truth, at } = await aNight({ sessions });
    at(EVENING + 24 * HOUR - 1);
    expect(truth().socPercent).toBeCloseTo(80, 5);
    at(EVENING + 24 * HOUR);
    expect(truth()).toMatchObject({ session: 1, socPercent: 55.25 });
  });
});

describe("commands", () => {
  it("change the car within five seconds and its cloud's words within thirty", async () => {
    const { truth, look, pass, call } = await aNight(OFF);
    pass(MINUTE);
    await call(STOP, {});
    pass(5 * SECOND);
    expect(truth().phase).toBe("stopped");
    const told = new Set<unknown>();
    for (let second = 5; second <= 30; second++) {
      told.add((await look()).charging_state);
      pass(SECOND);
    }
    expect([...told]).toEqual(["Charging", "Stopped"]);
  });

  const said: {
    when: string;
    path: string;
    body?: object;
    car?: Partial<CarSpec>;
    afterMs?: number;
    answer: object;
  }[] = [
    { when: "waiting", path: "charge_start", answer: { result: true, reason: "" } },
    { when: "waiting", path: "charge_stop", answer: { result: false, reason: "not_charging" } },
    { when: "starting", path: "charge_start", car: OFF, answer: { result: false, reason: "requested" } },
    {
      when: "charging",
      path: "charge_start",
      car: OFF,
      afterMs: MINUTE,
      answer: { result: false, reason: "is_charging" },
    },
    { when: "charging", path: "charge_stop", car: OFF, afterMs: MINUTE, answer: { result: true, reason: "" } },
    {
      when: "full",
      path: "charge_start",
      car: { initialSocPercent: 80 },
      answer: { result: false, reason: "complete" },
    },
    { when: "away", path: "charge_start", car: { sessions: [] }, answer: { result: false, reason: "disconnected" } },
    {
      when: "at 80",
      path: "set_charge_limit",
      body: { percent: 80 },
      answer: { result: false, reason: "already_set" },
    },
    { when: "at 80", path: "set_charge_limit", body: { percent: 90 }, answer: { result: true, reason: "" } },
    { when: "at 32 A", path: "set_charging_amps", body: { charging_amps: 16 }, answer: { result: true, reason: "" } },
  ];
  it.each(said)("$path when $when: $answer", async ({ path, body, car, afterMs, answer }) => {
    const { call, pass } = await aNight(car);
    pass(afterMs ?? 0);
    expect((await call(`${VEHICLE}/command/${path}`, body ?? {})).body.response).toEqual(answer);
  });

  it("asked twice at once, act once", async () => {
    const { call, simulator } = await aNight();
    await call(START, {});
    expect((await call(START, {})).body.response).toEqual({ result: false, reason: "requested" });
    expect(simulator.calls().map(({ effective }) => effective)).toEqual([true, false]);
  });

  it("set the current, which sets the power; below 5 A only when repeated", async () => {
    const { call, pass, truth } = await aNight({ ...OFF, phases: 3, maxCurrentA: 16 });
    const amps = async (charging_amps: number) => {
      await call(`${VEHICLE}/command/set_charging_amps`, { charging_amps });
      pass(MINUTE);
      return truth().powerKw;
    };
    pass(MINUTE);
    expect(truth().powerKw).toBeCloseTo(11.04, 9);
    expect(await amps(10)).toBeCloseTo(6.9, 9);
    expect(await amps(4)).toBeCloseTo(6.9, 9);
    expect(await amps(4)).toBeCloseTo(2.76, 9);
  });

  it("raise the limit of a full car, which goes on; refuse one out of range", async () => {
    const { call, pass, truth } = await aNight({ ...OFF, initialSocPercent: 80 });
    expect((await call(`${VEHICLE}/command/set_charge_limit`, { percent: 40 })).status).toBe(400);
    await call(`${VEHICLE}/command/set_charge_limit`, { percent: 85 });
    pass(MINUTE);
    expect(truth().phase).toBe("charging");
  });

  it("set the owner's schedule", async () => {
    const { call, pass, look, truth } = await aNight();
    await call(`${VEHICLE}/command/set_scheduled_charging`, { enable: true, time: 120 });
    pass(MINUTE);
    expect(await look()).toMatchObject({ scheduled_charging_mode: "StartAt", scheduled_charging_start_time_app: 120 });
    await call(`${VEHICLE}/command/set_scheduled_departure`, { enable: true, departure_time: 390 });
    pass(MINUTE);
    expect(await look()).toMatchObject({ scheduled_charging_mode: "DepartBy", scheduled_departure_time_minutes: 390 });
    await call(`${VEHICLE}/command/set_scheduled_departure`, { enable: false });
    pass(MINUTE);
    expect(truth().phase).toBe("charging");
  });
});

describe("sleep", () => {
  it("comes after fifteen idle minutes, is not disturbed by a look at the state, and ends 10 to 45 s after wake_up", async () => {
    const { call, pass, truth } = await aNight();
    pass(15 * MINUTE - 1);
    expect((await call(VEHICLE)).text).toContain('"state":"online"');
    pass(1);
    expect((await call(VEHICLE)).text).toMatch(/"state":"(asleep|offline)"/);
    expect(await call(DATA)).toMatchObject({
      status: 408,
      body: { response: null, error: "vehicle unavailable: vehicle is offline or asleep", error_description: "" },
    });
    expect((await call(START, {})).status).toBe(408);
    expect((await call(WAKE)).text).toMatch(/"state":"(asleep|offline)"/);
    pass(9 * SECOND);
    expect(truth().connectivity).toBe("waking");
    pass(36 * SECOND);
    expect((await call(VEHICLE)).text).toContain('"state":"online"');
    expect((await call(START, {})).status).toBe(200);
  });

  it("is put off by a reading and by charging", async () => {
    const { look, pass, truth, call } = await aNight();
    pass(10 * MINUTE);
    await look();
    pass(10 * MINUTE);
    expect(truth().connectivity).toBe("online");
    await call(START, {});
    pass(2 * HOUR);
    expect(truth().connectivity).toBe("online");
  });

  it("leaves some cars without values for a moment after waking", async () => {
    const blanks = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (seed) => {
        const { call, look, pass, truth } = await aNight({}, [], { seed });
        pass(HOUR);
        await call(WAKE);
        while (truth().connectivity !== "online") pass(SECOND);
        const first = await look();
        pass(15 * SECOND);
        expect((await look()).charging_state).toBe("Stopped");
        return first.charging_state === null && first.charger_power === null;
      }),
    );
    expect(new Set(blanks)).toEqual(new Set([true, false]));
  });
});
