import { describe, expect, it } from "vitest";
import type { CallFault, FaultRule } from "../../lambdas/integrations/myuplink/simulator-faults.ts";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { published } from "../fakes/bus.ts";
import { DEVICE } from "./myuplink-bench.ts";
import { aShift, aWorld, MIDDAY, PLAIN } from "./myuplink-world.ts";

type World = Awaited<ReturnType<typeof aWorld>>;

/** Looks every two minutes, as with an open command, for as long as that is worth it. */
async function watch(world: World, command: ReturnType<typeof aShift>, minutes = 20) {
  for (let minute = 0; minute < minutes; minute += 2) {
    world.clock.advance(2 * MINUTE_MS);
    await world.poll();
    const found = await world.verdictOf(command);
    if (found !== "wait") return found;
  }
  return world.verdictOf(command);
}

describe("looking at heat pumps", () => {
  it.each<[string, Partial<typeof PLAIN>]>([
    ["in kilowatts", {}],
    ["in watts", { tellsPower: "W" }],
    ["not at all", { tellsPower: "none" }],
    ["of another series", { lux: "48132", connectionState: "integer", looseTimes: true, duplicates: true }],
  ])("reads one that tells its power %s", async (_, manner) => {
    const world = await aWorld({ pump: { manner: { ...PLAIN, ...manner } } });
    for (let quarter = 0; quarter < 24; quarter++) {
      world.clock.advance(15 * MINUTE_MS);
      expect(await world.poll()).toMatchObject({ ok: 1, failed: 0 });
      const reading = (await world.latest())?.reading;
      if (reading?.stream !== "heat") throw new Error("no heat reading");
      const { waterC, roomC, powerKw } = world.truth();
      expect(reading.hotWaterC).toBeCloseTo(waterC, 0);
      expect(reading.indoorC).toBeCloseTo(roomC, 0);
      expect(reading.powerKw).toBeCloseTo(powerKw, 1);
      expect(reading.powerEstimated).toBe(manner.tellsPower === "none");
      expect(epochMs(world.clock.now()) - epochMs(reading.observedAt)).toBeLessThan(5 * MINUTE_MS);
    }
  });

  it("keeps the last values of one that the cloud has lost, and knows that it is lost", async () => {
    const from = epochMs(MIDDAY) + 10 * MINUTE_MS;
    const offline = { kind: "device-offline", deviceId: DEVICE, startsAtMs: from, endsAtMs: from + HOUR_MS } as const;
    const world = await aWorld({ rules: [offline] });
    await world.poll();
    const before = (await world.latest())?.reading;
    world.clock.advance(20 * MINUTE_MS);
    await world.poll();
    expect(await world.latest()).toMatchObject({ reading: before, reach: { online: false, faultClass: null } });
  });

  it("takes no zero for a temperature after the device restarted", async () => {
    const world = await aWorld({ rules: [{ kind: "boot-zeros" }] });
    await world.poll();
    expect((await world.latest())?.reading).toMatchObject({ hotWaterC: null, indoorC: null, outdoorC: null });
  });

  it("follows a token that ended early, once", async () => {
    const world = await aWorld({ rules: [{ kind: "token-expired-early", times: 1 }] });
    expect(await world.poll()).toMatchObject({ ok: 1, failed: 0 });
    expect((await world.accounts.get(world.account))?.version).toBe(2);
  });

  it.each<[CallFault, string]>([["malformed-points", "malformed-message"]])(
    "raises %s as %s, and clears it",
    async (kind, faultClass) => {
      const world = await aWorld({ rules: [{ kind, times: 1 }] });
      await world.poll();
      world.clock.advance(MINUTE_MS);
      await world.poll();
      expect(published(world.bus, "FaultRaised").map((fault) => fault.faultClass)).toEqual([faultClass]);
      expect(published(world.bus, "FaultCleared").map((fault) => fault.faultClass)).toEqual([faultClass]);
    },
  );

  it("tells no customer to reconnect in ten minutes of web pages", async () => {
    const startsAtMs = epochMs(MIDDAY);
    const outage = { kind: "vendor-outage", startsAtMs, endsAtMs: startsAtMs + 10 * MINUTE_MS } as const;
    const world = await aWorld({ rules: [outage] });
    for (let minute = 0; minute < 12; minute++) {
      await world.poll();
      world.clock.advance(MINUTE_MS);
    }
    const raised = published(world.bus, "FaultRaised").map((fault) => fault.faultClass);
    expect(raised.filter((fault) => fault !== "vendor-outage")).toEqual([]);
    expect((await world.latest())?.reach).toMatchObject({ online: true, faultClass: null });
  });

  it("stays far below the vendor's limit for a day at the fastest usual pace", async () => {
    const world = await aWorld();
    for (let look = 0; look < 144; look++) {
      await world.poll();
      world.clock.advance(10 * MINUTE_MS);
    }
    expect(world.simulator.mostPerMinute()).toBeLessThanOrEqual(3);
    expect(world.simulator.calls().filter(({ status }) => status >= 400)).toEqual([]);
    expect(world.simulator.calls().filter(({ kind }) => kind !== "token")).toHaveLength(3 * 144);
    // One renewal an hour, each with a new refresh token that is good for one use.
    expect(world.simulator.calls().filter(({ kind }) => kind === "token").length).toBeGreaterThan(20);
  });
});

describe("shifting heat pumps", () => {
  it.each(["reduced", "boost"] as const)("turns one to %s, and believes only a later reading", async (mode) => {
    const shift = aShift(mode);
    const world = await aWorld({ commands: [shift] });
    await world.poll();
    await world.deliver(shift);
    expect(await world.statusOf(shift)).toBe("accepted");
    // Told a moment later, the cloud still shows the old.
    await world.poll();
    expect(await world.verdictOf(shift)).toBe("wait");
    expect(await watch(world, shift)).toBe("confirmed");
    expect(world.truth()).toMatchObject(mode === "boost" ? { lux: true, mode: "Default" } : { mode: "Away" });
  });

  it("gives back the normal mode, also seconds after the change when the old one still shows", async () => {
    const less = aShift("reduced");
    const normal = aShift("normal", plusMs(MIDDAY, 5_000), 2);
    const world = await aWorld({ commands: [less] });
    await world.poll();
    await world.deliver(less);
    await world.commands.issue(normal);
    world.clock.advance(5_000);
    await world.deliver(normal);
    // The first change, and the one that takes it back although the cloud showed it as not yet made.
    expect(world.effective()).toBe(2);
    expect(await world.commands.get(normal)).toMatchObject({ status: "accepted", withoutEffect: false });
    expect(await watch(world, normal)).toBe("confirmed");
    expect(world.truth().mode).toBe("Default");
  });

  it("does nothing a second time for the same command, or for a mode that holds", async () => {
    const first = aShift("reduced");
    const again = aShift("reduced", plusMs(MIDDAY, HOUR_MS), 2);
    const world = await aWorld({ commands: [first] });
    await world.poll();
    await world.deliver(first);
    await world.deliver(first);
    expect(world.effective()).toBe(1);
    await watch(world, first);
    const second = await aWorld({ commands: [again] });
    second.simulator.ownerSets(DEVICE, "Away");
    second.clock.advance(HOUR_MS);
    await second.poll();
    await second.deliver(again);
    expect(await second.commands.get(again)).toMatchObject({ status: "accepted", withoutEffect: true });
    expect(second.counted).not.toContain("command");
  });

  it("is left alone while its owner is on vacation", async () => {
    const normal = aShift("normal");
    const world = await aWorld({ commands: [normal] });
    world.simulator.ownerSets(DEVICE, "Vacation");
    world.clock.advance(MINUTE_MS);
    await world.poll();
    await world.deliver(normal);
    expect(await world.commands.get(normal)).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(world.truth().mode).toBe("Vacation");
  });

  it("ends extra hot water by itself although nobody is there to end it", async () => {
    const boost = aShift("boost");
    const world = await aWorld({ commands: [boost] });
    await world.poll();
    await world.deliver(boost);
    world.clock.advance(2 * HOUR_MS);
    expect(world.truth().lux).toBe(true);
    world.clock.advance(2 * HOUR_MS);
    await world.poll();
    expect(world.truth()).toMatchObject({ lux: false, mode: "Default" });
    expect((await world.latest())?.reading).toMatchObject({ mode: "normal" });
  });

  it("keeps water and rooms within the owner's band through a night of shifts, as it keeps its compressor", async () => {
    const modes = ["reduced", "normal", "boost", "normal", "reduced", "normal"] as const;
    const commands = modes.map((mode, index) => aShift(mode, plusMs(MIDDAY, index * 3 * HOUR_MS), index));
    for (const command of commands) {
      const world = await aWorld({ commands: [command] });
      world.clock.set(command.issuedAt);
      await world.poll();
      await world.deliver(command);
      for (let step = 0; step < 18; step++) {
        world.clock.advance(10 * MINUTE_MS);
        const { waterC, roomC } = world.truth();
        expect(waterC).toBeGreaterThan(45);
        expect(waterC).toBeLessThan(60);
        expect(roomC).toBeGreaterThan(18.5);
      }
      const hours = (epochMs(world.clock.now()) - epochMs(MIDDAY)) / HOUR_MS;
      expect(world.truth().starts).toBeLessThanOrEqual(3 * hours);
    }
  });

  it.each(["cut-after-acting", "empty-200", "server-500", "html-502"] as const)(
    "is turned down once although the answer is lost (%s)",
    async (kind) => {
      const shift = aShift("reduced");
      const world = await aWorld({ commands: [shift], rules: [{ kind, times: 1 }] });
      await world.deliver(shift);
      expect(await world.statusOf(shift)).toBe("accepted");
      expect(await watch(world, shift)).toBe("confirmed");
      expect(world.effective()).toBe(1);
    },
  );

  it.each(["rate-limited", "server-503", "refused-with-200"] as const)(
    "is turned down in the end although its cloud says %s for a while",
    async (kind) => {
      const shift = aShift("reduced");
      const world = await aWorld({ commands: [shift], rules: [{ kind, times: 2 }] });
      await world.poll();
      await world.deliver(shift);
      expect(await watch(world, shift)).toBe("confirmed");
    },
  );

  it("is missed when the cloud took the mode and the pump never did", async () => {
    const shift = aShift("reduced");
    const world = await aWorld({ commands: [shift], rules: [{ kind: "accepted-not-executed" }] });
    await world.deliver(shift);
    expect(await watch(world, shift, 24)).toBe("missed");
    expect(world.truth().mode).toBe("Default");
  });

  it("waits for a device that is out of reach", async () => {
    const shift = aShift("reduced");
    const startsAtMs = epochMs(MIDDAY);
    const offline: FaultRule = { kind: "device-offline", deviceId: DEVICE, startsAtMs, endsAtMs: startsAtMs + HOUR_MS };
    const world = await aWorld({ commands: [shift], rules: [offline] });
    await world.deliver(shift);
    expect(epochMs(world.clock.now())).toBeGreaterThanOrEqual(startsAtMs + HOUR_MS);
    expect(await watch(world, shift)).toBe("confirmed");
  });

  it("asks a customer without the subscription for it, and leaves the pump normal", async () => {
    const boost = aShift("boost");
    const world = await aWorld({ commands: [boost], rules: [{ kind: "no-subscription" }] });
    await world.poll();
    await world.deliver(boost);
    const ended = await world.commands.get(boost);
    expect(ended).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(ended?.evidence).toMatch(/subscription/);
    expect(world.truth()).toMatchObject({ lux: false, mode: "Default" });
  });

  it("is told nothing in an outage that lasts longer than the command", async () => {
    const shift = aShift("reduced");
    const outage = { kind: "vendor-outage", startsAtMs: 0, endsAtMs: Number.MAX_SAFE_INTEGER } as const;
    const world = await aWorld({ commands: [shift], rules: [outage] });
    await world.deliver(shift, 200);
    expect(world.effective()).toBe(0);
    expect(await world.verdictOf(shift)).toBe("expired");
  });

  it("logs no device, system or token", async () => {
    const shift = aShift("reduced");
    const world = await aWorld({ commands: [shift], rules: [{ kind: "server-503", times: 2 }] });
    await world.poll();
    await world.deliver(shift);
    expect(world.log.codes()).toContain("COMMAND_SENT");
    expect(JSON.stringify(world.log.lines)).not.toMatch(/test-r-|system-of|[0-9a-f]{64}/);
  });
});
