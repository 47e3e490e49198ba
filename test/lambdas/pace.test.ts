import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, due } from "../../lambdas/scheduler/due.ts";
import { isOutageOfVendor, paced } from "../../lambdas/scheduler/pace.ts";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { aReach, at } from "../builders.ts";

const CADENCE = { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 };
const NOW = at("2026-11-20T18:00Z");

/** An asset last looked at so many minutes ago, with what came of it. */
function looked(minutesAgo: number, faultClass: FaultClass | null = null, changes: Partial<Candidate> = {}) {
  return (index: number): Candidate => ({
    assetId: `car-${String(index).padStart(4, "0")}`,
    reading: undefined,
    reach: aReach(plusMs(NOW, -minutesAgo * MINUTE_MS), { faultClass, failures: faultClass ? 1 : 0 }),
    hasOpenCommand: false,
    sentAt: undefined,
    ...changes,
  });
}
const fleet = (...cars: ((index: number) => Candidate)[]) => cars.map((car, index) => car(index));
const many = (count: number, car: (index: number) => Candidate) => Array.from({ length: count }, () => car);
const sent = (candidates: Candidate[]) =>
  paced(due(candidates, CADENCE, NOW), candidates, CADENCE).map(({ assetId }) => assetId);

describe("a vendor whose newest three looks all failed for its own reasons", () => {
  it.each(["vendor-outage", "transient"] as const)(
    "(%s) is looked at once a minute, at who waited longest",
    (fault) => {
      const cars = fleet(...many(3, looked(2, fault)), looked(40), looked(50), ...many(30, looked(30)));
      expect(sent(cars)).toEqual(["car-0004"]);
    },
  );

  it("is asked for the proof of a command first", () => {
    const cars = fleet(...many(3, looked(2, "vendor-outage")), looked(50), looked(5, null, { hasOpenCommand: true }));
    expect(sent(cars)).toEqual(["car-0004"]);
  });

  it.each<[string, (FaultClass | null)[]]>([
    ["one of them was good", ["vendor-outage", null, "vendor-outage"]],
    ["they failed for reasons of their own", ["device-offline", "credentials-revoked", "customer-must-act"]],
    ["there are two", ["vendor-outage", "vendor-outage"]],
  ])("is not held back when %s", (_, faults) => {
    const cars = fleet(...faults.map((fault) => looked(2, fault)), ...many(5, looked(30)));
    expect(sent(cars).length).toBeGreaterThanOrEqual(5);
  });

  it("is not held back by failures of the same minute as a good look", () => {
    const cars = fleet(...many(9, looked(2, "transient")), looked(2), ...many(5, looked(30)));
    expect(sent(cars).length).toBeGreaterThanOrEqual(5);
  });
});

describe("an outage, by name", () => {
  const down = looked(2, "vendor-outage");
  const often = (failures: number) =>
    looked(2, null, { reach: aReach(NOW, { faultClass: "vendor-outage", failures }) });

  it("takes five devices in a row, or fewer again and again", () => {
    expect(isOutageOfVendor(fleet(...many(4, down), ...many(9, looked(30))))).toBe(false);
    expect(isOutageOfVendor(fleet(...many(5, down), ...many(9, looked(30))))).toBe(true);
    expect(isOutageOfVendor(fleet(...many(4, down), looked(1), ...many(5, down)))).toBe(false);
    expect(isOutageOfVendor(fleet(often(4)))).toBe(false);
    expect(isOutageOfVendor(fleet(often(5)))).toBe(true);
    expect(isOutageOfVendor(fleet(often(3), often(2)))).toBe(true);
    expect(isOutageOfVendor([])).toBe(false);
  });
});

describe("a minute's pace", () => {
  it("brings a fleet back in minutes rather than at once, who waited longest first", () => {
    const cars = fleet(...many(100, looked(20)), ...many(900, looked(40)), looked(600));
    const first = sent(cars);
    expect(first).toHaveLength(151);
    expect(first[0]).toBe("car-1000");
    expect(first).not.toContain("car-0000");
  });

  it("does not hold back proofs, nor a small fleet", () => {
    const proofs = fleet(...many(500, looked(3, null, { hasOpenCommand: true })), ...many(500, looked(40)));
    expect(sent(proofs)).toHaveLength(650);
    expect(sent(fleet(...many(20, looked(40))))).toHaveLength(20);
  });

  it("keeps up with a fleet at its fastest, however it came into step", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 29 }), { minLength: 1, maxLength: 400 }), (ages) => {
        let cars = ages.map((age, index) => looked(age)(index));
        for (let minute = 1; minute <= 60; minute++) {
          const now = plusMs(NOW, minute * MINUTE_MS);
          const chosen = paced(due(cars, CADENCE, now), cars, CADENCE);
          const ids = new Set(chosen.map(({ assetId }) => assetId));
          cars = cars.map((car) => (ids.has(car.assetId) ? { ...car, reach: aReach(now) } : car));
        }
        const oldest = plusMs(NOW, (60 - CADENCE.idleMinutes - 1) * MINUTE_MS);
        for (const { reach } of cars) expect((reach?.lastFetchedAt ?? "") >= oldest).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
