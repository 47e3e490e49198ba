import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/verifier/handler.ts";
import { isOver } from "../../lambdas/verifier/over.ts";
import type { Command } from "../../shared/domain/command.ts";
import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import { tell } from "../../shared/outbox.ts";
import { aCommand, aReach, aReading, at, charging, queued } from "../builders.ts";
import { fakeBus, published } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";

const NOW = at("2026-11-21T02:01:10Z");
const LATER = at("2026-11-21T02:20Z");

function world(...commands: Command[]) {
  const clock = fakeClock(NOW);
  const meter = fakeMeter();
  const deps = {
    now: clock.now,
    log: fakeLog(),
    remainingMs: () => 60_000,
    commands: fakeCommandsStore(commands, { by: "verifier", now: clock.now }),
    readings: fakeReadingsStore(),
    causes: fakeCausesStore(),
    bus: fakeBus(),
    meter,
  };
  return {
    clock,
    deps,
    counts: meter.counts,
    names: () => deps.bus.published.map(({ name }) => name),
    tick: (tickAt: Instant) => {
      clock.set(tickAt);
      return run({ tickAt }, deps);
    },
    /** A reading of a car, and the news of it. */
    async seen(reading: ReturnType<typeof aReading>) {
      clock.set(reading.receivedAt);
      await deps.readings.record(reading, aReach(reading.receivedAt));
      const told = { assetId: reading.assetId, stream: "charge", observedAt: reading.observedAt, matters: true };
      const detail = { integration: "acme-cars", matters: true, readings: [told] };
      return run(queued({ name: "TelemetryRecorded", detail }), deps);
    },
  };
}
const moment = (observedAt: Instant) => ({ observedAt, receivedAt: plusMs(observedAt, 5000) });

describe("what a command owes", () => {
  const owing = async () => {
    const one = world();
    const command = aCommand();
    const { commandId, assetId, integration, action, notAfter } = command;
    const row = await one.deps.commands.issue(command, [
      { name: "CommandIssued", detail: { commandId, assetId, integration, action, notAfter } },
    ]);
    return { ...(await one), row: row ?? expect.fail() };
  };

  it("is told by the minute once it is a minute old, under its own id, and then no more", async () => {
    const { tick, names, deps, row } = await owing();
    await tick(plusMs(NOW, 59_000));
    expect(names()).toEqual([]);
    await tick(plusMs(NOW, 60_000));
    expect(names()).toEqual(["CommandIssued"]);
    expect(deps.bus.ids).toEqual(row.untold?.map(({ eventId }) => eventId));
    expect(deps.log.codes()).toContain("EVENT_TOLD_AGAIN");
    await tick(plusMs(NOW, 120_000));
    expect(names()).toEqual(["CommandIssued"]);
  });

  it("stays owed while the bus is down, and is the same event when the note was lost", async () => {
    const { tick, deps, row } = await owing();
    deps.bus.refuses = 1;
    await expect(tick(plusMs(NOW, 60_000))).rejects.toThrow("the bus is down");
    const { told } = deps.commands;
    deps.commands.told = () => Promise.reject(new Error("crashed"));
    await expect(tick(plusMs(NOW, 120_000))).rejects.toThrow("crashed");
    deps.commands.told = told;
    await tick(plusMs(NOW, 180_000));
    expect(deps.bus.ids).toHaveLength(2);
    expect(new Set(deps.bus.ids)).toEqual(new Set(row.untold?.map(({ eventId }) => eventId)));
  });

  it("goes on standing when the command ends meanwhile, and is told with its end", async () => {
    const { tick, names, row } = await owing();
    await tick(row.notAfter);
    expect(names()).toEqual(["CommandIssued", "CommandExpired"]);
  });

  it("of a verdict is told though the bus refused it first", async () => {
    const { tick, deps, names } = world(aCommand());
    deps.bus.refuses = 1;
    await expect(tick(at("2026-11-21T05:00Z"))).rejects.toThrow("the bus is down");
    expect(deps.commands.all()[0]?.status).toBe("expired");
    await tick(at("2026-11-21T05:01Z"));
    expect(names()).toEqual(["CommandExpired"]);
  });

  it("is published in the order given, with events that no row owes", async () => {
    const { deps, row, names } = await owing();
    await tell([{ name: "AssetEnrolled", detail: { assetId: "car-0001", fleetId: "main" } }, row], deps);
    expect(names()).toEqual(["AssetEnrolled", "CommandIssued"]);
    expect((await deps.commands.get(row))?.untold).toBeUndefined();
  });
});

describe("one that cannot be judged", () => {
  const due = (assetId: string) => aCommand({ assetId, commandId: `2026-11-21T02:00-${assetId}` });
  const FIVE = at("2026-11-21T05:00Z");
  const ended = ({ deps }: ReturnType<typeof world>) => deps.commands.all().map(({ status }) => status);

  it("because its row does not fit is counted, and the others of its page are judged", async () => {
    const one = world(due("car-0001"));
    const { open } = one.deps.commands;
    one.deps.commands.open = async function* (by) {
      for await (const { commands } of open(by)) yield { commands, unreadable: 1 };
    };
    await one.tick(FIVE);
    expect(one.counts.get("ledger_rows_unreadable")).toBe(1);
    expect(ended(one)).toEqual(["expired"]);
  });

  it("because of its own write is named and counted, and the others are judged", async () => {
    const one = world(due("car-0001"), due("car-0002"));
    const { transition } = one.deps.commands;
    one.deps.commands.transition = async (key, ...given) => {
      if (key.assetId === "car-0001") throw new Error("throttled");
      return transition(key, ...given);
    };
    await one.tick(FIVE);
    expect(ended(one)).toEqual(["issued", "expired"]);
    expect(one.counts.get("verdicts_failed")).toBe(1);
    expect(one.deps.log.of("VERDICT_FAILED")).toMatchObject([{ fields: { assetId: "car-0001" } }]);
  });

  it("because its asset's reading does not fit leaves the others to be judged", async () => {
    const one = world(due("car-0001"), due("car-0002"));
    const { latest } = one.deps.readings;
    one.deps.readings.latest = async (assetIds, stream) => {
      if (assetIds.includes("car-0001")) throw new Error("stored item in readings does not fit its schema");
      return latest(assetIds, stream);
    };
    await one.tick(FIVE);
    expect(ended(one)).toEqual(["issued", "expired"]);
  });
});

describe("a fault that a command told people of", () => {
  const ended = { attempts: 1, endedAt: NOW };
  const rejected = aCommand({ ...ended, status: "rejected", faultClass: "customer-must-act" });
  const missed = aCommand({ ...ended, status: "missed", faultClass: "customer-must-act" });
  const wanted = charging(moment(LATER));
  const plugged = aReading({ ...moment(LATER), state: "stopped", plugged: true });
  const away = aReading({ ...moment(LATER), state: "disconnected", plugged: false });

  it("is over when a reading shows what was wanted, though nobody was commanded again, and is told to be once", async () => {
    const one = world(rejected);
    await one.seen(wanted);
    expect(one.names()).toEqual(["FaultCleared"]);
    expect(published(one.deps.bus, "FaultCleared")).toMatchObject([{ faultClass: "customer-must-act" }]);
    await one.seen(charging(moment(plusMs(LATER, 60_000))));
    expect(one.names()).toEqual(["FaultCleared"]);
    expect(one.deps.commands.all()).toMatchObject([{ status: "rejected", faultOverAt: plusMs(LATER, 5000) }]);
  });

  it("stands while another of the asset's commands has met the same", async () => {
    const another = { ...rejected, commandId: "2026-11-21T03:00-another", endedAt: plusMs(LATER, 60_000) };
    const one = world(rejected, another);
    await one.seen(wanted);
    expect(one.names()).toEqual([]);
    await one.seen(charging(moment(plusMs(LATER, 120_000))));
    expect(one.names()).toEqual(["FaultCleared"]);
  });

  it("is told once by a later proof, not a second time by its reading", async () => {
    const open = aCommand({
      commandId: "2026-11-21T02:10-open",
      status: "accepted",
      issuedAt: at("2026-11-21T02:10Z"),
      acceptedAt: at("2026-11-21T02:10:05Z"),
    });
    const one = world(rejected, open);
    await one.seen(wanted);
    await one.seen(charging(moment(plusMs(LATER, 60_000))));
    expect(one.names().filter((name) => name === "FaultCleared")).toHaveLength(1);
  });

  it("of a dead login is left to the looks that met it too", async () => {
    const one = world({ ...rejected, faultClass: "credentials-revoked" });
    await one.seen(wanted);
    expect(one.names()).toEqual([]);
  });

  it.each([
    ["missed, the cable is in now", missed, plugged, true],
    ["missed, the car is still away", missed, away, false],
    ["rejected, and nothing shows what it needed", rejected, plugged, false],
    [
      "missed for an answer that was not what was wanted",
      { ...missed, faultClass: "transient" as const },
      plugged,
      false,
    ],
    ["missed out of reach, and seen now", { ...missed, faultClass: "device-offline" as const }, away, true],
    ["not seen since", missed, aReading({ ...moment(NOW), plugged: true }), false],
  ])("%s", (_, command, reading, over) => {
    expect(isOver(command, reading, aReach(LATER))).toBe(over);
  });
});
