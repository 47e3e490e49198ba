import { describe, expect, it } from "vitest";
import type { CallFault, FaultRule } from "../../lambdas/integrations/easee/simulator-faults.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { asCharge } from "../../shared/domain/reading.ts";
import { published } from "../fakes/bus.ts";
import { CHARGER_ID } from "./easee-bench.ts";
import { anEaseeWorld, aSpec, command, EVENING } from "./easee-world.ts";

const START = command({ kind: "charge.start", currentA: 16 });
const STOP = command({ kind: "charge.stop" });

async function anHourLater(options: Parameters<typeof anEaseeWorld>[0] = {}) {
  const world = await anEaseeWorld(options);
  world.clock.advance(HOUR_MS - 2 * MINUTE_MS);
  await world.look();
  world.clock.advance(2 * MINUTE_MS);
  return world;
}

const span = (fromMinutes: number, minutes: number) => ({
  startsAtMs: epochMs(EVENING) + fromMinutes * MINUTE_MS,
  endsAtMs: epochMs(EVENING) + (fromMinutes + minutes) * MINUTE_MS,
});

describe("looking at Easee's chargers", () => {
  it("reads what a charger gives, and what it gave in this session", async () => {
    const world = await anHourLater();
    await expect(world.look()).resolves.toMatchObject({ ok: 1, failed: 0 });
    const reading = asCharge((await world.latest())?.reading);
    expect(reading).toMatchObject({ state: "charging", plugged: true, powerKw: 7.36, currentLimitA: 32 });
    expect(reading?.sessionKwh).toBeCloseTo(world.truth().sessionKwh, 0);
  });

  it("says offline of a charger without a cloud, and takes nothing old for news", async () => {
    const world = await anHourLater({ rules: [{ kind: "charger-offline", subjects: [CHARGER_ID], ...span(59, 30) }] });
    const before = await world.latest();
    await world.look();
    expect(await world.latest()).toMatchObject({
      reading: before?.reading,
      reach: { online: false, faultClass: null },
    });
    // It goes on charging all the same.
    expect(world.truth()).toMatchObject({ online: false, powerKw: 7.36 });
  });

  it("gives only its offline current without a cloud", async () => {
    const rules: FaultRule[] = [{ kind: "charger-offline", subjects: [CHARGER_ID], ...span(59, 30) }];
    const world = await anHourLater({ chargers: [aSpec({ offlineCurrentA: 6 })], rules });
    expect(world.truth()).toMatchObject({ online: false, offeredA: 6 });
  });

  it("does not lose a session's energy to a false zero", async () => {
    const world = await anHourLater({ rules: [{ kind: "zero-session", startsAtMs: span(59, 0).startsAtMs }] });
    await world.look();
    expect(asCharge((await world.latest())?.reading)?.sessionKwh).toBeGreaterThan(6);
  });

  it("knows from power that a mode is stale", async () => {
    const world = await anHourLater({ rules: [{ kind: "stale-mode" }] });
    await world.look();
    expect(asCharge((await world.latest())?.reading)).toMatchObject({ state: "charging", powerKw: 7.36 });
  });

  it("asks the flat state for what was not observed", async () => {
    const world = await anHourLater({ rules: [{ kind: "values-missing" }] });
    await world.look();
    expect(asCharge((await world.latest())?.reading)).toMatchObject({ state: "charging" });
    expect(world.counted.slice(-2)).toEqual(["data", "state"]);
  });

  it.each<[CallFault, string]>([["access-withdrawn", "customer-must-act"]])(
    "raises and clears a fault on %s",
    async (kind, faultClass) => {
      const world = await anEaseeWorld({ rules: [{ kind, times: 1 }] });
      await world.look();
      world.clock.advance(MINUTE_MS);
      await world.look();
      expect(published(world.bus, "FaultRaised")).toMatchObject([{ faultClass }]);
      expect(published(world.bus, "FaultCleared")).toMatchObject([{ faultClass }]);
    },
  );

  it.each<[CallFault, string]>([
    ["forbidden-throttle", "rate-limited"],
    ["rate-limited", "rate-limited"],
    ["server-503", "transient"],
  ])("tells nobody of %s, which passes", async (kind, faultClass) => {
    const world = await anEaseeWorld({ rules: [{ kind, times: 1 }] });
    await world.look();
    expect((await world.latest())?.reach.faultClass).toBe(faultClass);
    expect(world.names()).toEqual([]);
  });
});

describe("commanding Easee's chargers", () => {
  it("starts within a current, and sees it charge", async () => {
    const world = await anHourLater({ commands: [START] });
    await world.byHand("pause_charging");
    world.clock.advance(MINUTE_MS);
    await world.deliver(START);
    expect(await world.judged(START)).toMatchObject({ verdict: "wait" });
    world.clock.advance(2 * MINUTE_MS);
    await world.look();
    expect(await world.judged(START)).toMatchObject({ verdict: "confirmed" });
    expect(world.truth()).toMatchObject({ opMode: 3, offeredA: 16, powerKw: 3.68 });
  });

  it("stops, and sees it stopped", async () => {
    const world = await anHourLater({ commands: [STOP] });
    await world.deliver(STOP);
    world.clock.advance(MINUTE_MS);
    await world.look();
    expect(await world.judged(STOP)).toMatchObject({ verdict: "confirmed" });
    expect(world.truth()).toMatchObject({ opMode: 2, powerKw: 0, limit: { amps: 0 } });
  });

  it("puts its limit back within seconds after somebody resumed at 32 A, and never resumes or pauses itself", async () => {
    const world = await anHourLater({ commands: [START] });
    await world.byHand("resume_charging");
    world.clock.advance(3000);
    expect(world.truth().offeredA).toBe(32);
    await world.deliver(START);
    world.clock.advance(3000);
    expect(world.truth().offeredA).toBe(16);
    const ours = world.sent().filter(({ command: name }) => name !== "set_dynamic_charger_current");
    expect(ours.map(({ command: name }) => name)).toEqual(["resume_charging"]);
  });

  it("leaves the charger to its owner when we are gone: a stop ends by itself", async () => {
    const world = await anHourLater({ commands: [STOP] });
    await world.deliver(STOP);
    world.clock.advance(2 * HOUR_MS);
    expect(world.truth()).toMatchObject({ powerKw: 0, limit: { amps: 0 } });
    // Wanted for three hours; nobody called meanwhile.
    world.clock.advance(HOUR_MS + 2 * MINUTE_MS);
    expect(world.truth()).toMatchObject({ powerKw: 7.36, limit: undefined });
    expect(world.sent()).toHaveLength(1);
  });

  it("authorises a charger that asks for it, with the limit set before", async () => {
    const world = await anHourLater({ commands: [START], chargers: [aSpec({ needsStart: true })] });
    await world.deliver(START);
    world.clock.advance(2 * MINUTE_MS);
    await world.look();
    expect(await world.judged(START)).toMatchObject({ verdict: "confirmed" });
    expect(world.sent().map(({ command: name }) => name)).toEqual(["set_dynamic_charger_current", "start_charging"]);
    expect(Math.max(...world.truth().intervals.map(({ powerKw }) => powerKw))).toBeCloseTo(3.68);
  });

  it("takes a stop of a stopped charger for success without effect, and proves it by a report", async () => {
    const world = await anHourLater({ commands: [STOP] });
    await world.byHand("set_dynamic_charger_current", { amps: 0, minutes: 180 });
    world.clock.advance(MINUTE_MS);
    await world.deliver(STOP);
    expect(await world.commands.get(STOP)).toMatchObject({ status: "accepted", withoutEffect: true });
    expect(world.effective()).toHaveLength(1);
    world.clock.advance(MINUTE_MS);
    await world.look();
    expect(await world.judged(STOP)).toMatchObject({ verdict: "confirmed" });
  });

  it("does nothing when the same command is delivered twice", async () => {
    const world = await anHourLater({ commands: [STOP] });
    await world.deliver(STOP);
    await world.deliver(STOP);
    expect(world.sent()).toHaveLength(1);
  });

  it.each(["cut-after-acting", "server-504"] as const)("acts once although the answer is lost (%s)", async (kind) => {
    const world = await anHourLater({ commands: [STOP], rules: [{ kind, times: 1 }] });
    await world.deliver(STOP);
    expect(await world.statusOf(STOP)).toBe("accepted");
    expect(world.log.codes()).toContain("COMMAND_UNKNOWN");
    expect(world.effective()).toHaveLength(1);
  });

  it.each(["server-503", "html-502", "rate-limited", "forbidden-throttle", "token-expired-early"] as const)(
    "stops in the end although its cloud says %s for a while",
    async (kind) => {
      const rules: FaultRule[] = [{ kind, times: 2, startsAtMs: span(60, 0).startsAtMs }];
      const world = await anHourLater({ commands: [STOP], rules });
      await world.deliver(STOP);
      expect(await world.statusOf(STOP)).toBe("accepted");
      world.clock.advance(MINUTE_MS);
      expect(world.truth().powerKw).toBe(0);
    },
  );

  it.each(["accepted-not-executed", "rejected-by-charger"] as const)("misses a stop that was %s", async (kind) => {
    const world = await anHourLater({ commands: [STOP], rules: [{ kind }] });
    await world.deliver(STOP);
    for (let minute = 0; minute < 12; minute++) {
      world.clock.advance(MINUTE_MS);
      await world.look();
    }
    expect(await world.judged(STOP)).toMatchObject({ verdict: "missed" });
    expect(world.truth().powerKw).toBe(7.36);
  });

  it("does not count on a result that never comes", async () => {
    const world = await anHourLater({ commands: [STOP], rules: [{ kind: "lost-response" }] });
    await world.deliver(STOP);
    world.clock.advance(MINUTE_MS);
    await world.look();
    expect(await world.judged(STOP)).toMatchObject({ verdict: "confirmed" });
  });

  it("does not fight the owner's own plan, and shows it", async () => {
    const rules: FaultRule[] = [{ kind: "own-plan", subjects: [CHARGER_ID], ...span(30, 120) }];
    const world = await anHourLater({ commands: [START], rules });
    expect(asCharge((await world.latest())?.reading)?.ownScheduleActive).toBe(true);
    await world.deliver(START);
    expect(await world.commands.get(START)).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(world.sent()).toEqual([]);
  });

  it("calls it the owner's, and no bad luck, when that plan begins after a start was taken", async () => {
    const rules: FaultRule[] = [{ kind: "own-plan", subjects: [CHARGER_ID], ...span(61, 240) }];
    const world = await anHourLater({ commands: [START], rules });
    await world.deliver(START);
    world.clock.advance(3 * HOUR_MS);
    await world.look();
    expect(await world.judged(START)).toMatchObject({ verdict: "missed", faultClass: "customer-must-act" });
  });

  it("gives up a start without a car, and tells its owner why", async () => {
    const rules: FaultRule[] = [{ kind: "unplugged-early", subjects: [CHARGER_ID], atMs: span(50, 0).startsAtMs }];
    const world = await anHourLater({ commands: [START], rules });
    await world.deliver(START);
    const ended = await world.commands.get(START);
    expect(ended).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(ended?.evidence).toMatch(/cable/);
  });

  it("waits for a charger without a cloud, and stops it when it is back", async () => {
    const world = await anHourLater({
      commands: [STOP],
      rules: [{ kind: "charger-offline", subjects: [CHARGER_ID], ...span(60, 20) }],
    });
    await world.deliver(STOP);
    world.clock.advance(MINUTE_MS);
    await world.look();
    expect(await world.judged(STOP)).toMatchObject({ verdict: "confirmed" });
  });

  it("sends nothing in an outage that lasts longer than the command", async () => {
    const world = await anHourLater({ commands: [STOP], rules: [{ kind: "vendor-outage", ...span(60, 300) }] });
    await world.deliver(STOP, 100);
    expect(world.sent().filter(({ status }) => status === 202)).toEqual([]);
    expect(await world.judged(STOP)).toMatchObject({ verdict: "expired" });
  });
});
