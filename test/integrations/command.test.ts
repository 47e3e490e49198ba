import { describe, expect, it } from "vitest";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { anAsset, aReading, at, charging } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { aFault, anIntegration, aStart, TWO } from "./job-bench.ts";

const command = aStart();

describe("a command", () => {
  it("is on record as sending before the vendor is called, and accepted afterwards", async () => {
    const world = anIntegration({ commands: [command] });
    const { vendor } = world.deps;
    const statuses: (string | undefined)[] = [];
    world.deps.vendor = {
      ...vendor,
      command: async (...call) => {
        statuses.push(await world.statusOf(command));
        return vendor.command(...call);
      },
    };
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(statuses).toEqual(["sending"]);
    expect(await world.commands.get(command)).toMatchObject({
      status: "accepted",
      attempts: 1,
      acceptedAt: TWO,
      withoutEffect: false,
      checkAt: plusMs(TWO, 11 * MINUTE_MS),
    });
    expect(world.names()).toEqual(["CommandAccepted"]);
  });

  it("that is delivered twice is sent once", async () => {
    const world = anIntegration({ commands: [command] });
    await world.run(command);
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual(["prepare car-0001", "command car-0001"]);
    expect(world.log.codes()).toContain("COMMAND_DUPLICATE");
    expect(world.names()).toEqual(["CommandAccepted"]);
  });

  it("of an asset that was removed is done with; of one that is there it must be in the ledger", async () => {
    const removed = anIntegration({ assets: [] });
    await expect(removed.run(command)).resolves.toEqual({ done: true });
    expect(removed.log.codes()).toContain("COMMAND_OF_NOBODY");
    expect(removed.vendor.calls).toEqual([]);
    await expect(anIntegration().run(command)).rejects.toThrow("not in the ledger");
  });

  it("that is delivered twice at once is sent once", async () => {
    const world = anIntegration({ commands: [command] });
    await Promise.all([world.run(command), world.run(command)]);
    expect(world.vendor.calls.filter((call) => call.startsWith("command"))).toHaveLength(1);
  });

  it.each([aFault("transient"), aFault("credentials-revoked")])(
    "that is delivered twice at once is left to the one who sends it by the one who fails before ($fault)",
    async (fault) => {
      const world = anIntegration({ commands: [command] });
      const { vendor } = world.deps;
      let sends = () => {};
      const isSending = new Promise<void>((resolve) => {
        sends = resolve;
      });
      let prepares = 0;
      world.deps.vendor = {
        ...vendor,
        prepare: async (...call) => {
          if (++prepares > 1) return vendor.prepare(...call);
          await isSending;
          throw fault;
        },
        command: async (...call) => {
          sends();
          expect(await failing).toMatchObject({ done: false });
          return vendor.command(...call);
        },
      };
      const failing = world.run(command);
      await world.run(command);
      expect(await world.commands.get(command)).toMatchObject({ status: "accepted", attempts: 1 });
    },
  );

  it("whose wanted state holds already is accepted without effect", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.devices.set("car-0001", { awake: true, charging: true });
    await world.run(command);
    expect(published(world.bus, "CommandAccepted")).toMatchObject([{ withoutEffect: true }]);
  });

  it("to a sleeping car waits for it to wake, and is sent then", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.devices.set("car-0001", { awake: false, charging: false });
    await expect(world.run(command)).resolves.toEqual({ done: false, retryAfterMs: 20_000 });
    expect(await world.statusOf(command)).toBe("issued");
    world.clock.advance(20_000);
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual(["prepare car-0001", "prepare car-0001", "command car-0001"]);
    expect(world.log.codes()).toEqual(["COMMAND_DEFERRED", "COMMAND_SENT"]);
  });

  it("issued before its moment makes the car ready, and is sent at its moment", async () => {
    const early = aStart({ notBefore: plusMs(TWO, MINUTE_MS) });
    const world = anIntegration({ commands: [early] });
    world.vendor.devices.set("car-0001", { awake: false, charging: false });
    await world.deliver(early);
    expect(world.clock.now()).toBe(early.notBefore);
    expect(await world.commands.get(early)).toMatchObject({ status: "accepted", acceptedAt: early.notBefore });
  });

  it("issued just before its moment does not make the car ready twice", async () => {
    const early = aStart({ notBefore: plusMs(TWO, 44_000) });
    const world = anIntegration({ commands: [early] });
    await expect(world.run(early)).resolves.toEqual({ done: false, retryAfterMs: 44_000 });
    expect(world.vendor.calls).toEqual([]);
    await world.deliver(early);
    expect(world.vendor.calls).toEqual(["prepare car-0001", "command car-0001"]);
  });

  it.each([0, 1, 60_000])("is never sent %i ms after its time has run out", async (lateMs) => {
    const world = anIntegration({ commands: [command], now: plusMs(command.notAfter, lateMs) });
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual([]);
    expect(await world.statusOf(command)).toBe("issued");
  });

  it("is not sent when its time runs out while the car is made ready", async () => {
    const world = anIntegration({ commands: [command], now: plusMs(command.notAfter, -1) });
    const { vendor } = world.deps;
    const slow: typeof vendor.prepare = async (target) => {
      world.clock.advance(1);
      return vendor.prepare(target);
    };
    world.deps.vendor = { ...vendor, prepare: slow };
    await world.run(command);
    expect(world.vendor.calls).toEqual(["prepare car-0001"]);
  });

  it("that a newer one has overtaken is withdrawn unsent", async () => {
    const newer = aStart({ commandId: "2026-11-21T02:30:00.000Z-fedcba9876543210", issuedAt: plusMs(TWO, MINUTE_MS) });
    const world = anIntegration({ commands: [command, newer], now: newer.issuedAt });
    await world.run(command);
    expect(await world.statusOf(command)).toBe("withdrawn");
    expect(published(world.bus, "CommandWithdrawn")).toMatchObject([{ commandId: command.commandId }]);
    expect(world.vendor.calls).toEqual([]);
    await world.run(newer);
    expect(await world.statusOf(newer)).toBe("accepted");
  });

  it("is withdrawn when its owner has withdrawn consent", async () => {
    const consent = { control: false, givenAt: at("2026-11-21T01:00Z") };
    const world = anIntegration({ commands: [command], assets: [anAsset({ integration: "tesla", consent })] });
    await world.run(command);
    expect(await world.statusOf(command)).toBe("withdrawn");
    expect(world.vendor.calls).toEqual([]);
    expect(world.names()).toEqual(["CommandWithdrawn"]);
  });

  it("that gives a device back to its owner needs no consent", async () => {
    const consent = { control: false, givenAt: at("2026-11-21T01:00Z") };
    const release = aStart({ purpose: "release" });
    const world = anIntegration({ commands: [release], assets: [anAsset({ integration: "tesla", consent })] });
    await world.run(release);
    expect(await world.statusOf(release)).toBe("accepted");
  });

  it("that nobody wrote down is an error, not a call", async () => {
    const world = anIntegration();
    await expect(world.run(command)).rejects.toThrow(/not in the ledger/);
    expect(world.vendor.calls).toEqual([]);
  });
});

describe("what the car is believed to have", () => {
  async function lastSeenBy(readAt: string, earlier: Parameters<typeof aStart>[0]) {
    const sent = aStart({ commandId: "2026-11-21T01:00:00.000Z-fedcba9876543210", attempts: 1, ...earlier });
    const world = anIntegration({ commands: [sent, command] });
    await world.readings.record(aReading({ observedAt: at(readAt) }), {
      lastFetchedAt: at(readAt),
      online: true,
      failures: 0,
      faultClass: null,
    });
    const seen: unknown[] = [];
    const { vendor } = world.deps;
    world.deps.vendor = {
      ...vendor,
      command: (target, action, options) => {
        seen.push(target.last?.observedAt);
        return vendor.command(target, action, options);
      },
    };
    await world.run(command);
    return seen;
  }
  const accepted = {
    status: "accepted",
    issuedAt: at("2026-11-21T01:00Z"),
    acceptedAt: at("2026-11-21T01:00Z"),
  } as const;

  it("is its last reading", async () => {
    expect(await lastSeenBy("2026-11-21T01:30Z", accepted)).toEqual(["2026-11-21T01:30:00.000Z"]);
  });

  it("is nothing when another command was sent since, or a moment before", async () => {
    expect(await lastSeenBy("2026-11-21T00:30Z", accepted)).toEqual([undefined]);
    expect(await lastSeenBy("2026-11-21T01:00:30Z", accepted)).toEqual([undefined]);
  });

  it("does not depend on a command that was never sent", async () => {
    const withdrawn = { ...accepted, status: "withdrawn", attempts: 0, endedAt: TWO } as const;
    expect(await lastSeenBy("2026-11-21T00:30Z", withdrawn)).toEqual(["2026-11-21T00:30:00.000Z"]);
  });
});

describe("a command that may have acted", () => {
  const lost = () => aFault("transient", { mayHaveActed: true });
  /** Half a minute after a call without an answer, to a car that did nothing. */
  const withCommandLost = async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.neverActs.add("car-0001");
    world.vendor.next.command = [lost()];
    await world.run(command);
    world.clock.advance(30_000);
    return world;
  };

  it("is unknown, then read back, and accepted without a second call when the car does it", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [lost()];
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    expect(await world.statusOf(command)).toBe("unknown");
    world.clock.advance(30_000);
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual(["prepare car-0001", "command car-0001", "look car-0001"]);
    expect(await world.commands.get(command)).toMatchObject({ status: "accepted", attempts: 1 });
    expect(world.names()).toEqual(["TelemetryRecorded", "CommandAccepted"]);
  });

  it("is read back by a look that tells what nobody documents, as any look does", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [lost()];
    await world.run(command);
    const { look } = world.vendor.client;
    world.deps.vendor = {
      ...world.vendor.client,
      look: async (...given) => ({ ...(await look(...given)), unknown: ["phase: 7"] }),
    };
    world.clock.advance(30_000);
    await world.run(command);
    expect(world.log.of("VENDOR_WORD_UNKNOWN")).toMatchObject([{ fields: { words: "phase: 7" } }]);
    expect(world.counts.get("vendor_words_unknown")).toBe(1);
  });

  it("is sent again when the car does not do it", async () => {
    const world = await withCommandLost();
    world.vendor.neverActs.clear();
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls.slice(2)).toEqual(["look car-0001", "prepare car-0001", "command car-0001"]);
    expect(await world.commands.get(command)).toMatchObject({ status: "accepted", attempts: 2 });
  });

  it("is sent again when nobody heard that it was put back to be sent", async () => {
    const world = await withCommandLost();
    world.vendor.neverActs.clear();
    const { commands } = world.deps;
    // The write is done, its answer lost, and the client's second try is refused by what the first one wrote.
    const unheard: typeof commands.transition = async (key, to, ...rest) => {
      const moved = await commands.transition(key, to, ...rest);
      return to === "issued" ? undefined : moved;
    };
    world.deps.commands = { ...commands, transition: unheard };
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(await world.commands.get(command)).toMatchObject({ status: "accepted", attempts: 2 });
  });

  it("is not taken as done by a reading from before it was issued", async () => {
    const world = await withCommandLost();
    const reading = charging({ observedAt: at("2026-11-21T01:40Z") });
    world.vendor.devices.set("car-0001", { awake: true, charging: true, reading });
    await world.run(command);
    expect(await world.commands.get(command)).toMatchObject({ attempts: 2 });
  });

  it("is not sent again after its time", async () => {
    const world = await withCommandLost();
    world.clock.set(command.notAfter);
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(world.vendor.calls.filter((call) => call.startsWith("command"))).toHaveLength(1);
    expect(await world.statusOf(command)).toBe("issued");
  });

  it("stays unknown while nobody can look", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [lost()];
    world.vendor.next.look = [aFault("vendor-outage"), aFault("credentials-revoked")];
    await world.run(command);
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    await expect(world.run(command)).resolves.toMatchObject({ done: false });
    expect(await world.statusOf(command)).toBe("unknown");
    await expect(world.run(command)).resolves.toEqual({ done: true });
    expect(await world.statusOf(command)).toBe("accepted");
  });
});

describe("a worker that died after it wrote sending", () => {
  const dead = aStart({ status: "sending", attempts: 1, checkAt: plusMs(TWO, 90_000) });

  it("is given its lease's time, in which nobody else sends", async () => {
    const world = anIntegration({ commands: [dead], now: plusMs(TWO, 89_999) });
    await expect(world.run(dead)).resolves.toEqual({ done: false, retryAfterMs: 30_000 });
    expect(world.vendor.calls).toEqual([]);
  });

  it.each([true, false])("leaves a command unknown that is read back after it (had it acted: %s)", async (acted) => {
    const world = anIntegration({ commands: [dead], now: plusMs(TWO, 90_000) });
    world.vendor.devices.set("car-0001", { awake: true, charging: acted });
    await expect(world.run(dead)).resolves.toEqual({ done: true });
    expect(world.vendor.calls).toEqual(
      acted ? ["look car-0001"] : ["look car-0001", "prepare car-0001", "command car-0001"],
    );
    expect(await world.commands.get(dead)).toMatchObject({ status: "accepted", attempts: acted ? 1 : 2 });
  });

  it("leaves its own trace: an error of ours after sending keeps the row, and the message comes again", async () => {
    const world = anIntegration({ commands: [command] });
    world.vendor.next.command = [new TypeError("undefined is not a function")];
    await expect(world.run(command)).rejects.toThrow(TypeError);
    expect(await world.statusOf(command)).toBe("sending");
    world.clock.advance(90_000);
    await world.run(command);
    expect(await world.statusOf(command)).toBe("accepted");
  });
});
