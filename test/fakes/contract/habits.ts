import { describe, expect, it } from "vitest";
import type { Habits } from "../../../shared/domain/habits.ts";
import { aPlan, at } from "../../builders.ts";
import { fresh, type Stores } from "./stores.ts";

export function habitsContract(stores: () => Stores): void {
  describe("habits", () => {
    const of = async (assetId: string) => (await stores().habits.get([assetId])).get(assetId);
    const some = (): Habits => ({
      assetId: fresh("car"),
      version: 1,
      stays: [
        { pluggedInAt: at("2026-11-18T18:00Z"), pluggedOutAt: at("2026-11-19T07:10Z"), energyKwh: 11.2 },
        { pluggedInAt: at("2026-11-19T18:30Z"), pluggedOutAt: at("2026-11-20T07:15Z"), energyKwh: null },
      ],
      present: { pluggedInAt: at("2026-11-20T17:45Z"), energyKwh: 0, storedAtPlugInKwh: 30 },
    });

    it("gives back what was put, and nothing for an asset without habits", async () => {
      const habits = some();
      expect(await stores().habits.put(habits)).toBe(true);
      expect(await of(habits.assetId)).toEqual(habits);
      expect(await of(fresh("car"))).toBeUndefined();
    });

    it("lets one of two workers store the next version", async () => {
      const habits = some();
      await stores().habits.put(habits);
      const puts = await Promise.all([1, 2, 3].map(() => stores().habits.put({ ...habits, version: 2 })));
      expect(puts.filter(Boolean)).toHaveLength(1);
      expect(await stores().habits.put({ ...habits, version: 2, present: null })).toBe(false);
      expect(await stores().habits.put({ ...habits, version: 4 })).toBe(false);
    });

    it("keeps them apart from the plan of the same asset", async () => {
      const habits = some();
      const plan = aPlan({ assetId: habits.assetId });
      await stores().habits.put(habits);
      expect((await stores().plans.get([habits.assetId])).size).toBe(0);
      expect(await stores().plans.put(plan, at("2026-11-21T02:00Z"))).toBe(true);
      expect(await of(habits.assetId)).toEqual(habits);
      expect((await stores().plans.get([habits.assetId])).get(habits.assetId)).toEqual(plan);
    });
  });
}
