import { describe, expect, it } from "vitest";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { aTeslaCloud } from "./clouds.ts";
import { aWorld, evening } from "./world.ts";

const CARS = 1000;
const NIGHT_MS = 6 * HOUR_MS;

describe("2. A thousand cars sleep through a night", () => {
  it("are looked at within the stated budget, and none is woken to look", async () => {
    const clock = evening();
    clock.set("2026-11-20T12:00Z");
    // Parked away from home since noon: asleep by ten.
    const tesla = await aTeslaCloud(clock, { cars: Array.from({ length: CARS }, () => ({ sessions: [] })) });
    clock.set("2026-11-20T22:00Z");
    const world = await aWorld(clock, [tesla.cloud]);
    await world.pass(NIGHT_MS);

    const calls = tesla.simulator.calls().filter(({ kind }) => kind !== "token");
    expect(new Set(calls.map(({ kind }) => kind))).toEqual(new Set(["state"]));
    expect(calls.every(({ status }) => status === 200)).toBe(true);
    for (let car = 0; car < CARS; car++) expect(tesla.truth(car)).toMatchObject({ connectivity: "asleep" });

    // The manifest states what is asked of a car that stands, and what the vendor bills for it.
    const [stream] = manifest.streams;
    // And the first, when it was enrolled.
    const looks = NIGHT_MS / ((stream?.cadence.idleMinutes ?? 0) * MINUTE_MS) + 1;
    expect(calls.length).toBeLessThanOrEqual(CARS * looks);
    expect(calls.length).toBeGreaterThan(CARS * (looks - 2));
    const usd = calls.reduce((sum, { priceUsd }) => sum + priceUsd, 0);
    expect(usd).toBeLessThanOrEqual(CARS * looks * manifest.priceUsd.state + 1e-6);
    // A month of nothing but such nights, for each car.
    const usdPerMonth = (usd / CARS) * ((31 * 24 * HOUR_MS) / NIGHT_MS);
    expect(usdPerMonth).toBeLessThanOrEqual(manifest.budgetUsdPerDeviceMonth ?? 0);
    expect(world.counted).toHaveLength(calls.length);
    expect(world.events("FaultRaised")).toEqual([]);
    // Tens of thousands of calls over HTTP.
  }, 300_000);
});
