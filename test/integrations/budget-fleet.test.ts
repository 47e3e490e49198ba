import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { memoryDocumentClient } from "../../local/memory/document-client.ts";
import { seededRandom } from "../../local/random.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, MINUTE_MS } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import type { CallClass } from "../../shared/integration/budget.ts";
import { type VendorBudget, vendorBudget } from "../../shared/integration/vendor-budget.ts";
import { budgetsStore } from "../../shared/store/budgets.ts";
import { anAsset } from "../builders.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { aManifest } from "../lib/templates.ts";

const LIMIT = { scope: "application", calls: 300, perMinutes: 5 } as const;
const WINDOW_MS = LIMIT.perMinutes * MINUTE_MS;
const STEP_MS = 5_000;
const BATCH = 20;
/** A worker lives half a minute: its last call is made as long after its lease. */
const MOST_LATE_MS = 30_000;
const BLOCK_MS = 20_000;

type Made = { atMs: number; leasedAtMs: number; cls: CallClass };

/** Workers of one integration, each a process of its own, over one table; what they call arrives at a vendor that counts. */
function aFleet(random: () => number, { workers, refusals }: { workers: number; refusals: number }) {
  const clock = fakeClock("2026-11-21T18:00Z");
  const nowMs = () => epochMs(clock.now());
  const client = memoryDocumentClient({
    tables: TABLE_SHAPES,
    hooks: {
      // Who is served first is chance.
      before: async () => {
        for (let turns = Math.floor(random() * 4); turns > 0; turns--) await Promise.resolve();
      },
    },
  });
  const manifest = aManifest({
    callsPerLook: { state: 1, data: 1 },
    callsPerCommand: { state: 1, wake: 1, command: 1 },
    rateLimits: [LIMIT],
  });
  const processes = Array.from({ length: workers }, () =>
    vendorBudget({
      manifest,
      store: budgetsStore(client, "accounts"),
      now: clock.now,
      meter: fakeMeter(),
      log: fakeLog(),
      rampKwPerMinute: 1000,
    }),
  );
  const made: Made[] = [];
  const blocks: { fromMs: number; toMs: number }[] = [];

  /** What a worker does with a batch: leases, works on whom it was granted, settles. */
  const work = async (process: VendorBudget, cls: CallClass, assets: readonly Asset[]) => {
    const { granted } = await process.lease(cls, assets);
    for (const asset of granted) {
      const kinds = cls === "command" ? (["state", "wake", "command"] as const) : (["state", "data"] as const);
      // Some cars are asleep, and are not asked for data.
      const most = random() < 0.3 ? 1 : kinds.length;
      const refused = await process
        .workingOn(asset, async () => {
          for (const kind of kinds.slice(0, most)) {
            process.called(kind);
            made.push({ atMs: nowMs() + random() * MOST_LATE_MS, leasedAtMs: nowMs(), cls });
          }
          // Too many, whatever we counted.
          if (random() < refusals)
            throw new VendorError({ fault: "rate-limited", operation: "look", message: "no", retryAfterMs: BLOCK_MS });
        })
        .catch((error: unknown) => error);
      if (refused === undefined) continue;
      blocks.push({ fromMs: nowMs(), toMs: nowMs() + BLOCK_MS });
      await process.block(asset, refused);
    }
    await process.settle(granted);
    return granted.length;
  };
  return { clock, client, processes, made, work, blocks };
}

const assets = Array.from({ length: 400 }, (_, i) =>
  anAsset({ assetId: `car-${1000 + i}`, accountId: `customer-${1000 + (i % 40)}` }),
);

/** Twelve minutes in which looks of a low and a high class ask for all there is, and every 15 s there is a command. */
async function aFlood(seed: number, refusals: number) {
  const fleet = aFleet(seededRandom(seed), { workers: 6, refusals });
  const waited: number[] = [];
  let next = 0;
  for (let step = 0; step < 144; step++) {
    const batches = fleet.processes.map((process, i) => {
      const batch = Array.from({ length: BATCH }, () => assets[next++ % assets.length] ?? anAsset());
      return fleet.work(process, i === 0 ? "fast" : "routine", batch);
    });
    const sender = step % 3 === 0 ? fleet.processes[step % 6] : undefined;
    const command = sender && fleet.work(sender, "command", [anAsset({ assetId: "car-9999" })]);
    await Promise.all([...batches, command]);
    if ((await command) === 0) waited.push(step);
    fleet.clock.advance(STEP_MS);
  }
  return { ...fleet, waited };
}

/** No 301 calls within five minutes. */
function expectWithinLimit(made: readonly Made[]) {
  const calls = made.toSorted((a, b) => a.atMs - b.atMs);
  const spans = calls.slice(LIMIT.calls).map(({ atMs }, i) => atMs - (calls[i]?.atMs ?? 0));
  expect(Math.min(WINDOW_MS, ...spans)).toBe(WINDOW_MS);
}

describe("many workers of one integration, over one table in memory", () => {
  it("never call a vendor more often than it allows, and no command waits for looks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { made, waited } = await aFlood(seed, 0);
        expectWithinLimit(made);
        expect(waited).toEqual([]);
        // What commands leave is used: 540 calls are lent, and of a look at a sleeping car half is not made.
        expect(made.length).toBeGreaterThan(250);
      }),
      { numRuns: 3 },
    );
  });

  it("call nobody while the vendor has had enough, whoever was told", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { made, blocks } = await aFlood(seed, 0.01);
        expectWithinLimit(made);
        for (const { fromMs, toMs } of blocks)
          expect(made.filter(({ leasedAtMs }) => leasedAtMs > fromMs && leasedAtMs < toMs)).toEqual([]);
      }),
      { numRuns: 3 },
    );
  });
});
