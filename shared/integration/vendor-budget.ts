import type { Asset } from "../domain/asset.ts";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../domain/instant.ts";
import { type Manifest, scopeOfTooMany } from "../domain/manifest.ts";
import { VendorError } from "../errors.ts";
import { groupBy } from "../group-by.ts";
import type { Runtime } from "../handler.ts";
import type { Log } from "../log.ts";
import { mapLimited } from "../map-limited.ts";
import type { VendorMeter } from "../metrics.ts";
import { accountBudgetKey, type BudgetsStore, deviceBudgetKey, rampKey, vendorBudgetKey } from "../store/budgets.ts";
import type { Budget, CallClass } from "./budget.ts";
import type { CallKind } from "./contract.ts";
import { accountGates, costOf, deviceGates, type Gate, SHARES, vendorGates } from "./gates.ts";
import { holdings, type Part } from "./holdings.ts";
import { type Lent, lend } from "./lend.ts";
import { rampBucket, startedWatts } from "./ramp.ts";

type Given = Pick<Runtime, "now"> & {
  manifest: Manifest;
  store: BudgetsStore;
  meter: VendorMeter;
  log: Pick<Log, "info">;
  /** Of each fleet in each region. */
  rampKwPerMinute: number;
};
type Refused = { asset: Asset; retryAfterMs: number };

/** Accounts leased from at the same time. */
const CONCURRENCY = 10;
const ASSETS_KNOWN_FOR_MS = 10 * MINUTE_MS;
/** A refusal that names no time. */
const BLOCKED_MS = MINUTE_MS;
/** Believed of a `Retry-After`; a vendor that still means it says so again. */
const LONGEST_BLOCK_MS = { "rate-limited": HOUR_MS, "quota-exhausted": 24 * HOUR_MS };

/** An integration's budget, and what the process tells it of each call. */
export type VendorBudget = Budget & {
  /** Does work whose calls are made for the asset; throws `rate-limited` without doing it while the vendor is blocked. */
  workingOn<T>(asset: Asset, work: () => Promise<T>): Promise<T>;
  called(kind: CallKind): void;
};

/** The budget that all workers of an integration share, and this process's part in it; made once in a process. */
export function vendorBudget({ manifest, store, now, meter, log, rampKwPerMinute }: Given): VendorBudget {
  const { name } = manifest;
  const nowMs = () => epochMs(now());
  const held = holdings(nowMs);
  const blocks = scopeOfTooMany(manifest);
  const gatesOf = { account: accountGates(manifest), device: deviceGates(manifest) };
  const blockedUntilMs = new Map<string, number>();
  let known: { assets: number | undefined; readAtMs: number } | undefined;

  /** Application limits, and money by the number of assets that are enrolled now. */
  const vendorGatesNow = async () => {
    if (manifest.budgetUsdPerDeviceMonth === undefined) return vendorGates(manifest, undefined);
    if (!known || nowMs() - known.readAtMs > ASSETS_KNOWN_FOR_MS)
      known = { assets: await store.assets(name), readAtMs: nowMs() };
    if (known.assets === undefined) meter.add("budget_without_assets");
    return vendorGates(manifest, known.assets);
  };

  const lendFrom = async (
    { key, gates, isNeeded }: { key: string; gates: readonly Gate[]; isNeeded: boolean },
    cls: CallClass,
    wanted: number,
  ): Promise<Lent> => {
    if (!isNeeded) return { granted: wanted, parts: [], waits: [], waitsFor: "" };
    const calls = cls === "command" ? manifest.callsPerCommand : manifest.callsPerLook;
    const priced = gates.map((gate) => ({ gate, cost: costOf(gate, calls) }));
    const lent = await lend({ key, priced, share: SHARES[cls], wanted }, { store, held, now });
    if (lent.waits.length > 0) {
      meter.add("budget_refused", lent.waits.length);
      log.info("BUDGET_REFUSED", { integration: name, class: cls, limit: lent.waitsFor, times: lent.waits.length });
    }
    return lent;
  };

  /** Gives back what will not be used, or keeps it; what is owed is kept in mind. */
  const release = async (parts: readonly Part[]) => {
    for (const part of parts) if (!isForAll(part)) held.keep(part);
    for (const [key, own] of groupBy(parts.filter(isForAll), (part) => part.key)) {
      const takes = [...groupBy(own, ({ gate }) => gate.bucket.name).values()].flatMap((same) => {
        const amount = same.reduce((sum, part) => sum + part.amount, 0);
        return same[0] ? [{ bucket: same[0].gate.bucket, amount }] : [];
      });
      // Work that was done is not undone for it: what is not given back flows in again.
      await store.giveBack(key, takes).catch(() => meter.add("budget_not_given_back"));
    }
  };

  const blockedKey = ({ accountId }: Asset) =>
    blocks === "vendor" ? vendorBudgetKey(name) : accountBudgetKey(name, accountId);

  return {
    async lease(cls, assets) {
      const refused: Refused[] = [];
      const refuse = (rest: readonly Asset[], { waits }: Lent) =>
        refused.push(...rest.map((asset, i) => ({ asset, retryAfterMs: waits[i] ?? MINUTE_MS })));

      const gates = await vendorGatesNow();
      const vendorRow = { key: vendorBudgetKey(name), gates, isNeeded: gates.length > 0 || blocks === "vendor" };
      const vendor = await lendFrom(vendorRow, cls, assets.length);
      const served = assets.slice(0, vendor.granted);
      refuse(assets.slice(vendor.granted), vendor);

      const granted = new Set<Asset>();
      const isNeeded = gatesOf.account.length > 0 || blocks === "account";
      const isOfCommand = cls === "command" || cls === "read-back";
      await mapLimited([...groupBy(served, ({ accountId }) => accountId)], CONCURRENCY, async ([accountId, own]) => {
        const row = { key: accountBudgetKey(name, accountId), gates: gatesOf.account, isNeeded };
        const account = await lendFrom(row, cls, own.length);
        for (const asset of own.slice(0, account.granted)) {
          const key = deviceBudgetKey(name, asset.assetId);
          const hasGates = isOfCommand && gatesOf.device.length > 0;
          const device = await lendFrom({ key, gates: gatesOf.device, isNeeded: hasGates }, cls, 1);
          if (device.granted === 0) {
            refuse([asset], device);
            await release([...vendor.parts, ...account.parts]);
            continue;
          }
          held.give(asset.assetId, [...vendor.parts, ...account.parts, ...device.parts]);
          granted.add(asset);
        }
        const rest = own.slice(account.granted);
        refuse(rest, account);
        await release(vendor.parts.map((part) => ({ ...part, amount: part.amount * rest.length })));
      });
      return { granted: served.filter((asset) => granted.has(asset)), refused };
    },
    async settle(assets) {
      await release(assets.flatMap(({ assetId }) => held.end(assetId)));
    },
    async block(asset, error) {
      if (!(error instanceof VendorError) || blocks === "device") return;
      if (error.fault !== "rate-limited" && error.fault !== "quota-exhausted") return;
      const key = blockedKey(asset);
      const untilMs = nowMs() + Math.min(error.retryAfterMs ?? BLOCKED_MS, LONGEST_BLOCK_MS[error.fault]);
      // Of a batch that runs into a limit, each asset is told the same.
      if (untilMs <= (blockedUntilMs.get(key) ?? 0)) return;
      blockedUntilMs.set(key, untilMs);
      meter.add("budget_blocked");
      await store.block(key, plusMs(now(), untilMs - nowMs()));
    },
    async ramp(asset, action) {
      const watts = startedWatts(asset, action);
      if (watts === 0) return { granted: true };
      const bucket = rampBucket(rampKwPerMinute);
      // What is larger than a fleet may start at once has it all to itself.
      const takes = [{ bucket, amount: Math.min(watts, bucket.burst) }];
      const leased = await store.lease(rampKey(asset.fleetId, asset.site.region), takes, 1, now());
      if (!leased.granted) meter.add("ramp_refused");
      return leased.granted ? { granted: true } : { granted: false, retryAfterMs: leased.retryAfterMs };
    },
    async workingOn(asset, work) {
      const retryAfterMs = (blockedUntilMs.get(blockedKey(asset)) ?? 0) - nowMs();
      if (retryAfterMs > 0)
        throw new VendorError({
          fault: "rate-limited",
          operation: "budget",
          message: "not asked: the vendor has just said that we ask too much",
          retryAfterMs,
        });
      return held.workingOn(asset.assetId, work);
    },
    called: held.called,
  };
}

function isForAll({ amount, gate }: Part): boolean {
  return amount > 0 && gate.isReturned;
}
