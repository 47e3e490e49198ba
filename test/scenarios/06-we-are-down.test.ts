import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { aMyUplinkCloud, anEaseeCloud, aTeslaCloud, aViessmannCloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

/** Everything that the platform can hold back or push, held or pushed; then nobody is there for two hours. */
async function downFor(hours: number) {
  const clock = evening();
  const easee = await anEaseeCloud(clock, { chargers: [{}, {}] });
  const viessmann = await aViessmannCloud(clock, {
    pumps: [{ initialHotWaterC: 46 }, { initialHotWaterC: 54, draws: true }],
  });
  const myuplink = await aMyUplinkCloud(clock);
  const world = await aWorld(clock, [easee.cloud, viessmann.cloud, myuplink.cloud]);
  await world.pass(30 * MINUTE_MS);
  const until = { notAfter: plusMs(clock.now(), HOUR_MS) };
  await world.issue("charger-0001", { kind: "charge.stop" }, until);
  await world.issue("charger-0002", { kind: "charge.start", currentA: 6 }, until);
  await world.issue("boiler-0001", { kind: "heat.mode", mode: "boost" });
  const reduced = await world.issue("boiler-0002", { kind: "heat.mode", mode: "reduced" });
  const pump = await world.issue("pump-0001", { kind: "heat.mode", mode: "boost" });
  await world.pass(20 * MINUTE_MS);
  expect(easee.truth(0)).toMatchObject({ powerKw: 0, limit: { amps: 0 } });
  expect(easee.truth(1)).toMatchObject({ powerKw: 1.38, limit: { amps: 6 } });
  expect((await world.row(reduced)).status).toBe("confirmed");
  expect((await world.row(pump)).status).toBe("confirmed");
  expect(viessmann.truth(1).targetC).toBe(50);
  world.down(hours * HOUR_MS);
  return { world, easee, viessmann, myuplink };
}

describe("6. We are down for two hours in the middle of a limit", () => {
  it("and each charger has returned to its owner's own current by itself, when its limit's life was over", async () => {
    const { easee } = await downFor(2);
    for (const charger of [0, 1]) {
      expect(easee.truth(charger)).toMatchObject({ powerKw: 7.36, limit: undefined });
    }
    const held = easee.truth(0).intervals;
    const gapMs = (held.at(-1)?.startsAtMs ?? 0) - (held.at(-2)?.endsAtMs ?? 0);
    expect(gapMs).toBeGreaterThan(50 * MINUTE_MS);
    expect(gapMs).toBeLessThan(65 * MINUTE_MS);
  });

  it("and each boost of a heat pump has ended by itself, within its band", async () => {
    const { viessmann, myuplink, world } = await downFor(2);
    expect(viessmann.truth(0)).toMatchObject({ charging: false, targetC: 55 });
    expect(viessmann.truth(0).highestC).toBeLessThan(55.3);
    // NIBE's extra hot water takes three hours.
    world.clock.advance(HOUR_MS);
    expect(myuplink.truth()).toMatchObject({ lux: false, mode: "Default" });
    expect(myuplink.truth().waterC).toBeLessThan(60);
  });

  it("and a reduced heat pump was never off: it keeps the agreed least, and is normal once we are back", async () => {
    const { viessmann, world } = await downFor(12);
    const truth = viessmann.truth(1);
    expect(truth.lowestC).toBeGreaterThanOrEqual(45);
    expect(truth.intervals.at(-1)?.powerKw).toBeGreaterThan(0);
    const normal = await world.issue("boiler-0002", { kind: "heat.mode", mode: "normal" });
    await world.pass(20 * MINUTE_MS);
    expect((await world.row(normal)).status).toBe("confirmed");
    expect(viessmann.truth(1).targetC).toBe(55);
  });

  // Tesla's commands have no life. What a car falls back to is what its owner set in it.
  it("and a car that we stopped is charged by its owner's own schedule in time", async () => {
    const clock = evening();
    const own = { ownSchedule: { mode: "DepartBy", marginMinutes: 5 } } as const;
    const tesla = await aTeslaCloud(clock, { cars: [own] });
    const world = await aWorld(clock, [tesla.cloud]);
    await world.pass(30 * MINUTE_MS);
    await world.issue("car-0001", { kind: "charge.start", currentA: 32 });
    await world.pass(30 * MINUTE_MS);
    await world.issue("car-0001", { kind: "charge.stop" });
    await world.pass(10 * MINUTE_MS);
    expect(tesla.truth()).toMatchObject({ phase: "stopped" });
    world.down(11.8 * HOUR_MS);
    expect(tesla.truth()).toMatchObject({ phase: "complete" });
    expect(tesla.truth().socPercent).toBeCloseTo(80, 3);
  });
});
