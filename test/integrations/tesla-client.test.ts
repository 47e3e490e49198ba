import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { aReading, at, charging } from "../builders.ts";
import { aBench, aTarget, BASE, data, failure, rejection, SENT_WITH, said, state, VIN } from "./tesla-bench.ts";

const START = { kind: "charge.start", currentA: 16 } as const;
const STOP = { kind: "charge.stop" } as const;
const names = (bench: ReturnType<typeof aBench>) => bench.sent.map(({ url }) => url.pathname.split("/").at(-1));

describe("making a car ready", () => {
  it("wakes it once, however often it is asked while the car gets up", async () => {
    const bench = aBench([state("asleep"), state("asleep"), state("asleep"), state("online")]);
    await bench.client.prepare(aTarget());
    bench.pass(20_000);
    await expect(bench.client.prepare(aTarget())).resolves.toEqual({ ready: false, waitMs: 20_000 });
    bench.pass(20_000);
    await expect(bench.client.prepare(aTarget())).resolves.toEqual({ ready: true });
    expect(bench.counted).toEqual(["state", "wake", "state", "state"]);
  });

  it("wakes it again when a minute did not suffice", async () => {
    const bench = aBench([state("asleep")]);
    await bench.client.prepare(aTarget());
    bench.pass(MINUTE_MS);
    await bench.client.prepare(aTarget());
    expect(bench.counted).toEqual(["state", "wake", "state", "wake"]);
  });

  it("wakes it again at once when the first wake was refused", async () => {
    const bench = aBench([state("asleep"), failure(503, "service unavailable"), state("asleep"), state("online")]);
    await rejection(bench.client.prepare(aTarget()));
    await expect(bench.client.prepare(aTarget())).resolves.toEqual({ ready: true });
    expect(bench.counted).toEqual(["state", "wake", "state", "wake"]);
  });

  it("asks nothing of a car seen charging a moment ago", async () => {
    const bench = aBench([], { now: at("2026-11-20T23:10Z") });
    const last = charging({ observedAt: at("2026-11-20T23:00Z") });
    await expect(bench.client.prepare(aTarget({ last }))).resolves.toEqual({ ready: true });
    expect(bench.sent).toEqual([]);
  });

  it("does not believe that a car charges because it did an hour ago", async () => {
    const bench = aBench([state("asleep")], { now: at("2026-11-21T00:00Z") });
    const last = charging({ observedAt: at("2026-11-20T23:00Z") });
    await expect(bench.client.prepare(aTarget({ last }))).resolves.toMatchObject({ ready: false });
    expect(bench.counted).toEqual(["state", "wake"]);
  });
});

describe("a signing proxy", () => {
  const PROXY = "https://proxy.example:4443";

  it("is sent the commands, and nothing else", async () => {
    const bench = aBench([state("asleep"), state("online"), said(true)], { commands: PROXY });
    await bench.client.prepare(aTarget());
    await bench.client.command(aTarget(), STOP, SENT_WITH);
    await rejection(bench.client.look(aTarget(), { expectAwake: true }));
    expect(bench.sent.map(({ url }) => url.origin)).toEqual([BASE, BASE, PROXY, BASE]);
    expect(names(bench)).toEqual([VIN, "wake_up", "charge_stop", "vehicle_data"]);
  });

  it("turns asleep into 500, which is no outage and did nothing", async () => {
    const asleep = failure(500, "vehicle unavailable: vehicle is offline or asleep");
    const command = aBench([asleep], { commands: PROXY }).client.command(aTarget(), STOP, SENT_WITH);
    expect(await rejection(command)).toMatchObject({ fault: "device-offline", mayHaveActed: false });
  });
});

describe("a car of which a compatible service kept a reading", () => {
  it("is not online, and its reading is as old as it says", async () => {
    const kept = data({ charging_state: "Charging", battery_level: 41, timestamp: 1_795_201_200_000 });
    const bench = aBench([{ ...kept, body: JSON.parse(JSON.stringify(kept.body).replace("online", "asleep")) }]);
    await expect(bench.client.look(aTarget(), { expectAwake: true })).resolves.toMatchObject({
      online: false,
      reading: { observedAt: "2026-11-20T19:00:00.000Z", state: "charging", socPercent: 41 },
    });
  });
});

describe("a car that is up and has told nothing yet", () => {
  it("is online without a reading, and that is no fault", async () => {
    const body = {
      response: { vin: VIN, state: "online", charge_state: null, drive_state: null, vehicle_config: null },
    };
    const bench = aBench([{ status: 200, body }]);
    await expect(bench.client.look(aTarget(), { expectAwake: true })).resolves.toEqual({ online: true });
  });
});

describe("commanding a car", () => {
  it("sets the current and starts", async () => {
    const bench = aBench([said(true)]);
    await expect(bench.client.command(aTarget(), START, SENT_WITH)).resolves.toEqual({ withoutEffect: false });
    expect(names(bench)).toEqual(["set_charging_amps", "charge_start"]);
    expect(bench.sent[0]?.body).toEqual({ charging_amps: 16 });
    expect(bench.counted).toEqual(["command", "command"]);
  });

  it("leaves out a current that the car has", async () => {
    const bench = aBench([said(true)]);
    await bench.client.command(aTarget({ last: aReading({ currentLimitA: 16 }) }), START, SENT_WITH);
    expect(names(bench)).toEqual(["charge_start"]);
  });

  it("sets a current that is not known", async () => {
    const bench = aBench([said(true)]);
    await bench.client.command(aTarget({ last: aReading({ currentLimitA: null }) }), START, SENT_WITH);
    expect(names(bench)).toEqual(["set_charging_amps", "charge_start"]);
  });

  it("stops in one call", async () => {
    const bench = aBench([said(true)]);
    await bench.client.command(aTarget(), STOP, SENT_WITH);
    expect(names(bench)).toEqual(["charge_stop"]);
  });

  it("has an effect when any of its calls had one", async () => {
    const current = aBench([said(true), said(false, "is_charging")]);
    await expect(current.client.command(aTarget(), START, SENT_WITH)).resolves.toEqual({ withoutEffect: false });
    const neither = aBench([said(false, "already_set"), said(false, "is_charging")]);
    await expect(neither.client.command(aTarget(), START, SENT_WITH)).resolves.toEqual({ withoutEffect: true });
  });

  it("does not start a car that refused the current", async () => {
    const bench = aBench([said(false, "disconnected"), said(true)]);
    expect(await rejection(bench.client.command(aTarget(), START, SENT_WITH))).toMatchObject({
      fault: "customer-must-act",
    });
    expect(names(bench)).toEqual(["set_charging_amps"]);
  });

  it("may have started a car when the answer to the second call is lost", async () => {
    const bench = aBench([said(true), "cut"]);
    expect(await rejection(bench.client.command(aTarget(), START, SENT_WITH))).toMatchObject({ mayHaveActed: true });
  });
});
