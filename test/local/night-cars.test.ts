import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carsFor } from "../../local/night/cars.ts";
import { households } from "../../local/night/household.ts";
import { nightOf } from "../../local/night/night.ts";
import type { Session } from "../../local/night/sessions.ts";
import { maxPowerKw } from "../../local/night/stays.ts";
import { seededRandom } from "../../local/random.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { HOUR_MS, instant } from "../../shared/domain/instant.ts";

const night = nightOf("2026-01-14", "Europe/London");
const options = {
  vendors: [{ name: "acme", vendorAssetId: (index: number) => `VIN${index}` }],
  household: (index: number) => households(night, 0)(index + 1),
  carbonWeightPencePerKg: 12,
};

function aSession(energyKwh: number, stayHours = 14): Session {
  const arrivesAtMs = night.startsAtMs + 6 * HOUR_MS;
  return { id: "s", arrivesAtMs, departsAtMs: arrivesAtMs + stayHours * HOUR_MS, energyKwh };
}

describe("cars for sessions", () => {
  it("have a battery that the energy fits into: it fills them from a sane state of charge to the target", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 120, noNaN: true }), fc.integer(), (energyKwh, seed) => {
        const [car] = carsFor([aSession(energyKwh)], night, seededRandom(seed), options);
        if (!car) throw new Error("a session gives a car");
        const { battery, preferences } = car.asset;
        const storedKwh = energyKwh * battery.chargeEfficiency;
        expect(car.socOnArrivalPercent).toBeGreaterThanOrEqual(4.9);
        expect(car.socOnArrivalPercent).toBeLessThan(preferences.targetSocPercent);
        const lackingPercent = preferences.targetSocPercent - car.socOnArrivalPercent;
        expect((lackingPercent / 100) * battery.capacityKwh).toBeCloseTo(storedKwh, 4);
      }),
    );
  });

  it("are assets that the platform takes, each with a home, an account and a vehicle of its own", () => {
    const cars = carsFor(
      Array.from({ length: 30 }, () => aSession(10)),
      night,
      seededRandom(1),
      options,
    );
    for (const { asset } of cars) expect(Asset.parse(asset)).toEqual(asset);
    for (const of of ["assetId", "accountId", "vendorAssetId"] as const)
      expect(new Set(cars.map(({ asset }) => asset[of])).size).toBe(30);
    expect(new Set(cars.map(({ asset }) => asset.site.siteId)).size).toBe(30);
    expect(cars[7]?.asset).toMatchObject({
      assetId: "car-0008",
      integration: "acme",
      accountId: "customer-0008",
      vendorAssetId: "VIN7",
      site: { siteId: "home-0008" },
    });
  });

  it("have preferences: 80 percent at departure, carbon as asked for, and some want a minimum at once", () => {
    const cars = carsFor(
      Array.from({ length: 100 }, () => aSession(10)),
      night,
      seededRandom(1),
      options,
    );
    const { preferences } = cars[0]?.asset ?? {};
    expect(preferences).toMatchObject({
      targetSocPercent: 80,
      carbonWeightPencePerKg: 12,
      nextDepartureAt: instant(aSession(10).departsAtMs),
    });
    const minimum = cars.filter(({ asset }) => asset.preferences.chargeNowToPercent === 20).length;
    expect(minimum).toBeGreaterThan(15);
    expect(minimum).toBeLessThan(45);
    expect(cars.every(({ asset }) => [0, 20].includes(asset.preferences.chargeNowToPercent))).toBe(true);
  });

  it("that stay longer than the night must be ready at its end", () => {
    const [car] = carsFor([aSession(10, 60)], night, seededRandom(1), options);
    expect(car?.readyByMs).toBe(night.endsAtMs);
    expect(car?.asset.preferences.nextDepartureAt).toBe(instant(night.endsAtMs));
  });

  it("draw 7.36 kW at most, and are the same for the same seed", () => {
    const draw = (seed: number) =>
      carsFor([aSession(10), aSession(20), aSession(30)], night, seededRandom(seed), options);
    expect(draw(1).map(maxPowerKw)).toEqual([7.36, 7.36, 7.36]);
    expect(draw(1)).toEqual(draw(1));
    expect([2, 3, 4].map(draw)).not.toContainEqual(draw(1));
  });
});
