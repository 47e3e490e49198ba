import { manifest as tesla } from "../../lambdas/integrations/tesla/manifest.ts";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { memoryDocumentClient } from "../../local/memory/document-client.ts";
import { whyLate } from "../../local/ops/why-late.ts";
import { assetEvidence } from "../../local/ops/why-late-evidence.ts";
import type { Random } from "../../local/random.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { Look, VendorClient } from "../../shared/integration/contract.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { anAsset, aReading, charging } from "../builders.ts";
import { unlimitedBudget } from "../fakes/budget.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeClock } from "../fakes/clock.ts";
import { storesOn } from "../fakes/contract/real-stores.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { aScheduler, joined } from "../fakes/scheduler.ts";
import { fakeTokens } from "../integrations/job-bench.ts";

export const MANIFEST: Manifest = {
  ...tesla,
  name: "acme",
  streams: [
    {
      stream: "charge",
      cadence: { idleMinutes: 30, pluggedMinutes: 15, chargingMinutes: 5, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 5, concurrency: 3, batchesAtOnce: 2 },
};

export type Doing = "asleep" | "unplugged" | "plugged" | "charging";
/** What is made to go wrong, asked at every point where it could; all absent: a sound world. */
export type Trouble = {
  /** The tick does not happen. */
  noTick?(at: Instant): boolean;
  /** The batch is never delivered. */
  drops?(request: PollRequest): boolean;
  /** The worker dies having taken the batch. */
  dies?(request: PollRequest): boolean;
  remainingMs?(request: PollRequest): number;
  /** In place of what the vendor answers, or before it. */
  look?(asset: Asset, sound: () => Look, at: Instant): Look;
  readings?(sound: IntegrationDeps["readings"]): IntegrationDeps["readings"];
};

type Sometimes = () => boolean;
const never: Sometimes = () => false;

/** A fleet of one vendor under the real scheduler and the real poll, over DynamoDB in memory. */
export async function aFleet(random: Random, start: Instant, size: number) {
  const clock = fakeClock(start);
  const stores = storesOn(memoryDocumentClient({ tables: TABLE_SHAPES }), (name) => name);
  const bus = fakeBus();
  const log = fakeLog();
  const tokens = fakeTokens();
  const assets = Array.from({ length: size }, (_, index) => {
    const number = String(index + 1).padStart(4, "0");
    return anAsset({ assetId: `car-${number}`, accountId: `customer-${number}`, integration: "acme" });
  });
  const doing = new Map<string, Doing>(assets.map(({ assetId }) => [assetId, "plugged"]));
  const common = {
    now: clock.now,
    log,
    ...stores,
    bus: toldOnce(bus, { causes: stores.causes, now: clock.now, meter: fakeMeter() }),
  };
  const scheduler = aScheduler(common, [MANIFEST]);
  for (const asset of assets) {
    await stores.assets.put(asset);
    await joined(stores.schedule, asset, MANIFEST, plusMs(start, MINUTE_MS));
  }

  let trouble: Trouble = {};
  let overdue: Instant | undefined;
  const sound = ({ assetId }: Asset): Look => {
    const state = doing.get(assetId) ?? "plugged";
    if (state === "asleep") return { online: false };
    // The vendor's word is some seconds old.
    const at = plusMs(clock.now(), -Math.floor(random() * 20_000));
    const common = { assetId, observedAt: at, receivedAt: clock.now() };
    if (state === "charging") return { online: true, reading: charging(common) };
    const plugged = state === "plugged";
    return { online: true, reading: aReading({ ...common, plugged, state: plugged ? "stopped" : "disconnected" }) };
  };
  const vendor: VendorClient = {
    look: async ({ asset }) => trouble.look?.(asset, () => sound(asset), clock.now()) ?? sound(asset),
    prepare: async () => ({ ready: true }),
    command: async () => ({ withoutEffect: false }),
  };
  const deliver = async (request: PollRequest) => {
    if (trouble.drops?.(request)) return;
    if (trouble.dies?.(request)) {
      const taken = { assets: request.assets.length, startedAt: clock.now() };
      await stores.schedule.claimBatch("acme", request.batchId, taken);
      return;
    }
    const deps: IntegrationDeps = {
      ...common,
      readings: trouble.readings?.(stores.readings) ?? stores.readings,
      manifest: MANIFEST,
      remainingMs: () => trouble.remainingMs?.(request) ?? 30_000,
      tokens,
      vendor,
      meter: fakeMeter(),
      budget: unlimitedBudget(),
      withToken: withTokenFrom(tokens),
    };
    await poll(request, deps);
  };

  return {
    clock,
    stores,
    bus,
    assets,
    doing,
    trouble: (next: Trouble) => {
      trouble = next;
    },
    /** Lets minutes pass; some ticks come a minute `late`, some come and are delivered `twice`. */
    async pass(minutes: number, { late = never, twice = never }: { late?: Sometimes; twice?: Sometimes } = {}) {
      for (let n = 0; n < minutes; n++) {
        const now = clock.now();
        const due = overdue ? [overdue] : [];
        overdue = late() ? now : undefined;
        if (!overdue) due.push(now);
        for (const at of trouble.noTick?.(now) ? [] : due) {
          const sent = await scheduler.tick(at);
          const again = twice() ? [...(await scheduler.tick(at)), ...sent] : [];
          for (const { request } of [...sent, ...again]) await deliver(request);
        }
        clock.advance(MINUTE_MS);
      }
    },
    /** What `npm run ops -- why-late` answers. */
    async ask(asset: Asset) {
      return whyLate(await assetEvidence(asset, MANIFEST, { ...stores, now: clock.now }));
    },
  };
}
export type Fleet = Awaited<ReturnType<typeof aFleet>>;
