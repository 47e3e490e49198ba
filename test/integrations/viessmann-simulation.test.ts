import { afterEach, describe, expect, it } from "vitest";
import { manifest } from "../../lambdas/integrations/viessmann/manifest.ts";
import { startSimulation } from "../../lambdas/integrations/viessmann/simulation.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Simulation } from "../../shared/integration/simulation.ts";
import { aHeatPump } from "./viessmann-bench.ts";
import { aPump, aViessmannWorld, EVENING } from "./viessmann-world.ts";

const MODES = ["boost", "normal", "reduced", "normal"] as const;

describe("a day at the manifest's cadence", () => {
  it("with a command every hour stays below the day's calls, and keeps the owner's comfort", async () => {
    const world = await aViessmannWorld({ pumps: [aPump()] });
    const { pluggedMinutes, openCommandMinutes } = manifest.streams[0]?.cadence ?? {
      pluggedMinutes: 0,
      openCommandMinutes: 0,
    };
    const endsAtMs = epochMs(EVENING) + 24 * HOUR_MS;
    let wish: Awaited<ReturnType<typeof world.wish>> | undefined;
    let judged = 0;
    let hour = 0;
    while (epochMs(world.clock.now()) < endsAtMs) {
      if (epochMs(world.clock.now()) >= epochMs(EVENING) + hour * HOUR_MS && !wish) {
        wish = await world.wish(MODES[hour % 4] ?? "normal");
        hour += 1;
      }
      world.clock.advance((wish ? openCommandMinutes : pluggedMinutes) * MINUTE_MS);
      await world.look();
      if (wish && (await world.verdictOf(wish)) !== "wait") {
        wish = undefined;
        judged += 1;
      }
    }
    const calls = world.simulator.calls().filter(({ kind }) => kind !== "token");
    expect(judged).toBeGreaterThanOrEqual(23);
    expect(calls.filter(({ status }) => status >= 400)).toEqual([]);
    // Room for two such heat pumps on one login.
    expect(calls.length).toBeLessThan(1450 / 2);
    expect(world.truth().lowestC).toBeGreaterThanOrEqual(45);
    expect(world.truth().highestC).toBeLessThanOrEqual(55.2);
  });
});

describe("the simulated cloud", () => {
  it("refuses what is beyond 1,450 calls, until the moment it names", async () => {
    const world = await aViessmannWorld();
    for (let call = 0; call < 1450; call++) {
      if (call % 100 === 0) world.clock.advance(10 * MINUTE_MS);
      await world.look();
    }
    await expect(world.look()).resolves.toMatchObject({ ok: 0, failed: 1 });
    expect((await world.latest())?.reach).toMatchObject({ faultClass: "quota-exhausted" });
    world.clock.advance(24 * HOUR_MS);
    await expect(world.look()).resolves.toMatchObject({ ok: 1, failed: 0 });
  }, 60_000);
});

describe("a simulated night", () => {
  const running: Simulation[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((simulation) => simulation.stop()));
  });
  const assets = Array.from({ length: 5 }, (_, n) =>
    aHeatPump({ assetId: `pump-000${n}`, vendorAssetId: `12345${n}/757138100000000${n}/0` }),
  );
  const aNight = async (faults: "none" | "many", seed = 1) => {
    const time = { ms: epochMs(EVENING) };
    const span = { startsAtMs: time.ms, endsAtMs: time.ms + 12 * HOUR_MS };
    const simulation = await startSimulation({
      clock: { now: () => time.ms },
      ...{ cars: [], chargers: [], solarSites: [], siteLoadKw: () => 0, fedBy: () => [] },
      heatPumps: assets,
      seed,
      faults,
      ...span,
    });
    running.push(simulation);
    return { simulation, time };
  };

  it("is the same for the same seed, and is not moved by looking", async () => {
    const [one, two] = [await aNight("none"), await aNight("none")];
    for (let hour = 0; hour < 12; hour++) {
      one.time.ms += HOUR_MS;
      one.simulation.intervals("pump-0000");
    }
    two.time.ms += 12 * HOUR_MS;
    for (const { assetId } of assets)
      expect(one.simulation.intervals(assetId)).toEqual(two.simulation.intervals(assetId));
    expect(one.simulation.intervals("pump-0000").length).toBeGreaterThan(0);
  });

  it("knows its own heat pumps only, and lets faults befall", async () => {
    const { simulation, time } = await aNight("many");
    expect(() => simulation.intervals("car-0001")).toThrow(RangeError);
    expect(Object.keys(simulation.endpoints).sort()).toEqual(Object.keys(manifest.endpoints).sort());
    expect(Object.keys(simulation.secret)).toEqual(manifest.secretKeys);
    time.ms += 12 * HOUR_MS;
    expect(simulation.injections().filter(({ kind }) => kind === "vendor-outage")).toHaveLength(2);
    expect(simulation.couldBeReady("pump-0000")).toBe(true);
    const offline = simulation.injections().filter(({ faultClass }) => faultClass === "device-offline");
    expect(offline.map(({ fromMs, toMs }) => toMs - fromMs)).toEqual([HOUR_MS]);
    expect(simulation.comfortBreaches()).toEqual([]);
  });
});
