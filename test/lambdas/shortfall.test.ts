import { describe, expect, it } from "vitest";
import { loadOf } from "../../lambdas/optimiser/loads.ts";
import { fallsShort } from "../../lambdas/optimiser/shortfall.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import type { ChargeReading, Reachability } from "../../shared/domain/reading.ts";
import { aCharger, aHeatPump, aHeatReading, anAsset, aPlan, aReach, aReading, at, aWindow } from "../builders.ts";
import { optimiserWorld, signalUpdated } from "../fakes/optimiser-world.ts";

/** From 40 to 80 percent of 75 kWh, some 33 kWh from the grid, in the two windows of `PLAN`. */
const SEEN = at("2026-11-21T01:55Z");
const FIRST = aWindow("2026-11-21T02:00Z", "2026-11-21T04:00Z", { powerKw: 11 });
const SECOND = aWindow("2026-11-21T05:00Z", "2026-11-21T06:00Z", { powerKw: 11 });
const PLAN = aPlan({ windows: [FIRST, SECOND], readyBy: at("2026-11-21T07:00Z"), shortfallKwh: 0 });

function shortAt(
  moment: string,
  {
    seen = SEEN,
    plan = {},
    reach = {},
    ...reading
  }: Partial<ChargeReading> & { seen?: string; plan?: Partial<Plan>; reach?: Partial<Reachability> } = {},
) {
  const car = anAsset();
  const latest = {
    reading: aReading({
      observedAt: at(seen),
      state: "stopped",
      plugged: true,
      socPercent: 40,
      storedKwh: null,
      ...reading,
    }),
    reach: { ...aReach(at(seen)), ...reach },
  };
  const now = at(moment);
  const load = loadOf(car, { assets: new Map([[car.assetId, car]]), known: new Map([[car.assetId, latest]]) }, now);
  if (load?.kind !== "charge") throw new Error("nothing to plan for");
  return fallsShort(load, { ...PLAN, ...plan }, now);
}

describe("a plan that is followed", () => {
  it("serves a load that lacks what is ahead of it", () => {
    expect(shortAt("2026-11-21T02:00Z")).toBe(false);
    expect(shortAt("2026-11-21T05:00Z", { seen: "2026-11-21T04:56Z", socPercent: 68 })).toBe(false);
  });

  it("falls short where a window has passed and left the load as it was", () => {
    expect(shortAt("2026-11-21T05:00Z", { seen: "2026-11-21T04:56Z" })).toBe(true);
    expect(shortAt("2026-11-21T06:00Z", { seen: "2026-11-21T06:00Z", socPercent: 68 })).toBe(true);
  });

  it("is not known to serve until the load was seen after its last window", () => {
    expect(shortAt("2026-11-21T06:00Z", { seen: "2026-11-21T04:30Z", socPercent: 68 })).toBeUndefined();
    expect(shortAt("2026-11-21T06:00Z", { reach: { failures: 3, online: null } })).toBeUndefined();
    expect(
      shortAt("2026-11-21T06:00Z", { seen: "2026-11-21T03:00Z", reach: { failures: 3, online: null } }),
    ).toBeUndefined();
  });

  it("takes an answered look that brought nothing new for a sight of it", () => {
    expect(shortAt("2026-11-21T06:10Z", { reach: { lastFetchedAt: at("2026-11-21T06:05Z") } })).toBe(true);
  });

  it.each([
    ["it charges", { state: "charging" }],
    ["it is not plugged in", { plugged: false, state: "disconnected" }],
    ["it may be plugged in or not", { plugged: null }],
    ["what it needs is unknown", { socPercent: null }],
    ["it has what it needs, but for what readings are rounded by", { socPercent: 79.5 }],
    ["the plan said so", { plan: { shortfallKwh: 33 } }],
    ["its time is over", { plan: { readyBy: at("2026-11-21T06:00Z") } }],
  ] as const)("is not held against a load when %s", (_, changes) => {
    expect(shortAt("2026-11-21T06:00Z", { seen: "2026-11-21T06:00Z", ...changes })).toBe(false);
  });

  it("holds a charger's battery and its plug against the plan as of when both were seen", () => {
    const charger = aCharger();
    const car = anAsset({ chargerId: charger.assetId, site: charger.site });
    const now = at("2026-11-21T06:00Z");
    const short = (carSeen: string, socPercent: number) => {
      const known = new Map([
        [
          charger.assetId,
          { reading: aReading({ assetId: charger.assetId, observedAt: now, state: "stopped" }), reach: aReach(now) },
        ],
        [
          car.assetId,
          {
            reading: aReading({ observedAt: at(carSeen), plugged: true, socPercent, storedKwh: null }),
            reach: aReach(at(carSeen)),
          },
        ],
      ]);
      const load = loadOf(
        charger,
        { assets: new Map([charger, car].map((asset) => [asset.assetId, asset])), known },
        now,
      );
      if (load?.kind !== "charge") throw new Error("nothing to plan for");
      return fallsShort(load, PLAN, now);
    };
    expect(short("2026-11-21T06:00Z", 68)).toBe(true);
    expect(short("2026-11-21T04:30Z", 40)).toBe(true);
    expect(short("2026-11-21T04:30Z", 68)).toBeUndefined();
  });

  it("does not concern heat, which has no time to be ready by", () => {
    const pump = aHeatPump();
    const now = at("2026-11-21T06:00Z");
    const known = new Map([[pump.assetId, { reading: aHeatReading({ observedAt: now }), reach: aReach(now) }]]);
    const load = loadOf(pump, { assets: new Map([[pump.assetId, pump]]), known }, now);
    expect(load?.kind === "heat" && fallsShort(load, PLAN, now)).toBe(false);
  });
});

describe("a night in which nothing was drawn", () => {
  const car = anAsset();

  async function lostNight() {
    const world = optimiserWorld([car]);
    await world.read(aReading());
    await world.on(signalUpdated);
    const plan = await world.planOf(car.assetId);
    const last = plan?.windows.at(-1);
    if (!plan || !last) throw new Error("no windows");
    return { ...world, plan, last };
  }

  it("has its plan made anew once a look shows it, by an invocation of its own", async () => {
    const { tick, later, last, plan } = await lostNight();
    await tick(last.endsAt);
    expect(later).toMatchObject([{ assetIds: [car.assetId], isWhole: false }]);
    expect(plan.version).toBe(1);
  });

  it("is looked at again until somebody has seen the car", async () => {
    const { blindTick, deps, last } = await lostNight();
    const { assetId } = car;
    await blindTick(last.endsAt);
    expect(await deps.plans.dueEdges(at("2026-11-21T06:59Z"))).toEqual([assetId]);
  });
});
