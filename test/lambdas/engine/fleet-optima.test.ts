import { describe, expect, it } from "vitest";
import { planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import { generateFleet } from "../../../local/bench/fleet-generator.ts";
import { breaches } from "./fleet-checker.ts";

const event = [17, 21, 0.4] as const;

describe("the exact optimum of a fleet under one cap", () => {
  it.each([
    ["base", { vehicles: 1000 }, 164600.9811],
    ["base", { vehicles: 10_000 }, 1725078.7894],
    ["negative prices", { vehicles: 1000, negative: true }, 137403.1178],
    ["an event", { vehicles: 1000, event }, 173732.3089],
    ["one flat price", { vehicles: 1000, flat: true }, 247338.9],
  ])("%s, %o", (_, options, pence) => {
    const input = generateFleet(options);
    const plan = planFleet(input);
    expect(Math.abs(plan.costPence - pence) / pence).toBeLessThan(1e-9);
    expect(plan.gap).toBe(0);
    expect(breaches(input, plan)).toEqual([]);
  });
});
