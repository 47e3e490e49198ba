import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proves } from "../../shared/domain/proof.ts";
import { ChargeState, changeMatters, type Reading } from "../../shared/domain/reading.ts";
import { aReading, at, charging } from "../builders.ts";

describe("a change of a reading", () => {
  it("matters when there was none before", () => {
    expect(changeMatters(undefined, aReading())).toBe(true);
  });

  it.each<[string, Partial<Reading>]>([
    ["the car does something else", { state: "charging" }],
    ["the car says no more what it does", { state: null }],
    ["the cable was pulled", { plugged: false }],
    ["it is no more known whether the cable is in", { plugged: null }],
    ["the owner moved the limit", { chargeLimitPercent: 80 }],
    ["a whole percent was charged", { socPercent: 51 }],
    ["the state of charge became unknown", { socPercent: null }],
  ])("matters when %s", (_, change) => {
    expect(changeMatters(aReading(), aReading(change))).toBe(true);
    expect(changeMatters(aReading(change), aReading())).toBe(true);
  });

  it.each<[string, Partial<Reading>]>([
    ["only time passed", { observedAt: at("2026-11-20T19:00Z"), receivedAt: at("2026-11-20T19:00:04Z") }],
    ["the state of charge moved within its percent", { socPercent: 50.9 }],
    ["the power wavers", { powerKw: 0.1 }],
  ])("does not matter when %s", (_, change) => {
    expect(changeMatters(aReading(), aReading(change))).toBe(false);
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

describe("a proof", () => {
  const start = { kind: "charge.start", currentA: 32 } as const;
  const stop = { kind: "charge.stop" } as const;

  it.each<[string, Partial<Reading>, { start: boolean; stop: boolean }]>([
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
});
