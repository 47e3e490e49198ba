import { describe, expect, it } from "vitest";
import type { World } from "../../lambdas/optimiser/actuator.ts";
import { type Load, loadOf } from "../../lambdas/optimiser/loads.ts";
import { replan, sameFrom } from "../../lambdas/optimiser/replan.ts";
import type { Market } from "../../lambdas/optimiser/signals.ts";
import type { Car } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { anAsset, aPlan, aReach, aReading, at, aWindow, slotDay, slotsFrom } from "../builders.ts";

const NOW = at("2026-11-20T18:00Z");
const READY_BY = at("2026-11-21T07:00Z");
const CHEAP = { cheapFrom: "2026-11-21T02:00Z", cheapTo: "2026-11-21T05:00Z" };
const PRICE = slotDay({ from: "2026-11-20T18:00Z", to: "2026-11-21T07:00Z", ...CHEAP });
const NO_SIGNALS = { price: [], carbon: [] };

/** A car as it is planned for, just read. */
const carLoad = (car: Car, reading: object = {}) => {
  const latest = { reading: aReading(reading), reach: aReach(NOW) };
  const load = loadOf(car, { assets: new Map([[car.assetId, car]]), known: new Map([[car.assetId, latest]]) }, NOW);
  if (!load) throw new Error("nothing to plan for");
  return load;
};

const replanOne = (load: Load, previous: Plan | undefined, market: Omit<Market, "marketKey">, now: Instant) => {
  const { asset } = load;
  const latest = { reading: (load as { reading?: ChargeReading }).reading, reach: aReach(now) };
  const world: World = { assets: new Map([[asset.assetId, asset]]), known: new Map([[asset.assetId, latest]]) };
  const plans = new Map(previous ? [[asset.assetId, previous]] : []);
  const marketOf = () => ({ ...market, marketKey: "C" });
  return replan([asset], { world, plans, habits: new Map(), marketOf, events: [], now }).replanned[0]?.next;
};

const again = (
  changes: {
    reading?: object;
    previous?: Plan;
    signals?: typeof NO_SIGNALS | { price: typeof PRICE; carbon: typeof PRICE };
  } = {},
) =>
  replanOne(
    carLoad(anAsset(), changes.reading),
    changes.previous,
    changes.signals ?? { price: PRICE, carbon: [] },
    NOW,
  );
const delivered = (plan: Plan | undefined) => plan?.windows.reduce((kwh, window) => kwh + window.energyKwh, 0);

describe("a new plan", () => {
  it("puts what the car needs into the cheap hours", () => {
    const made = again();
    expect(made).toMatchObject({ version: 1, madeAt: NOW, readyBy: READY_BY, energyNeededKwh: 19.565, notes: [] });
    expect(delivered(made)).toBeCloseTo(19.565, 2);
    for (const window of made?.windows ?? []) {
      expect(window.startsAt >= at(CHEAP.cheapFrom) && window.endsAt <= at(CHEAP.cheapTo)).toBe(true);
      expect(window).toMatchObject({ reason: "cheapest", priceEstimated: false });
    }
  });

  it("counts the plans of a car", () => {
    expect(again({ previous: aPlan({ version: 7 }) })?.version).toBe(8);
  });

  it("estimates a price feed that stopped, and says so in the plan and its windows", () => {
    const yesterday = slotDay({
      from: "2026-11-19T18:00Z",
      to: "2026-11-20T18:00Z",
      cheapFrom: "2026-11-20T02:00Z",
      cheapTo: "2026-11-20T05:00Z",
    });
    const made = again({ signals: { price: yesterday, carbon: [] } });
    expect(made?.notes).toEqual(["26 of 26 slots priced by the same time of an earlier day"]);
    expect(made?.windows.every((window) => window.priceEstimated && window.startsAt >= at(CHEAP.cheapFrom))).toBe(true);
    expect(delivered(made)).toBeCloseTo(19.565, 2);
  });

  it("charges from now when no price was ever known, and says so: never an empty plan by accident", () => {
    const made = again({ signals: NO_SIGNALS });
    expect(made?.windows[0]).toMatchObject({ startsAt: NOW, reason: "no-signal" });
    expect(delivered(made)).toBeCloseTo(19.565, 2);
    expect(made?.costPence).toBeNull();
    expect(made?.notes).toEqual(["1 of 1 slots have no price; they are used last"]);
  });

  it("weighs carbon where the customer wants it", () => {
    const greenAt = at("2026-11-20T20:00Z");
    const carbon = slotsFrom(
      "2026-11-20T18:00Z",
      Array.from({ length: 26 }, (_, i) => (i >= 4 && i < 10 ? 0 : 1000)),
    );
    const green = anAsset({ preferences: { ...anAsset().preferences, carbonWeightPencePerKg: 100 } });
    const made = replanOne(carLoad(green), undefined, { price: PRICE, carbon }, NOW);
    expect(made?.windows[0]?.startsAt).toBe(greenAt);
    expect(made?.carbonGrams).toBe(0);
    expect(made?.windows.map(({ reason }) => reason)).toEqual(["cleanest", "cleanest"]);
  });

  it.each<[string, object, string]>([
    ["unplugged", { plugged: false, state: "disconnected" }, "the car is not known to be plugged in"],
    ["plugged in or not, nobody knows", { plugged: null }, "the car is not known to be plugged in"],
    ["of unknown charge", { storedKwh: null, socPercent: null }, "the state of charge is unknown"],
  ])("is emptied when the car is %s", (_, reading, note) => {
    expect(again({ reading, previous: aPlan({ version: 3 }) })).toMatchObject({
      version: 4,
      windows: [],
      energyNeededKwh: 0,
      shortfallKwh: 0,
      notes: [note],
    });
  });

  it("is not made for an unplugged car that had none, or one that is over", () => {
    const reading = { plugged: false, state: "disconnected" };
    expect(again({ reading })).toBeUndefined();
    const over = aPlan({ windows: [aWindow("2026-11-20T02:00Z", "2026-11-20T05:00Z")] });
    expect(again({ reading, previous: over })).toBeUndefined();
  });

  it("is empty, and a plan, for a car that has what it needs", () => {
    expect(again({ reading: { storedKwh: 55 } })).toMatchObject({ windows: [], energyNeededKwh: 0, notes: [] });
  });
});

describe("cars that share a site's limit", () => {
  const DEPARTS = at("2026-11-20T22:30Z");
  const cars = ["car-0001", "car-0002"].map((assetId) => {
    const car = anAsset({ assetId });
    return {
      ...car,
      site: { ...car.site, importLimitKw: 9 },
      preferences: { ...car.preferences, nextDepartureAt: DEPARTS },
    };
  });

  function together(socPercents: readonly number[]) {
    const known = new Map(
      cars.map(({ assetId }, index) => [
        assetId,
        {
          reading: aReading({ assetId, storedKwh: null, socPercent: socPercents[index] ?? 50 }),
          reach: aReach(NOW),
        },
      ]),
    );
    const world: World = { assets: new Map(cars.map((car) => [car.assetId, car])), known };
    const marketOf = () => ({ price: PRICE, carbon: [], marketKey: "C" });
    const scene = { world, plans: new Map(), habits: new Map(), marketOf, events: [], now: NOW };
    return replan(cars, scene).replanned.flatMap(({ next }) => next ?? []);
  }
  const lastEnd = (plans: readonly Plan[]) =>
    plans
      .flatMap(({ windows }) => windows.map(({ endsAt }) => endsAt))
      .sort()
      .at(-1) ?? "";

  it("are done half an hour before they leave where there is room", () => {
    const plans = together([60, 60]);
    expect(plans.map(({ shortfallKwh }) => shortfallKwh)).toEqual([0, 0]);
    expect(lastEnd(plans) <= at("2026-11-20T22:00Z")).toBe(true);
  });

  it("charge until they leave rather than fall short", () => {
    const plans = together([51.5, 51.5]);
    const wantedKwh = plans.reduce((sum, { energyNeededKwh }) => sum + energyNeededKwh, 0);
    // With the half hour it is 4 hours of 9 kW, without it 4.5 less what commands need.
    expect(wantedKwh).toBeGreaterThan(36.5);
    expect(plans.reduce((sum, { shortfallKwh }) => sum + shortfallKwh, 0)).toBeLessThan(0.5);
    expect(lastEnd(plans) > at("2026-11-20T22:00Z")).toBe(true);
  });
});

describe("two plans want the same from now on", () => {
  const night = (from: string, to: string, changes: object = {}) => aPlan({ windows: [aWindow(from, to, changes)] });
  const same = (a: Plan, b: Plan, now = NOW) => sameFrom(now, a, b);
  const base = night("2026-11-21T02:00Z", "2026-11-21T05:00Z");

  it("when only version, cost, notes and hundredths of a kilowatt differ", () => {
    const other = night("2026-11-21T02:00Z", "2026-11-21T05:00Z", { powerKw: 7.38 });
    expect(same(base, { ...other, version: 2, costPence: 1, notes: ["x"] })).toBe(true);
  });

  it("when they differ only in what is past", () => {
    const within = at("2026-11-21T03:00Z");
    expect(same(base, night("2026-11-21T03:00Z", "2026-11-21T05:00Z"), within)).toBe(true);
    expect(same(base, aPlan({ windows: [] }), at("2026-11-21T05:00Z"))).toBe(true);
  });

  it.each<[string, Plan]>([
    ["start", night("2026-11-21T02:30Z", "2026-11-21T05:00Z")],
    ["end", night("2026-11-21T02:00Z", "2026-11-21T04:30Z")],
    ["power", night("2026-11-21T02:00Z", "2026-11-21T05:00Z", { powerKw: 5 })],
    ["reason", night("2026-11-21T02:00Z", "2026-11-21T05:00Z", { reason: "deadline" })],
    ["deadline", { ...base, readyBy: at("2026-11-21T08:00Z") }],
    ["number of windows", aPlan({ windows: [] })],
  ])("unless they differ in %s", (_, other) => {
    expect(same(base, other)).toBe(false);
    expect(same(other, base)).toBe(false);
  });
});
