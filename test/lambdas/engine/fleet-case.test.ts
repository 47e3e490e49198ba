import { expect, it } from "vitest";
import { solveAsFleet } from "../../../lambdas/optimiser/engine/case/fleet-case.ts";
import type { Problem, Vehicle } from "../../../lambdas/optimiser/engine/case/problem.ts";
import type { FleetInput } from "../../../lambdas/optimiser/engine/fleet/problem.ts";
import { loadHighs, solveByHighs } from "../../../local/bench/highs.ts";
import { seededRandom } from "../../../local/random.ts";

const SLOTS = 20;
const seed = Math.floor(Math.random() * 2 ** 31);

/** 150 vehicles of two tariffs under a cap and a ramp that everybody's cheapest slots would break. */
function aRampedProblem(): Problem {
  const draw = seededRandom(seed);
  const tariffs = [0, 1].map(() => Array.from({ length: SLOTS }, () => Math.round(draw() * 3000) / 100));
  const assets = Array.from({ length: 150 }, (_, i): Vehicle => {
    const fromSlot = Math.floor(draw() * 8);
    const minKwh = Math.round(100 + draw() * 1900) / 100;
    return {
      kind: "ev",
      id: `car-${i}`,
      pricePence: tariffs[i % 2] as number[],
      fromSlot,
      toSlot: fromSlot + 4 + Math.floor(draw() * 8),
      minKw: 0,
      maxKw: 7.4,
      power: "continuous",
      minKwh,
      maxKwh: minKwh,
      shortfallPenalty: 100,
      deadlines: [],
      minRunSlots: 1,
      minGapSlots: 0,
      maxStarts: Number.POSITIVE_INFINITY,
      startCostPence: 0,
    };
  });
  const fleetCapKw = new Array<number>(SLOTS).fill(500);
  return { slots: SLOTS, slotHours: 0.5, assets, sites: new Map(), groupCapsKw: new Map(), fleetCapKw, rampKw: 60 };
}

const highs = await loadHighs();

/** The same in whole Wh and 1e-4 pence for the general solver. */
function inWh({ assets }: Problem): FleetInput {
  const cars = assets.filter((asset): asset is Vehicle => asset.kind === "ev");
  return {
    slots: SLOTS,
    price: cars.slice(0, 2).flatMap(({ pricePence = [] }) => pricePence.map((pence) => Math.round(pence * 1e4))),
    fleetCapWh: new Array<number>(SLOTS).fill(250_000),
    rampWh: 30_000,
    assets: {
      count: cars.length,
      fromSlot: cars.map(({ fromSlot }) => fromSlot),
      toSlot: cars.map(({ toSlot }) => toSlot),
      limitWh: cars.map(() => 3700),
      energyWh: cars.map(({ minKwh }) => Math.round(minKwh * 1000)),
      priceClass: cars.map((_, i) => i % 2),
      shortfallPrice: cars.map(() => 1_000_000),
    },
  };
}

it(`costs many vehicles under a ramp what a general solver says, with a bound below it, seed ${seed}`, () => {
  const problem = aRampedProblem();
  const solution = solveAsFleet(problem);
  const reference = solveByHighs(highs, inWh(problem), 50).costPence;
  expect(Math.abs((solution?.costPence ?? Number.NaN) - reference)).toBeLessThan(1e-4 * reference);
  expect(solution?.boundPence).toBeLessThanOrEqual(reference * (1 + 1e-7));
  expect(solution?.boundPence).toBeGreaterThan(reference * (1 - 1e-4));
  const loadKw = Array.from({ length: SLOTS }, (_, t) =>
    [...(solution?.schedule.kw.values() ?? [])].reduce((kw, one) => kw + (one[t] as number), 0),
  );
  const steps = loadKw.slice(1).map((kw, t) => Math.abs(kw - (loadKw[t] as number)));
  expect(Math.max(...steps)).toBeLessThanOrEqual(60 + 1e-6);
});
