import { describe, expect, it } from "vitest";
import { aPlan, at } from "../../builders.ts";
import { fresh, freshIds, type Stores } from "./stores.ts";

export function plansContract(stores: () => Stores): void {
  describe("plans", () => {
    const edge = at("2026-11-21T02:00Z");
    const planOf = async (assetId: string) => (await stores().plans.get([assetId])).get(assetId);
    const isDue = async (assetId: string, moment: string) =>
      (await stores().plans.dueEdges(at(moment))).includes(assetId);

    it("gives back what was put, and nothing for an asset without a plan", async () => {
      const plan = aPlan({ assetId: fresh("car") });
      expect(await stores().plans.put(plan, edge)).toBe(true);
      expect(await planOf(plan.assetId)).toEqual(plan);
      expect(await planOf(fresh("car"))).toBeUndefined();
    });

    it("lets a plan follow only the version before it", async () => {
      const { plans } = stores();
      const plan = aPlan({ assetId: fresh("car") });
      await plans.put(plan, edge);
      expect(await plans.put({ ...plan, notes: ["again"] }, edge)).toBe(false);
      expect(await plans.put({ ...plan, version: 3 }, edge)).toBe(false);
      expect(await plans.put({ ...plan, version: 2 }, edge)).toBe(true);
      expect((await planOf(plan.assetId))?.version).toBe(2);
    });

    it("lets one of two workers store the next version", async () => {
      const plan = aPlan({ assetId: fresh("car") });
      await stores().plans.put(plan, edge);
      const next = { ...plan, version: 2 };
      const puts = await Promise.all([1, 2, 3].map(() => stores().plans.put(next, edge)));
      expect(puts.filter(Boolean)).toHaveLength(1);
    });

    it("finds the edges due by a moment, that moment included, the soonest first", async () => {
      const ids = freshIds("car", 5);
      for (const [index, assetId] of ids.entries()) {
        await stores().plans.put(aPlan({ assetId }), at(`2026-11-21T02:0${5 - index}Z`));
      }
      const due = await stores().plans.dueEdges(at("2026-11-21T02:04Z"));
      expect(due.filter((id) => ids.includes(id))).toEqual([...ids].reverse().slice(0, 4));
    });

    it("holds no edge for a plan with nothing ahead, and drops the one before it", async () => {
      const { plans } = stores();
      const plan = aPlan({ assetId: fresh("car") });
      await plans.put(plan, edge);
      expect(await isDue(plan.assetId, "2026-11-21T02:00Z")).toBe(true);
      await plans.put({ ...plan, version: 2, windows: [] }, undefined);
      expect(await isDue(plan.assetId, "2030-01-01T00:00Z")).toBe(false);
    });

    it("moves an edge on, and takes it away with the last one", async () => {
      const { plans } = stores();
      const plan = aPlan({ assetId: fresh("car") });
      await plans.put(plan, edge);
      expect(await plans.setNextEdge(plan, at("2026-11-21T05:00Z"))).toBe(true);
      expect(await isDue(plan.assetId, "2026-11-21T04:59Z")).toBe(false);
      expect(await isDue(plan.assetId, "2026-11-21T05:00Z")).toBe(true);
      expect(await plans.setNextEdge(plan, undefined)).toBe(true);
      expect(await isDue(plan.assetId, "2030-01-01T00:00Z")).toBe(false);
      expect(await planOf(plan.assetId)).toEqual(plan);
    });

    it("does not move the edge of a plan that was replaced meanwhile, nor of none", async () => {
      const { plans } = stores();
      const plan = aPlan({ assetId: fresh("car") });
      await plans.put(plan, edge);
      await plans.put({ ...plan, version: 2 }, edge);
      expect(await plans.setNextEdge(plan, undefined)).toBe(false);
      expect(await isDue(plan.assetId, "2026-11-21T02:00Z")).toBe(true);
      expect(await plans.setNextEdge(aPlan({ assetId: fresh("car") }), edge)).toBe(false);
    });
  });
}
