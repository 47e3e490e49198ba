import { describe, expect, it } from "vitest";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { HOUR_MS, plusMs } from "../../shared/domain/instant.ts";
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
    await expect(world.run(command)).resolves.toEqual({ done: false, retryAfterMs: expected });
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
