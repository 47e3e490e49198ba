import { describe, expect, it } from "vitest";
import { need as needOf } from "../../lambdas/optimiser/need.ts";
import type { Car } from "../../shared/domain/asset.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { aCharger, anAsset, aReading } from "../builders.ts";

const need = (asset: Car, reading: ChargeReading) => needOf({ asset, reading, partners: [], notes: [] });

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

describe("the need of a charger", () => {
  const charger = aCharger();
  const at = (sessionKwh: number | null, changes: object = {}) =>
    needOf({
      asset: charger,
      reading: aReading({ assetId: charger.assetId, sessionKwh }),
      partners: [],
      notes: [],
      ...changes,
    });
  const seen = (changes: Partial<ChargeReading> = {}) => ({
    car: { asset: car({ chargeNowToPercent: 60 }), reading: aReading({ storedKwh: 30, ...changes }) },
  });

  it.each([
    [0, 12],
    [4.5, 7.5],
    [null, 12],
    [12, 0],
    [13, 0],
  ])("with %s kWh of the session's 12 taken is %s kWh", (sessionKwh, energyKwh) => {
    expect(at(sessionKwh)).toEqual({ energyKwh, nowKwh: 0, notes: [] });
  });

  it("is that of the car plugged into it, where its charge is known, and says so", () => {
    expect(at(4.5, seen())).toEqual({ energyKwh: 18, nowKwh: 6, notes: ["the need is that of car-0001"] });
    expect(at(4.5, seen({ storedKwh: null, socPercent: null }))).toEqual({ energyKwh: 7.5, nowKwh: 0, notes: [] });
  });

  it("is unknown before it was ever read", () => {
    expect(needOf({ asset: charger, reading: undefined, partners: [], notes: [] })).toBeUndefined();
  });
});
