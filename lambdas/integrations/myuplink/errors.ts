import type { FaultClass } from "../../../shared/domain/fault.ts";
import { VendorError } from "../../../shared/errors.ts";
import { faultOfStatus, type HttpAnswer, isWebPage } from "../../../shared/http.ts";

const NO_RIGHT =
  "the customer must have a myUplink subscription with control, and connect with the login that owns the system";

// Phrases stand before status codes: one status has several causes with different people to act.
const PHRASES: readonly (readonly [RegExp, FaultClass, string])[] = [
  [/subscription|premium/i, "customer-must-act", "the customer needs a valid myUplink subscription with control"],
  [
    /insufficient[_ ]scope|WRITESYSTEM|READSYSTEM/i,
    "customer-must-act",
    "the customer must grant the missing permissions",
  ],
  [
    /device[^"]{0,40}(offline|not connected|disconnected|unreachable)/i,
    "device-offline",
    "the heat pump is not connected",
  ],
  [
    /(parameter|point)[^"]{0,40}(not writ(e)?able|read.?only|not supported)/i,
    "unsupported-by-device",
    "the heat pump cannot do this",
  ],
];

const STATUSES: Record<number, readonly [FaultClass, string]> = {
  402: ["customer-must-act", "the customer needs a valid myUplink subscription with control"],
  403: ["customer-must-act", NO_RIGHT],
  404: ["customer-must-act", "the heat pump is no longer in the customer's account"],
};

const PAGE = ["vendor-outage", "a web page in place of an answer"] as const satisfies readonly [FaultClass, string];
/** The system was found a moment ago: it is only this lever that it does not have. */
const MODE_STATUSES: typeof STATUSES = { 404: ["unsupported-by-device", "the system has no smart-home mode"] };

/** Classifies an error answer: known phrases first, then known statuses, then the status' family. */
export function errorOf(
  answer: HttpAnswer,
  operation: string,
  method: "GET" | "PUT" | "PATCH",
  retryAfterMs: number | undefined,
): VendorError {
  const { status, text } = answer;
  // A page of a gateway is never the vendor's own word, whatever it contains.
  const isPage = isWebPage(text) && status >= 400 && status !== 401 && status !== 429;
  // A limit and an old token are told by status alone; a failing server's text is not about the customer.
  const hasWords = !isPage && status >= 400 && status < 500 && status !== 401 && status !== 429;
  const phrase = hasWords ? PHRASES.find(([pattern]) => pattern.test(text)) : undefined;
  const ofMode = operation.endsWith("smart-home-mode") ? MODE_STATUSES[status] : undefined;
  const byStatus = isPage ? PAGE : (ofMode ?? STATUSES[status] ?? [faultOfStatus(status), `HTTP ${status}`]);
  const [fault, message] = phrase ? [phrase[1], phrase[2]] : byStatus;
  return new VendorError({
    fault,
    operation,
    status,
    message,
    retryAfterMs,
    mayHaveActed: method !== "GET" && !phrase && status >= 500,
  });
}
