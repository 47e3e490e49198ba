import { AsyncLocalStorage } from "node:async_hooks";
import type { CallKind } from "./contract.ts";
import type { Gate } from "./gates.ts";

/** So much of a gate, of one row (`id`), to be used until then. */
export type Part = Lot & { id: string; gate: Gate };
type Lot = { amount: number; untilMs: number };
type Allowance = { works: number; parts: Part[] };
export type Holdings = ReturnType<typeof holdings>;

/**
 * What this process has leased and not yet used: for the assets that are being worked on, and left over from others. It
 * never lends more than it leased, and forgets what it did not use in time, because a vendor counts by the clock.
 */
export function holdings(nowMs: () => number) {
  const allowances = new Map<string, Allowance>();
  const kept = new Map<string, Lot[]>();
  const workOn = new AsyncLocalStorage<string>();

  const keep = (id: string, amount: number, untilMs: number) => {
    if (amount === 0) return;
    kept.set(id, [...(kept.get(id) ?? []), { amount, untilMs }]);
  };

  return {
    keep,
    /** Takes all that is kept of a gate, and until when it may be used; negative is a debt, at most `mostDebt` at a time. */
    draw(id: string, mostDebt: number): Lot {
      const lots = (kept.get(id) ?? []).filter(({ amount, untilMs }) => amount < 0 || untilMs > nowMs());
      kept.delete(id);
      const sum = lots.reduce((total, { amount }) => total + amount, 0);
      const amount = Math.max(sum, -mostDebt);
      keep(id, sum - amount, Number.POSITIVE_INFINITY);
      return { amount, untilMs: Math.min(...lots.map(({ untilMs }) => untilMs)) };
    },
    /** Gives an asset's work what was leased for it. */
    give(assetId: string, parts: readonly Part[]) {
      const known = allowances.get(assetId) ?? { works: 0, parts: [] };
      const own = parts.map((part) => ({ ...part }));
      allowances.set(assetId, { works: known.works + 1, parts: [...known.parts, ...own] });
    },
    /** One work on the asset is over: with the last one, what is left is kept, and what was overdrawn is owed. */
    settle(assetId: string) {
      const allowance = allowances.get(assetId);
      if (!allowance) return;
      allowance.works -= 1;
      if (allowance.works > 0) return;
      allowances.delete(assetId);
      for (const { id, amount, untilMs } of allowance.parts) keep(id, amount, untilMs);
    },
    /** Does work whose calls are made for the asset. */
    workingOn<T>(assetId: string, work: () => Promise<T>): Promise<T> {
      return workOn.run(assetId, work);
    },
    /** A call is about to be made: of several leases for one asset, the first pays. */
    called(kind: CallKind) {
      const parts = allowances.get(workOn.getStore() ?? "")?.parts ?? [];
      const first = new Map(parts.toReversed().map((part) => [part.id, part]));
      for (const part of first.values()) part.amount -= part.gate.costs[kind];
    },
  };
}
