import { describe, expect, it } from "vitest";
import { manifest } from "../../lambdas/integrations/easee/manifest.ts";
import { LIMITS } from "../../lambdas/integrations/easee/simulator-ledger.ts";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { activity } from "../../shared/domain/reading.ts";
import { published } from "../fakes/bus.ts";
import { anEaseeWorld, aSpec, command, EVENING } from "./easee-world.ts";

const DAY_MINUTES = 24 * 60;

describe("Easee's limits", () => {
  it("are kept for a day by an operator's one login at the manifest's cadence", async () => {
    const arrivesAt = epochMs(EVENING);
    const chargers = Array.from({ length: 12 }, (_, index) =>
      aSpec({
        id: `EH0000${String(index).padStart(2, "0")}`,
        sessions: [
          { arrivesAt: arrivesAt + index * HOUR_MS, departsAt: arrivesAt + (index + 9) * HOUR_MS, wantsKwh: 25 },
        ],
      }),
    );
    const world = await anEaseeWorld({ chargers });
    const { cadence } = manifest.streams[0] ?? {};
    if (!cadence) throw new Error("the manifest has no cadence");
    const minutesOf = { idle: cadence.idleMinutes, plugged: cadence.pluggedMinutes, charging: cadence.chargingMinutes };
    const dueAt = new Map(world.ids.map((id) => [id, 0]));
    for (let minute = 0; minute < DAY_MINUTES; minute++) {
      const due = world.ids.filter((id) => (dueAt.get(id) ?? 0) <= minute);
      if (due.length > 0) await world.look(due);
      for (const id of due) dueAt.set(id, minute + minutesOf[activity((await world.latest(id))?.reading)]);
      world.clock.advance(MINUTE_MS);
    }
    const calls = world.simulator.calls();
    expect(calls.filter(({ status }) => status === 429)).toEqual([]);
    expect(calls.length).toBe(world.counted.length + calls.filter(({ kind }) => kind === "token").length);
    expect(world.simulator.mostCallsInWindow()).toBeLessThanOrEqual(LIMITS.callsPerWindow);
    // A charger is looked at every five minutes, and asked to speak no more than once in eight.
    expect(calls.length).toBeLessThan(12 * (24 * (12 + 7.5) + 30));
  }, 120_000);

  it("allow one look a minute while a command waits", () => {
    expect(manifest.streams.every(({ cadence }) => cadence.openCommandMinutes >= 1)).toBe(true);
  });
});

describe("Easee's logins", () => {
  it("are renewed as they run out, whatever their life", async () => {
    const world = await anEaseeWorld({});
    for (let hour = 0; hour < 6; hour++) {
      await expect(world.look()).resolves.toMatchObject({ ok: 1, failed: 0 });
      world.clock.advance(HOUR_MS);
    }
    expect((await world.accounts.get(world.account))?.version).toBe(6);
  });

  it("outlive a lost rotation when the password is known", async () => {
    const world = await anEaseeWorld({ rules: [{ kind: "lost-rotation", times: 1 }] });
    for (let hour = 0; hour < 3; hour++) {
      world.clock.advance(HOUR_MS);
      await world.look();
      world.clock.advance(2 * MINUTE_MS);
      await expect(world.look()).resolves.toMatchObject({ ok: 1, failed: 0 });
    }
    expect(published(world.bus, "FaultRaised")).toEqual([]);
  });

  it("end with one word to the customer when the password was changed, and are not tried again", async () => {
    const stop = command({ kind: "charge.stop" }, plusMs(EVENING, 2 * HOUR_MS));
    const world = await anEaseeWorld({ rules: [{ kind: "password-changed", times: 1 }], commands: [stop] });
    world.clock.advance(HOUR_MS);
    for (let minute = 0; minute < 30; minute++) {
      await world.look();
      world.clock.advance(MINUTE_MS);
    }
    expect(published(world.bus, "FaultRaised")).toMatchObject([{ faultClass: "credentials-revoked" }]);
    const asked = world.simulator.calls().filter(({ kind }) => kind === "token").length;
    world.clock.advance(HOUR_MS);
    await world.look();
    expect(world.simulator.calls().filter(({ kind }) => kind === "token")).toHaveLength(asked);
  });
});
