import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Car } from "../../lambdas/integrations/tesla/simulator-car.ts";
import { type CarTroubles, type Change, NO_TROUBLES } from "../../lambdas/integrations/tesla/simulator-spec.ts";
import { aCar, aNight, EVENING, HOUR, MINUTE, MORNING, OFF, VIN } from "./tesla-simulator-night.ts";

const NIGHT_MS = MORNING - EVENING;
const moment = fc.integer({ min: 0, max: NIGHT_MS });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>({ what: "start" }),
  fc.constant<Change>({ what: "stop" }),
  fc.integer({ min: 0, max: 32 }).map((amps): Change => ({ what: "amps", amps })),
  fc.integer({ min: 50, max: 100 }).map((percent): Change => ({ what: "limit", percent })),
  fc.constantFrom<Change>(
    { what: "schedule", schedule: { mode: "Off" } },
    { what: "schedule", schedule: { mode: "StartAt", minutesAfterLocalMidnight: 90 } },
    { what: "schedule", schedule: { mode: "DepartBy", marginMinutes: 20 } },
  ),
);
const troubles: fc.Arbitrary<CarTroubles> = fc.record({
  noPower: fc.array(
    moment.map((ms) => ({ startsAtMs: EVENING + ms, endsAtMs: EVENING + ms + HOUR })),
    { maxLength: 2 },
  ),
  unpluggedAtMs: fc.array(
    moment.map((ms) => EVENING + ms),
    { maxLength: 1 },
  ),
  selfStartsAtMs: fc.array(
    moment.map((ms) => EVENING + ms),
    { maxLength: 2 },
  ),
});

describe("the energy truth", () => {
  it("is the same however often anybody looks, and adds up", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: moment, change }), { maxLength: 8 }),
        fc.array(moment, { maxLength: 40 }),
        troubles,
        fc.record({ socPercent: fc.double({ min: 0, max: 95, noNaN: true }), phases: fc.constantFrom(1, 3) }),
        (commands, looks, carTroubles, { socPercent, phases }) => {
          const spec = aCar({ initialSocPercent: socPercent, phases: phases === 3 ? 3 : 1 });
          const play = (lookedAt: readonly number[]) => {
            const car = new Car(spec, EVENING, 1, carTroubles, () => {});
            const events = [
              ...commands.map(({ afterMs, change: wanted }) => ({ afterMs, wanted })),
              ...lookedAt.map((afterMs) => ({ afterMs, wanted: undefined })),
            ].sort((a, b) => a.afterMs - b.afterMs || (a.wanted ? 1 : -1));
            for (const { afterMs, wanted } of events) {
              const nowMs = EVENING + afterMs;
              if (!wanted) {
                car.truth(nowMs);
                car.words(nowMs);
                continue;
              }
              car.play(nowMs);
              car.queue({ atMs: nowMs + 2000, visibleAtMs: nowMs + 9000, change: wanted, unannounced: false });
            }
            return car.truth(MORNING + HOUR);
          };
          const unseen = play([]);
          const { connectivity: _, ...seen } = play(looks);
          expect(unseen).toMatchObject(seen);
          const summed = unseen.intervals.reduce(
            (kwh, { startsAtMs, endsAtMs, powerKw }) => kwh + (powerKw * (endsAtMs - startsAtMs)) / HOUR,
            0,
          );
          expect(Math.abs(summed - unseen.gridEnergyKwh)).toBeLessThan(1e-9);
          const stored = (spec.batteryCapacityKwh * socPercent) / 100 + unseen.gridEnergyKwh * spec.chargeEfficiency;
          expect(Math.abs(stored - unseen.storedKwh)).toBeLessThan(1e-9);
          expect(unseen.socPercent).toBeLessThanOrEqual(100 + 1e-4);
          for (const [index, { startsAtMs }] of unseen.intervals.entries()) {
            expect(startsAtMs).toBeGreaterThanOrEqual(unseen.intervals[index - 1]?.endsAtMs ?? EVENING);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is the same whether its cloud is asked every minute or never", async () => {
    const never = await aNight();
    const always = await aNight();
    for (let ms = EVENING; ms < MORNING; ms += 7 * MINUTE) {
      always.at(ms);
      if ((ms - EVENING) % (7 * HOUR) === 0) always.consent();
      await always.look().catch(() => undefined);
    }
    never.at(MORNING + HOUR);
    always.at(MORNING + HOUR);
    expect(always.truth()).toEqual(never.truth());
  });
});

describe("whether a car could be ready", () => {
  const tight = { sessions: [{ arrivesAt: EVENING, departsAt: EVENING + 4 * HOUR }] };

  it("counts full power from plug-in to departure, less three minutes", async () => {
    const { simulator } = await aNight(tight);
    const most = 24 + 7.36 * 0.9 * (4 - 3 / 60);
    expect(simulator.couldBeReady(VIN, 0, { storedKwh: most })).toBe(true);
    expect(simulator.couldBeReady(VIN, 0, { storedKwh: most + 0.001 })).toBe(false);
    expect(simulator.couldBeReady(VIN, 0, { socPercent: 83 })).toBe(true);
    expect(simulator.couldBeReady(VIN, 0, { socPercent: 84 })).toBe(false);
  });

  it("holds missing power and early unplugging against it, but no fault of the vendor", async () => {
    const need = { socPercent: 80 };
    const window = { startsAtMs: EVENING + HOUR, endsAtMs: EVENING + 2 * HOUR };
    const noPower = await aNight(tight, [{ kind: "no-power", vin: VIN, ...window }]);
    const early = await aNight(tight, [{ kind: "unplugged-early", vin: VIN, atMs: EVENING + 3 * HOUR }]);
    const outage = await aNight(tight, [{ kind: "vendor-outage", ...window }]);
    expect(noPower.simulator.couldBeReady(VIN, 0, need)).toBe(false);
    expect(early.simulator.couldBeReady(VIN, 0, need)).toBe(false);
    expect(outage.simulator.couldBeReady(VIN, 0, need)).toBe(true);
  });

  it("does not change with the time of asking", async () => {
    const { simulator, at } = await aNight({ ...tight, ...OFF });
    at(MORNING);
    expect(simulator.couldBeReady(VIN, 0, { socPercent: 83 })).toBe(true);
    expect(simulator.couldBeReady(VIN, 0, { socPercent: 84 })).toBe(false);
  });

  it("needs no charging when the charge is there", () => {
    const car = new Car(aCar({ sessions: [] }), EVENING, 1, NO_TROUBLES, () => {});
    expect(car.couldBeReady(0, { socPercent: 40 }, EVENING)).toBe(true);
    expect(car.couldBeReady(0, { socPercent: 41 }, EVENING)).toBe(false);
  });
});
