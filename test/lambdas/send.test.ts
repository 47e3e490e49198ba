import { describe, expect, it } from "vitest";
import type { Claim } from "../../lambdas/scheduler/decide.ts";
import { sendOut } from "../../lambdas/scheduler/send.ts";
import { plusMs } from "../../shared/domain/instant.ts";
import type { Run } from "../../shared/store/schedule.ts";
import { at } from "../builders.ts";

const tickAt = at("2026-11-21T00:00Z");
const RUN = { minute: tickAt, part: "charge#15", attempt: 1, claimedAt: tickAt, held: 0 };

/** Sends so many batches of one look on a clock that only waiting moves; gives the moment of each, ms from the tick. */
async function sentAt(
  batches: number,
  ledgerAt: (ms: number) => Run[] = () => [],
  clock: "runs" | "stands" = "runs",
): Promise<number[]> {
  let ms = 0;
  const moments: number[] = [];
  const look = { assetId: "car-0001", accountId: "c", expectAwake: false, why: "routine" as const, periodMinutes: 15 };
  const claim: Claim = {
    run: { ...RUN, expected: batches, batches },
    stream: "charge",
    notAfter: plusMs(tickAt, 900_000),
    batches: Array.from({ length: batches }, () => [look]),
  };
  const limits = { batchSize: 1, concurrency: 1, batchesAtOnce: 5 };
  await sendOut({ name: "acme-cars", functionName: "f", streams: [], limits }, [claim], tickAt, {
    now: () => plusMs(tickAt, clock === "runs" ? ms : 0),
    pause: async (wait: number) => {
      ms += wait;
    },
    send: async () => void moments.push(ms),
    schedule: { ledger: async () => ledgerAt(ms) },
  } as never);
  return moments;
}

describe("what a minute sends out", () => {
  it("goes at once where the integration has room for all", async () => {
    expect(await sentAt(5)).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([6, 12, 20])("goes as room becomes free where it has room for five, %i batches", async (batches) => {
    const moments = await sentAt(batches);
    expect(moments).toHaveLength(batches);
    // A batch takes three seconds: never more than five in so long, and no longer than that needs.
    for (const from of moments)
      expect(moments.filter((ms) => ms >= from && ms < from + 3_000 - 1).length).toBeLessThanOrEqual(5);
    expect(Math.max(...moments)).toBeLessThan((batches / 5) * 3_000);
  });

  it("waits no longer where the clock stands still while it works", async () => {
    expect(await sentAt(12, () => [], "stands")).toEqual(await sentAt(12));
  });

  it.each([21, 133, 1333])("is spread evenly over the minute, %i batches", async (batches) => {
    const moments = await sentAt(batches);
    expect(moments).toHaveLength(batches);
    const perTenSeconds = Array.from(
      { length: 6 },
      (_, part) => moments.filter((ms) => ms >= part * 10_000 && ms < (part + 1) * 10_000).length,
    );
    expect(Math.max(...perTenSeconds) - Math.min(...perTenSeconds)).toBeLessThanOrEqual(Math.max(2, batches * 0.04));
    expect(Math.max(...moments)).toBeLessThan(60_000);
  });

  it("ends within seconds when the vendor turns out to be down", async () => {
    const failed = { attempt: 1, assets: 5, startedAt: tickAt, ok: 0, notAttempted: 0, faults: { "vendor-outage": 5 } };
    const down: Run = { ...RUN, expected: 5, batches: 1, results: [{ ...failed, finishedAt: plusMs(tickAt, 20_000) }] };
    const moments = await sentAt(133, (ms) => (ms < 20_000 ? [] : [down]));
    expect(Math.max(...moments)).toBeGreaterThan(19_000);
    expect(Math.max(...moments)).toBeLessThanOrEqual(26_000);
  });
});
