import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/optimiser/handler.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { queued } from "../builders.ts";
import { fakeHabitsStore } from "../fakes/habits-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { CARBON, PRICE } from "../fakes/optimiser-world.ts";
import { runOps } from "./ops-world.ts";
import { aPlatform } from "./removal-world.ts";

const REMOVE = ["remove", "acme", "customer-gone"];
type Platform = Awaited<ReturnType<typeof aPlatform>>;

/** The optimiser hears what the bus was told; whatever it asks for, a vendor takes. */
async function optimiserAndVendor({ target: { connection }, bus }: Platform) {
  const deps = {
    ...connection,
    ...{
      log: fakeLog(),
      meter: fakeMeter("optimiser"),
      remainingMs: () => 60_000,
      region: "C",
      habits: fakeHabitsStore(),
    },
    ...{ series: { price: PRICE, carbon: CARBON } as const, later: async () => {} },
  };
  for (const { name, detail } of bus.published.splice(0))
    if (name === "AssetEnrolled") await run(queued({ name, detail }), deps);
  for (const command of await connection.commands.recent("car-gone", 6)) {
    if (command.status !== "issued") continue;
    const sending = await connection.commands.transition(command, "sending", { attempts: 1 });
    if (sending) await connection.commands.transition(sending, "accepted", {});
  }
}

describe("removing a customer whose car we hold", () => {
  it("says before that it is given back first", async () => {
    const platform = await aPlatform(true);
    await platform.hold();
    const { out } = await runOps(REMOVE, platform.target);
    expect(out).toMatch(/given back {2}car-gone first: it was told "stop" last/);
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("gives it back before anything goes, and leaves nothing of it behind", async () => {
    const platform = await aPlatform(true);
    await platform.hold();
    platform.bus.published.length = 0;
    const released: string[] = [];
    const { code, out, err } = await runOps([...REMOVE, "--yes"], platform.target, undefined, async (ms) => {
      platform.pass(ms);
      if (ms > MINUTE_MS) return;
      await optimiserAndVendor(platform);
      const recent = await platform.target.connection.commands.recent("car-gone", 6);
      for (const { purpose, action, status } of recent) if (purpose) released.push(`${action.kind} ${status}`);
    });
    expect(code).toBe(0);
    expect(released).toEqual(["charge.start accepted"]);
    expect(err).toContain("given back to its owner first");
    expect(out).toMatch(/given back {2}car-gone\n/);
    expect(out).not.toContain("left as is");
    expect(platform.items()).toEqual((await aPlatform(false)).items());
  });

  it("is removed all the same after five minutes in which nobody gave it back, and said to be left as it is", async () => {
    const platform = await aPlatform(true);
    await platform.hold();
    const began = platform.target.connection.now();
    let waited = began;
    const { code, out } = await runOps([...REMOVE, "--yes"], platform.target, undefined, async (ms) => {
      platform.pass(ms);
      if (ms < MINUTE_MS) waited = platform.target.connection.now();
    });
    expect(code).toBe(0);
    expect(waited).toBe(plusMs(began, 5 * MINUTE_MS));
    expect(out).toMatch(/left as is {2}car-gone was told "stop" last/);
    expect(platform.items()).toEqual((await aPlatform(false)).items());
  });

  it("waits for none that was not heard of for hours: it cannot be given back", async () => {
    const platform = await aPlatform(true);
    await platform.hold();
    platform.pass(300 * MINUTE_MS);
    expect((await runOps(REMOVE, platform.target)).out).toMatch(/left as is {2}car-gone/);
    const { err } = await runOps([...REMOVE, "--yes"], platform.target, undefined, async (ms) => platform.pass(ms));
    expect(err).not.toContain("given back");
  });
});
