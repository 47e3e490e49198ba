import { type FaultClass, isTold } from "./fault.ts";
import { CLOUD, type OutageCause, REFUSED } from "./outage.ts";

/** What is known when a look or a command has failed. */
export type Evidence = {
  /** What the vendor's answer says by itself; undefined for an exception of our own. */
  said: FaultClass | undefined;
  /** What keeps everybody of this vendor from being read just now. */
  outage: OutageCause | undefined;
  /** Failures of this asset in a row, this one included. */
  failures: number;
  /** What its last attempt was found to be, if that failed. */
  standing: FaultClass | null;
};

/** While a vendor is down, what its gateways say about a customer or a message is not to be believed. */
const BLURRED: readonly FaultClass[] = [...CLOUD, ...REFUSED, "malformed-message"];
/** They say nothing of what was wrong before. */
const SILENT: readonly FaultClass[] = ["transient", "vendor-outage", "token-expired", "rate-limited", "device-offline"];
/** Bad luck does not strike so often in a row, over hours of back-off. */
const UNEXPLAINED_FROM = 24;

/**
 * The one class of a failed look or command, from evidence and not from the error alone (reference: the classes of
 * `FAULT_TREATMENT`). Nobody is asked to act on the word of a vendor that is down, an outage is one where several
 * customers get it, and a cause that somebody was told of stands until a look succeeds or shows another.
 */
export function triage({ said, outage, failures, standing }: Evidence): FaultClass {
  if (said === undefined) return "our-fault";
  const told = standing !== null && isTold(standing) ? standing : undefined;
  if (outage === "vendor-outage" && BLURRED.includes(said)) return told ?? "vendor-outage";
  if (outage === "our-configuration" && REFUSED.includes(said)) return told ?? "our-configuration";
  if (!SILENT.includes(said)) return said;
  if (told) return told;
  if (said === "rate-limited" || said === "device-offline") return said;
  return failures >= UNEXPLAINED_FROM ? "unexplained" : said === "token-expired" ? said : "transient";
}
