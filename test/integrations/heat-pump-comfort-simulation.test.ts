import { describe, expect, it } from "vitest";
import { Pump } from "../../lambdas/integrations/myuplink/simulator-pump.ts";
import { Plant } from "../../lambdas/integrations/viessmann/simulator-plant.ts";
import { epochMs, HOUR_MS } from "../../shared/domain/instant.ts";
import { aPump, EVENING } from "./viessmann-world.ts";

const START_MS = epochMs(EVENING);

describe("a simulated tank", () => {
  const played = (targetC: number, isOurs: boolean, nextC?: number) => {
    const plant = new Plant(aPump({ draws: true }), START_MS);
    const set = (hours: number, celsius: number, ours: boolean) =>
      plant.later(
        START_MS + hours * HOUR_MS,
        (settings) => {
          settings.targetC = celsius;
        },
        ours,
      );
    set(1, targetC, isOurs);
    if (nextC !== undefined) set(1.5, nextC, false);
    return plant.truth(START_MS + 36 * HOUR_MS);
  };

  it.each([
    [40, "below 45"],
    [60, "above 55"],
  ])("that a command of ours keeps at %i °C leaves the band from 45 to 55 °C", (targetC, side) => {
    const { breaches } = played(targetC, true);
    expect(breaches.length).toBeGreaterThan(0);
    for (const { detail } of breaches) expect(detail).toContain(side);
  });

  it("is its owner's own affair when the owner sets it, also after us", () => {
    expect(played(40, false)).toMatchObject({ breaches: [], targetC: 40 });
    expect(played(40, false).lowestC).toBeLessThan(44);
    const overruled = played(60, true, 40);
    expect(overruled.lowestC).toBeLessThan(44);
    expect(overruled.breaches.filter(({ detail }) => detail.includes("below"))).toEqual([]);
  });

  it("stays in the band at the lowest target that the platform sets", () => {
    expect(played(50, true).breaches).toEqual([]);
  });
});

describe("a simulated house", () => {
  const played = (isOurs: boolean, roomMinC: number) => {
    const band = { waterMinC: 45, waterMaxC: 60, roomC: 20.5, roomMinC };
    const pump = new Pump({ deviceId: "made-up", accountId: "alex", ratedPowerKw: 3, ...band }, START_MS, 7);
    pump.queue({ atMs: START_MS + HOUR_MS, visibleAtMs: START_MS + HOUR_MS, change: { mode: "Away" }, isOurs });
    pump.play(START_MS + 24 * HOUR_MS);
    return pump;
  };

  it("that a command of ours lets cool leaves its owner's band", () => {
    expect(played(true, 20.2).breaches.map(({ detail }) => detail)).toEqual(["rooms at 20.0 °C, below 20.2 °C"]);
  });

  it("is its owner's own affair when the owner is away, and keeps a band that is meant to be kept", () => {
    expect(played(false, 20.2).breaches).toEqual([]);
    expect(played(false, 20.2).roomC).toBeLessThan(20);
    expect(played(true, 19).breaches).toEqual([]);
  });
});
