import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bucket } from "../../shared/domain/bucket.ts";
import { instant } from "../../shared/domain/instant.ts";
import { SHARES } from "../../shared/integration/gates.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";

const START_MS = 1_795_000_000_000;
/** Amounts are rounded to a microsecond of refill. */
const TINY = 1e-3;

const bucketOf = fc.record({
  name: fc.constant("calls"),
  perMinute: fc.double({ min: 0.5, max: 60_000, noNaN: true }),
  burst: fc.integer({ min: 10, max: 5000 }),
});
const share = fc.constantFrom(...Object.values(SHARES));
const asks = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    part: fc.double({ min: 0.001, max: 1, noNaN: true }),
    share,
  }),
  { minLength: 1, maxLength: 60 },
);

type Grant = { atMs: number; amount: number };

/** What is granted of asks one after the other, whoever makes them. */
async function grantsOf(bucket: Bucket, wanted: readonly { afterMs: number; part: number; share: number }[]) {
  const store = fakeBudgetsStore();
  const grants: Grant[] = [];
  let atMs = START_MS;
  for (const ask of wanted) {
    atMs += ask.afterMs;
    const amount = bucket.burst * ask.share * ask.part;
    const lease = await store.lease("row", [{ bucket, amount }], ask.share, instant(atMs));
    if (lease.granted) grants.push({ atMs, amount });
    else expect(lease.retryAfterMs).toBeGreaterThan(0);
  }
  return grants;
}

describe("a bucket", () => {
  it("never grants more than its burst and what flowed in, over any interval", async () => {
    await fc.assert(
      fc.asyncProperty(bucketOf, asks, async (bucket, wanted) => {
        const grants = await grantsOf(bucket, wanted);
        for (const [from, first] of grants.entries()) {
          let sum = 0;
          for (const { atMs, amount } of grants.slice(from)) {
            sum += amount;
            const allowed = bucket.burst + (bucket.perMinute * (atMs - first.atMs)) / 60_000;
            expect(sum).toBeLessThanOrEqual(allowed * (1 + TINY) + TINY);
          }
        }
      }),
    );
  });

  it("grants after the wait that it named, if nobody comes in between", async () => {
    await fc.assert(
      fc.asyncProperty(bucketOf, asks, share, async (bucket, wanted, own) => {
        const store = fakeBudgetsStore();
        let atMs = START_MS;
        for (const ask of wanted) {
          atMs += ask.afterMs;
          await store.lease("row", [{ bucket, amount: bucket.burst * ask.share * ask.part }], ask.share, instant(atMs));
        }
        const takes = [{ bucket, amount: bucket.burst * own }];
        const first = await store.lease("row", takes, own, instant(atMs));
        if (first.granted) return;
        const early = await store.lease("row", takes, own, instant(atMs + first.retryAfterMs - 1));
        expect(early.granted).toBe(false);
        expect((await store.lease("row", takes, own, instant(atMs + first.retryAfterMs))).granted).toBe(true);
      }),
    );
  });

  it("is never so empty by what may wait that a class before it is refused its own part", async () => {
    const order = [SHARES.routine, SHARES.fast, SHARES.probe, SHARES.command];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(bucketOf, asks, fc.integer({ min: 1, max: 3 }), async (bucket, wanted, rank) => {
        const [lower = 0, upper = 0] = [order[rank - 1], order[rank]];
        const store = fakeBudgetsStore();
        let atMs = START_MS;
        // A flood of the lower class: each ask again and again until it is refused.
        for (const { afterMs, part } of wanted) {
          atMs += afterMs;
          const takes = [{ bucket, amount: bucket.burst * lower * part }];
          for (let i = 0; i < 5; i++) await store.lease("row", takes, lower, instant(atMs));
        }
        const reserved = bucket.burst * (upper - lower) * (1 - TINY) - (TINY * bucket.perMinute) / 60;
        if (reserved <= 0) return;
        const lease = await store.lease("row", [{ bucket, amount: reserved }], upper, instant(atMs));
        expect(lease.granted).toBe(true);
      }),
    );
  });

  it("does not starve commands: at half of the flow, none waits, whatever floods in", async () => {
    await fc.assert(
      fc.asyncProperty(bucketOf, fc.integer({ min: 1, max: 4 }), async (bucket, every) => {
        const store = fakeBudgetsStore();
        const command = (bucket.burst * (SHARES.command - SHARES.probe)) / 4;
        const everyMs = Math.ceil(((2 * command) / bucket.perMinute) * 60_000);
        for (let i = 0; i < 40; i++) {
          const now = instant(START_MS + i * everyMs);
          for (const cls of ["routine", "fast", "probe"] as const) {
            const takes = [{ bucket, amount: (bucket.burst * SHARES[cls]) / (10 * every) }];
            for (let tries = 0; tries < 12 * every; tries++) await store.lease("row", takes, SHARES[cls], now);
          }
          const lease = await store.lease("row", [{ bucket, amount: command }], SHARES.command, now);
          expect(lease.granted).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });
});
