import { describe, expect, it } from "vitest";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { published } from "../fakes/bus.ts";
import { aFault, anIntegration, aStart, TWO } from "./job-bench.ts";

const command = aStart();
const ON = { isOn: true, since: TWO, by: "ops", reason: "cars report 400 V" };
const OFF = { ...ON, isOn: false };

describe("the kill switch", () => {
  it("has every command withdrawn that was not sent, with what it says, before anything is done to the device", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.devices.set("car-0001", { awake: false, charging: false });
    await world.killSwitch.set(ON);
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual([]);
    expect(await world.commands.get(command)).toMatchObject({
      status: "withdrawn",
      evidence: `the kill switch is on since ${TWO}: cars report 400 V`,
    });
    expect(published(world.bus, "CommandWithdrawn")).toHaveLength(1);
  });

  it("lets through what gives a device back to its owner", async () => {
    const release = aStart({ purpose: "release" });
    const world = anIntegration({ commands: [release] });
    await world.killSwitch.set(ON);
    await world.run(release);
    expect(await world.statusOf(release)).toBe("accepted");
  });

  it("that is set while the car is made ready is heard before the car is told", async () => {
    const world = anIntegration({ commands: [command] });
    const { vendor } = world.deps;
    const slow: typeof vendor.prepare = async (target) => {
      await world.killSwitch.set(ON);
      return vendor.prepare(target);
    };
    world.deps.vendor = { ...vendor, prepare: slow };
    await world.run(command);
    expect(world.vendor.calls).toEqual(["prepare car-0001"]);
    expect(await world.statusOf(command)).toBe("withdrawn");
  });

  it("has what may have acted read back, and not repeated", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [aFault("transient", { mayHaveActed: true })];
    world.vendor.neverActs.add("car-0001");
    await world.run(command);
    expect(await world.statusOf(command)).toBe("unknown");
    await world.killSwitch.set(ON);
    world.clock.advance(MINUTE_MS);
    await world.run(command);
    expect(world.vendor.calls.filter((call) => call !== "prepare car-0001")).toEqual([
      "command car-0001",
      "look car-0001",
    ]);
    expect(await world.statusOf(command)).toBe("withdrawn");
  });

  it("that was switched off again keeps nothing back", async () => {
    const world = anIntegration({ commands: [command] });
    await world.killSwitch.set(ON);
    await world.killSwitch.set(OFF);
    await world.run(command);
    expect(await world.statusOf(command)).toBe("accepted");
  });

  it("that cannot be read lets nothing out, and the message comes again", async () => {
    const world = anIntegration({ commands: [command] });
    world.deps.killSwitch = { read: () => Promise.reject(new Error("stored item does not fit")) };
    await expect(world.run(command)).rejects.toThrow("does not fit");
    expect(world.vendor.calls).toEqual([]);
    expect(await world.statusOf(command)).toBe("issued");
  });
});

describe("the last step before the vendor", () => {
  it("sends nothing whose time ran out while `sending` was written, and ends it as expired", async () => {
    const world = anIntegration({ commands: [command], now: plusMs(command.notAfter, -1) });
    const { transition } = world.commands;
    world.commands.transition = async (...given) => {
      const moved = await transition(...given);
      if (given[1] === "sending") world.clock.advance(1);
      return moved;
    };
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual(["prepare car-0001"]);
    expect(await world.statusOf(command)).toBe("expired");
    expect(world.names()).toEqual(["CommandExpired"]);
  });

  it("sends nothing whose time ran out while the token was renewed", async () => {
    const world = anIntegration({ commands: [command], now: plusMs(command.notAfter, -1) });
    const { withToken } = world.deps;
    world.deps.withToken = async (asset, token, call) =>
      withToken(asset, token, async (current) => {
        if (world.vendor.calls.length > 0) world.clock.advance(1);
        return call(current);
      });
    await world.run(command);
    expect(world.vendor.calls).toEqual(["prepare car-0001"]);
    expect(await world.statusOf(command)).toBe("expired");
  });

  it("sends nothing once a newer command was issued while it waited", async () => {
    const world = anIntegration({ commands: [command] });
    const { vendor } = world.deps;
    const newer = aStart({ commandId: "2026-11-21T02:30:00.000Z-fedcba9876543210" });
    const slow: typeof vendor.prepare = async (target) => {
      await world.commands.issue(newer);
      return vendor.prepare(target);
    };
    world.deps.vendor = { ...vendor, prepare: slow };
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    await world.run(command);
    expect(world.vendor.calls).toEqual(["prepare car-0001"]);
    expect(await world.statusOf(command)).toBe("withdrawn");
  });
});

describe("what a command owes", () => {
  it("stands in its row while the bus refuses it, under an id of its own", async () => {
    const world = anIntegration({ commands: [command] });
    world.bus.refuses = 1;
    await expect(world.run(command)).rejects.toThrow("the bus is down");
    expect(await world.commands.get(command)).toMatchObject({
      status: "accepted",
      untold: [{ name: "CommandAccepted" }],
    });
    expect(world.names()).toEqual([]);
  });

  it("is gone from its row once it is told", async () => {
    const world = anIntegration({ commands: [command] });
    await world.run(command);
    expect(world.names()).toEqual(["CommandAccepted"]);
    expect((await world.commands.get(command))?.untold).toBeUndefined();
  });
});
