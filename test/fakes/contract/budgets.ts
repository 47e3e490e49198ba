import { describe, expect, it } from "vitest";
import type { Bucket } from "../../../shared/domain/bucket.ts";
import { epochMs, MINUTE_MS, plusMs } from "../../../shared/domain/instant.ts";
import { accountBudgetKey, vendorBudgetKey } from "../../../shared/store/budgets.ts";
import { at } from "../../builders.ts";
import { fresh, type Stores } from "./stores.ts";

const NOW = at("2026-11-21T18:00Z");
const CALLS: Bucket = { name: "calls-10-per-1-min", perMinute: 6, burst: 10 };
const MONEY: Bucket = { name: "usd", perMinute: 600, burst: 1000 };

export function budgetsContract(stores: () => Stores): void {
  describe("budgets", () => {
    const aRow = () => vendorBudgetKey(fresh("acme"));
    const take = (key: string, amount: number, { afterMs = 0, share = 1, bucket = CALLS } = {}) =>
      stores().budgets.lease(key, [{ bucket, amount }], share, plusMs(NOW, afterMs));

    it("lends the burst at once, and then as much as flows in", async () => {
      const key = aRow();
      expect(await take(key, 7)).toMatchObject({ granted: true });
      expect(await take(key, 3)).toMatchObject({ granted: true });
      expect(await take(key, 1)).toMatchObject({ granted: false, retryAfterMs: 10_000 });
      expect(await take(key, 1, { afterMs: 9_999 })).toMatchObject({ granted: false, retryAfterMs: 1 });
      expect(await take(key, 1, { afterMs: 10_000 })).toMatchObject({ granted: true });
      expect(await take(key, 1, { afterMs: 10_000 })).toMatchObject({ granted: false, retryAfterMs: 10_000 });
    });

    it("is full again after a rest, and never fuller than full", async () => {
      const key = aRow();
      await take(key, 10);
      expect(await take(key, 10, { afterMs: 60 * MINUTE_MS })).toMatchObject({ granted: true });
      expect(await take(key, 1, { afterMs: 60 * MINUTE_MS })).toMatchObject({ granted: false });
    });

    it("tells with each answer when its buckets are full again", async () => {
      const key = aRow();
      const fullAtUs = { [CALLS.name]: epochMs(plusMs(NOW, 70_000)) * 1000 };
      expect(await take(key, 7)).toEqual({ granted: true, levels: { fullAtUs } });
      expect(await take(key, 4)).toEqual({ granted: false, retryAfterMs: 10_000, levels: { fullAtUs } });
    });

    it("keeps the rest of the burst from those who may use a share", async () => {
      const key = aRow();
      expect(await take(key, 6, { share: 0.6 })).toMatchObject({ granted: true });
      expect(await take(key, 1, { share: 0.6 })).toMatchObject({ granted: false, retryAfterMs: 10_000 });
      expect(await take(key, 4)).toMatchObject({ granted: true });
    });

    it("takes from all buckets of a row or from none", async () => {
      const key = aRow();
      const both = (calls: number, money: number) =>
        stores().budgets.lease(
          key,
          [
            { bucket: CALLS, amount: calls },
            { bucket: MONEY, amount: money },
          ],
          1,
          NOW,
        );
      expect(await both(2, 900)).toMatchObject({ granted: true });
      expect(await both(2, 200)).toMatchObject({ granted: false, retryAfterMs: 10_000 });
      // One bucket lent from and one full, which no earlier try has seen.
      expect(await both(8, 100)).toMatchObject({ granted: true });
      const third: Bucket = { name: "new", perMinute: 1, burst: 1 };
      expect(await take(key, 1, { bucket: third })).toMatchObject({ granted: true });
    });

    it("never lends to several at once what is there for one", async () => {
      const key = aRow();
      const leases = await Promise.all(Array.from({ length: 8 }, () => take(key, 4)));
      const granted = leases.filter((lease) => lease.granted);
      expect(granted.length).toBeGreaterThanOrEqual(1);
      expect(granted.length).toBeLessThanOrEqual(2);
      expect((await take(key, 10, { afterMs: 59_000 })).granted).toBe(false);
    });

    it("refuses by name what could never be had", async () => {
      await expect(take(aRow(), 11)).rejects.toThrow(/11 of calls-10-per-1-min can never be had/);
      await expect(take(aRow(), 7, { share: 0.6 })).rejects.toThrow(RangeError);
    });

    it("lends again what was given back, of the buckets that it was taken from", async () => {
      const key = aRow();
      await expect(stores().budgets.giveBack(key, [{ bucket: CALLS, amount: 4 }])).rejects.toThrow();
      expect(await take(key, 10)).toMatchObject({ granted: true });
      await stores().budgets.giveBack(key, [{ bucket: CALLS, amount: 4 }]);
      expect(await take(key, 5)).toMatchObject({ granted: false });
      expect(await take(key, 4)).toMatchObject({ granted: true });
      expect(await take(key, 1)).toMatchObject({ granted: false });
    });

    it("lends nothing while it is blocked, whoever asks and however little", async () => {
      const key = aRow();
      await take(key, 1);
      await stores().budgets.block(key, plusMs(NOW, 30_000));
      expect(await take(key, 1)).toMatchObject({ granted: false, retryAfterMs: 30_000 });
      expect(await stores().budgets.lease(key, [], 1, NOW)).toMatchObject({ granted: false, retryAfterMs: 30_000 });
      expect(await take(key, 1, { afterMs: 30_000 })).toMatchObject({ granted: true });
      expect(await stores().budgets.lease(key, [], 1, plusMs(NOW, 30_000))).toMatchObject({ granted: true });
    });

    it("moves a block only forward, and blocks a row that nobody took from", async () => {
      const key = aRow();
      await stores().budgets.block(key, plusMs(NOW, 30_000));
      await stores().budgets.block(key, plusMs(NOW, 20_000));
      expect(await take(key, 1)).toMatchObject({ granted: false, retryAfterMs: 30_000 });
      await stores().budgets.block(key, plusMs(NOW, 40_000));
      expect(await take(key, 1)).toMatchObject({ granted: false, retryAfterMs: 40_000 });
    });

    it("keeps rows apart", async () => {
      const integration = fresh("acme");
      await take(accountBudgetKey(integration, "customer-0001"), 10);
      expect(await take(accountBudgetKey(integration, "customer-0002"), 10)).toMatchObject({ granted: true });
      expect(await take(vendorBudgetKey(integration), 10)).toMatchObject({ granted: true });
    });

    it("counts the assets that money is budgeted for, and tells when nobody has", async () => {
      const integration = fresh("acme");
      expect(await stores().budgets.assets(integration)).toBeUndefined();
      await take(vendorBudgetKey(integration), 1);
      expect(await stores().budgets.assets(integration)).toBeUndefined();
      await stores().budgets.countAsset(integration);
      await stores().budgets.countAsset(integration);
      expect(await stores().budgets.assets(integration)).toBe(2);
      expect(await take(vendorBudgetKey(integration), 10)).toMatchObject({ granted: false });
    });
  });
}
