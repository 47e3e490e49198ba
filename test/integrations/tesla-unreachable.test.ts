import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/domain/command.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { asCharge } from "../../shared/domain/reading.ts";
import { published } from "../fakes/bus.ts";
import { aStart } from "./job-bench.ts";
import { aTeslaWorld, EVENING } from "./tesla-world.ts";

const HOUR = plusMs(EVENING, HOUR_MS);
const stop: Command = aStart({
  action: { kind: "charge.stop" },
  issuedAt: HOUR,
  notBefore: HOUR,
  notAfter: plusMs(HOUR, HOUR_MS),
});

/** An hour after plugging in, charging, and from now on said to be offline or asleep by the cloud. */
async function aLyingCloud(times?: number) {
  const rule = {
    kind: "unreachable-while-charging",
    startsAtMs: Date.parse(HOUR),
    ...(times ? { times } : {}),
  } as const;
  const world = await aTeslaWorld({ commands: [stop], rules: [rule] });
  world.clock.advance(HOUR_MS);
  await world.push();
  return world;
}

/** Delivers the stop as its queue would, the car pushing meanwhile, until it is done with or a while is over. */
async function keepTrying(world: Awaited<ReturnType<typeof aTeslaWorld>>, hours: number) {
  const end = plusMs(world.clock.now(), hours * HOUR_MS);
  for (;;) {
    const handled = await world.run(stop);
    if (handled.done || world.clock.now() >= end) return;
    world.clock.advance(handled.retryAfterMs);
    await world.push();
  }
}

describe("a car that charges while its cloud says offline or asleep", () => {
  it("is known to charge, is asked to stop within bounds, and is never said to have stopped", async () => {
    const world = await aLyingCloud();
    await world.poll();
    await keepTrying(world, 2);

    expect(world.truth()).toMatchObject({ phase: "charging" });
    const reading = asCharge((await world.latest())?.reading);
    expect(reading).toMatchObject({ state: "charging", plugged: true });
    expect(reading?.powerKw).toBeCloseTo(world.truth().powerKw, 3);

    // Not woken, because it is awake; asked less often the longer it lasts.
    expect(world.counted.filter((kind) => kind === "wake")).toEqual([]);
    const asked = world.sent().length;
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(25);

    // Told: it did not come to pass, and why.
    expect(world.bus.published.map(({ name }) => name)).not.toContain("CommandAccepted");
    expect(await world.verdictOf(stop)).toBe("expired");
    expect((await world.commands.get(stop))?.evidence).toMatch(/asleep or offline/);
    expect(world.log.codes()).toContain("COMMAND_UNKNOWN");
  });

  it("is stopped once the cloud comes to its senses", async () => {
    const world = await aLyingCloud(4);
    await keepTrying(world, 1);
    expect(await world.statusOf(stop)).toBe("accepted");
    world.clock.advance(MINUTE_MS);
    await world.push();
    expect(await world.verdictOf(stop)).toBe("confirmed");
    expect(world.truth()).toMatchObject({ phase: "stopped", powerKw: 0 });
    expect(published(world.bus, "CommandAccepted")).toHaveLength(1);
  });
});

describe("a compatible service", () => {
  it("is the same client with another address and one key", async () => {
    const world = await aTeslaWorld({ compatible: true, commands: [stop] });
    world.clock.advance(HOUR_MS);
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    await world.deliver(stop);
    world.clock.advance(MINUTE_MS);
    await world.poll();
    expect(await world.verdictOf(stop)).toBe("confirmed");
    world.clock.advance(20 * HOUR_MS);
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect((await world.accounts.get(world.account))?.version).toBe(1);
  });

  it("that does not know the key any more makes its customer reconnect, and asks no token host", async () => {
    const rules = [{ kind: "token-expired-early" }] as const;
    const world = await aTeslaWorld({ compatible: true, rules: [...rules] });
    world.clock.advance(HOUR_MS);
    for (let minute = 0; minute < 4; minute++) {
      await world.poll();
      world.clock.advance(2 * MINUTE_MS);
    }
    expect(published(world.bus, "FaultRaised")).toMatchObject([{ faultClass: "credentials-revoked" }]);
    expect(world.simulator.calls().filter(({ kind }) => kind === "token")).toEqual([]);
  });
});
