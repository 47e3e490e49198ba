import { describe, expect, it } from "vitest";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import type { Command } from "../../shared/domain/command.ts";
import { type FaultClass, FaultClass as FaultClasses } from "../../shared/domain/fault.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { aCommand, aHeatReading, aProductionReading, aReach, aReading, at, charging } from "../builders.ts";

const ACCEPTED_AT = at("2026-11-21T02:00:05Z");
const CHECK_AT = at("2026-11-21T02:11:05Z");
const BEFORE_CHECK = at("2026-11-21T02:05Z");
const AFTER = at("2026-11-21T02:01Z");
const REACHED = aReach("2026-11-21T02:10Z");

const accepted = (changes: Partial<Command> = {}) =>
  aCommand({ status: "accepted", acceptedAt: ACCEPTED_AT, checkAt: CHECK_AT, ...changes });
const stop = (changes: Partial<Command> = {}) => accepted({ action: { kind: "charge.stop" }, ...changes });

describe("a verdict", () => {
  it("is confirmed by a reading that the device made after acceptance", () => {
    expect(verdict(accepted(), charging({ observedAt: AFTER }), REACHED, BEFORE_CHECK)).toEqual({
      verdict: "confirmed",
      afterMs: 55_000,
      evidence: "reading of 2026-11-21T02:01:00.000Z: charging at 7.3 kW",
    });
  });

  it.each([at("2026-11-21T01:59Z"), ACCEPTED_AT])(
    "is not confirmed by a reading made before the command was taken, or at that moment: %s",
    (observedAt) => {
      expect(verdict(accepted(), charging({ observedAt, receivedAt: AFTER }), REACHED, BEFORE_CHECK)).toEqual({
        verdict: "wait",
      });
    },
  );

  it("does not rest on the vendor's word: taken without effect is still proved by a reading", () => {
    const taken = accepted({ withoutEffect: true });
    expect(verdict(taken, undefined, undefined, BEFORE_CHECK)).toEqual({ verdict: "wait" });
    expect(verdict(taken, undefined, undefined, CHECK_AT).verdict).toBe("missed");
  });

  it("confirms a stop by a car that draws nothing", () => {
    expect(verdict(stop(), aReading({ observedAt: AFTER }), REACHED, BEFORE_CHECK).verdict).toBe("confirmed");
    expect(verdict(stop(), charging({ observedAt: AFTER }), REACHED, BEFORE_CHECK).verdict).toBe("wait");
  });

  it("waits until the time to confirm has run out, and then confirms rather than misses", () => {
    const idle = aReading({ observedAt: AFTER });
    expect(verdict(accepted(), idle, REACHED, at("2026-11-21T02:11:04.999Z"))).toEqual({ verdict: "wait" });
    expect(verdict(accepted(), idle, REACHED, CHECK_AT).verdict).toBe("missed");
    expect(verdict(accepted(), charging({ observedAt: AFTER }), REACHED, CHECK_AT).verdict).toBe("confirmed");
  });

  it.each<[FaultClass, Partial<ChargeReading>, RegExp]>([
    ["customer-must-act", { state: "disconnected", plugged: false }, /cable is not plugged in/],
    ["customer-must-act", { state: "no-power" }, /charger offers no power/],
    ["transient", { ownScheduleActive: true }, /waiting for its owner's own schedule/],
    ["transient", {}, /device answered stopped at 0\.0 kW/],
    ["transient", { state: "charging", powerKw: null }, /charging at unknown kW/],
    ["transient", { state: null, powerKw: null }, /device answered state unknown at unknown kW/],
  ])("is missed as %s when the car is seen: %j", (faultClass, seen, evidence) => {
    const answer = verdict(accepted(), aReading({ observedAt: AFTER, ...seen }), REACHED, CHECK_AT);
    expect(answer).toEqual({ verdict: "missed", faultClass, evidence: expect.stringMatching(evidence) });
  });

  it("takes a car that charges at less than was asked of it for one that did not hear, and the second time for one that cannot", () => {
    const less = charging({ observedAt: AFTER, currentLimitA: 13, powerKw: 3 });
    expect(verdict(accepted(), less, REACHED, BEFORE_CHECK, { missedBefore: 1 })).toEqual({ verdict: "wait" });
    expect(verdict(accepted(), less, REACHED, CHECK_AT)).toMatchObject({ verdict: "missed", faultClass: "transient" });
    expect(verdict(accepted(), less, REACHED, CHECK_AT, { missedBefore: 1 })).toMatchObject({
      verdict: "confirmed",
      evidence: expect.stringMatching(/charging at 3\.0 kW, set to 13 A after/),
    });
    // As it was left by what worked last: it may have heard of nothing since.
    const left = (missedBefore: number) =>
      verdict(accepted(), less, REACHED, CHECK_AT, { missedBefore, provedA: 13 }).verdict;
    expect([1, 2, 3].map(left)).toEqual(["missed", "missed", "confirmed"]);
    const more = charging({ observedAt: AFTER, currentLimitA: 40 });
    expect(verdict(accepted(), more, REACHED, CHECK_AT, { missedBefore: 1 }).verdict).toBe("missed");
  });

  describe("on a heat pump's mode", () => {
    const boost = accepted({ assetId: "heat-pump-0001", action: { kind: "heat.mode", mode: "boost" } });

    it("is confirmed by a reading in that mode, and says it in the words of heat", () => {
      const reading = aHeatReading({ observedAt: AFTER, mode: "boost" });
      expect(verdict(boost, reading, REACHED, BEFORE_CHECK)).toEqual({
        verdict: "confirmed",
        afterMs: 55_000,
        evidence: "reading of 2026-11-21T02:01:00.000Z: mode boost at 1.4 kW",
      });
    });

    it.each<[Parameters<typeof aHeatReading>[0], string]>([
      [{ mode: "normal" }, "the device answered mode normal at 1.4 kW"],
      [{ mode: "reduced", powerKw: null }, "the device answered mode reduced at unknown kW"],
      [{ mode: null, powerKw: 0 }, "the device answered mode unknown at 0.0 kW"],
    ])("is missed when the device is seen: %j", (seen, evidence) => {
      const reading = aHeatReading({ observedAt: AFTER, ...seen });
      expect(verdict(boost, reading, REACHED, BEFORE_CHECK)).toEqual({ verdict: "wait" });
      expect(verdict(boost, reading, REACHED, CHECK_AT)).toEqual({
        verdict: "missed",
        faultClass: "transient",
        evidence,
      });
    });

    it.each<[Parameters<typeof aHeatReading>[0], string]>([
      [{ mode: "normal", hotWaterC: 58 }, "confirmed"],
      [{ mode: null, hotWaterC: 59.5 }, "confirmed"],
      [{ mode: "normal", hotWaterC: 57.9 }, "missed"],
      [{ mode: "normal", hotWaterC: null }, "missed"],
      [{ mode: "reduced", hotWaterC: 59 }, "missed"],
    ])("takes a boost that ended with a full tank as done, and no other: %j", (seen, answer) => {
      const asked = { ...boost, action: { kind: "heat.mode", mode: "boost", fullAtC: 58 } } as const;
      const reading = aHeatReading({ observedAt: AFTER, powerKw: 0, ...seen });
      expect(verdict(asked, reading, REACHED, CHECK_AT).verdict).toBe(answer);
      const before = aHeatReading({ observedAt: at("2026-11-21T01:59Z"), ...seen });
      expect(verdict(asked, before, REACHED, CHECK_AT).verdict).toBe("missed");
    });

    it("says that it was the tank that proved a boost", () => {
      const asked = { ...boost, action: { kind: "heat.mode", mode: "boost", fullAtC: 58 } } as const;
      const reading = aHeatReading({ observedAt: AFTER, mode: "normal", powerKw: 0, hotWaterC: 58.2 });
      expect(verdict(asked, reading, REACHED, CHECK_AT)).toMatchObject({
        evidence: "reading of 2026-11-21T02:01:00.000Z: mode normal at 0.0 kW, the tank is full at 58.2 °C",
      });
    });

    it("does not rest on a reading of another stream", () => {
      for (const reading of [charging({ observedAt: AFTER }), aProductionReading({ observedAt: AFTER })]) {
        expect(verdict(boost, reading, REACHED, CHECK_AT)).toMatchObject({ verdict: "missed" });
      }
      const roof = aProductionReading({ observedAt: AFTER });
      expect(verdict(boost, roof, REACHED, CHECK_AT)).toMatchObject({ evidence: "the device answered 3.2 kW" });
    });
  });

  it.each(FaultClasses.options)("is missed as %s when that is why the last attempts to read failed", (faultClass) => {
    const reach = aReach("2026-11-21T02:10Z", { online: null, failures: 4, faultClass });
    expect(verdict(accepted(), undefined, reach, CHECK_AT)).toMatchObject({ verdict: "missed", faultClass });
  });

  it("is missed as offline when nothing was read since and no attempt failed", () => {
    const old = charging({ observedAt: at("2026-11-21T01:00Z") });
    for (const reading of [undefined, old]) {
      expect(verdict(accepted(), reading, REACHED, CHECK_AT)).toMatchObject({ faultClass: "device-offline" });
    }
  });

  it("tells what the car was seen doing rather than why a later attempt failed", () => {
    const reach = aReach("2026-11-21T02:10Z", { failures: 1, faultClass: "vendor-outage" });
    const seen = aReading({ observedAt: AFTER, state: "disconnected" });
    expect(verdict(accepted(), seen, reach, CHECK_AT)).toMatchObject({ faultClass: "customer-must-act" });
  });

  it("judges an unknown by what was read since it was issued", () => {
    const unknown = aCommand({
      status: "unknown",
      issuedAt: at("2026-11-21T02:00Z"),
      checkAt: at("2026-11-21T05:00Z"),
    });
    expect(verdict(unknown, charging({ observedAt: AFTER }), REACHED, BEFORE_CHECK).verdict).toBe("confirmed");
    expect(verdict(unknown, charging({ observedAt: at("2026-11-21T01:59Z") }), REACHED, BEFORE_CHECK).verdict).toBe(
      "wait",
    );
    expect(verdict(unknown, undefined, REACHED, at("2026-11-21T05:00Z")).verdict).toBe("missed");
  });

  it("lets a command expire that was never sent, and says why when it is known", () => {
    const issued = aCommand();
    expect(verdict(issued, undefined, undefined, at("2026-11-21T04:59:59.999Z"))).toEqual({ verdict: "wait" });
    expect(verdict(issued, undefined, undefined, issued.notAfter)).toEqual({
      verdict: "expired",
      evidence: "could not be sent before it was too late",
    });
    expect(verdict({ ...issued, evidence: "no answer" }, undefined, undefined, issued.notAfter)).toMatchObject({
      evidence: "no answer",
    });
  });

  it("does not take a car that charges by itself for the effect of a command never sent", () => {
    expect(verdict(aCommand(), charging({ observedAt: AFTER }), REACHED, BEFORE_CHECK)).toEqual({ verdict: "wait" });
  });

  it.each(["sending", "confirmed", "missed", "rejected", "expired", "withdrawn"] as const)(
    "has nothing to say of a command that is %s",
    (status) => {
      const late = at("2026-11-22T00:00Z");
      expect(verdict(aCommand({ status }), charging({ observedAt: AFTER }), REACHED, late)).toEqual({
        verdict: "wait",
      });
    },
  );
});
