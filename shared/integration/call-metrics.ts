import type { FaultClass } from "../domain/fault.ts";
import { isBilled, type Manifest } from "../domain/manifest.ts";
import type { VendorMeter } from "../metrics.ts";
import type { CallKind } from "./contract.ts";

/** What is counted of a look that was made. */
export type CountedLook = {
  accountId: string;
  /** What the vendor's answer said, where the look failed. */
  said: FaultClass | undefined;
  /** What it was found to be, if it failed. */
  found: FaultClass | null;
  /** Nobody asked the vendor: the login is being renewed, or was refused once. */
  loginWaits?: boolean;
};

/** Whose doing a failed look is; what is left out is the customer's or the device's. Each look counts once. */
const FAILURES = {
  transient: "looks_failed_vendor",
  "vendor-outage": "looks_failed_vendor",
  "rate-limited": "looks_failed_vendor",
  "our-fault": "looks_failed_ours",
  "our-configuration": "looks_failed_ours",
  "api-retired": "looks_failed_ours",
  "malformed-message": "readings_quarantined",
} as const;

/** Counts the looks of a batch that were made, what became of them, and the logins that they went through. */
export function countLooks(looks: readonly CountedLook[], meter: VendorMeter): void {
  meter.add("looks", looks.length);
  meter.add("logins_used", new Set(looks.map(({ accountId }) => accountId)).size);
  for (const { said, found, loginWaits } of looks) {
    // In an outage a vendor's gateways say anything; without one a login's trouble is that login's.
    const isShared = found === "vendor-outage" || found === "our-configuration";
    const fault = isShared ? found : loginWaits ? undefined : said;
    if (fault && fault in FAILURES) meter.add(FAILURES[fault as keyof typeof FAILURES]);
  }
}

/** Counts what a call costs, before it is made: a vendor bills refusals too. Nothing where the vendor bills nothing. */
export function countCost(manifest: Pick<Manifest, "priceUsd">, kind: CallKind, meter: VendorMeter): void {
  if (isBilled(manifest)) meter.add("vendor_cost_usd", manifest.priceUsd[kind]);
}
