import { describe, expect, it } from "vitest";
import { Car } from "../../lambdas/integrations/tesla/simulator-car.ts";
import { Feed } from "../../lambdas/integrations/tesla/simulator-feed.ts";
import { type CarSpec, NO_TROUBLES, type PowerInterval } from "../../lambdas/integrations/tesla/simulator-spec.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";

const run = (startsAtMs: number, endsAtMs: number, powerKw = 7): PowerInterval => ({ startsAtMs, endsAtMs, powerKw });

describe("what a charger delivered, as changes of a car's power", () => {
  it("is told once, however often it is asked, and while it still flows", () => {
    const delivered: PowerInterval[] = [];
    const feed = new Feed(() => delivered, 0);
    expect(feed.changes(5)).toEqual([]);
    delivered.push(run(10, 15));
    expect(feed.changes(15)).toEqual([{ atMs: 10, what: "fed", powerKw: 7 }]);
    delivered[0] = run(10, 20);
    expect(feed.changes(20)).toEqual([]);
    expect(feed.changes(30)).toEqual([{ atMs: 20, what: "fed", powerKw: 0 }]);
    delivered.push(run(35, 40), run(40, 45, 3));
    expect(feed.changes(50)).toEqual([
      { atMs: 35, what: "fed", powerKw: 7 },
      { atMs: 40, what: "fed", powerKw: 3 },
      { atMs: 45, what: "fed", powerKw: 0 },
    ]);
  });
});

describe("a car at a charger of another vendor", () => {
  const spec: CarSpec = {
    vin: "5YJ3E7EA9PF100000",
    accountId: "alex",
    batteryCapacityKwh: 60,
    chargeEfficiency: 0.9,
    voltageV: 230,
    phases: 1,
    maxCurrentA: 32,
    initialSocPercent: 50,
    chargeLimitPercent: 80,
    ownSchedule: { mode: "DepartBy", marginMinutes: 2 },
    timeZone: "UTC",
    sessions: [{ arrivesAt: HOUR_MS, departsAt: 10 * HOUR_MS }],
  };

  it("takes what that gives, and nothing by itself", () => {
    const delivered: PowerInterval[] = [];
    const car = new Car({ ...spec, fedBy: () => delivered }, 0, 1, NO_TROUBLES, () => {});
    expect(car.truth(2 * HOUR_MS)).toMatchObject({ plugged: true, charging: false, phase: "no-power", powerKw: 0 });
    delivered.push(run(2 * HOUR_MS, 3 * HOUR_MS));
    expect(car.truth(3 * HOUR_MS)).toMatchObject({ charging: true, phase: "charging", powerKw: 7, gridEnergyKwh: 7 });
    expect(car.truth(3 * HOUR_MS).storedKwh).toBeCloseTo(30 + 6.3, 9);
    expect(car.truth(9.9 * HOUR_MS)).toMatchObject({ charging: false, phase: "no-power", gridEnergyKwh: 7 });
    expect(car.truth(9.9 * HOUR_MS).intervals).toEqual([run(2 * HOUR_MS, 3 * HOUR_MS)]);
    expect(car.truth(10 * HOUR_MS)).toMatchObject({ plugged: false });
  });
});
