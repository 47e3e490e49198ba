import * as z from "zod";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { MINUTE_MS } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { faultOfStatus, type HttpAnswer, isWebPage, retryAfterMs } from "../../../shared/http.ts";

/** Easee's own error envelope, where there is one. */
const EaseeError = z.looseObject({ errorCode: z.coerce.number().nullish().catch(undefined) });
export const INVALID_USER_PASSWORD = 100;

// Bare, this is what the gateway says both to throttle and to refuse rights (github.com/evcc-io/evcc/issues/32721).
const BARE_FORBIDDEN = /^\s*(\{\s*"message"\s*:\s*"Forbidden"\s*\}|forbidden)?\s*$/i;
/** A throttled client that comes back too soon is throttled for longer. */
const FORBIDDEN_RETRY_MS = 5 * MINUTE_MS;
/** The charger's mode forbids them, which no repetition changes. */
const MODE_BOUND = ["start_charging", "stop_charging", "pause_charging", "resume_charging"];

const STATUSES: Record<number, readonly [FaultClass, string]> = {
  404: ["customer-must-act", "the charger is no longer in the customer's account"],
};

export function errorCodeOf(answer: HttpAnswer): number | undefined {
  try {
    return EaseeError.parse(JSON.parse(answer.text)).errorCode ?? undefined;
  } catch {
    return undefined;
  }
}

/** Classifies an error answer: known phrases first, then known statuses, then the status' family. */
export function errorOf(answer: HttpAnswer, operation: string, method: "GET" | "POST", nowMs: number): VendorError {
  const [fault, message] = classify(answer, operation);
  const waitMs = retryAfterMs(answer.headers, nowMs);
  return new VendorError({
    fault,
    operation,
    status: answer.status,
    message,
    retryAfterMs: waitMs ?? (answer.status === 403 && fault === "rate-limited" ? FORBIDDEN_RETRY_MS : undefined),
    // A gateway's word: the charger may have been told all the same.
    mayHaveActed: method === "POST" && answer.status >= 500,
  });
}

function classify(answer: HttpAnswer, operation: string): readonly [FaultClass, string] {
  const { status, text } = answer;
  // A gateway's page says nothing about the customer's login or charger.
  if (isWebPage(text) && status !== 401 && status !== 429) return ["vendor-outage", `HTTP ${status}, a web page`];
  if (status < 500 && errorCodeOf(answer) === INVALID_USER_PASSWORD)
    return ["credentials-revoked", "the user name or password is wrong; the customer must link the account again"];
  if (status === 403) {
    if (BARE_FORBIDDEN.test(text)) return ["rate-limited", "refused without a reason, which is also how it throttles"];
    return ["customer-must-act", "the account may not do this; its owner must give the operator access to the charger"];
  }
  if (status === 400 && MODE_BOUND.includes(operation))
    return ["customer-must-act", "the charger cannot do this now; is the cable plugged in?"];
  const known = STATUSES[status];
  if (known) return known;
  return [faultOfStatus(status), `HTTP ${status}`];
}
