import { describe, expect, it } from "vitest";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { asCharge } from "../../shared/domain/reading.ts";
import { slotDay } from "../builders.ts";
import { aMyUplinkCloud, anEaseeCloud, aTeslaCloud, aViessmannCloud } from "./clouds.ts";
import { aWorld, EVENING, evening } from "./world.ts";

/** Cheap from one to four in the morning: until then a plan wants a car to stand. */
const NIGHT = slotDay({
  from: "2026-11-20T17:00Z",
  to: "2026-11-21T12:00Z",
  cheapFrom: "2026-11-21T01:00Z",
  cheapTo: "2026-11-21T04:00Z",
});

describe("14. The owner has a schedule or a wish of their own", () => {
  it("in a Tesla: it is read and shown", async () => {
    const clock = evening();
    const own = { ownSchedule: { mode: "DepartBy", marginMinutes: 5 } } as const;
    const tesla = await aTeslaCloud(clock, { cars: [own] });
    const world = await aWorld(clock, [tesla.cloud]);
    await world.pass(MINUTE_MS);
    expect(asCharge((await world.latest("car-0001"))?.reading)).toMatchObject({ ownScheduleActive: true });
    expect(await world.shown("car-0001")).toContain("the owner's own schedule is active");
  });

  it("in a Tesla that starts by itself after our stop: it is not stopped again and again", async () => {
    const clock = evening();
    const tesla = await aTeslaCloud(clock, {
      rules: [{ kind: "own-schedule-starts", vin: "LRW3E7FA0SIM00001", afterStopMs: 20 * MINUTE_MS }],
    });
    const world = await aWorld(clock, [tesla.cloud], { price: NIGHT });
    await world.pass(5 * HOUR_MS);
    const stops = tesla.commands().filter((name) => name === "charge_stop");
    // Once more, because a car may lose a stop; not all night.
    expect(stops).toHaveLength(2);
    expect(tesla.truth()).toMatchObject({ charging: true });
    expect(asCharge((await world.latest("car-0001"))?.reading)).toMatchObject({ state: "charging" });
  });

  it("in Easee's app: it is shown, a start is refused with its reason, and not tried again", async () => {
    const clock = evening();
    const span = { startsAtMs: epochMs(EVENING), endsAtMs: epochMs(plusMs(EVENING, 5 * HOUR_MS)) };
    const easee = await anEaseeCloud(clock, {
      rules: [{ kind: "own-plan", subjects: ["EH000001"], ...span }],
    });
    const world = await aWorld(clock, [easee.cloud]);
    await world.pass(5 * MINUTE_MS);
    const start = await world.issue("charger-0001", { kind: "charge.start", currentA: 16 });
    await world.pass(HOUR_MS);
    const ended = await world.row(start);
    expect(ended).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(ended.evidence).toMatch(/owner's own plan/);
    expect(easee.commands()).toEqual([]);
    expect(world.events("FaultRaised")).toMatchObject([{ faultClass: "customer-must-act" }]);
    const shown = await world.shown("charger-0001");
    expect(shown).toContain("the owner's own schedule is active");
    expect(shown).toContain("it is not overridden");
  });

  it("at a myUplink pump on vacation: it is left alone, and its owner's wish is the reason", async () => {
    const clock = evening();
    const myuplink = await aMyUplinkCloud(clock);
    const world = await aWorld(clock, [myuplink.cloud]);
    myuplink.ownerSets("Vacation");
    await world.pass(20 * MINUTE_MS);
    const boost = await world.issue("pump-0001", { kind: "heat.mode", mode: "boost" });
    await world.pass(HOUR_MS);
    expect(await world.row(boost)).toMatchObject({ status: "rejected", faultClass: "customer-must-act" });
    expect(myuplink.truth().mode).toBe("Vacation");
    expect(myuplink.effective()).toEqual([]);
    expect(await world.shown("pump-0001")).toMatch(/vacation/);
  });

  it("at a Viessmann's wall unit: what they turn it to stays, and our way back does not touch it", async () => {
    const clock = evening();
    const viessmann = await aViessmannCloud(clock);
    const world = await aWorld(clock, [viessmann.cloud]);
    await world.pass(10 * MINUTE_MS);
    await world.issue("boiler-0001", { kind: "heat.mode", mode: "reduced" });
    await world.pass(20 * MINUTE_MS);
    viessmann.simulator.setOnWall("1234567/7571381000000000/0", 48);
    await world.pass(10 * MINUTE_MS);
    const normal = await world.issue("boiler-0001", { kind: "heat.mode", mode: "normal" });
    await world.pass(30 * MINUTE_MS);
    expect(await world.row(normal)).toMatchObject({ status: "confirmed", withoutEffect: true });
    expect(viessmann.truth().targetC).toBe(48);
  });
});
