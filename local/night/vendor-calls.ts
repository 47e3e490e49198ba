import { HOUR_MS } from "../../shared/domain/instant.ts";
import type { NightCall } from "./vendor-limits.ts";

/** Calls of one kind at one vendor, and what the vendor would bill for them. */
export type CallSum = { integration: string; kind: string; calls: number; priceUsd: number };
/** What a vendor's cloud bears of us for each device and day. */
export type VendorLoad = { integration: string; devices: number; callsPerDeviceDay: number; usdPerDeviceDay: number };

/** By vendor and kind, in the order in which they first come. */
export function vendorCalls(calls: readonly NightCall[]): CallSum[] {
  const sums = new Map<string, CallSum>();
  for (const { integration, kind, priceUsd } of calls) {
    const key = `${integration} ${kind}`;
    const sum = sums.get(key) ?? { integration, kind, calls: 0, priceUsd: 0 };
    sums.set(key, { ...sum, calls: sum.calls + 1, priceUsd: sum.priceUsd + priceUsd });
  }
  return [...sums.values()];
}

/** For each vendor that has devices in the fleet. */
export function vendorLoads(
  calls: readonly NightCall[],
  devices: Readonly<Record<string, number>>,
  lastsMs: number,
): VendorLoad[] {
  return Object.entries(devices).map(([integration, count]) => {
    const own = calls.filter((call) => call.integration === integration);
    const perDeviceDay = (sum: number) => (sum / count) * ((24 * HOUR_MS) / lastsMs);
    return {
      integration,
      devices: count,
      callsPerDeviceDay: perDeviceDay(own.length),
      usdPerDeviceDay: perDeviceDay(own.reduce((sum, call) => sum + call.priceUsd, 0)),
    };
  });
}
