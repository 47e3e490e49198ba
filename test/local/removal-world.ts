import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { type Hooks, memoryDocumentClient } from "../../local/memory/document-client.ts";
import { enrol, link } from "../../local/ops/registry.ts";
import { removalStore } from "../../local/ops/removal-store.ts";
import type { Target } from "../../local/ops/target.ts";
import { Asset } from "../../shared/domain/asset.ts";
import { HOUR_MS, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { accountBudgetKey, deviceBudgetKey } from "../../shared/store/budgets.ts";
import { canonical } from "../../shared/store/canonical.ts";
import { fakeBus } from "../fakes/bus.ts";
import { storesOn } from "../fakes/contract/real-stores.ts";
import { TABLES } from "../fakes/removals.ts";
import { aCommand, anAsset, aPlan, aReading, chargerInput, fakePlatform, NOW, reached } from "./ops-world.ts";

const CADENCE = { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 };
const STREAMS = [{ stream: "charge" as const, cadence: CADENCE }];
const HABITS = { version: 1, stays: [], present: null };

const car = (assetId: string, accountId: string, siteId: string, more: object = {}) =>
  anAsset({
    assetId,
    accountId,
    vendorAssetId: `VIN of ${assetId}`,
    site: { siteId, timeZone: "Europe/London" },
    ...more,
  });
const box = (assetId: string, accountId: string, siteId: string) =>
  Asset.parse(
    chargerInput({
      integration: "acme",
      assetId,
      accountId,
      vendorAssetId: `EH of ${assetId}`,
      site: { siteId, timeZone: "Europe/London" },
    }),
  );

export const GONE = [
  car("car-gone", "customer-gone", "home-gone"),
  // At a site that it shares with a car of another account.
  box("box-gone", "customer-gone", "home-shared"),
];
const STAYS = [car("car-stays", "customer-stays", "home-stays")];
export const MARKERS = [...GONE.map(({ assetId }) => assetId), "customer-gone", "home-gone", "VIN of", "EH of"];

/** A platform in memory where customers have lived for a while: with those of `GONE`, or as if they had never been. */
export async function aPlatform(withGone: boolean, hooks: Hooks = {}) {
  let now: Instant = NOW;
  // The world is made first: what hooks count and break is the removal.
  let isMade = false;
  const client = memoryDocumentClient({
    tables: TABLE_SHAPES,
    hooks: {
      before: (operation) => (isMade ? hooks.before?.(operation) : undefined),
      after: (operation) => (isMade ? hooks.after?.(operation) : undefined),
    },
  });
  const bus = fakeBus();
  const target: Target = {
    name: "the local platform",
    connection: {
      ...fakePlatform().target.connection,
      ...storesOn(client, (name) => name),
      removals: removalStore(client, TABLES),
      bus,
      now: () => now,
    },
  };
  const { connection } = target;
  const { budgets, causes, commands, plans, readings, schedule } = connection;
  const habits = storesOn(client, (name) => name).habits;
  const neighbour = car("car-next", "customer-next", "home-shared", withGone ? { chargerId: "box-gone" } : {});
  const assets = [...STAYS, neighbour, ...(withGone ? GONE : [])];

  /** Everything that invocations write of an asset. */
  const live = async ({ assetId, accountId, integration }: Asset, turn: number) => {
    const at = plusMs(now, turn * MINUTE_MS);
    const member = { integration, assetId, accountId, stream: "charge" as const, periodMinutes: 15 };
    await readings.record({ ...aReading(), assetId, observedAt: at }, reached(), { untoldBy: "tells-itself" });
    await schedule.lookAt({ ...member, dueAt: at, setAt: now, why: "charging" });
    await schedule.lookAt({ ...member, dueAt: plusMs(at, 40 * HOUR_MS), setAt: now, why: "edge" });
    await causes.raise({ integration, of: `asset:${assetId}`, faultClass: "device-offline" }, "hash-0", assetId, at);
    await causes.raise(
      { integration, of: `account:${accountId}`, faultClass: "credentials-revoked" },
      "x",
      assetId,
      at,
    );
    await plans.put({ ...aPlan(["15 00:30-02:00"]), assetId, version: turn }, at);
    await habits.put({ ...HABITS, assetId, version: turn });
    const command = aCommand({ assetId, issuedAt: at, status: "issued", attempts: 0 });
    await commands.issue(command);
    await commands.handOn(command, { turn: 1, by: "a message" });
    const takes = [{ bucket: { name: "calls", burst: 10, perMinute: 10 }, amount: 1 }];
    await budgets.lease(accountBudgetKey(integration, accountId), takes, 1, at);
    await budgets.lease(deviceBudgetKey(integration, assetId), takes, 1, at);
  };

  for (const asset of assets) {
    await enrol(asset, { streams: STREAMS }, connection);
    const { integration, accountId } = asset;
    const tokens = { accessToken: "a", refreshToken: "r" };
    if (!(await connection.accounts.get(`${integration}#${accountId}`)))
      await link({ integration, accountId, tokens, expiresInSeconds: 60 }, connection);
    await live(asset, 1);
  }
  const note = withGone ? ["its charger box-gone may not be controlled: the car is commanded itself", "one"] : ["one"];
  await plans.put({ ...aPlan([]), assetId: "car-next", version: 2, notes: note }, undefined);
  if (withGone) {
    const outage = { integration: "acme", of: "all", faultClass: "vendor-outage" } as const;
    await causes.raise(outage, "look#car-gone", "car-gone", now);
    await schedule.move(
      { integration: "acme", assetId: "car-gone", accountId: "customer-gone", stream: "charge", periodMinutes: 15 },
      30,
    );
  }
  const batch = `${NOW}#charge#15#1#0`;
  await schedule.claimBatch("acme", batch, { assets: 3, startedAt: NOW });
  const failedAccounts = ["customer-stays", ...(withGone ? ["customer-gone"] : [])];
  const counts = { ok: 0, notAttempted: 0, faults: {}, finishedAt: NOW };
  await schedule.finishBatch("acme", batch, { ...counts, failedAccounts });
  isMade = true;

  return {
    target,
    bus,
    live,
    /** The car that goes was told to stop, and did. */
    hold: async () => {
      const waiting = (await commands.recent("car-gone", 1))[0];
      if (waiting) await commands.transition(waiting, "withdrawn", {});
      const stop = aCommand({
        assetId: "car-gone",
        action: { kind: "charge.stop" },
        commandId: "2026-01-14T20:00:00.000Z-0123",
      });
      const issued = await commands.issue({ ...stop, status: "issued", attempts: 0, issuedAt: now });
      const sending = issued && (await commands.transition(issued, "sending", { attempts: 1 }));
      const accepted = sending && (await commands.transition(sending, "accepted", {}));
      if (accepted) await commands.transition(accepted, "confirmed", {});
    },
    pass: (ms: number) => {
      now = plusMs(now, ms);
    },
    /** Every stored item of every table. */
    items: () =>
      Object.fromEntries(Object.keys(TABLES).map((name) => [name, client.items(name).map(canonical).sort()])),
  };
}
