import { type Levels, mostOf, refillUs, waitMs } from "../../shared/domain/bucket.ts";
import { epochMs } from "../../shared/domain/instant.ts";
import type { BudgetsStore } from "../../shared/store/budgets.ts";

/** The budgets of table `accounts` in memory; `leases` counts how often was taken. */
export function fakeBudgetsStore(): BudgetsStore & { leases: () => number } {
  const rows = new Map<string, Levels>();
  const enrolled = new Map<string, number>();
  let leases = 0;
  const row = (key: string): Levels => rows.get(key) ?? { fullAtUs: {} };
  return {
    leases: () => leases,
    async lease(key, takes, share, now) {
      leases += 1;
      const nowMs = epochMs(now);
      const tooMuch = takes.find(({ bucket, amount }) => amount > mostOf(bucket, share));
      if (tooMuch) throw new RangeError(`${tooMuch.amount} of ${tooMuch.bucket.name} can never be had at once`);
      const retryAfterMs = waitMs(row(key), takes, share, nowMs);
      if (retryAfterMs > 0) return { granted: false, retryAfterMs, levels: structuredClone(row(key)) };
      const fullAtUs = { ...row(key).fullAtUs };
      for (const { bucket, amount } of takes)
        fullAtUs[bucket.name] = Math.max(fullAtUs[bucket.name] ?? 0, nowMs * 1000) + refillUs(bucket, amount);
      rows.set(key, { ...row(key), fullAtUs });
      return { granted: true, levels: structuredClone(row(key)) };
    },
    async giveBack(key, takes) {
      const fullAtUs = { ...row(key).fullAtUs };
      if (takes.some(({ bucket }) => fullAtUs[bucket.name] === undefined)) throw new Error("nobody took of it");
      for (const { bucket, amount } of takes)
        fullAtUs[bucket.name] = (fullAtUs[bucket.name] ?? 0) - refillUs(bucket, amount);
      rows.set(key, { ...row(key), fullAtUs });
    },
    async block(key, until) {
      const blockedUntilMs = Math.max(row(key).blockedUntilMs ?? Number.NEGATIVE_INFINITY, epochMs(until));
      rows.set(key, { ...row(key), blockedUntilMs });
    },
    async countAsset(integration) {
      enrolled.set(integration, (enrolled.get(integration) ?? 0) + 1);
    },
    async assets(integration) {
      return enrolled.get(integration);
    },
  };
}
