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
export const SHARES: Record<CallClass, number> = { command: 1, probe: 0.9, fast: 0.75, routine: 0.6 };

const KINDS: readonly CallKind[] = ["state", "data", "command", "wake"];
const DAY_MINUTES = 24 * 60;
const MONTH_MINUTES = 31 * DAY_MINUTES;
const MICRO_USD = 1_000_000;
/** From the lease of a call to the call itself, at most: half a minute of work, and as much in a process's hands. */
const LEASE_LASTS_MINUTES = 1;
/** Through a window this long, what processes forget would be missed. */
const RETURNED_FROM_MINUTES = 60;
/** Of a limit, lent at once; the rest flows through its window. */
const BURST_SHARE = 0.2;

/**
 * The gates of one scope. A look at what a device itself may be asked is no gate: cadence and the one worker of a batch
 * keep that, and the invariants of a night check it. Throws ConfigError when a limit is too small for a single look.
 */
export function gatesOf(manifest: Manifest, scope: "application" | "account", assets: number | undefined): Gate[] {
  const calls = (manifest.rateLimits ?? [])
    .filter((limit) => limit.scope === scope)
    .map((limit) => gate(manifest, nameOf(limit), limit, costsOf(limit)));
  const { budgetUsdPerDeviceMonth: usd } = manifest;
  if (scope === "account" || usd === undefined || !assets) return calls;
  const limit = { calls: usd * MICRO_USD * assets, perMinutes: MONTH_MINUTES };
  const costs = perKind((kind) => manifest.priceUsd[kind] * MICRO_USD);
  return [...calls, gate(manifest, "usd", limit, costs)];
}

/** What so many calls take from a gate. */
export function costOf({ costs }: Pick<Gate, "costs">, calls: Calls): number {
  return KINDS.reduce((sum, kind) => sum + (calls[kind] ?? 0) * costs[kind], 0);
}

/**
 * Never more than the limit in any window of it: what is lent at once, what flows in, and what was lent before and is
 * called only now are together `burst + perMinute · (window + lease)`.
 */
function gate(
  manifest: Manifest,
  name: string,
  { calls, perMinutes }: Pick<RateLimit, "calls" | "perMinutes">,
  costs: Gate["costs"],
): Gate {
  const look = costOf({ costs }, manifest.callsPerLook);
  const command = costOf({ costs }, manifest.callsPerCommand);
  const share = Math.min(calls * BURST_SHARE, (calls * DAY_MINUTES) / perMinutes);
  const burst = Math.ceil(Math.max(share, look / SHARES.routine, command));
  if (burst >= calls)
    throw new ConfigError(`the limit ${name} of ${manifest.name} is less than one look and one command may take`);
  const isReturned = perMinutes >= RETURNED_FROM_MINUTES;
  // What was given back is leased once more.
  const lastsMinutes = LEASE_LASTS_MINUTES * (isReturned ? 2 : 1);
  return { bucket: { name, burst, perMinute: (calls - burst) / (perMinutes + lastsMinutes) }, costs, isReturned };
}

function costsOf({ kinds }: RateLimit): Gate["costs"] {
  return perKind((kind) => (kinds === undefined || kinds.includes(kind) ? 1 : 0));
}

function perKind(value: (kind: CallKind) => number): Gate["costs"] {
  return { state: value("state"), data: value("data"), command: value("command"), wake: value("wake") };
}

function nameOf({ calls, perMinutes, kinds }: RateLimit): string {
  return [`calls-${calls}-per-${perMinutes}-min`, ...(kinds ?? [])].join("-");
}
