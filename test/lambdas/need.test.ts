import { describe, expect, it } from "vitest";
import { need } from "../../lambdas/optimiser/need.ts";
import { anAsset, aReading } from "../builders.ts";

const car = (preferences: object = {}, battery: object = {}) =>
  anAsset({
    preferences: { ...anAsset().preferences, ...preferences },
    battery: { capacityKwh: 60, chargeEfficiency: 1, ...battery },
  });

describe("the need of a car", () => {
  it("is what is missing up to the target", () => {
    expect(need(car(), aReading({ storedKwh: 30 }))).toEqual({ energyKwh: 18, nowKwh: 0, notes: [] });
  });

  it("is grid-side: what is lost on the way is needed too", () => {
    const wants = need(car({}, { chargeEfficiency: 0.9 }), aReading({ storedKwh: 30 }));
    expect(wants?.energyKwh).toBeCloseTo(20, 9);
  });

  it("takes the stored energy where the vendor tells it, else the whole percent", () => {
    expect(need(car(), aReading({ storedKwh: 30.4, socPercent: 50 }))?.energyKwh).toBeCloseTo(17.6, 9);
    expect(need(car(), aReading({ storedKwh: null, socPercent: 50 }))?.energyKwh).toBe(18);
  });

  it("is unknown when the state of charge is", () => {
    expect(need(car(), aReading({ storedKwh: null, socPercent: null }))).toBeUndefined();
  });

  it("is nothing above the target, never less", () => {
    expect(need(car(), aReading({ storedKwh: 59 }))).toEqual({ energyKwh: 0, nowKwh: 0, notes: [] });
  });

  it("stops at the car's own limit and says so", () => {
    expect(need(car(), aReading({ storedKwh: 30, chargeLimitPercent: 70 }))).toEqual({
      energyKwh: 12,
      nowKwh: 0,
      notes: ["the car's own limit of 70 % is below the target of 80 %"],
    });
  });

  it("assumes no limit where the car tells none", () => {
    expect(need(car({ targetSocPercent: 100 }), aReading({ chargeLimitPercent: null }))?.energyKwh).toBe(30);
  });

  it("must have at once what is missing up to the level asked for, never more than the target", () => {
    expect(need(car({ chargeNowToPercent: 60 }), aReading({ storedKwh: 30 }))?.nowKwh).toBe(6);
    expect(need(car({ chargeNowToPercent: 40 }), aReading({ storedKwh: 30 }))?.nowKwh).toBe(0);
    expect(need(car({ chargeNowToPercent: 100 }), aReading({ storedKwh: 30 }))).toMatchObject({
      energyKwh: 18,
      nowKwh: 18,
    });
  });
});
