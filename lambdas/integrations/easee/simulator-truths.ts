import type { Truth } from "../../../shared/integration/injections.ts";
import type { FaultLogEntry } from "./simulator-faults.ts";

/** What each trouble truly is, by what Easee documents and its clients have met. */
export const TRUTHS: Record<FaultLogEntry["kind"] | "not-plugged-in", Truth> = {
  "server-503": { faultClass: "transient" },
  "html-502": { faultClass: "transient" },
  "server-504": { faultClass: "transient" },
  "cut-after-acting": { faultClass: "transient" },
  "rate-limited": { faultClass: "rate-limited" },
  "forbidden-throttle": { faultClass: "rate-limited" },
  // The login is good as it ever was: its owner must give it the charger back.
  "access-withdrawn": { faultClass: "customer-must-act", lasts: "until-ended" },
  "token-expired-early": { faultClass: "token-expired" },
  "accepted-not-executed": { faultClass: "transient" },
  // It was executed, which a reading shows.
  "lost-response": { faultClass: null },
  "rejected-by-charger": { faultClass: "transient" },
  "zero-session": { faultClass: null },
  "stale-mode": { faultClass: null },
  "values-missing": { faultClass: null },
  // The linked password logs in again.
  "lost-rotation": { faultClass: "transient" },
  "password-changed": { faultClass: "credentials-revoked", lasts: "until-relinked" },
  "vendor-outage": { faultClass: "vendor-outage" },
  "charger-offline": { faultClass: "device-offline" },
  "own-plan": { faultClass: "customer-must-act", onlyIfAsked: true },
  "unplugged-early": { faultClass: "customer-must-act", lasts: "until-ended", onlyIfAsked: true },
  "limit-reached": { faultClass: "rate-limited" },
  "not-plugged-in": { faultClass: "customer-must-act", onlyIfAsked: true },
};
