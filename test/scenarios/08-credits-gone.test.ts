import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { at, slotDay } from "../builders.ts";
import { fakeClock } from "../fakes/clock.ts";
import { anEaseeCloud, aSolarEdgeCloud } from "./clouds.ts";
import { aWorld } from "./world.ts";

/** Two roofs at noon of the 27th, with four of the month's credits left for both. */
async function theTwentySeventh() {
  const clock = fakeClock("2026-06-27T11:05Z");
  const solar = await aSolarEdgeCloud(clock, { sites: 2, limits: { creditsPerMonth: 4 } });
  const world = await aWorld(clock, [solar.cloud]);
  await world.pass(3 * HOUR_MS);
  return { ...world, solar };
}

describe("8. The month's credits are gone on day 27", () => {
  it("and the vendor is not called again before the month is over, but then at once", async () => {
    const world = await theTwentySeventh();
    const made = world.solar.reads().length;
    // Two looks with their questions for a meter, and the one that was refused.
    expect(made).toBe(5);
    await world.until(at("2026-06-30T23:00Z"));
    expect(world.solar.reads()).toHaveLength(made);
    await world.until(at("2026-07-01T03:00Z"));
    expect(world.solar.reads().length).toBeGreaterThan(made);
    expect(
      world
        .events("FaultCleared")
        .map(({ assetId }) => assetId)
        .sort(),
    ).toEqual(["solar-0001"]);
  });

  it("and that is an alarm for whoever runs the platform, once for the vendor", async () => {
    const world = await theTwentySeventh();
    await world.until(at("2026-06-30T12:00Z"));
    const raised = world.events("FaultRaised");
    expect(raised.map(({ assetId, faultClass }) => [assetId, faultClass])).toEqual([["solar-0001", "quota-exhausted"]]);
    for (const { nextStep } of raised) expect(nextStep).toMatch(/budget/);
  });

  it("and the last values stand, shown with their age and as not to be trusted", async () => {
    const world = await theTwentySeventh();
    const before = (await world.latest("solar-0001"))?.reading;
    expect(before).toMatchObject({ stream: "production" });
    await world.until(at("2026-06-30T12:00Z"));
    expect((await world.latest("solar-0001"))?.reading).toEqual(before);
    const shown = await world.shown("solar-0001");
    expect(shown).toMatch(/measured .*3 d 1 h ago/);
    expect(shown).toMatch(/reachable +no/);
    expect(shown).toMatch(/Fault: quota-exhausted/);
  });

  it("and the planner of the same house is told that its sun is unknown, which is not that there is none", async () => {
    const clock = fakeClock("2026-06-27T11:05Z");
    const site = { siteId: "home-0001", timeZone: "Europe/London" };
    const solar = await aSolarEdgeCloud(clock, { hasMeter: true, limits: { creditsPerMonth: 3 } });
    const easee = await anEaseeCloud(clock, { asset: { site } });
    const price = slotDay({
      from: "2026-06-27T00:00Z",
      to: "2026-06-28T12:00Z",
      cheapFrom: "2026-06-28T01:00Z",
      cheapTo: "2026-06-28T04:00Z",
    });
    const world = await aWorld(clock, [solar.cloud, easee.cloud], { price });
    const planned = async () => (await world.plans.get(["charger-0001"])).get("charger-0001");
    await world.pass(5 * MINUTE_MS);
    world.priceChanged();
    await world.pass(5 * MINUTE_MS);
    expect((await planned())?.notes.join()).not.toContain("unknown");
    await world.pass(2 * HOUR_MS);
    world.priceChanged();
    await world.pass(5 * MINUTE_MS);
    expect((await world.latest("solar-0001"))?.reach.faultClass).toBe("quota-exhausted");
    const plan = await planned();
    expect(plan?.notes.join()).toContain("solar is unknown");
    expect(plan?.windows.every(({ startsAt }) => startsAt >= at("2026-06-28T01:00Z"))).toBe(true);
  });
});
