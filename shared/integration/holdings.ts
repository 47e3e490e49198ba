import { AsyncLocalStorage } from "node:async_hooks";
import { groupBy } from "../group-by.ts";
import type { CallKind } from "./contract.ts";
import type { Gate } from "./gates.ts";

/** So much of a row's gate, to be used until then. */
export type Part = Lot & { key: string; gate: Gate };
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

  const keep = ({ amount, untilMs, ...held }: Part) => {
    if (amount === 0) return;
    const id = idOf(held);
    kept.set(id, [...(kept.get(id) ?? []), { amount, untilMs }]);
  };

  return {
    keep,
    /** Takes all that is kept of a gate, and until when it may be used; negative is a debt, at most `mostDebt` at a time. */
    draw(held: Pick<Part, "key" | "gate">, mostDebt: number): Lot {
      const id = idOf(held);
      const lots = (kept.get(id) ?? []).filter(({ amount, untilMs }) => amount < 0 || untilMs > nowMs());
      kept.delete(id);
      const sum = lots.reduce((total, { amount }) => total + amount, 0);
      const amount = Math.max(sum, -mostDebt);
      keep({ ...held, amount: sum - amount, untilMs: Number.POSITIVE_INFINITY });
      return { amount, untilMs: Math.min(...lots.map(({ untilMs }) => untilMs)) };
    },
    /** Gives an asset's work what was leased for it. */
    give(assetId: string, parts: readonly Part[]) {
      const known = allowances.get(assetId) ?? { works: 0, parts: [] };
      const own = parts.map((part) => ({ ...part }));
      allowances.set(assetId, { works: known.works + 1, parts: [...known.parts, ...own] });
    },
    /** One work on the asset is over: with the last one, tells what is left of each part, or owed where it is negative. */
    end(assetId: string): Part[] {
      const allowance = allowances.get(assetId);
      if (!allowance) return [];
      allowance.works -= 1;
      if (allowance.works > 0) return [];
      allowances.delete(assetId);
      return allowance.parts;
    },
    /** Does work whose calls are made for the asset. */
    workingOn<T>(assetId: string, work: () => Promise<T>): Promise<T> {
      return workOn.run(assetId, work);
    },
    /** A call is about to be made: of several leases for one asset, the first pays that still can. */
    called(kind: CallKind) {
      const parts = allowances.get(workOn.getStore() ?? "")?.parts ?? [];
      for (const leases of groupBy(parts, idOf).values()) {
        const payer = leases.find(({ amount, gate }) => amount >= gate.costs[kind]) ?? leases[0];
        if (payer) payer.amount -= payer.gate.costs[kind];
      }
    },
  };
}

function idOf({ key, gate }: Pick<Part, "key" | "gate">): string {
  return `${key} ${gate.bucket.name}`;
}
