import { type Levels, mostOf, type Take, waitMs } from "../domain/bucket.ts";
import { epochMs, type Instant } from "../domain/instant.ts";
import type { BudgetsStore } from "../store/budgets.ts";
import type { Gate } from "./gates.ts";
import type { Holdings, Part } from "./holdings.ts";

/** `cost` is what one asset takes from the gate. */
type Priced = { gate: Gate; cost: number };
type Request = { key: string; priced: readonly Priced[]; share: number; wanted: number };
/**
 * What a row lent: to the first `granted` of those who asked, what each of them may use; how long each of the others
 * waits, ms, and which bucket, or a block, they wait for.
 */
export type Lent = { granted: number; parts: Part[]; waits: number[]; waitsFor: string };

/** Leased and left over, it may still be used for so long. */
const KEPT_MS = 30_000;
const LEAST_WAIT_MS = 1000;
/** For all, then twice for as many as a refusal said there is enough for. */
const TRIES = 3;

/** Leases for as many of the wanted assets as a row can serve now; in steady state one write. */
export async function lend(
  { key, priced, share, wanted }: Request,
  deps: { store: Pick<BudgetsStore, "lease">; held: Holdings; now: () => Instant },
): Promise<Lent> {
  const { store, held, now } = deps;
  const nowMs = () => epochMs(now());
  const drawn = priced.map(({ gate, cost }) => {
    // A debt is paid as far as one asset can still be served.
    const before = held.draw({ key, gate }, Math.max(0, mostOf(gate.bucket, share) - cost));
    return { gate, cost, before };
  });
  const takes = (assets: number): Take[] =>
    drawn
      .map(({ gate: { bucket }, cost, before }) => ({ bucket, amount: assets * cost - before.amount }))
      .filter(({ amount }) => amount > 0);
  const most = (assets: number, isThere: (takes: Take[]) => boolean): number =>
    assets > 0 && !isThere(takes(assets)) ? most(assets - 1, isThere) : assets;

  let granted = most(wanted, (all) => all.every(({ bucket, amount }) => amount <= mostOf(bucket, share)));
  let levels: Levels = { fullAtUs: {} };
  for (let tries = 1; granted > 0; tries++) {
    const leased = await store.lease(key, takes(granted), share, now());
    levels = leased.levels;
    if (leased.granted) break;
    granted = tries === TRIES ? 0 : most(granted - 1, (all) => waitMs(levels, all, share, nowMs()) === 0);
  }

  const freshUntilMs = nowMs() + KEPT_MS;
  const parts = drawn.map(({ gate, cost, before }) => {
    const untilMs = before.amount > 0 ? Math.min(before.untilMs, freshUntilMs) : freshUntilMs;
    // What was drawn and is not needed goes back.
    const left = granted === 0 ? before.amount : Math.max(0, before.amount - granted * cost);
    held.keep({ key, gate, amount: left, untilMs });
    return { key, gate, amount: cost, untilMs };
  });
  // Each of the others waits for those before it too, so that they do not come back together.
  const waits = Array.from({ length: wanted - granted }, (_, i) => {
    const all = priced.map(({ gate: { bucket }, cost }) => ({ bucket, amount: (i + 1) * cost }));
    return Math.max(LEAST_WAIT_MS, waitMs(levels, all, share, nowMs()));
  });
  return { granted, parts, waits, waitsFor: slowest(levels, priced, nowMs()) };
}

function slowest({ fullAtUs, blockedUntilMs = 0 }: Levels, priced: readonly Priced[], nowMs: number): string {
  if (blockedUntilMs > nowMs) return "blocked";
  const names = priced.map(({ gate }) => gate.bucket.name);
  return names.toSorted((a, b) => (fullAtUs[b] ?? 0) - (fullAtUs[a] ?? 0))[0] ?? "nothing";
}
