import { describe, expect, it } from "vitest";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import type { FaultRule } from "../../lambdas/integrations/tesla/simulator-faults.ts";
import type { Command } from "../../shared/domain/command.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { asCharge } from "../../shared/domain/reading.ts";
import { published } from "../fakes/bus.ts";
import { aStart, START } from "./job-bench.ts";
import { aTeslaWorld, EVENING } from "./tesla-world.ts";

const HOUR = plusMs(EVENING, HOUR_MS);
const times = { issuedAt: HOUR, notBefore: HOUR, notAfter: plusMs(EVENING, 4 * HOUR_MS) };
const start = aStart({ ...times, action: { ...START, currentA: 16 } });
const stop: Command = {
  ...start,
  commandId: "2026-11-20T20:00:00.000Z-fedcba9876543210",
  action: { kind: "charge.stop" },
};
// Plugged in at six and waiting for its owner's departure at seven: stopped, and soon asleep.
const WAITING = { ownSchedule: { mode: "DepartBy", marginMinutes: 5 } } as const;

/** An hour after plugging in: the waiting car sleeps, the one without a schedule charges. */
async function anHourLater(commands: Command[], car: Parameters<typeof aTeslaWorld>[0], rules: FaultRule[] = []) {
  const world = await aTeslaWorld({ ...car, commands, rules });
  world.clock.advance(HOUR_MS);
  return world;
}

describe("looking at Tesla's cars", () => {
  it("reads what a charging car draws", async () => {
    const world = await anHourLater([], {});
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect((await world.latest())?.reading).toMatchObject({ state: "charging", plugged: true, currentLimitA: 32 });
    expect(asCharge((await world.latest())?.reading)?.powerKw).toBeCloseTo(world.truth().powerKw, 1);
    expect(world.counted).toEqual(["data"]);
  });

  it("leaves a sleeping car asleep, and knows that it sleeps", async () => {
    const world = await anHourLater([], { car: WAITING });
    await world.poll(["car-0001"], { expectAwake: false });
    expect(await world.latest()).toMatchObject({ reading: undefined, reach: { online: false, faultClass: null } });
    expect(world.truth().connectivity).toBe("asleep");
    expect(world.counted).toEqual(["state"]);
  });

  it("follows a token that Tesla ended early, once", async () => {
    const world = await anHourLater([], {}, [{ kind: "token-expired-early", times: 1 }]);
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect((await world.accounts.get(world.account))?.version).toBe(2);
  });

  it("keeps a login whose new tokens were lost on the way", async () => {
    const rules: FaultRule[] = [{ kind: "lost-rotation", times: 1 }];
    const world = await aTeslaWorld({ rules });
    world.clock.advance(8 * HOUR_MS);
    await expect(world.poll()).resolves.toMatchObject({ ok: 0, failed: 1 });
    world.clock.advance(2 * MINUTE_MS);
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect(published(world.bus, "FaultRaised")).toEqual([]);
  });

  it.each<[string, FaultRule, string]>([
    ["mobile access is off", { kind: "mobile-access-disabled", times: 1 }, "customer-must-act"],
    ["the answer is empty", { kind: "empty-200", times: 1 }, "malformed-message"],
  ])("raises and clears a fault when %s", async (_, rule, faultClass) => {
    const world = await anHourLater([], {}, [rule]);
    await world.poll();
    world.clock.advance(MINUTE_MS);
    await world.poll();
    expect(published(world.bus, "FaultRaised")).toMatchObject([{ faultClass }]);
    expect(published(world.bus, "FaultCleared")).toMatchObject([{ faultClass }]);
  });
});

describe("commanding Tesla's cars", () => {
  it("wakes a sleeping car once, starts it, and sees it charge", async () => {
    const world = await anHourLater([start], { car: WAITING });
    await world.deliver(start);
    expect(world.counted.filter((kind) => kind === "wake")).toHaveLength(1);
    expect(world.effective()).toEqual(["wake", "set_charging_amps", "charge_start"]);
    expect(await world.verdictOf(start)).toBe("wait");
    world.clock.advance(MINUTE_MS);
    await world.poll();
    expect(await world.verdictOf(start)).toBe("confirmed");
    expect(world.truth()).toMatchObject({ phase: "charging", requestedA: 16, starts: 1 });
  });

  it("is refused for good at the billing limit, which is the operator's to lift, and is not tried again", async () => {
    const world = await anHourLater([start], { billingLimitUsd: 0.002 });
    await world.poll();
    await world.deliver(start);
    expect(await world.commands.get(start)).toMatchObject({ status: "rejected", faultClass: "quota-exhausted" });
    await world.poll();
    expect(published(world.bus, "FaultRaised").map(({ faultClass }) => faultClass)).toContain("quota-exhausted");
    expect(world.counted).toEqual(["data", "command", "data"]);
  });

  it("is counted as Tesla bills it", async () => {
    const world = await anHourLater([start], { car: WAITING });
    await world.poll(["car-0001"], { expectAwake: false });
    await world.deliver(start);
    const counted = world.counted.reduce((sum, kind) => sum + manifest.priceUsd[kind], 0);
    const billed = world.simulator.calls().reduce((sum, { priceUsd }) => sum + priceUsd, 0);
    expect(new Set(world.counted)).toEqual(new Set(["state", "wake", "command"]));
    expect(counted).toBeCloseTo(billed, 12);
  });

  it("stops a charging car, and sees it stopped", async () => {
    const world = await anHourLater([stop], {});
    await world.poll();
    await world.deliver(stop);
    world.clock.advance(MINUTE_MS);
    await world.poll();
    expect(await world.verdictOf(stop)).toBe("confirmed");
    expect(world.truth()).toMatchObject({ phase: "stopped", powerKw: 0 });
    // Seen charging a moment ago: nothing was asked before the command.
    expect(world.counted).toEqual(["data", "command", "data"]);
  });

  it("misses a start that Tesla accepted and the car never did", async () => {
    const rules: FaultRule[] = [{ kind: "accepted-not-executed", commands: ["charge_start"] }];
    const world = await anHourLater([start], { car: WAITING }, rules);
    await world.deliver(start);
    expect(await world.statusOf(start)).toBe("accepted");
    for (let minute = 0; minute < 11; minute++) {
      world.clock.advance(MINUTE_MS);
      await world.poll();
    }
    expect(await world.verdictOf(start)).toBe("missed");
    expect(world.truth().starts).toBe(0);
  });

  it.each(["cut-after-acting", "server-504", "empty-200"] as const)(
    "starts a car once although the answer is lost (%s)",
    async (kind) => {
      const rules: FaultRule[] = [{ kind, commands: ["charge_start"], times: 1 }];
      const world = await anHourLater([start], { car: WAITING }, rules);
      await world.deliver(start);
      expect(await world.statusOf(start)).toBe("accepted");
      expect(world.log.codes()).toContain("COMMAND_UNKNOWN");
      expect(world.effective().filter((call) => call === "charge_start")).toHaveLength(1);
      world.clock.advance(MINUTE_MS);
      expect(world.truth()).toMatchObject({ phase: "charging", starts: 1 });
    },
  );

  it.each<[FaultRule["kind"] & ("asleep-408" | "asleep-500" | "server-503" | "rate-limited"), number]>([
    ["asleep-408", 2],
    ["asleep-500", 2],
    ["server-503", 2],
    ["rate-limited", 2],
  ])("starts a car in the end although its cloud says %s for a while", async (kind, times) => {
    const world = await anHourLater([start], { car: WAITING }, [{ kind, calls: ["command"], times }]);
    await world.deliver(start);
    expect(await world.statusOf(start)).toBe("accepted");
    expect(world.effective().filter((call) => call === "charge_start")).toHaveLength(1);
  });

  it.each<[FaultRule["kind"] & ("unpaired-key" | "missing-scopes"), RegExp]>([
    ["unpaired-key", /add our key/],
    ["missing-scopes", /permissions/],
  ])("gives up on %s, and tells the customer what to do", async (kind, evidence) => {
    const world = await anHourLater([start], {}, [{ kind, calls: ["command"] }]);
    await world.deliver(start);
    const ended = await world.commands.get(start);
    expect(ended).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(ended?.evidence).toMatch(evidence);
  });

  it("sends nothing to anybody in an outage that lasts longer than the command", async () => {
    const outage = { kind: "vendor-outage", startsAtMs: 0, endsAtMs: Number.MAX_SAFE_INTEGER } as const;
    const world = await anHourLater([start], { car: WAITING }, [outage]);
    await world.deliver(start, 100);
    expect(world.effective()).toEqual([]);
    expect(await world.verdictOf(start)).toBe("expired");
  });
});
