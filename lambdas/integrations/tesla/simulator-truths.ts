import type { Truth } from "../../../shared/integration/injections.ts";
import type { FaultLogEntry } from "./simulator-faults.ts";

/** What each trouble truly is, by what Tesla documents and its clients have met. */
export const TRUTHS: Record<FaultLogEntry["kind"] | "not-plugged-in" | "asleep" | "limit-reached", Truth> = {
  "asleep-408": { faultClass: "device-offline" },
  "asleep-500": { faultClass: "device-offline" },
  "server-503": { faultClass: "transient" },
  "server-504": { faultClass: "transient" },
  "html-502": { faultClass: "transient" },
  "cut-after-acting": { faultClass: "transient" },
  "empty-200": { faultClass: "malformed-message" },
  "refused-without-reason": { faultClass: "transient" },
  "accepted-not-executed": { faultClass: "transient" },
  // Late, but done.
  "executed-late": { faultClass: null },
  "rate-limited": { faultClass: "rate-limited" },
  // The token that was used last is honoured for a while.
  "lost-rotation": { faultClass: "transient" },
  "token-expired-early": { faultClass: "token-expired" },
  "unpaired-key": { faultClass: "customer-must-act", lasts: "until-ended", onlyIfAsked: true },
  "mobile-access-disabled": { faultClass: "customer-must-act", lasts: "until-ended" },
  "missing-scopes": { faultClass: "customer-must-act", lasts: "until-ended", onlyIfAsked: true },
  // Out of the cloud's reach, though it draws power.
  "unreachable-while-charging": { faultClass: "device-offline" },
  // The answer names the right region, to be followed.
  "wrong-region": { faultClass: null },
  "stale-reading": { faultClass: null },
  "vendor-outage": { faultClass: "vendor-outage" },
  "no-power": { faultClass: "customer-must-act", onlyIfAsked: true },
  "own-schedule-starts": { faultClass: "customer-must-act", onlyIfAsked: true },
  "unplugged-early": { faultClass: "customer-must-act", lasts: "until-ended", onlyIfAsked: true },
  "not-plugged-in": { faultClass: "customer-must-act", onlyIfAsked: true },
  asleep: { faultClass: "device-offline", onlyIfAsked: true },
  "limit-reached": { faultClass: "rate-limited" },
};
