import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULT_TREATMENT, FaultClass } from "../../shared/domain/fault.ts";
import { epochMs, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { activity, type ChargeReading, type Reading } from "../../shared/domain/reading.ts";
import { minuteNumber, slotOf } from "../../shared/domain/wheel.ts";
import { lookMinute, nextLook, proofUntil } from "../../shared/integration/next-look.ts";
import { aCommand, aHeatReading, aProductionReading, aReach, aReading, at, charging } from "../builders.ts";

const NOW = at("2026-11-20T18:00:07Z");
const CADENCE = { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 };
const minutesTo = (moment: string | undefined) =>
  moment === undefined ? undefined : minuteNumber(at(moment)) - minuteNumber(NOW);
const idle = aReading({ plugged: false, state: "disconnected" });

function next(reading: Reading | undefined, reach = aReach(NOW), proof?: string) {
  const seen = { assetId: "car-0001", reading, reach, ...(proof ? { proofUntil: at(proof) } : {}) };
  return nextLook(seen, CADENCE, NOW);
}
const failing = (failures: number, faultClass: FaultClass) => aReach(NOW, { online: null, failures, faultClass });

describe("an asset's place on the wheel", () => {
  it.each<[string, Reading | undefined, number]>([
    ["never read", undefined, 15],
    ["unplugged", idle, 15],
    ["plugged in or not, nobody knows", aReading({ plugged: null, state: null }), 15],
    ["plugged in and waiting", aReading({ plugged: true, state: "stopped" }), 30],
    ["full", aReading({ plugged: true, state: "complete" }), 30],
    ["charging", charging(), 30],
    ["a heat pump at rest", aHeatReading({ compressorOn: false }), 30],
    ["a heat pump at work", aHeatReading(), 30],
    ["a roof at night", aProductionReading({ productionKw: 0 }), 15],
    ["a roof in the sun", aProductionReading(), 30],
  ])("%s", (_, reading, minutes) => {
    expect(next(reading).periodMinutes).toBe(minutes);
  });

  it("needs no look between its turns when nothing is going on", () => {
    expect(next(idle)).toEqual({ periodMinutes: 15 });
    expect(next(aReading())).toEqual({ periodMinutes: 30 });
  });
});

describe("what charges", () => {
  it("is looked at each ten minutes, in the phase of its own slot", () => {
    const first = next(charging()).sooner;
    expect(first?.why).toBe("charging");
    expect(minuteNumber(at(first?.dueAt ?? "")) % 10).toBe(slotOf("car-0001", 10));
    const later = nextLook(
      { assetId: "car-0001", reading: charging(), reach: aReach(NOW) },
      CADENCE,
      plusMs(at(first?.dueAt ?? ""), 5000),
    );
    expect(epochMs(at(later.sooner?.dueAt ?? "")) - epochMs(at(first?.dueAt ?? ""))).toBe(10 * MINUTE_MS);
  });

  it("and was not reached is looked at for an hour, and then taken to sleep", () => {
    const unreached = aReach(NOW, { online: false });
    expect(next(charging({ observedAt: plusMs(NOW, -59 * MINUTE_MS) }), unreached).sooner?.why).toBe("charging");
    expect(next(charging({ observedAt: plusMs(NOW, -61 * MINUTE_MS) }), unreached).sooner).toBeUndefined();
  });

  it("needs no look between the turns of a wheel that is as fast", () => {
    const seen = { assetId: "pump-0001", reading: aHeatReading(), reach: aReach(NOW) };
    expect(nextLook(seen, { ...CADENCE, pluggedMinutes: 10 }, NOW)).toEqual({ periodMinutes: 10 });
  });
});

describe("a look that failed", () => {
  it("is made again within 1, 2, 4 … minutes, no later than the next turn", () => {
    for (const [index, most] of [1, 2, 4, 8, 16].entries()) {
      const minutes = minutesTo(next(aReading(), failing(index + 1, "transient")).sooner?.dueAt) ?? Number.NaN;
      expect(minutes).toBeGreaterThanOrEqual(1);
      expect(minutes).toBeLessThanOrEqual(most);
    }
    expect(next(aReading(), failing(6, "transient"))).toEqual({ periodMinutes: 30 });
  });

  it("is spread over its minutes by asset", () => {
    const due = Array.from({ length: 200 }, (_, index) =>
      minutesTo(
        nextLook({ assetId: `car-${index}`, reading: aReading(), reach: failing(4, "transient") }, CADENCE, NOW).sooner
          ?.dueAt,
      ),
    );
    expect(new Set(due)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it.each(FaultClass.options.filter((name) => !FAULT_TREATMENT[name].retry))(
    "waits for its turn when only somebody else can mend it: %s",
    (fault) => {
      expect(next(charging(), failing(3, fault), "2026-11-20T18:11:00Z").sooner).toBeUndefined();
    },
  );

  it("is made again soon after a failure of ours, which may be a hiccup, and not after the third in a row", () => {
    expect(minutesTo(next(charging(), failing(1, "our-fault")).sooner?.dueAt)).toBe(1);
    expect(next(charging(), failing(2, "our-fault")).sooner).toBeDefined();
    expect(next(charging(), failing(3, "our-fault")).sooner).toBeUndefined();
    expect(next(charging(), failing(1, "credentials-revoked")).sooner).toBeUndefined();
  });
});

describe("a command that waits for its proof", () => {
  it("is looked for each minute, until its check is past", () => {
    const proof = "2026-11-20T18:01:00Z";
    expect(next(idle, aReach(NOW), proof).sooner).toEqual({ dueAt: at(proof), why: "command" });
    expect(next(idle, aReach(NOW), "2026-11-20T18:00:59Z")).toEqual({ periodMinutes: 15 });
  });

  it("is looked for within four minutes after failures", () => {
    const minutes = [1, 2, 3, 4, 50].map((failures) =>
      minutesTo(next(idle, failing(failures, "device-offline"), "2026-11-20T19:00:00Z").sooner?.dueAt),
    );
    expect(minutes).toEqual([1, 2, 4, 4, 4]);
  });

  it("is one that was taken and is not judged, the last of them", () => {
    const taken = (minutes: number) => aCommand({ status: "accepted", checkAt: plusMs(NOW, minutes * MINUTE_MS) });
    expect(proofUntil([], NOW)).toBeUndefined();
    expect(proofUntil([aCommand({ status: "confirmed", checkAt: plusMs(NOW, MINUTE_MS) }), taken(-1)], NOW)).toBe(
      undefined,
    );
    expect(proofUntil([taken(3), taken(9)], NOW)).toBe(plusMs(NOW, 9 * MINUTE_MS));
  });
});

describe("the next look, whatever was seen", () => {
  const seen = fc.record({
    state: fc.constantFrom("disconnected", "stopped", "charging", "complete", null),
    plugged: fc.constantFrom(true, false, null),
    online: fc.constantFrom(true, false, null),
    failures: fc.integer({ min: 0, max: 40 }),
    faultClass: fc.constantFrom(...FaultClass.options),
    proof: fc.option(fc.integer({ min: -5, max: 30 })),
    offsetMs: fc.integer({ min: 0, max: 599_999 }),
  });

  it("is on a whole minute that a tick can still read, and before the next turn but one", () => {
    fc.assert(
      fc.property(seen, ({ state, plugged, online, failures, faultClass, proof, offsetMs }) => {
        const now = plusMs(NOW, offsetMs);
        const reading = aReading({ state, plugged } as Partial<ChargeReading>);
        const reach = aReach(now, { online, failures, faultClass: failures === 0 ? null : faultClass });
        const proofIs = proof === null ? {} : { proofUntil: plusMs(now, proof * MINUTE_MS) };
        const { periodMinutes, sooner } = nextLook({ assetId: "car-0001", reading, reach, ...proofIs }, CADENCE, now);
        expect(periodMinutes).toBe(activity(reading) === "idle" ? 15 : 30);
        if (!sooner) return;
        const aheadMs = epochMs(sooner.dueAt) - epochMs(now);
        expect(epochMs(sooner.dueAt) % MINUTE_MS).toBe(0);
        expect(aheadMs).toBeGreaterThanOrEqual(20_000);
        expect(aheadMs).toBeLessThanOrEqual((periodMinutes + 1) * MINUTE_MS);
      }),
    );
  });

  it("is asked for in the nearest minute that is not too near", () => {
    const from = (second: number, minutes: number) => minutesTo(lookMinute(plusMs(NOW, (second - 7) * 1000), minutes));
    expect([from(0, 1), from(29, 1), from(31, 1), from(59, 1)]).toEqual([1, 1, 2, 2]);
    expect([from(39, 0), from(41, 0)]).toEqual([1, 2]);
  });
});
