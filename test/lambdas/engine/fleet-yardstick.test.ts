import { describe, expect, it } from "vitest";
import { planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import type { FleetInput } from "../../../lambdas/optimiser/engine/fleet/problem.ts";
import { inspect } from "../../../local/bench/fleet-checker.ts";
import { generateFleet } from "../../../local/bench/fleet-generator.ts";
import { loadHighs, solveByHighs } from "../../../local/bench/highs.ts";
import { seededRandom } from "../../../local/random.ts";

const highs = await loadHighs();
// Another fleet every time: the seed is in the name of the test, so that a failure can be had again.
const seed = Math.floor(Math.random() * 2 ** 31);

/** Every first slot and every second last one is partly gone. */
function arriving(input: FleetInput): FleetInput {
  const random = seededRandom(seed);
  const { assets } = input;
  const part = (wh: number) => Math.floor(wh * random());
  return {
    ...input,
    assets: {
      ...assets,
      headWh: Array.from(assets.limitWh, part),
      tailWh: Array.from(assets.limitWh, (wh) => (random() < 0.5 ? part(wh) : wh)),
    },
  };
}

/** Some energy optional, some assets cheaper to leave short, some that need more than they can get. */
function varied(input: FleetInput): FleetInput {
  const random = seededRandom(seed);
  const { assets } = input;
  const energyWh = Int32Array.from(assets.energyWh, (wh) => (random() < 0.05 ? wh * 4 : wh));
  return {
    ...input,
    assets: {
      ...assets,
      energyWh,
      maximumWh: energyWh.map((wh) => (random() < 0.3 ? wh + 5000 : wh)),
      shortfallPrice: energyWh.map(() => (random() < 0.2 ? 180_000 : 1_000_000)),
    },
  };
}

describe(`a general solver on the same fleet, seed ${seed}`, () => {
  it.each<[string, FleetInput]>([
    ["one cap", generateFleet({ vehicles: 500, seed })],
    ["a tight cap and negative prices", generateFleet({ vehicles: 400, seed, tight: 0.9, negative: true })],
    ["an event", generateFleet({ vehicles: 500, seed, event: [17, 21, 0.2] })],
    ["optional energy and prices of shortfall", varied(generateFleet({ vehicles: 400, seed, negative: true }))],
    ["partial first and last slots", arriving(generateFleet({ vehicles: 400, seed, tight: 0.95 }))],
    [
      "partial slots, an event, feeders",
      arriving(generateFleet({ vehicles: 300, feeders: 6, seed, event: [17, 21, 0.2] })),
    ],
    ["feeders", generateFleet({ vehicles: 400, feeders: 8, seed, feederTight: 1.1 })],
    [
      "feeders, optional energy, prices of shortfall",
      varied(generateFleet({ vehicles: 300, feeders: 6, seed, negative: true })),
    ],
    ["many small sites that seldom matter", generateFleet({ vehicles: 400, feeders: 150, seed, feederTight: 4 })],
    ["more sites than may be looked at one by one", generateFleet({ vehicles: 500, feeders: 140, seed })],
  ])("finds no cheaper plan: %s", (_, input) => {
    const yardstick = solveByHighs(highs, input, 50);
    const plan = planFleet(input);
    expect(yardstick.optimal).toBe(true);
    expect(Math.abs(plan.costPence - yardstick.costPence) / Math.abs(yardstick.costPence)).toBeLessThan(1e-6);
    expect(plan.gap).toBe(0);
    expect(inspect(input, plan).breaches).toEqual([]);
  });
});
