import fc from "fast-check";
import highsModule from "highs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Sharer, share } from "../../local/backtest/share.ts";

// The package's types describe its CommonJS build, where the loader is under `default`; its ES module is the loader.
const loadHighs = highsModule as unknown as typeof highsModule.default;
let highs: Awaited<ReturnType<typeof loadHighs>>;
beforeAll(async () => {
  highs = await loadHighs();
});

type Case = {
  cars: { from: number; length: number; needKwh: number; room: number[] }[];
  cap: number[];
  value: number[];
};
const STEPS = 6;
const kwh = fc.integer({ min: 0, max: 9 });
const cases: fc.Arbitrary<Case> = fc.record({
  cars: fc.array(
    fc.record({
      from: fc.integer({ min: 0, max: STEPS - 1 }),
      length: fc.integer({ min: 0, max: STEPS }),
      needKwh: fc.integer({ min: 0, max: 15 }),
      room: fc.array(kwh, { minLength: STEPS, maxLength: STEPS }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  cap: fc.array(kwh, { minLength: STEPS, maxLength: STEPS }),
  value: fc.array(fc.integer({ min: -20, max: 50 }), { minLength: STEPS, maxLength: STEPS }),
});

const sharersOf = ({ cars }: Case): Sharer[] =>
  cars.map(({ from, length, needKwh, room }) => ({
    from,
    to: Math.min(STEPS, from + length),
    needKwh,
    roomKwh: (step) => room[step] as number,
  }));

/** The same by a general solver, a kWh not delivered dearer than any other. */
function byHighs(one: Case): number {
  const sharers = sharersOf(one);
  const places = sharers.flatMap((sharer, car) =>
    Array.from({ length: STEPS }, (_, step) => ({ car, step })).filter(
      ({ step }) => step >= sharer.from && step < sharer.to,
    ),
  );
  const name = ({ car, step }: { car: number; step: number }) => `x${car}_${step}`;
  const total = (terms: string[]) => (terms.length > 0 ? terms.join(" + ") : "0 none");
  const { ObjectiveValue } = highs.solve(
    [
      "Minimize",
      `obj: ${[...places.map((place) => `${(one.value[place.step] as number) - 1000} ${name(place)}`), "0 none"].join(" + ").replaceAll("+ -", "- ")}`,
      "Subject To",
      ...sharers.map(
        ({ needKwh }, car) =>
          `need${car}: ${total(places.filter((place) => place.car === car).map(name))} <= ${needKwh}`,
      ),
      ...one.cap.map(
        (cap, step) => `cap${step}: ${total(places.filter((place) => place.step === step).map(name))} <= ${cap}`,
      ),
      "Bounds",
      ...places.map((place) => `${name(place)} <= ${sharers[place.car]?.roomKwh(place.step)}`),
      "none <= 0",
      "End",
    ].join("\n"),
  );
  return ObjectiveValue;
}

describe("what cars share of a site", () => {
  it("is the most energy, and of that the cheapest, as a general solver finds it; no limit is passed", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const sharers = sharersOf(one);
        const shared = share(
          sharers,
          (step) => one.cap[step] as number,
          (step) => one.value[step] as number,
        );
        let objective = 0;
        let delivered = 0;
        const load = new Array<number>(STEPS).fill(0);
        for (const [car, sharer] of sharers.entries()) {
          let got = 0;
          for (let step = 0; step < STEPS; step++) {
            const energy = shared.energyKwh(car, step);
            expect(energy).toBeGreaterThanOrEqual(0);
            expect(energy).toBeLessThanOrEqual(
              step >= sharer.from && step < sharer.to ? sharer.roomKwh(step) + 1e-9 : 0,
            );
            load[step] = (load[step] as number) + energy;
            got += energy;
            objective += energy * ((one.value[step] as number) - 1000);
          }
          expect(got).toBeLessThanOrEqual(sharer.needKwh + 1e-9);
          delivered += got;
        }
        for (const [step, kwh] of load.entries()) expect(kwh).toBeLessThanOrEqual((one.cap[step] as number) + 1e-9);
        expect(objective).toBeCloseTo(byHighs(one), 4);
        const needed = sharers.reduce((sum, { needKwh }) => sum + needKwh, 0);
        expect(shared.shortfallKwh).toBeCloseTo(needed - delivered, 6);
      }),
      { numRuns: 150 },
    );
  });

  it("moves one car to let in another that has no other hour", () => {
    const free = { from: 0, to: 2, needKwh: 4, roomKwh: () => 4 };
    const bound = { from: 0, to: 1, needKwh: 4, roomKwh: () => 4 };
    const shared = share(
      [free, bound],
      () => 4,
      (step) => step,
    );
    expect(shared.shortfallKwh).toBe(0);
    expect([shared.energyKwh(0, 1), shared.energyKwh(1, 0)]).toEqual([4, 4]);
  });

  it("gives equal hours to the earlier one", () => {
    const shared = share(
      [{ from: 0, to: 3, needKwh: 2, roomKwh: () => 2 }],
      () => Number.POSITIVE_INFINITY,
      () => 7,
    );
    expect(shared.energyKwh(0, 0)).toBe(2);
  });
});
