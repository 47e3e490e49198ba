import { describe, expect, it } from "vitest";
import type { Acting } from "../../lambdas/optimiser/loads.ts";
import { release } from "../../lambdas/optimiser/release.ts";
import { type Action, type CommandStatus, CommandStatus as Statuses } from "../../shared/domain/command.ts";
import type { ChargeReading, HeatReading } from "../../shared/domain/reading.ts";
import { aCharger, aCommand, aHeatPump, aHeatReading, anAsset, aReading, at, charging } from "../builders.ts";
import { optimiserWorld, signalUpdated, telemetryRecorded } from "../fakes/optimiser-world.ts";

const STOP = { kind: "charge.stop" } as const;
const START = { kind: "charge.start", currentA: 10 } as const;
const stopped = aReading({ state: "stopped", plugged: true });

const heard = (action: Action, status: CommandStatus = "confirmed", attempts = 1) =>
  aCommand({ action, status, attempts });

function car(reading: ChargeReading = stopped, importLimitKw?: number): Acting {
  const { site } = anAsset();
  const asset = anAsset({ site: { ...site, ...(importLimitKw !== undefined && { importLimitKw }) } });
  const seenAt = reading.observedAt;
  const battery = { car: asset, reading, seenAt };
  return { kind: "charge", asset, reading, battery, partners: [], seenAt, isStale: false, notes: [] };
}

function pump(reading: HeatReading): Acting {
  return { kind: "heat", asset: aHeatPump(), reading, partners: [], isStale: false, notes: [] };
}

describe("a load that is given back", () => {
  it("may charge again when we had stopped it", () => {
    expect(release(car(), [heard(STOP)], 1)).toEqual({ kind: "charge.start", currentA: 32 });
  });

  it.each([
    ["never heard of us", stopped, []],
    ["was last told to charge", stopped, [heard(START)]],
    ["charges", charging(), [heard(STOP)]],
    ["is full", aReading({ state: "complete", plugged: true }), [heard(STOP)]],
    ["is not plugged in", aReading({ state: "disconnected", plugged: false }), [heard(STOP)]],
    ["may be plugged in or not", aReading({ state: null, plugged: null }), [heard(STOP)]],
  ])("is left alone when it %s", (_, reading, recent) => {
    expect(release(car(reading), recent, 1)).toBeUndefined();
  });

  it("was held only by a stop that it may have heard", () => {
    const heardOf = Statuses.options.filter((status) => release(car(), [heard(STOP, status)], 1) !== undefined);
    expect(heardOf).toEqual(["issued", "sending", "unknown", "accepted", "confirmed", "missed", "withdrawn"]);
    expect(release(car(), [heard(STOP, "issued", 0)], 1)).toBeUndefined();
    expect(release(car(), [heard(STOP, "withdrawn", 0)], 1)).toBeUndefined();
  });

  it("gets an equal part of its site's limit, or nothing where that is less than it can run at", () => {
    expect(release(car(stopped, 7.36), [heard(STOP)], 2)).toEqual({ kind: "charge.start", currentA: 16 });
    expect(release(car(stopped, 7.36), [heard(STOP)], 6)).toBeUndefined();
    expect(release(car(stopped, 50), [heard(STOP)], 2)).toEqual({ kind: "charge.start", currentA: 32 });
  });

  it("goes back to normal when it heats by our mode, and not by its owner's", () => {
    const reduced = { kind: "heat.mode", mode: "reduced" } as const;
    const resting = aHeatReading({ mode: "reduced" });
    expect(release(pump(resting), [heard(reduced)], 1)).toEqual({ kind: "heat.mode", mode: "normal" });
    expect(release(pump(aHeatReading({ mode: "normal" })), [heard(reduced)], 1)).toBeUndefined();
    expect(release(pump(resting), [], 1)).toBeUndefined();
  });
});

/** A car that came charging and was stopped until its window. */
async function held() {
  const world = optimiserWorld([anAsset()]);
  await world.read(charging());
  await world.on(signalUpdated);
  const [stop] = world.deps.commands.all();
  if (!stop) throw new Error("no stop was issued");
  const sending = await world.deps.commands.transition(stop, "sending", { attempts: 1 });
  const accepted = sending && (await world.deps.commands.transition(sending, "accepted", {}));
  if (accepted) await world.deps.commands.transition(accepted, "confirmed", {});
  await world.read(aReading({ observedAt: at("2026-11-20T18:10Z"), state: "stopped", plugged: true }));
  world.clock.set("2026-11-20T18:30Z");
  return world;
}

const actions = ({ deps }: Awaited<ReturnType<typeof held>>) =>
  deps.commands.all().map(({ action, purpose }) => `${action.kind}${purpose ? ` to ${purpose}` : ""}`);

describe("while control is switched off", () => {
  const on = { isOn: true, since: at("2026-11-20T18:30Z"), by: "ops", reason: "an incident" };
  const off = { ...on, isOn: false, since: at("2026-11-20T19:30Z") };
  const switched = (isOn: boolean) => ({ name: "ControlSwitched", detail: { isOn } }) as const;

  it("a held car is given back once, however often it is looked at, and nothing is planned", async () => {
    const world = await held();
    await world.deps.killSwitch.set(on);
    const before = await world.planOf("car-0001");
    await world.on(switched(true));
    await world.on(switched(true));
    await world.on(telemetryRecorded({ assetId: "car-0001", matters: true }));
    expect(actions(world).sort()).toEqual(["charge.start to release", "charge.stop"]);
    expect(await world.planOf("car-0001")).toEqual(before);
  });

  it("no edge is followed; what passed meanwhile is followed when it is on again", async () => {
    const world = await held();
    await world.deps.killSwitch.set(on);
    const edge = (await world.planOf("car-0001"))?.windows[0]?.startsAt ?? at("1970-01-01T00:00Z");
    await world.tick(edge);
    expect(actions(world)).toEqual(["charge.stop"]);
    await world.deps.killSwitch.set(off);
    await world.tick(edge);
    expect(actions(world)).toEqual(["charge.stop", "charge.start"]);
  });

  it("everybody is planned anew once control is allowed again", async () => {
    const world = await held();
    await world.deps.killSwitch.set(on);
    await world.deps.killSwitch.set(off);
    world.news();
    await world.read(aReading({ observedAt: at("2026-11-20T19:00Z"), state: "stopped", plugged: true, storedKwh: 40 }));
    await world.on(switched(false));
    expect(world.news()).toContain("PlanUpdated");
  });
});

describe("when an owner takes control back", () => {
  const consent = { control: false, givenAt: at("2026-11-20T18:30Z") };
  const enrolled = { name: "AssetEnrolled", detail: { assetId: "car-0001" } } as const;

  it("a held car is given back once and at once, and nothing more is asked of it", async () => {
    const world = await held();
    await world.deps.assets.put(anAsset({ consent }));
    await world.on(enrolled);
    await world.on(enrolled);
    await world.on(signalUpdated);
    expect(actions(world).sort()).toEqual(["charge.start to release", "charge.stop"]);
    const release = world.deps.commands.all().find(({ purpose }) => purpose === "release");
    expect(release).toMatchObject({ notBefore: at("2026-11-20T18:30Z"), reason: "its owner took control back" });
  });

  it("one that we do not hold is left alone", async () => {
    const world = await held();
    await world.read(charging({ observedAt: at("2026-11-20T18:20Z") }));
    await world.deps.assets.put(anAsset({ consent }));
    await world.on(enrolled);
    expect(actions(world)).toEqual(["charge.stop"]);
  });

  it("a car acts for itself only when its charger has been given back", async () => {
    const car = anAsset({ chargerId: "charger-0001" });
    const world = optimiserWorld([car, aCharger({ consent })]);
    await world.read(charging());
    const back = await world.deps.commands.issue(
      aCommand({ assetId: "charger-0001", purpose: "release", commandId: "gives-it-back" }),
    );
    await world.on(enrolled);
    expect(actions(world)).toEqual(["charge.start to release"]);
    const sending = await world.deps.commands.transition(back ?? expect.fail(), "sending", { attempts: 1 });
    await world.deps.commands.transition(sending ?? expect.fail(), "expired", {});
    await world.on(enrolled);
    expect(actions(world).sort()).toEqual(["charge.start to release", "charge.stop"]);
  });
});
