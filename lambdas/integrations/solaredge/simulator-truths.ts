import type { Truth } from "../../../shared/integration/injections.ts";
import type { FaultLogEntry } from "./simulator-faults.ts";

/** What each trouble truly is, by what SolarEdge documents and its clients have met. */
export const TRUTHS: Record<FaultLogEntry["kind"], Truth> = {
  "server-500": { faultClass: "transient" },
  "server-503": { faultClass: "transient" },
  "html-502": { faultClass: "transient" },
  "empty-200": { faultClass: "malformed-message" },
  "cut-connection": { faultClass: "transient" },
  "rate-limited": { faultClass: "rate-limited" },
  "quota-exhausted": { faultClass: "quota-exhausted" },
  "token-expired-early": { faultClass: "token-expired" },
  // A 403 that names the scope: the customer left it out.
  "missing-scope": { faultClass: "customer-must-act", lasts: "until-ended" },
  // The unit stands beside the values.
  "other-unit": { faultClass: null },
  "unknown-unit": { faultClass: "malformed-message" },
  // The old pair died when the lost one was made.
  "lost-rotation": { faultClass: "credentials-revoked", lasts: "until-relinked" },
  retired: { faultClass: "api-retired", lasts: "until-ended" },
  "vendor-outage": { faultClass: "vendor-outage" },
  "gateway-lost": { faultClass: "device-offline" },
  "consent-withdrawn": { faultClass: "credentials-revoked", lasts: "until-ended" },
  "limit-reached": { faultClass: "rate-limited" },
  "month-limit-reached": { faultClass: "quota-exhausted" },
};
