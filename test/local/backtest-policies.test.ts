import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { believer } from "../../local/backtest/belief.ts";
import { hindsightForecast } from "../../local/backtest/forecast.ts";
import { chargeNow, cheapest, leastLaxityFirst } from "../../local/backtest/policies.ts";
import { rollingAlone, rollingUnderCap } from "../../local/backtest/rolling.ts";
import { score } from "../../local/backtest/score.ts";
import type { Sharer } from "../../local/backtest/share.ts";
import { type CarRun, simulate } from "../../local/backtest/simulate.ts";
import type { Stay } from "../../local/backtest/stays.ts";
import { pricedGrid, stay } from "./backtest-builders.ts";

const NO_CAP = Number.POSITIVE_INFINITY;
const PRICES = [30, 10, 20, 5, 40, 15, 25, 35];
const grid = pricedGrid(PRICES);
const truth = { departure: "true", need: "true" } as const;
const stated = { departure: "stated", need: "stated" } as const;
const energies = (runs: readonly CarRun[]) =>
  runs.map((run) => [...run.energyKwh].map((kwh) => Number(kwh.toFixed(6))));
const scored = (runs: readonly CarRun[], on = grid) => score(on, runs, "Europe/London");

function roll(stays: readonly Stay[], tells: { departure: "true" | "stated"; need: "true" | "stated" }, missed = 0) {
  return simulate(
    grid,
    stays,
    NO_CAP,
    rollingAlone(grid, believer(grid, stays, tells), hindsightForecast(grid), missed, "any power"),
  );
}

function rollUnder(capKw: number, stays: readonly Stay[], later: () => Sharer[] | undefined) {
  const decide = rollingUnderCap(
    grid,
    capKw,
    believer(grid, stays, truth),
    hindsightForecast(grid),
    0,
    later,
    "any power",
  );
  return simulate(grid, stays, capKw, decide);
}

describe("charging at plug-in", () => {
  it("takes full power until the car is full or gone, from the very moment it came", () => {
    expect(energies(simulate(grid, [stay(0.5, 4, 8), stay(1, 2, 6)], NO_CAP, chargeNow(grid)))).toEqual([
      [3, 5, 0, 0],
      [6],
    ]);
  });

  it("under a cap serves whoever came first", () => {
    expect(energies(simulate(grid, [stay(0, 3, 9), stay(0.5, 3, 6)], 6, chargeNow(grid)))).toEqual([
      [6, 3, 0],
      [0, 3, 3],
    ]);
  });
});

describe("least laxity first", () => {
  it("serves whoever can wait least, whoever came first", () => {
    const stays = [stay(0, 6, 6), stay(0, 2, 9)];
    const runs = simulate(grid, stays, 6, leastLaxityFirst(grid, believer(grid, stays, truth)));
    expect(energies(runs)).toEqual([
      [0, 3, 3, 0, 0, 0],
      [6, 3],
    ]);
  });
});

describe("perfect foresight", () => {
  it("takes the cheapest hours of each stay", () => {
    expect(energies(cheapest(grid, [stay(0, 5, 9)], NO_CAP))).toEqual([[0, 3, 0, 6, 0]]);
  });

  it("is never beaten by a policy that delivers as much, and no policy passes the cap or delivers more", () => {
    const stays = fc.array(
      fc
        .record({
          from: fc.integer({ min: 0, max: 27 }),
          quarters: fc.integer({ min: 1, max: 16 }),
          kwh: fc.integer({ min: 1, max: 20 }),
        })
        .map(({ from, quarters, kwh }) => {
          const to = Math.min(32, from + quarters);
          return stay(from / 4, to / 4, Math.min(kwh, (6 * (to - from)) / 4));
        }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(stays, fc.constantFrom(4, 9, 15), (some, capKw) => {
        const best = scored(cheapest(grid, some, capKw));
        const played = [
          simulate(grid, some, capKw, chargeNow(grid)),
          simulate(grid, some, capKw, leastLaxityFirst(grid, believer(grid, some, truth))),
          rollUnder(capKw, some, () => []),
        ].map((runs) => scored(runs));
        for (const one of [best, ...played]) expect(one.peakKw).toBeLessThanOrEqual(capKw + 1e-6);
        for (const one of played) {
          expect(one.deliveredKwh).toBeLessThanOrEqual(best.deliveredKwh + 1e-6);
          if (one.deliveredKwh > best.deliveredKwh - 1e-6) expect(one.value).toBeGreaterThanOrEqual(best.value - 1e-4);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("rolling without a cap", () => {
  it("with everything known is perfect foresight", () => {
    const stays = [stay(0.25, 5, 9), stay(2, 8, 13), stay(3, 3.5, 2)];
    expect(scored(roll(stays, truth)).value).toBeCloseTo(scored(cheapest(grid, stays, NO_CAP)).value, 6);
  });

  it("loses what a driver who leaves early never took", () => {
    const early = stay(0, 2, 9, { stated: { departsAtMs: stay(0, 4, 9).departsAtMs, energyKwh: 9 } });
    expect(energies(roll([early], stated))).toEqual([[0, 3]]);
  });

  it("charges on a car that stays on, and one that takes more than was asked", () => {
    const modest = stay(0, 4, 9, { stated: { departsAtMs: stay(0, 2, 1).departsAtMs, energyKwh: 3 } });
    const [run] = roll([modest], stated);
    expect(run?.gotKwh).toBeCloseTo(9, 6);
  });

  it("charges at once for a driver who said nothing", () => {
    expect(energies(roll([stay(0, 4, 8, { stated: null })], stated))).toEqual([[6, 2, 0, 0]]);
  });

  it("waits less the more a kWh missed is worth, once drivers are seen to leave early", () => {
    const said = { departsAtMs: stay(0, 1, 1).departsAtMs, energyKwh: 1 };
    const past = Array.from({ length: 30 }, (_, index) => stay(0, index % 2 === 0 ? 0.2 : 0.9, 1, { stated: said }));
    const car = stay(1, 5, 6, { id: "late", stated: { departsAtMs: stay(0, 5, 1).departsAtMs, energyKwh: 6 } });
    const lastOf = (missed: number) => energies(roll([...past, car], stated, missed)).at(-1);
    expect(lastOf(0)?.[2]).toBe(6);
    expect(lastOf(1000)?.[0]).toBe(6);
  });
});

describe("rolling in real steps", () => {
  it("never draws below 6 A, and only in runs of ten minutes", () => {
    const fine = pricedGrid(PRICES, 5);
    const stays = [stay(0, 5, 7.3), stay(1, 8, 11.1)];
    const decide = rollingAlone(fine, believer(fine, stays, truth), hindsightForecast(fine), 0, "real");
    const runs = simulate(fine, stays, NO_CAP, decide);
    for (const run of runs) {
      expect(run.gotKwh).toBeCloseTo(run.stay.energyKwh, 3);
      const powers = [...run.energyKwh].map((kwh) => kwh * 12);
      const on = powers.map((kw) => kw > 0.01);
      for (const [step, isOn] of on.entries()) {
        // The step in which it becomes full ends early.
        const isLast = !on.slice(step + 1).includes(true);
        if (isOn && !isLast) expect(powers[step]).toBeGreaterThan(6 * (6 / 32) - 0.01);
        if (isOn && !isLast) expect(on[step - 1] === true || on[step + 1] === true).toBe(true);
      }
    }
    expect(scored(runs, fine).value).toBeGreaterThanOrEqual(scored(cheapest(fine, stays, NO_CAP), fine).value - 1e-3);
  });
});

describe("rolling under a cap", () => {
  const waiting = stay(0, 4, 6);
  const surprise = stay(3, 4, 6);
  const expected: Sharer = { from: 3, to: 4, needKwh: 6, roomKwh: () => 6 };

  it("waits for the cheapest hour when nobody is expected, and loses energy to one who comes then", () => {
    expect(scored(rollUnder(6, [waiting, surprise], () => [])).deliveredKwh).toBe(6);
  });

  it("keeps room for whom the site's past lets expect", () => {
    const later = (now: number) => (now < 3 ? [expected] : []);
    const decide = rollingUnderCap(
      grid,
      6,
      believer(grid, [waiting], truth),
      hindsightForecast(grid),
      0,
      later,
      "any power",
    );
    const runs = simulate(grid, [waiting, surprise], 6, decide);
    expect(energies(runs)).toEqual([[0, 6, 0, 0], [6]]);
  });

  it("lets nobody wait while too few stays have ended to tell what drivers' words are worth", () => {
    const said = { departsAtMs: waiting.departsAtMs, energyKwh: 6 };
    const all = [stay(0, 4, 6, { stated: said })];
    const decide = rollingUnderCap(
      grid,
      6,
      believer(grid, all, stated),
      hindsightForecast(grid),
      0,
      () => [],
      "any power",
    );
    expect(energies(simulate(grid, all, 6, decide))).toEqual([[6, 0, 0, 0]]);
  });

  it("lets nobody wait while there is no past to go by, or when not all will fit", () => {
    expect(energies(rollUnder(6, [waiting], () => undefined))).toEqual([[6, 0, 0, 0]]);
    const tooMuch: Sharer = { from: 1, to: 4, needKwh: 18, roomKwh: () => 6 };
    expect(energies(rollUnder(6, [waiting], () => [tooMuch]))).toEqual([[6, 0, 0, 0]]);
  });
});

describe("the score", () => {
  it("counts commands, days plugged in and cars that left with too little", () => {
    const runs = cheapest(grid, [stay(0, 5, 9), stay(1, 2, 6)], NO_CAP);
    expect(scored(runs)).toMatchObject({ cars: 2, commands: 4, carDays: 2, lateCars: 0, costPence: 30 + 30 + 60 });
    const full = simulate(grid, [stay(0, 2, 9), stay(0, 2, 9)], 6, chargeNow(grid));
    expect(scored(full)).toMatchObject({ lateCars: 1, peakKw: 6, deliveredKwh: 12 });
  });
});
