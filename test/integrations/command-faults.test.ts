import { describe, expect, it } from "vitest";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
import { anAsset } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { aFault, anIntegration, aStart, fakeTokens, TWO } from "./job-bench.ts";

const command = aStart();
const isRetried = (fault: FaultClass) => FAULT_TREATMENT[fault].retry && fault !== "token-expired";
const retried = FaultClass.options.filter(isRetried);
const final = FaultClass.options.filter((fault) => !FAULT_TREATMENT[fault].retry);

describe("a command that the vendor refuses", () => {
  it.each(final)("for %s is rejected with that class, and told with the next step", async (fault) => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [aFault(fault)];
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(await world.commands.get(command)).toMatchObject({ status: "rejected", faultClass: fault, endedAt: TWO });
    expect(published(world.bus, "CommandRejected")).toMatchObject([{ faultClass: fault }]);
    expect(published(world.bus, "FaultRaised")).toMatchObject([{ nextStep: FAULT_TREATMENT[fault].nextStep }]);
    await world.run(command);
    expect(world.vendor.calls.filter((call) => call.startsWith("command"))).toHaveLength(1);
  });

  it.each(final)("for %s while the car is made ready is rejected too", async (fault) => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.prepare = [aFault(fault)];
    await world.run(command);
    expect(await world.commands.get(command)).toMatchObject({ status: "rejected", faultClass: fault, attempts: 0 });
  });

  it.each(retried)("for %s, having done nothing, is sent again without reading back", async (fault) => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [aFault(fault)];
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    expect(await world.statusOf(command)).toBe("issued");
    world.clock.advance(30_000);
    await world.run(command);
    expect(world.vendor.calls.filter((call) => call.startsWith("look"))).toEqual([]);
    expect(await world.commands.get(command)).toMatchObject({ status: "accepted", attempts: 2 });
  });

  it.each(retried)("for %s while the car is made ready stays issued", async (fault) => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.prepare = [aFault(fault)];
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    expect(await world.commands.get(command)).toMatchObject({ status: "issued", attempts: 0 });
    expect(world.bus.published).toEqual([]);
  });

  it("for a permanent reason although it may have acted is read back first", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [aFault("our-configuration", { mayHaveActed: true })];
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    expect(await world.statusOf(command)).toBe("unknown");
  });
});

describe("a fault of a command", () => {
  const later = aStart({ commandId: "2026-11-21T03:00:00.000Z-fedcba9876543210", issuedAt: plusMs(TWO, HOUR_MS) });
  const told = (world: ReturnType<typeof anIntegration>) =>
    published(world.bus, "FaultRaised").map((one) => one.faultClass);

  it("that stands from an earlier one is not told again", async () => {
    const world = anIntegration({ commands: [command, later] });
    world.vendor.next.command = [aFault("customer-must-act"), aFault("customer-must-act")];
    await world.run(later);
    await world.run({ ...command, commandId: later.commandId });
    const again = aStart({
      commandId: "2026-11-21T04:00:00.000Z-fedcba9876543210",
      issuedAt: plusMs(TWO, 2 * HOUR_MS),
    });
    await world.commands.issue(again);
    await world.run(again);
    expect(told(world)).toEqual(["customer-must-act"]);
  });

  it.each(["looks", "commands"] as const)("of the login is told once, when %s meet it first", async (first) => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.look = [aFault("credentials-revoked")];
    world.vendor.next.prepare = [aFault("credentials-revoked")];
    if (first === "looks") await world.poll();
    await world.run(command);
    if (first === "commands") await world.poll();
    expect(told(world)).toEqual(["credentials-revoked"]);
    world.clock.advance(HOUR_MS);
    await world.poll();
    expect(published(world.bus, "FaultCleared")).toMatchObject([{ faultClass: "credentials-revoked" }]);
  });

  it("is told when a device seen at work is said to be out of reach for the third time, once", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.devices.set("car-0001", { awake: true, charging: true });
    await world.poll();
    world.vendor.next.command = Array.from({ length: 6 }, () => aFault("device-offline"));
    for (const tries of [1, 2]) {
      await world.run(command);
      expect(told(world), `${tries}`).toEqual([]);
      world.clock.advance(30_000);
    }
    await world.run(command);
    expect(told(world)).toEqual(["device-offline"]);
    world.clock.advance(300_000);
    await world.run(command);
    expect(told(world)).toEqual(["device-offline"]);
    expect(await world.commands.get(command)).toMatchObject({ status: "issued", toldFault: "device-offline" });
  });

  it("is not told of one that sleeps", async () => {
    const world = anIntegration({ commands: [command] });
    await world.poll();
    world.vendor.next.command = Array.from({ length: 5 }, () => aFault("device-offline"));
    for (let tries = 0; tries < 5; tries++) {
      await world.run(command);
      world.clock.advance(300_000);
    }
    expect(told(world)).toEqual([]);
  });
});

describe("the wait for a device that does not wake", () => {
  it("grows with the command's age: waking costs money", async () => {
    const world = anIntegration({ commands: [command] });
    const { vendor } = world.deps;
    let wakes = 0;
    const neverReady: typeof vendor.prepare = async () => {
      wakes += 1;
      return { ready: false, waitMs: 20_000 };
    };
    world.deps.vendor = { ...vendor, prepare: neverReady };
    await world.deliver(command, 100);
    expect(world.clock.now() >= command.notAfter).toBe(true);
    expect(wakes).toBeLessThan(50);
  });
});

describe("the wait before a command is tried again", () => {
  it.each([
    ["30 s at first", 0, undefined, 30_000],
    ["half its age later on", 4 * 60_000, undefined, 120_000],
    ["five minutes at most", HOUR_MS, undefined, 300_000],
    ["what the vendor asks for, if that is longer", 0, 43_000, 43_000],
    ["30 s although the vendor asks for less", 0, 1_000, 30_000],
  ])("is %s", async (_, ageMs, retryAfterMs, expected) => {
    const world = anIntegration({ commands: [command], now: plusMs(TWO, ageMs) });
    world.vendor.next.command = [aFault("rate-limited", retryAfterMs === undefined ? {} : { retryAfterMs })];
    const handled = await world.run(command);
    const waitMs = handled.done ? 0 : handled.retryAfterMs;
    expect(waitMs).toBeGreaterThanOrEqual(expected);
    expect(waitMs).toBeLessThanOrEqual(1.5 * expected);
  });

  it("is each command's own, so that a fleet does not come back in one moment", async () => {
    const commands = Array.from({ length: 50 }, (_, index) =>
      aStart({ assetId: `car-${1000 + index}`, commandId: `2026-11-21T02:00:00.000Z-${index}` }),
    );
    const assets = commands.map(({ assetId }) => anAsset({ integration: "tesla", assetId }));
    const world = anIntegration({ commands, assets });
    world.vendor.next.command = commands.map(() => aFault("vendor-outage"));
    const waits = new Set<number>();
    for (const one of commands) {
      const handled = await world.run(one);
      if (!handled.done) waits.add(Math.floor(handled.retryAfterMs / 1000));
    }
    expect(waits.size).toBeGreaterThan(8);
  });

  it("ends with its time: an outage all night sends nothing late", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = Array.from({ length: 200 }, () => aFault("vendor-outage"));
    await world.deliver(command, 200);
    expect(world.clock.now() >= command.notAfter).toBe(true);
    expect(world.vendor.calls.filter((call) => call.startsWith("command")).length).toBeLessThan(50);
  });
});

describe("an expired token", () => {
  it("is renewed once, and the call repeated once within the same attempt", async () => {
    const tokens = fakeTokens();
    const world = anIntegration({ commands: [command], tokens: () => tokens });
    world.vendor.next.command = [aFault("token-expired")];
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(tokens.asked).toEqual(["access customer-0001", "refused customer-0001", "access customer-0001"]);
    expect(await world.commands.get(command)).toMatchObject({ status: "accepted", attempts: 1 });
  });
});
