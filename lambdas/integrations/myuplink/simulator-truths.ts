import type { Truth } from "../../../shared/integration/injections.ts";
import type { FaultLogEntry } from "./simulator-faults.ts";

/** What each trouble truly is, by what myUplink documents and its clients have met. */
export const TRUTHS: Record<FaultLogEntry["kind"], Truth> = {
  "server-500": { faultClass: "transient" },
  "server-503": { faultClass: "transient" },
  "html-502": { faultClass: "transient" },
  "empty-200": { faultClass: "malformed-message" },
  "cut-after-acting": { faultClass: "transient" },
  "accepted-not-executed": { faultClass: "transient" },
  "refused-with-200": { faultClass: "transient" },
  "rate-limited": { faultClass: "rate-limited" },
  "token-expired-early": { faultClass: "token-expired" },
  // A sensor that has not measured yet.
  "boot-zeros": { faultClass: null },
  // The used token is dead and the new one unknown to us: the customer must come back.
  "lost-rotation": { faultClass: "credentials-revoked", lasts: "until-relinked" },
  "no-subscription": { faultClass: "customer-must-act", lasts: "until-ended", onlyIfAsked: true },
  "malformed-points": { faultClass: "malformed-message" },
  "vendor-outage": { faultClass: "vendor-outage" },
  "device-offline": { faultClass: "device-offline" },
  "limit-reached": { faultClass: "rate-limited" },
  "bad-request": { faultClass: "our-fault" },
};
