import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDone, proves } from "../../shared/domain/proof.ts";
import {
  activity,
  asCharge,
  type ChargeReading,
  ChargeState,
  changeMatters,
  HeatMode,
  type HeatReading,
  type ProductionReading,
  Reading,
} from "../../shared/domain/reading.ts";
import { aHeatReading, aProductionReading, aReading, at, charging } from "../builders.ts";

describe("a change of a reading", () => {
  it("matters when there was none before", () => {
    expect(changeMatters(undefined, aReading())).toBe(true);
  });

  it.each<[string, Partial<ChargeReading>]>([
    ["the car does something else", { state: "charging" }],
    ["the car says no more what it does", { state: null }],
    ["the cable was pulled", { plugged: false }],
    ["it is no more known whether the cable is in", { plugged: null }],
    ["the owner moved the limit", { chargeLimitPercent: 80 }],
    ["a whole percent was charged", { socPercent: 51 }],
    ["the state of charge became unknown", { socPercent: null }],
    ["the charger first knows the session's energy", { sessionKwh: 0 }],
  ])("matters when %s", (_, change) => {
    expect(changeMatters(aReading(), aReading(change))).toBe(true);
    expect(changeMatters(aReading(change), aReading())).toBe(true);
  });

  it.each<[string, Partial<ChargeReading>]>([
    ["only time passed", { observedAt: at("2026-11-20T19:00Z"), receivedAt: at("2026-11-20T19:00:04Z") }],
    ["the state of charge moved within its percent", { socPercent: 50.9 }],
    ["the power wavers", { powerKw: 0.1 }],
  ])("does not matter when %s", (_, change) => {
    expect(changeMatters(aReading(), aReading(change))).toBe(false);
  });

  it("matters when a whole kilowatt-hour of a session was charged, and not within it", () => {
    const charged = (sessionKwh: number) => aReading({ socPercent: null, storedKwh: null, sessionKwh });
    expect(changeMatters(charged(3.99), charged(4))).toBe(true);
    expect(changeMatters(charged(4), charged(4.99))).toBe(false);
  });

  it.each<[string, Partial<HeatReading>]>([
    ["the heat pump is in another mode", { mode: "boost" }],
    ["the heat pump says no more what mode it is in", { mode: null }],
    ["the compressor stopped", { compressorOn: false }],
    ["nobody knows whether the compressor runs", { compressorOn: null }],
    ["the hot water is a degree warmer", { hotWaterC: 49.5 }],
    ["the hot water's warmth became unknown", { hotWaterC: null }],
  ])("matters when %s", (_, change) => {
    expect(changeMatters(aHeatReading(), aHeatReading(change))).toBe(true);
    expect(changeMatters(aHeatReading(change), aHeatReading())).toBe(true);
  });

  it.each<[string, Partial<HeatReading>]>([
    ["only time passed", { observedAt: at("2026-11-20T19:00Z") }],
    ["the hot water wavers", { hotWaterC: 48.9 }],
    ["a running heat pump modulates", { powerKw: 2.2 }],
    ["the weather changes", { outdoorC: -3 }],
  ])("does not matter when %s", (_, change) => {
    expect(changeMatters(aHeatReading(), aHeatReading(change))).toBe(false);
  });

  it.each<[string, Partial<ProductionReading>]>([
    ["the sun gives a kilowatt more", { productionKw: 4.2 }],
    ["the sun has set", { productionKw: 0 }],
    ["a kilowatt less leaves the site", { gridKw: -1 }],
    ["it is no more known what leaves the site", { gridKw: null }],
    ["the production became unknown", { productionKw: null }],
  ])("matters when %s", (_, change) => {
    expect(changeMatters(aProductionReading(), aProductionReading(change))).toBe(true);
    expect(changeMatters(aProductionReading(change), aProductionReading())).toBe(true);
  });

  it.each<[string, Partial<ProductionReading>]>([
    ["a cloud passes", { productionKw: 2.8 }],
    ["the meter runs on", { producedKwh: 9.1, gridKw: -2.4, consumptionKw: 2.2 }],
  ])("does not matter when %s", (_, change) => {
    expect(changeMatters(aProductionReading(), aProductionReading(change))).toBe(false);
  });

  it("does not take a dark roof for a silent one", () => {
    const production = (productionKw: number | null) => aProductionReading({ productionKw });
    expect(changeMatters(production(null), production(0))).toBe(true);
  });

  it("matters when it is of another stream", () => {
    expect(changeMatters(aReading(), aHeatReading())).toBe(true);
    expect(changeMatters(aHeatReading(), aProductionReading())).toBe(true);
  });

  it("does not take an empty battery for an unknown one", () => {
    expect(changeMatters(aReading({ socPercent: null }), aReading({ socPercent: 0 }))).toBe(true);
  });

  it("never matters between a reading and itself", () => {
    const readings = fc.record({
      state: fc.option(fc.constantFrom(...ChargeState.options)),
      plugged: fc.option(fc.boolean()),
      socPercent: fc.option(fc.integer({ min: 0, max: 100 })),
      chargeLimitPercent: fc.option(fc.integer({ min: 50, max: 100 })),
    });
    fc.assert(
      fc.property(readings, (some) => {
        expect(changeMatters(aReading(some), aReading(some))).toBe(false);
      }),
    );
  });
});

describe("how busy a device is", () => {
  it.each<[string, Reading | undefined, ReturnType<typeof activity>]>([
    ["never read", undefined, "idle"],
    ["a car that charges", charging(), "charging"],
    ["a car about to charge", aReading({ state: "starting" }), "charging"],
    ["a car plugged in and waiting", aReading(), "plugged"],
    ["a car of which nobody knows the plug", aReading({ plugged: null, state: null }), "idle"],
    ["a car that is away", aReading({ plugged: false, state: "disconnected" }), "idle"],
    ["a heat pump at work", aHeatReading(), "charging"],
    ["a heat pump at rest", aHeatReading({ compressorOn: false }), "plugged"],
    ["a heat pump of which nobody knows", aHeatReading({ compressorOn: null }), "plugged"],
    ["a roof in the sun", aProductionReading({ productionKw: 0.1 }), "charging"],
    ["a roof at night", aProductionReading({ productionKw: 0 }), "idle"],
    ["a roof of which nobody knows", aProductionReading({ productionKw: null }), "idle"],
  ])("%s", (_, reading, expected) => {
    expect(activity(reading)).toBe(expected);
  });
});

describe("a reading", () => {
  it("is known by its stream: the fields of another do not fit", () => {
    for (const reading of [aReading(), aHeatReading(), aProductionReading()]) {
      expect(Reading.parse(reading)).toEqual(reading);
    }
    expect(Reading.safeParse({ ...aHeatReading(), stream: "charge" }).success).toBe(false);
    expect(Reading.safeParse({ ...aProductionReading(), socPercent: 50 }).success).toBe(false);
  });

  it("of a solar site is never negative", () => {
    expect(() => aProductionReading({ productionKw: -0.1 })).toThrow();
    expect(aProductionReading({ gridKw: -3 }).gridKw).toBe(-3);
  });

  it("is one of a car or charger only on their stream", () => {
    expect(asCharge(aReading())).toEqual(aReading());
    expect([undefined, aHeatReading(), aProductionReading()].map(asCharge)).toEqual([undefined, undefined, undefined]);
  });
});

describe("a proof", () => {
  const start = { kind: "charge.start", currentA: 32 } as const;
  const stop = { kind: "charge.stop" } as const;

  it.each<[string, Partial<ChargeReading>, { start: boolean; stop: boolean }]>([
    ["charging at full power", { state: "charging", powerKw: 7.3 }, { start: true, stop: false }],
    ["charging at the least power that counts", { state: "charging", powerKw: 0.3 }, { start: true, stop: false }],
    ["charging, says the car, but nothing flows", { state: "charging", powerKw: 0.2 }, { start: false, stop: false }],
    ["charging at a power nobody knows", { state: "charging", powerKw: null }, { start: false, stop: false }],
    ["about to start", { state: "starting", powerKw: 0 }, { start: false, stop: false }],
    ["full", { state: "complete", powerKw: 0 }, { start: true, stop: true }],
    ["stopped", { state: "stopped", powerKw: 0 }, { start: false, stop: true }],
    ["stopped, says the car, but power flows", { state: "stopped", powerKw: 7.3 }, { start: false, stop: false }],
    ["stopped at a power nobody knows", { state: "stopped", powerKw: null }, { start: false, stop: false }],
    ["unplugged", { state: "disconnected", powerKw: 0 }, { start: false, stop: true }],
    ["without power from the charger", { state: "no-power", powerKw: 0 }, { start: false, stop: true }],
    ["doing nobody knows what", { state: null, powerKw: 0 }, { start: false, stop: false }],
  ])("of a car that is %s", (_, reading, expected) => {
    expect({ start: proves(start, charging(reading)), stop: proves(stop, charging(reading)) }).toEqual(expected);
  });

  it.each<[number | null, boolean]>([
    [32, true],
    [33, true],
    [34, false],
    [31, false],
    [16, false],
    [null, true],
  ])("of a start at 32 A by a car set to %s A: %s", (currentLimitA, isProof) => {
    expect(proves(start, charging({ currentLimitA }))).toBe(isProof);
    expect(isDone(start, charging({ currentLimitA }))).toBe(true);
    expect(proves(start, aReading({ state: "complete", currentLimitA }))).toBe(true);
    expect(proves(stop, aReading({ currentLimitA }))).toBe(true);
  });

  it("of a heat pump's mode is that mode and no other", () => {
    for (const wanted of HeatMode.options) {
      const action = { kind: "heat.mode", mode: wanted } as const;
      for (const mode of [...HeatMode.options, null]) {
        expect(proves(action, aHeatReading({ mode })), `${wanted} by ${mode}`).toBe(mode === wanted);
      }
    }
  });

  it("of a heat pump's mode does not rest on what it draws: it may be warm enough", () => {
    const boost = { kind: "heat.mode", mode: "boost" } as const;
    expect(proves(boost, aHeatReading({ mode: "boost", compressorOn: false, powerKw: 0 }))).toBe(true);
    expect(proves(boost, aHeatReading({ mode: "normal", compressorOn: true, powerKw: 3 }))).toBe(false);
  });

  it("is never a reading of another stream", () => {
    const boost = { kind: "heat.mode", mode: "boost" } as const;
    const others: [typeof start | typeof stop | typeof boost, Reading[]][] = [
      [start, [aHeatReading(), aProductionReading()]],
      [stop, [aHeatReading({ compressorOn: false, powerKw: 0 }), aProductionReading({ productionKw: 0 })]],
      [boost, [charging(), aProductionReading()]],
    ];
    for (const [action, readings] of others) {
      for (const reading of readings)
        expect(proves(action, reading), `${action.kind} by ${reading.stream}`).toBe(false);
    }
  });
});
