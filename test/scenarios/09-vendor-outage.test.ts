import { beforeAll, describe, expect, it } from "vitest";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import { epochMs, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { anEaseeCloud, aTeslaCloud, aViessmannCloud } from "./clouds.ts";
import { aWorld, EVENING, evening } from "./world.ts";

const CARS = 150;
const OUTAGE_FROM = plusMs(EVENING, 45 * MINUTE_MS);
const OUTAGE_TO = plusMs(OUTAGE_FROM, 10 * MINUTE_MS);
/** A look at a car that charges is one call. */
const USUAL_PER_MINUTE = CARS / (manifest.streams[0]?.cadence.chargingMinutes ?? 1);

/** Three vendors for an hour and a half; one of them answers with a web page for ten minutes of it, logins included. */
async function anEvening(hasOutage: boolean) {
  const clock = evening();
  const [startsAtMs, endsAtMs] = [epochMs(OUTAGE_FROM), epochMs(OUTAGE_TO)];
  const tesla = await aTeslaCloud(clock, {
    cars: Array.from({ length: CARS }, () => ({ batteryCapacityKwh: 100, initialSocPercent: 10 })),
    rules: hasOutage ? [{ kind: "html-502", startsAtMs, endsAtMs }] : [],
    // Every login runs out within the outage.
    tokens: { accessLifeMs: 50 * MINUTE_MS },
  });
  const others = [await anEaseeCloud(clock, { chargers: [{}, {}] }), await aViessmannCloud(clock, { pumps: [{}, {}] })];
  const world = await aWorld(clock, [tesla.cloud, ...others.map(({ cloud }) => cloud)]);
  await world.until(plusMs(EVENING, 90 * MINUTE_MS));
  const looks = (name: string) => world.counted.filter(({ integration }) => integration === name);
  const perMinute = (name: string) => {
    const minutes = Array.from({ length: 90 }, () => 0);
    for (const { at } of looks(name)) {
      const minute = Math.floor((epochMs(at) - epochMs(EVENING)) / MINUTE_MS);
      minutes[minute] = (minutes[minute] ?? 0) + 1;
    }
    return minutes;
  };
  return { world, tesla, perMinute };
}

describe("9. A vendor answers with a web page (502) for ten minutes", () => {
  let outage: Awaited<ReturnType<typeof anEvening>>;
  let plain: Awaited<ReturnType<typeof anEvening>>;
  beforeAll(async () => {
    outage = await anEvening(true);
    plain = await anEvening(false);
  });

  it("is asked once a minute until it is back, nobody else is held back, and then traffic returns spread out", async () => {
    const { world, tesla, perMinute } = outage;
    const calls = perMinute("tesla");
    // What was under way finds the outage; from then on one look a minute finds out whether it is over.
    expect(calls[45]).toBeLessThanOrEqual(2 * USUAL_PER_MINUTE);
    for (const minute of calls.slice(46, 55)) expect(minute).toBeLessThanOrEqual(2);
    expect(calls.slice(46, 55).some((minute) => minute > 0)).toBe(true);
    for (const minute of calls.slice(55)) expect(minute).toBeLessThanOrEqual(2 * USUAL_PER_MINUTE);
    for (const name of ["easee", "viessmann"]) expect(perMinute(name)).toEqual(plain.perMinute(name));

    for (const { assetId } of tesla.cloud.assets) {
      const reach = (await world.latest(assetId))?.reach;
      expect(reach).toMatchObject({ online: true, faultClass: null });
      expect(epochMs(world.clock.now()) - epochMs(reach?.lastFetchedAt ?? EVENING)).toBeLessThan(15 * MINUTE_MS);
    }
  });

  it("is announced once for all 150 cars, closes itself, and no customer is told anything", async () => {
    const { world } = outage;
    const [began, ...more] = world.events("VendorOutageBegan");
    expect(began).toMatchObject({ integration: "tesla", faultClass: "vendor-outage", assetsAffected: CARS });
    expect(more).toEqual([]);
    const [ended] = world.events("VendorOutageEnded");
    expect(ended?.since).toBe(began?.since);
    for (const [told, happened] of [
      [began?.at, OUTAGE_FROM],
      [ended?.at, OUTAGE_TO],
    ]) {
      const lateMs = epochMs(told ?? EVENING) - epochMs(happened ?? EVENING);
      expect(lateMs).toBeGreaterThan(0);
      expect(lateMs).toBeLessThanOrEqual(5 * MINUTE_MS);
    }
    expect(world.events("FaultRaised")).toEqual([]);
    expect(world.events("FaultCleared")).toEqual([]);
    expect(plain.world.events("VendorOutageBegan")).toEqual([]);
    expect(world.log.codes()).not.toContain("TOKEN_REFRESH_REFUSED");
  });
});
