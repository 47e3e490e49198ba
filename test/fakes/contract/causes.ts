import { describe, expect, it } from "vitest";
import type { Outage } from "../../../shared/domain/outage.ts";
import type { Cause } from "../../../shared/store/causes.ts";
import { at } from "../../builders.ts";
import { fresh, type Stores } from "./stores.ts";

const NOW = at("2026-11-20T18:00Z");
const LATER = at("2026-11-20T18:20Z");
const MUCH_LATER = at("2026-11-21T18:20Z");

export function causesContract(stores: () => Stores): void {
  const aCause = (): Cause => ({
    integration: fresh("vendor"),
    of: "customer-0001",
    faultClass: "credentials-revoked",
  });
  const anOutage = (): Outage => ({
    integration: fresh("vendor"),
    faultClass: "vendor-outage",
    since: NOW,
    assetsAffected: 200,
    energyAtRiskKwh: 812.5,
  });

  describe("what people are told of", () => {
    it("is told by one of several who meet it at the same time", async () => {
      const { causes } = stores();
      const cause = aCause();
      const told = await Promise.all(["a", "b", "c"].map((by) => causes.raise(cause, by, `car-000${by}`, NOW)));
      expect(told.filter(Boolean)).toHaveLength(1);
    });

    it("is told by the same one again, who may have died before telling", async () => {
      const { causes } = stores();
      const cause = aCause();
      expect(await causes.raise(cause, "look#car-0001", "car-0001", NOW)).toBe(NOW);
      expect(await causes.raise(cause, "look#car-0002", "car-0002", LATER)).toBeUndefined();
      expect(await causes.raise(cause, "look#car-0001", "car-0001", LATER)).toBe(NOW);
    });

    it("is over once, whoever finds it first, and can be told anew after that", async () => {
      const { causes } = stores();
      const cause = aCause();
      await causes.raise(cause, "a", "car-0001", NOW);
      expect(await causes.clear(cause, "b", LATER)).toEqual({ assetId: "car-0001", at: LATER });
      expect(await causes.clear(cause, "c", LATER)).toBeUndefined();
      expect(await causes.clear(cause, "b", MUCH_LATER)).toEqual({ assetId: "car-0001", at: LATER });
      expect(await causes.raise(cause, "a", "car-0003", MUCH_LATER)).toBe(MUCH_LATER);
      expect(await causes.clear(cause, "d", MUCH_LATER)).toEqual({ assetId: "car-0003", at: MUCH_LATER });
    });

    it("is not over before it began", async () => {
      const { causes } = stores();
      expect(await causes.clear(aCause(), "a", NOW)).toBeUndefined();
    });

    it("is another matter at another account, for another class or at another vendor", async () => {
      const { causes } = stores();
      const cause = aCause();
      await causes.raise(cause, "a", "car-0001", NOW);
      const others: Cause[] = [
        { ...cause, of: "customer-0002" },
        { ...cause, faultClass: "customer-must-act" },
        { ...cause, integration: fresh("vendor") },
      ];
      for (const other of others) expect(await causes.raise(other, "b", "car-0002", NOW)).toBe(NOW);
    });
  });

  describe("a vendor's outage", () => {
    it("changes once for all who read it as it stood", async () => {
      const { causes } = stores();
      const outage = anOutage();
      expect(await causes.outage(outage.integration)).toBeUndefined();
      const begun = { outage, untoldSince: NOW, step: 1 };
      const begins = await Promise.all([1, 2, 3].map(() => causes.putOutage(begun)));
      expect(begins.filter(Boolean)).toHaveLength(1);
      expect(await causes.outage(outage.integration)).toEqual(begun);

      const over = { outage: { ...outage, endedAt: LATER }, untoldSince: LATER, step: 2 };
      const ends = await Promise.all([1, 2, 3].map(() => causes.putOutage(over)));
      expect(ends.filter(Boolean)).toHaveLength(1);
      // Whoever told its beginning late has not told its end.
      expect(await causes.putOutage({ outage, step: 2 })).toBe(false);
      expect(await causes.outage(outage.integration)).toEqual(over);
      const told = { outage: over.outage, untoldSince: undefined, step: 3 };
      expect(await causes.putOutage(told)).toBe(true);
      expect(await causes.outage(outage.integration)).toEqual(told);
    });
  });
}
