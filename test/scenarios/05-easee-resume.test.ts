import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { anEaseeCloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

const CHARGER = "charger-0001";

/** What the charger offered at any second of a while, A. */
async function offered(world: Awaited<ReturnType<typeof at16A>>, seconds: number) {
  const most: number[] = [];
  for (let second = 0; second < seconds; second++) {
    world.clock.advance(1000);
    most.push(world.easee.truth().offeredA);
  }
  return most;
}

/** A charger that we limited to 16 A. */
async function at16A() {
  const clock = evening();
  const easee = await anEaseeCloud(clock);
  const world = await aWorld(clock, [easee.cloud]);
  await world.pass(10 * MINUTE_MS);
  await world.issue(CHARGER, { kind: "charge.start", currentA: 16 });
  await world.pass(5 * MINUTE_MS);
  expect(easee.truth()).toMatchObject({ offeredA: 16, powerKw: 3.68 });
  return { ...world, easee };
}

describe("5. Charging is resumed at an Easee charger", () => {
  it("by us: with the wanted limit from its first second, without the vendor's resume that sets 32 A", async () => {
    const world = await at16A();
    await world.issue(CHARGER, { kind: "charge.stop" });
    await world.pass(10 * MINUTE_MS);
    expect(world.easee.truth().powerKw).toBe(0);
    const start = await world.issue(CHARGER, { kind: "charge.start", currentA: 16 });
    await world.pass(MINUTE_MS / 2);
    expect(Math.max(...(await offered(world, 30)))).toBe(16);
    await world.pass(5 * MINUTE_MS);
    expect((await world.row(start)).status).toBe("confirmed");
    const powers = world.easee
      .truth()
      .intervals.slice(1)
      .map(({ powerKw }) => powerKw);
    expect(Math.max(...powers)).toBeCloseTo(3.68);
    expect(new Set(world.easee.commands().map(({ command }) => command))).toEqual(
      new Set(["set_dynamic_charger_current"]),
    );
  });

  it("by somebody's app at 32 A: the next command brings the earlier limit back within seconds", async () => {
    const world = await at16A();
    await world.easee.byHand("resume_charging");
    expect((await offered(world, 3)).at(-1)).toBe(32);
    await world.pass(MINUTE_MS);
    await world.issue(CHARGER, { kind: "charge.start", currentA: 16 });
    await world.pass(MINUTE_MS / 2);
    expect((await offered(world, 3)).at(-1)).toBe(16);
  });
});
