import type { Truth } from "../../../shared/integration/injections.ts";
import type { FaultLogEntry } from "./simulator-faults.ts";

/** What each trouble truly is, by what Viessmann documents and its clients have met. */
export const TRUTHS: Record<FaultLogEntry["kind"], Truth> = {
  "device-offline": { faultClass: "device-offline" },
  "gateway-offline": { faultClass: "device-offline" },
  // Its documented word for its own servers.
  "backend-502": { faultClass: "vendor-outage" },
  "server-502": { faultClass: "transient" },
  "html-502": { faultClass: "transient" },
  "rate-limited": { faultClass: "rate-limited" },
  "quota-exhausted": { faultClass: "quota-exhausted" },
  "token-expired-early": { faultClass: "token-expired" },
  // A 403: the login lives, and its owner must consent again.
  "consent-withdrawn": { faultClass: "customer-must-act", lasts: "until-ended" },
  "cut-after-acting": { faultClass: "transient" },
  "empty-200": { faultClass: "malformed-message" },
  "accepted-not-executed": { faultClass: "transient" },
  refused: { faultClass: "transient" },
  // `isExecutable` speaks of this moment: the same is taken later.
  "not-executable": { faultClass: "transient", onlyIfAsked: true },
  "stuck-tank": { faultClass: null },
  "vendor-outage": { faultClass: "vendor-outage" },
  "limit-reached": { faultClass: "rate-limited" },
  "day-limit-reached": { faultClass: "quota-exhausted" },
  "bad-request": { faultClass: "our-fault" },
  "unknown-feature": { faultClass: "unsupported-by-device" },
};
