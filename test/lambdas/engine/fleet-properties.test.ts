import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FleetOptions, planFleet } from "../../../lambdas/optimiser/engine/fleet/fleet.ts";
import { inspect } from "../../../local/bench/fleet-checker.ts";
import { aDrawnFleet, type Drawn, fleetOf } from "./fleet-builders.ts";

const cost = (drawn: Drawn, options?: FleetOptions) => planFleet(fleetOf(drawn), options).costPence;
const close = (pence: number) => expect.closeTo(pence, 9);
const runs = { numRuns: 150 };

describe("a fleet's plan, whatever the fleet", () => {
  it("breaks no rule and is proven to be the cheapest", () => {
    fc.assert(
      fc.property(aDrawnFleet, (drawn) => {
        const plan = planFleet(fleetOf(drawn));
        expect(inspect(fleetOf(drawn), plan).breaches).toEqual([]);
        expect(plan.gap).toBe(0);
      }),
      { numRuns: 600 },
    );
  });

  it("breaks no rule and is never below its bound when it is the first answer, cut short or bound to minimum powers", () => {
    fc.assert(
      fc.property(aDrawnFleet, fc.integer({ min: 0, max: 12 }), fc.boolean(), (drawn, searches, minimumPower) => {
        let left = searches;
        for (const options of [{ effort: "first" }, { stop: () => left-- <= 0 }, {}] as const) {
          const plan = planFleet(fleetOf(drawn), { ...options, minimumPower });
          expect(inspect(fleetOf(drawn), plan, { minimumPower }).breaches).toEqual([]);
          expect(plan.gap).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("costs the same in whatever order the assets are named", () => {
    const shuffled = aDrawnFleet.chain((drawn) =>
      fc.tuple(fc.constant(drawn), fc.shuffledSubarray(drawn.assets, { minLength: drawn.assets.length })),
    );
    fc.assert(
      fc.property(shuffled, ([drawn, assets]) => {
        expect(cost({ ...drawn, assets })).toEqual(close(cost(drawn)));
      }),
      runs,
    );
  });

  it("costs ten times as much for ten times the energy", () => {
    fc.assert(
      fc.property(aDrawnFleet, (drawn) => {
        const tenfold = {
          ...drawn,
          fleetCapWh: drawn.fleetCapWh.map((cap) => cap * 10),
          groupCapWh: drawn.groupCapWh.map((cap) => cap * 10),
          assets: drawn.assets.map((a) => ({
            ...a,
            limitWh: a.limitWh * 10,
            ...(a.headWh === undefined ? {} : { headWh: a.headWh * 10 }),
            ...(a.tailWh === undefined ? {} : { tailWh: a.tailWh * 10 }),
            minimumWh: a.minimumWh * 10,
            energyWh: a.energyWh * 10,
            maximumWh: a.maximumWh * 10,
          })),
        };
        expect(cost(tenfold)).toEqual(close(10 * cost(drawn)));
      }),
      runs,
    );
  });

  it("costs the same later in the horizon", () => {
    fc.assert(
      fc.property(aDrawnFleet, fc.integer({ min: 1, max: 40 }), (drawn, by) => {
        const preceded = <T>(rows: T[], filler: T) =>
          Array.from({ length: rows.length / drawn.slots }, (_, row) => [
            ...Array.from({ length: by }, () => filler),
            ...rows.slice(row * drawn.slots, (row + 1) * drawn.slots),
          ]).flat();
        const later = {
          slots: drawn.slots + by,
          price: preceded(drawn.price, -50),
          fleetCapWh: preceded(drawn.fleetCapWh, 7),
          groupCapWh: preceded(drawn.groupCapWh, Infinity),
          assets: drawn.assets.map((a) => ({ ...a, fromSlot: a.fromSlot + by, toSlot: a.toSlot + by })),
        };
        expect(cost(later)).toEqual(close(cost(drawn)));
      }),
      runs,
    );
  });

  it("is never dearer with a higher cap", () => {
    fc.assert(
      fc.property(aDrawnFleet, fc.nat(), fc.integer({ min: 1, max: 20 }), (drawn, which, by) => {
        const raised = (caps: number[]) => caps.map((cap, at) => (at === which % caps.length ? cap + by : cap));
        const most = cost(drawn) + 1e-9;
        expect(cost({ ...drawn, fleetCapWh: raised(drawn.fleetCapWh) })).toBeLessThanOrEqual(most);
        expect(cost({ ...drawn, groupCapWh: raised(drawn.groupCapWh) })).toBeLessThanOrEqual(most);
      }),
      runs,
    );
  });

  it("is never dearer when an asset may do more", () => {
    fc.assert(
      fc.property(aDrawnFleet, fc.nat(), (drawn, which) => {
        fc.pre(drawn.assets.length > 0);
        const freer = (over: (a: Drawn["assets"][number]) => Partial<Drawn["assets"][number]>) =>
          cost({
            ...drawn,
            assets: drawn.assets.map((a, i) => (i === which % drawn.assets.length ? { ...a, ...over(a) } : a)),
          });
        const most = cost(drawn) + 1e-9;
        expect(freer((a) => ({ limitWh: a.limitWh + 3 }))).toBeLessThanOrEqual(most);
        expect(freer((a) => ({ maximumWh: a.maximumWh + 3 }))).toBeLessThanOrEqual(most);
        expect(freer((a) => ({ headWh: a.limitWh }))).toBeLessThanOrEqual(most);
        expect(freer((a) => ({ tailWh: a.limitWh }))).toBeLessThanOrEqual(most);
        expect(
          freer((a) => ({ fromSlot: 0, toSlot: drawn.slots, headWh: a.limitWh, tailWh: a.limitWh })),
        ).toBeLessThanOrEqual(most);
      }),
      runs,
    );
  });

  it("is the same, asset by asset, when its first and last slots are said to be whole", () => {
    fc.assert(
      fc.property(aDrawnFleet, fc.boolean(), (drawn, minimumPower) => {
        const bare = drawn.assets.map(({ headWh: _, tailWh: __, ...a }) => a);
        const plan = planFleet(fleetOf({ ...drawn, assets: bare }), { minimumPower });
        const whole = bare.map((a) => ({ ...a, headWh: a.limitWh, tailWh: a.limitWh }));
        const same = planFleet(fleetOf({ ...drawn, assets: whole }), { minimumPower });
        expect(same.costPence).toBe(plan.costPence);
        expect(same.boundPence).toBe(plan.boundPence);
        expect(same.memory.energy).toEqual(plan.memory.energy);
        expect(same.slotPrices).toEqual(plan.slotPrices);
      }),
      runs,
    );
  });

  it("is the same from whatever figures it starts as from nothing", () => {
    const figure = fc.oneof(fc.integer({ min: -1, max: 10 }), fc.constantFrom(null, 0.5, Number.NaN));
    const aPrice = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(
        aDrawnFleet,
        fc.array(figure, { minLength: 1 }),
        fc.infiniteStream(aPrice),
        (drawn, figures, stream) => {
          const drawnPrices = (count: number) => Array.from({ length: count }, () => stream.next().value);
          const energyWh = (asset: number, slot: number) =>
            figures[(asset * drawn.slots + slot) % figures.length] ?? null;
          const slotPrices = drawnPrices(drawn.slots);
          const groupPrices = drawnPrices(drawn.groupCapWh.length);
          for (const start of [{ energyWh }, { energyWh, slotPrices, groupPrices }]) {
            const plan = planFleet(fleetOf(drawn), { start });
            expect(plan.costPence).toEqual(close(cost(drawn)));
            expect(plan.gap).toBe(0);
            expect(inspect(fleetOf(drawn), plan).breaches).toEqual([]);
            const lifted = planFleet(fleetOf(drawn), { start, minimumPower: true });
            expect(inspect(fleetOf(drawn), lifted, { minimumPower: true }).breaches).toEqual([]);
            expect(lifted.gap).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      runs,
    );
  });

  it("is the same from the plan before it as from nothing", () => {
    fc.assert(
      fc.property(aDrawnFleet, aDrawnFleet, (before, now) => {
        const plan = planFleet(fleetOf(before));
        const assets = now.assets.map((_, i) => (i < before.assets.length ? i : -1));
        const slotsPassed = Math.min(1, before.slots - 1);
        const next = planFleet(fleetOf(now), { previous: { plan, assets, slotsPassed } });
        expect(next.costPence).toEqual(close(cost(now)));
        expect(next.gap).toBe(0);
        expect(inspect(fleetOf(now), next).breaches).toEqual([]);
      }),
      runs,
    );
  });
});
