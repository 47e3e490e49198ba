import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, due, IN_FLIGHT_MS, intervalMinutes, notReadPercent } from "../../lambdas/scheduler/due.ts";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { ChargeReading, Reading } from "../../shared/domain/reading.ts";
import { aHeatReading, aProductionReading, aReach, aReading, at, charging } from "../builders.ts";

const CADENCE = { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 };
const NOW = at("2026-11-20T18:00Z");
const NEVER_FETCHED: Candidate = {
  assetId: "car-0001",
  reading: undefined,
  reach: undefined,
  hasOpenCommand: false,
  sentAt: undefined,
};

/** A car last fetched so many minutes ago. */
function fetched(minutesAgo: number, changes: Partial<Candidate> = {}): Candidate {
  return {
    ...NEVER_FETCHED,
    reading: aReading({ plugged: false, state: "disconnected" }),
    reach: aReach(plusMs(NOW, -minutesAgo * MINUTE_MS)),
    ...changes,
  };
}

const isDue = (candidate: Candidate) => due([candidate], CADENCE, NOW).length === 1;

describe("who is due", () => {
  it.each<[string, Partial<ChargeReading> | undefined, boolean, number]>([
    ["unplugged", { plugged: false, state: "disconnected" }, false, 15],
    ["plugged in or not, nobody knows", { plugged: null, state: null }, false, 15],
    ["never read, but reached", undefined, false, 15],
    ["plugged in and waiting", { plugged: true, state: "stopped" }, false, 30],
    ["full", { plugged: true, state: "complete" }, false, 30],
    ["charging", { plugged: true, state: "charging" }, false, 10],
    ["about to charge", { plugged: true, state: "starting" }, false, 10],
    ["waiting for the proof of a command", { plugged: true, state: "stopped" }, true, 1],
  ])("a car that is %s, at its own pace", (_, reading, hasOpenCommand, minutes) => {
    const candidate = (ago: number) => fetched(ago, { reading: reading && aReading(reading), hasOpenCommand });
    expect(intervalMinutes(candidate(0), CADENCE)).toBe(minutes);
    expect(isDue(candidate(minutes))).toBe(true);
    expect(isDue(candidate(minutes - 0.5))).toBe(true);
    expect(isDue(candidate(minutes - 0.51))).toBe(false);
  });

  it.each<[string, Reading, boolean, number]>([
    ["a heat pump at work", aHeatReading(), false, 10],
    ["a heat pump at rest", aHeatReading({ compressorOn: false }), false, 30],
    ["a heat pump of which nobody knows", aHeatReading({ compressorOn: null }), false, 30],
    ["a heat pump that is to prove a mode", aHeatReading({ compressorOn: false }), true, 1],
    ["a roof in the sun", aProductionReading(), false, 10],
    ["a roof at night", aProductionReading({ productionKw: 0 }), false, 15],
    ["a roof of which nobody knows", aProductionReading({ productionKw: null }), false, 15],
  ])("%s, at its own pace", (_, reading, hasOpenCommand, minutes) => {
    const candidate = (ago: number) => fetched(ago, { reading, hasOpenCommand });
    expect(intervalMinutes(candidate(0), CADENCE)).toBe(minutes);
    expect(isDue(candidate(minutes))).toBe(true);
    expect(isDue(candidate(minutes - 0.51))).toBe(false);
  });

  it("is whoever was never fetched", () => {
    expect(due([NEVER_FETCHED], CADENCE, NOW)).toEqual([{ assetId: "car-0001", expectAwake: false }]);
  });

  it.each<[string, Candidate, boolean]>([
    ["charging", fetched(30, { reading: charging() }), true],
    ["starting", fetched(30, { reading: aReading({ state: "starting" }) }), true],
    ["told to do something", fetched(30, { hasOpenCommand: true }), true],
    ["standing", fetched(30), false],
  ])("expects a car to be awake or not: %s", (_, candidate, expectAwake) => {
    expect(due([candidate], CADENCE, NOW)).toEqual([{ assetId: "car-0001", expectAwake }]);
  });

  describe("on its way", () => {
    const sent = (agoMs: number, changes: Partial<Candidate> = {}) =>
      fetched(60, { sentAt: plusMs(NOW, -agoMs), ...changes });

    it("is not sent out again", () => {
      expect(isDue(sent(MINUTE_MS))).toBe(false);
      expect(isDue(sent(IN_FLIGHT_MS - 1))).toBe(false);
      expect(isDue({ ...NEVER_FETCHED, sentAt: plusMs(NOW, -MINUTE_MS) })).toBe(false);
    });

    it("is sent out again once the batch must be lost", () => {
      expect(isDue(sent(IN_FLIGHT_MS))).toBe(true);
      expect(isDue({ ...NEVER_FETCHED, sentAt: plusMs(NOW, -IN_FLIGHT_MS) })).toBe(true);
    });

    it("has come back when it was fetched since, and is then due by its cadence", () => {
      const back = { sentAt: plusMs(NOW, -2 * MINUTE_MS), reach: aReach(plusMs(NOW, -MINUTE_MS)) };
      expect(isDue(fetched(0, back))).toBe(false);
      expect(isDue(fetched(0, { ...back, hasOpenCommand: true }))).toBe(true);
    });
  });

  describe("after failures", () => {
    const failing = (failures: number, faultClass: FaultClass, hasOpenCommand = false) =>
      intervalMinutes(fetched(0, { reach: aReach(NOW, { failures, faultClass }), hasOpenCommand }), CADENCE);

    it("is tried again at 1, 2, 4 … minutes, up to its usual pace", () => {
      expect([1, 2, 3, 4, 5, 6, 50].map((count) => failing(count, "transient"))).toEqual([1, 2, 4, 8, 15, 15, 15]);
    });

    it("is tried again within four minutes while a command waits", () => {
      expect([1, 2, 3, 4, 50].map((count) => failing(count, "device-offline", true))).toEqual([1, 2, 4, 4, 4]);
    });

    it.each(FaultClass.options.filter((name) => !FAULT_TREATMENT[name].retry))(
      "is tried once an hour when only somebody else can mend it: %s",
      (name) => {
        expect(failing(1, name)).toBe(60);
        expect(failing(9, name, true)).toBe(60);
      },
    );

    it("is tried at its usual pace when the failures are over", () => {
      expect(failing(0, "transient")).toBe(15);
    });
  });
});

describe("due, whatever the fleet", () => {
  const minutesAgo = fc.integer({ min: 0, max: 200 });
  const candidates = fc.record({
    hasOpenCommand: fc.boolean(),
    state: fc.constantFrom("disconnected", "stopped", "charging", "complete", null),
    plugged: fc.constantFrom(true, false, null),
    fetchedAgo: fc.option(minutesAgo),
    sentAgo: fc.option(minutesAgo),
    failures: fc.integer({ min: 0, max: 20 }),
    faultClass: fc.constantFrom(null, ...FaultClass.options),
  });
  const build = (some: typeof candidates extends fc.Arbitrary<infer T> ? T : never): Candidate => ({
    assetId: "car-0001",
    reading: aReading({ state: some.state, plugged: some.plugged } as Partial<ChargeReading>),
    reach:
      some.fetchedAgo === null
        ? undefined
        : aReach(plusMs(NOW, -some.fetchedAgo * MINUTE_MS), { failures: some.failures, faultClass: some.faultClass }),
    hasOpenCommand: some.hasOpenCommand,
    sentAt: some.sentAgo === null ? undefined : plusMs(NOW, -some.sentAgo * MINUTE_MS),
  });

  it("nobody is left out for ever: an hour and a lost batch later everybody is due", () => {
    fc.assert(
      fc.property(candidates, (some) => {
        const late = plusMs(NOW, 60 * MINUTE_MS + IN_FLIGHT_MS);
        expect(due([build(some)], CADENCE, late)).toHaveLength(1);
      }),
    );
  });

  it("nobody is fetched twice within half a minute", () => {
    fc.assert(
      fc.property(candidates, (some) => {
        const justNow = { ...some, fetchedAgo: 0 };
        expect(due([build(justNow)], CADENCE, plusMs(NOW, 29_999))).toEqual([]);
      }),
    );
  });

  it("an open command makes nobody due later", () => {
    fc.assert(
      fc.property(candidates, (some) => {
        const [without, withOne] = [false, true].map((hasOpenCommand) => build({ ...some, hasOpenCommand }));
        if (!without || !withOne) return;
        expect(intervalMinutes(withOne, CADENCE)).toBeLessThanOrEqual(intervalMinutes(without, CADENCE));
      }),
    );
  });

  it("waiting makes nobody less due", () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 0, max: 120 }), (some, minutes) => {
        const candidate = build(some);
        if (due([candidate], CADENCE, NOW).length === 0) return;
        expect(due([candidate], CADENCE, plusMs(NOW, minutes * MINUTE_MS))).toHaveLength(1);
      }),
    );
  });
});

describe("the share of assets not read", () => {
  const percent = (...candidates: Candidate[]) => notReadPercent(candidates, CADENCE, NOW);
  const failing = (failures: number, faultClass: FaultClass) =>
    fetched(1, { reach: { ...aReach(plusMs(NOW, -MINUTE_MS)), failures, faultClass } });

  it.each<[string, number | undefined, Candidate[]]>([
    ["nobody", undefined, []],
    ["one just read, one two cadences ago", 0, [fetched(1), fetched(30)]],
    ["one later than two cadences", 50, [fetched(1), fetched(31)]],
    ["one never read", 50, [fetched(1), NEVER_FETCHED]],
    ["two failures are bad luck", 0, [failing(2, "vendor-outage")]],
    ["three are not", 100, [failing(3, "vendor-outage")]],
    ["a device that stays offline", 100, [failing(3, "device-offline")]],
    ["a customer who must act does not count", 0, [failing(9, "credentials-revoked"), fetched(1)]],
    ["only customers who must act", undefined, [failing(9, "customer-must-act")]],
  ])("%s: %s %%", (_, expected, candidates) => {
    expect(percent(...candidates)).toBe(expected);
  });
});
