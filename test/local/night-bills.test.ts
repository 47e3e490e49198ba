import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../lambdas/optimiser/plan.ts";
import type { Bill } from "../../local/night/bill.ts";
import { carsFor, type NightCar } from "../../local/night/cars.ts";
import { chargersFor } from "../../local/night/chargers.ts";
import { chargeNow, hindsight, TrueSignals } from "../../local/night/hindsight.ts";
import { households } from "../../local/night/household.ts";
import { nightOf } from "../../local/night/night.ts";
import { maxPowerKw } from "../../local/night/stays.ts";
import { seededRandom } from "../../local/random.ts";
import { powerOfCurrent } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";

const night = nightOf("2026-01-14", "Europe/London");
const at = (text: string) => Date.parse(`2026-01-${text}Z`);

const common = {
  vendors: [{ name: "acme", vendorAssetId: (n: number) => `ACME${n}` }],
  household: households(night, 0),
};

function slot(startMs: number, endMs: number, value: number): Slot {
  return { startsAt: instant(startMs), endsAt: instant(endMs), value, kind: "actual", issuedAt: instant(startMs) };
}

function halfHours(values: readonly number[], fromMs = night.startsAtMs): Slot[] {
  return values.map((value, i) => slot(fromMs + i * 30 * MINUTE_MS, fromMs + (i + 1) * 30 * MINUTE_MS, value));
}

function aCar(arrivesAtMs: number, departsAtMs: number, energyKwh: number, carbonWeightPencePerKg = 0): NightCar {
  const [car] = carsFor([{ id: "s", arrivesAtMs, departsAtMs, energyKwh }], night, seededRandom(1), {
    ...common,
    carbonWeightPencePerKg,
  });
  if (!car) throw new Error("a session gives a car");
  return car;
}

describe("a bill", () => {
  const signals = new TrueSignals(
    [
      slot(at("14T12:00"), at("14T12:30"), 10),
      slot(at("14T12:30"), at("14T13:00"), -4),
      slot(at("14T14:00"), at("14T14:30"), 20),
    ],
    [slot(at("14T12:00"), at("14T13:00"), 100), slot(at("14T13:00"), at("14T14:30"), 200)],
  );
  const billOf = (from: string, to: string, powerKw: number) =>
    signals.bill([{ startsAtMs: at(from), endsAtMs: at(to), powerKw }]);

  it.each<[string, string, string, number, Bill]>([
    ["within one slot", "14T12:06", "14T12:12", 7, { energyKwh: 0.7, costPence: 7, carbonGrams: 70 }],
    ["across a price change", "14T12:24", "14T12:36", 5, { energyKwh: 1, costPence: 3, carbonGrams: 100 }],
    [
      "across a carbon change, in a price hole",
      "14T12:54",
      "14T13:06",
      5,
      { energyKwh: 1, costPence: -4, carbonGrams: 150 },
    ],
    ["from a hole into a slot", "14T13:54", "14T14:06", 10, { energyKwh: 2, costPence: 16, carbonGrams: 400 }],
    [
      "before the record, at its first value",
      "14T11:30",
      "14T11:36",
      10,
      { energyKwh: 1, costPence: 10, carbonGrams: 100 },
    ],
    [
      "after the record, at its last value",
      "14T15:00",
      "14T15:06",
      10,
      { energyKwh: 1, costPence: 20, carbonGrams: 200 },
    ],
    ["of no power", "14T12:00", "14T13:00", 0, { energyKwh: 0, costPence: 0, carbonGrams: 0 }],
    ["of no time", "14T12:10", "14T12:10", 7, { energyKwh: 0, costPence: 0, carbonGrams: 0 }],
  ])("%s is exact", (_what, from, to, powerKw, expected) => {
    const bill = billOf(from, to, powerKw);
    expect(bill.energyKwh).toBeCloseTo(expected.energyKwh, 9);
    expect(bill.costPence).toBeCloseTo(expected.costPence, 9);
    expect(bill.carbonGrams).toBeCloseTo(expected.carbonGrams, 9);
  });

  it("is the same however finely the same draw is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 4000 }), { minLength: 4, maxLength: 12 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 7_199_999 }), { maxLength: 10 }),
        (prices, cuts) => {
          const record = new TrueSignals(halfHours(prices), halfHours(prices.map((price) => 100 - price)));
          const edges = [0, ...cuts.sort((a, b) => a - b), 7_200_000].map((ms) => night.startsAtMs + ms);
          const pieces = edges.slice(1).map((endsAtMs, i) => ({ startsAtMs: edges[i] ?? 0, endsAtMs, powerKw: 7 }));
          const whole = record.bill([
            { startsAtMs: night.startsAtMs, endsAtMs: night.startsAtMs + 7_200_000, powerKw: 7 },
          ]);
          const cut = record.bill(pieces);
          expect(cut.energyKwh).toBeCloseTo(14, 9);
          expect(cut.costPence).toBeCloseTo(whole.costPence, 6);
          expect(cut.carbonGrams).toBeCloseTo(whole.carbonGrams, 6);
        },
      ),
    );
  });
});

describe("charging at plug-in", () => {
  it("draws full power until the energy is in", () => {
    const car = aCar(at("14T18:00"), at("15T07:00"), 7.36);
    expect(chargeNow(car, new TrueSignals(halfHours(Array(48).fill(10)), []))).toEqual({
      energyKwh: expect.closeTo(7.36, 6),
      costPence: expect.closeTo(73.6, 5),
      carbonGrams: 0,
    });
  });

  it("ends when the car leaves, full or not", () => {
    const car = aCar(at("14T18:00"), at("14T18:30"), 20);
    expect(chargeNow(car, new TrueSignals(halfHours(Array(48).fill(10)), [])).energyKwh).toBeCloseTo(3.68, 6);
  });
});

describe("a charger's stay", () => {
  it("is measured as that of a car that needs the same, with no minimum to be charged at once", () => {
    const session = { id: "s", arrivesAtMs: at("14T18:00"), departsAtMs: at("15T07:00"), energyKwh: 20 };
    const [charger] = chargersFor([session], night, { ...common, carbonWeightPencePerKg: 0 });
    const car = aCar(session.arrivesAtMs, session.departsAtMs, session.energyKwh);
    const { asset } = car;
    const patient = { ...car, asset: { ...asset, preferences: { ...asset.preferences, chargeNowToPercent: 0 } } };
    if (!charger) throw new Error("a session gives a charger");
    const signals = new TrueSignals(halfHours(Array.from({ length: 48 }, (_, i) => (i * 7) % 31)), []);
    expect(chargeNow(charger, signals)).toEqual(chargeNow(patient, signals));
    expect(hindsight(charger, signals)).toEqual(hindsight(patient, signals));
    expect(hindsight(charger, signals).costPence).toBeLessThan(chargeNow(charger, signals).costPence);
  });
});

describe("the cheapest with hindsight", () => {
  const aCase = fc.record({
    prices: fc.array(fc.double({ min: -10, max: 40, noNaN: true }), { minLength: 48, maxLength: 48 }),
    carbon: fc.array(fc.integer({ min: 20, max: 350 }), { minLength: 48, maxLength: 48 }),
    guessed: fc.array(fc.double({ min: -10, max: 40, noNaN: true }), { minLength: 48, maxLength: 48 }),
    arrivesAfterMinutes: fc.integer({ min: 0, max: 900 }),
    stayMinutes: fc.integer({ min: 15, max: 540 }),
    energyKwh: fc.double({ min: 0.5, max: 40, noNaN: true }),
    carbonWeight: fc.constantFrom(0, 20),
    runMinutes: fc.constantFrom(5, 10, 30),
  });
  type Case = typeof aCase extends fc.Arbitrary<infer T> ? T : never;
  const carOf = (one: Case) => {
    const arrivesAtMs = night.startsAtMs + one.arrivesAfterMinutes * MINUTE_MS;
    return aCar(arrivesAtMs, arrivesAtMs + one.stayMinutes * MINUTE_MS, one.energyKwh, one.carbonWeight);
  };
  const signalsOf = (one: Case) => new TrueSignals(halfHours(one.prices), halfHours(one.carbon));
  const weighted = (bill: Bill, one: Case) => bill.costPence + (bill.carbonGrams / 1000) * one.carbonWeight;

  it("is never dearer than charging at plug-in, for the same energy", () => {
    fc.assert(
      fc.property(aCase, (one) => {
        const [best, now] = [hindsight(carOf(one), signalsOf(one)), chargeNow(carOf(one), signalsOf(one))];
        expect(best.energyKwh).toBeCloseTo(now.energyKwh, 3);
        expect(weighted(best, one)).toBeLessThanOrEqual(weighted(now, one) + 0.01);
      }),
      { numRuns: 100 },
    );
  });

  it("is never dearer than a plan made under the optimiser's limits, on true prices or on a guess", () => {
    fc.assert(
      fc.property(aCase, fc.boolean(), (one, guesses) => {
        const car = carOf(one);
        const known = new TrueSignals(halfHours(guesses ? one.guessed : one.prices), halfHours(one.carbon));
        const { supply, battery, preferences } = car.asset;
        const lacking = Math.max(0, preferences.chargeNowToPercent - car.socOnArrivalPercent) / 100;
        const planned = plan({
          energyKwh: car.session.energyKwh,
          nowKwh: (lacking * battery.capacityKwh) / battery.chargeEfficiency,
          maxPowerKw: maxPowerKw(car),
          minPowerKw: powerOfCurrent(supply, supply.minCurrentA),
          slots: known.slots(car.session.arrivesAtMs, car.readyByMs, one.carbonWeight),
          reserveMs: 5 * MINUTE_MS,
          runMs: one.runMinutes * MINUTE_MS,
          isCharging: false,
        });
        const billed = signalsOf(one).bill(
          planned.windows.map((window) => ({
            startsAtMs: epochMs(window.startsAt),
            endsAtMs: epochMs(window.endsAt),
            powerKw: (window.energyKwh * HOUR_MS) / (epochMs(window.endsAt) - epochMs(window.startsAt)),
          })),
        );
        // A run at the least power may give more than was asked, which a negative price pays for.
        fc.pre(billed.energyKwh <= car.session.energyKwh + 0.001);
        expect(weighted(hindsight(car, signalsOf(one)), one)).toBeLessThanOrEqual(weighted(billed, one) + 0.01);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps the customer's minimum: that much is charged at plug-in, whatever it costs", () => {
    const dearNow = new TrueSignals(halfHours([...Array(24).fill(50), ...Array(24).fill(5)]), []);
    const car = aCar(at("14T18:00"), at("15T11:00"), 40);
    const { asset } = car;
    const minimum = { ...asset, preferences: { ...asset.preferences, chargeNowToPercent: 60 } };
    const nowKwh = ((60 - car.socOnArrivalPercent) / 100) * (asset.battery.capacityKwh / 0.92);
    expect(
      hindsight({ ...car, asset: { ...asset, preferences: { ...asset.preferences, chargeNowToPercent: 0 } } }, dearNow)
        .costPence,
    ).toBeCloseTo(200, 1);
    expect(hindsight({ ...car, asset: minimum }, dearNow).costPence).toBeCloseTo(nowKwh * 50 + (40 - nowKwh) * 5, 1);
  });
});
