import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { type Hooks, memoryDocumentClient } from "../../local/memory/document-client.ts";
import { removalStore } from "../../local/ops/removal-store.ts";
import { soak } from "../../local/soak/soak.ts";
import type { SoakVerdict } from "../../local/soak/verdict.ts";
import type { Customer } from "../../local/soak/world.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Simulation } from "../../shared/integration/simulation.ts";
import { fakeBus } from "../fakes/bus.ts";
import { storesOn } from "../fakes/contract/real-stores.ts";
import { TABLES } from "../fakes/removals.ts";
import { aManifest } from "../lib/templates.ts";
import { aCommand, anAsset, aPlan, aReading, fakePlatform, NOW, reached } from "../local/ops-world.ts";

/** An asset of a vendor, whose simulated cloud only counts. */
function customer(integration: string): Customer {
  const asset = anAsset({
    integration,
    assetId: `soak-1-${integration}-0001`,
    accountId: "soak-1-customer-0001",
    site: { siteId: `soak-1-home-${integration}`, timeZone: "Europe/London" },
  });
  const simulation: Partial<Simulation> = {
    issueTokens: () => ({ accessToken: "a", refreshToken: "r", expiresInSeconds: 60 }),
    calls: () => [{ atMs: 0, kind: "data", status: 200, priceUsd: 0 }],
  };
  return { asset, manifest: aManifest({ name: integration }), simulation: simulation as Simulation };
}

/** A stage in memory that looks at each enrolled asset once and commands it, and a soak of two vendors in it. */
export function aSoak(hooks: Hooks = {}) {
  let now: Instant = NOW;
  const client = memoryDocumentClient({ tables: TABLE_SHAPES, hooks });
  const stores = storesOn(client, (name) => name);
  const customers = ["acme", "bolt"].map(customer);
  const [stopped, hurried] = [new AbortController(), new AbortController()];
  const told: SoakVerdict[] = [];
  let printed = "";
  let isSoaking = true;
  const connection = {
    ...fakePlatform().target.connection,
    ...stores,
    removals: removalStore(client, TABLES),
    bus: fakeBus(),
    ringingAlarms: async () => [],
    now: () => now,
  };

  const live = async ({ asset: { assetId, integration, accountId } }: Customer) => {
    const batch = `${now}#charge#15#1#0`;
    if ((await stores.readings.latest([assetId], "charge")).size > 0) return;
    await stores.schedule.claimBatch(integration, batch, { assets: 1, startedAt: now });
    const counts = { ok: 1, notAttempted: 0, faults: {}, finishedAt: now, failedAccounts: [accountId] };
    await stores.schedule.finishBatch(integration, batch, counts);
    await stores.readings.record({ ...aReading(), assetId, observedAt: now }, reached({ lastFetchedAt: now }), {
      untoldBy: "tells-itself",
    });
    await stores.plans.put({ ...aPlan([]), assetId, version: 1 }, undefined);
    await stores.habits.put({ assetId, version: 1, stays: [], present: null });
    const checkAt = plusMs(now, 60 * MINUTE_MS);
    const command = aCommand({ assetId, integration, issuedAt: now, status: "issued", attempts: 0, checkAt });
    await stores.commands.issue(command);
    await stores.commands.handOn(command, { turn: 1, by: "a message" });
  };

  return {
    stopped,
    hurried,
    customers,
    connection,
    verdicts: told,
    printed: () => printed,
    /** False while the stage lives, whose calls are not the soak's. */
    isSoaking: () => isSoaking,
    /** What is stored of anybody of the soak. */
    left: () =>
      Object.keys(TABLES).flatMap((table) => client.items(table).filter((item) => /soak-/.test(JSON.stringify(item)))),
    run: ({ onPause = () => {} }: { onPause?: () => void } = {}) =>
      soak({
        ...{ stage: "dev", hours: 0.1, customers, connection, stopped: stopped.signal, now: () => now },
        pause: async (ms) => {
          isSoaking = false;
          for (const one of customers) await live(one);
          isSoaking = true;
          now = plusMs(now, ms);
          onPause();
        },
        settle: async (ms) => {
          if (hurried.signal.aborted) throw new Error("The removal was broken off.");
          now = plusMs(now, ms);
        },
        out: (text) => {
          printed += text;
        },
        onVerdict: (verdict) => void told.push(verdict),
      }),
  };
}
