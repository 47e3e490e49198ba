import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { VendorCall } from "../../shared/integration/simulation.ts";

/** A call as the cloud of this integration's vendor saw it. */
export type NightCall = VendorCall & { integration: string };
/** What a vendor allows and what we allow ourselves to spend there. */
export type VendorLimits = Pick<Manifest, "name" | "rateLimits" | "budgetUsdPerDeviceMonth">;
type RateLimit = NonNullable<VendorLimits["rateLimits"]>[number];

/** As in a manifest: a month counts as 31 days. */
const MONTH_MS = 31 * 24 * HOUR_MS;

/** Every place where a vendor's own limit was passed in some window of its length: one line for each limit and whom it is counted for. */
export function overLimits(calls: readonly NightCall[], vendors: readonly VendorLimits[]): string[] {
  return vendors.flatMap(({ name, rateLimits = [] }) => {
    const ofVendor = calls.filter(({ integration }) => integration === name).sort((a, b) => a.atMs - b.atMs);
    return rateLimits.flatMap((limit) => overLimit(name, limit, ofVendor));
  });
}

function overLimit(name: string, limit: RateLimit, calls: readonly NightCall[]): string[] {
  const counted = calls.filter(({ kind }) => kind !== "token" && (limit.kinds?.includes(kind) ?? true));
  const timesOf = new Map<string, number[]>();
  for (const call of counted) {
    const whose = whoseIs(call, limit.scope);
    if (whose === undefined) continue;
    const times = timesOf.get(whose) ?? [];
    times.push(call.atMs);
    timesOf.set(whose, times);
  }
  const kinds = limit.kinds ? ` (${limit.kinds.join(", ")})` : "";
  const allowed = `${limit.calls} are allowed in ${limit.perMinutes} min`;
  return [...timesOf].flatMap(([whose, times]) => {
    const { calls: most, fromMs } = busiest(times, limit.perMinutes * MINUTE_MS);
    if (most <= limit.calls) return [];
    return [`${name} ${whose}${kinds}: ${most} calls from ${new Date(fromMs).toISOString()}, ${allowed}`];
  });
}

function whoseIs({ assetId, accountId }: NightCall, scope: RateLimit["scope"]): string | undefined {
  switch (scope) {
    case "device":
      return assetId;
    case "account":
      return accountId;
    case "application":
      return "application";
  }
}

/** The most calls in any half-open window of this length, and when the first such window begins. `times` ascend. */
function busiest(times: readonly number[], windowMs: number): { calls: number; fromMs: number } {
  let first = 0;
  let most = { calls: 0, fromMs: Number.NaN };
  for (const [index, atMs] of times.entries()) {
    while ((times[first] ?? atMs) <= atMs - windowMs) first++;
    if (index - first + 1 > most.calls) most = { calls: index - first + 1, fromMs: times[first] ?? atMs };
  }
  return most;
}

/**
 * Vendors where a month of such nights would cost more than we allow ourselves for each device: a device that has trouble
 * may cost more one night, so it is the average that counts.
 */
export function overBudgets(
  calls: readonly NightCall[],
  vendors: readonly VendorLimits[],
  night: { devices: Readonly<Record<string, number>>; lastsMs: number },
): string[] {
  return vendors.flatMap(({ name, budgetUsdPerDeviceMonth: budgetUsd }) => {
    const devices = night.devices[name] ?? 0;
    if (budgetUsd === undefined || devices === 0) return [];
    const spentUsd = calls.reduce((sum, call) => sum + (call.integration === name ? call.priceUsd : 0), 0);
    const monthUsd = (spentUsd / devices) * (MONTH_MS / night.lastsMs);
    if (monthUsd <= budgetUsd) return [];
    return [
      `${name}: $${monthUsd.toFixed(2)} a device and month at this night's pace, $${budgetUsd.toFixed(2)} allowed`,
    ];
  });
}
