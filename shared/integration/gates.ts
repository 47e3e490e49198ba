import type { Bucket } from "../domain/bucket.ts";
import type { Calls, Manifest, RateLimit } from "../domain/manifest.ts";
import { ConfigError } from "../errors.ts";
import type { CallClass } from "./budget.ts";
import type { CallKind } from "./contract.ts";

/** One limit of a vendor as a bucket, and what a call of each kind takes from it: calls, or micro-dollars. */
export type Gate = {
  bucket: Bucket;
  costs: Record<CallKind, number>;
  /** What is leased and not used goes back to all; else the process keeps it for its next batch, which costs no write. */
  isReturned: boolean;
};

/**
 * The share of a burst that a class may use: what it leaves flows to those before it, so that a routine look never takes
 * the last call from a command.
 */
export const SHARES: Record<CallClass, number> = { command: 1, "read-back": 1, probe: 0.9, fast: 0.75, routine: 0.6 };

const KINDS: readonly CallKind[] = ["state", "data", "command", "wake"];
const DAY_MINUTES = 24 * 60;
const MONTH_MINUTES = 31 * DAY_MINUTES;
const MICRO_USD = 1_000_000;
/**
 * From the lease of a call to the call itself, at most: half a minute of work, and as much in a process's hands, or in those
 * of the next who leases what was given back.
 */
const LEASE_LASTS_MINUTES = 1;
/** Through a window this long, what processes forget would be missed. */
const RETURNED_FROM_MINUTES = 60;
/** Of a limit, lent at once; the rest flows through its window. What one device is asked comes together, and then for long none. */
const BURST_SHARE = 0.2;
const DEVICE_BURST_SHARE = 0.5;

/** What all devices share: the vendor's limits on our application, and money by the assets enrolled. Throws as `gate` does. */
export function vendorGates(manifest: Manifest, assets: number | undefined): Gate[] {
  const calls = limitsOf(manifest, "application").map((limit) => gate(manifest, limit));
  const { budgetUsdPerDeviceMonth: usd } = manifest;
  if (usd === undefined || !assets) return calls;
  const costs = perKind((kind) => manifest.priceUsd[kind] * MICRO_USD);
  const limit = { name: "usd", calls: usd * MICRO_USD * assets, perMinutes: MONTH_MINUTES, costs };
  return [...calls, gate(manifest, limit)];
}

export function accountGates(manifest: Manifest): Gate[] {
  return limitsOf(manifest, "account").map((limit) => gate(manifest, limit));
}

/**
 * For commands alone: looks keep a device's limits by their cadence, and what they may take of one is left to them. One that
 * they could use up by themselves is no gate: its integration's client keeps it. Nor is one that a command takes nothing of.
 * What is not used is given back, because the next command to a device is in other hands.
 */
export function deviceGates(manifest: Manifest): Gate[] {
  return limitsOf(manifest, "device").flatMap((limit) => {
    const left = limit.calls - looksIn(limit.perMinutes, manifest) * costOf(limit, manifest.callsPerLook);
    if (left <= 0 || costOf(limit, manifest.callsPerCommand) === 0) return [];
    return [{ ...gate(manifest, { ...limit, calls: left }, DEVICE_BURST_SHARE), isReturned: true }];
  });
}

/** What so many calls take from a gate. */
export function costOf({ costs }: Pick<Gate, "costs">, calls: Calls): number {
  return KINDS.reduce((sum, kind) => sum + (calls[kind] ?? 0) * costs[kind], 0);
}

type Limit = Pick<RateLimit, "calls" | "perMinutes"> & Pick<Gate, "costs"> & { name: string };

/**
 * Never more than the limit in any window of it: what is lent at once, what flows in, and what was lent before and is
 * called only now are together `burst + perMinute · (window + lease)`. Throws ConfigError when a limit is too small for a
 * look or a command.
 */
function gate(manifest: Manifest, { name, calls, perMinutes, costs }: Limit, burstShare = BURST_SHARE): Gate {
  const look = costOf({ costs }, manifest.callsPerLook);
  const command = costOf({ costs }, manifest.callsPerCommand);
  const share = Math.min(calls * burstShare, (calls * DAY_MINUTES) / perMinutes);
  const burst = Math.ceil(Math.max(share, look / SHARES.routine, command));
  if (burst >= calls)
    throw new ConfigError(`the limit ${name} of ${manifest.name} is less than one look and one command may take`);
  return {
    bucket: { name, burst, perMinute: (calls - burst) / (perMinutes + LEASE_LASTS_MINUTES) },
    costs,
    isReturned: perMinutes >= RETURNED_FROM_MINUTES,
  };
}

function limitsOf({ rateLimits = [] }: Manifest, scope: RateLimit["scope"]): Limit[] {
  return rateLimits
    .filter((limit) => limit.scope === scope)
    .map(({ calls, perMinutes, kinds }) => ({
      name: [`calls-${calls}-per-${perMinutes}-min`, ...(kinds ?? [])].join("-"),
      calls,
      perMinutes,
      costs: perKind((kind) => (kinds === undefined || kinds.includes(kind) ? 1 : 0)),
    }));
}

/** The most looks at a device that a window of the vendor's can hold. */
function looksIn(windowMinutes: number, { streams }: Manifest): number {
  const looks = streams.map(({ cadence }) => Math.floor(windowMinutes / Math.min(...Object.values(cadence))) + 1);
  return looks.reduce((sum, each) => sum + each, 0);
}

function perKind(value: (kind: CallKind) => number): Gate["costs"] {
  return { state: value("state"), data: value("data"), command: value("command"), wake: value("wake") };
}
