import * as z from "zod";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { VendorError } from "../../../shared/errors.ts";
import { faultOfStatus, type HttpAnswer, isWebPage, retryAfterMs } from "../../../shared/http.ts";

const word = z.coerce.string().catch("");

/** The vendor's error envelope, as far as it can be read: no part of it is sure to be there. */
const ErrorBody = z
  .looseObject({
    error: word.optional(),
    errorType: word.optional(),
    extendedPayload: z
      .looseObject({
        code: word.optional(),
        reason: word.optional(),
        name: word.optional(),
        limitReset: z.coerce.number().optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  })
  .catch({});
type ErrorBody = z.infer<typeof ErrorBody>;

type Judgement = { fault: FaultClass; message: string; retryAfterMs?: number | undefined };

const MINUTE_MS = 60_000;
/** The other limit is 120 calls in ten minutes: what ends later than that is the day's. */
const SHORT_WINDOW_MS = 10 * MINUTE_MS;
// Outside of these the number is not epoch ms.
const LEAST_EPOCH_MS = Date.UTC(2010, 0);
const MOST_EPOCH_MS = Date.UTC(2200, 0);

/** Reasons the cloud gives for not reaching the device; both are offline, with different advice. */
const UNREACHED: Record<string, string> = {
  DEVICE_OFFLINE: "the heat pump does not answer its gateway: is it switched on?",
  GATEWAY_OFFLINE: "the gateway is offline: check the internet box",
};
const OUTAGE_CODES = ["500", "502", "503"];

/** Classifies an error answer: the vendor's words first, then known statuses, then the status' family. */
export function errorOf(answer: HttpAnswer, operation: string, method: "GET" | "POST", nowMs: number): VendorError {
  const judged = judgeWords(ErrorBody.parse(jsonOrUndefined(answer.text)), answer.status, nowMs) ?? judgeStatus(answer);
  const isGatewayTrouble = judged.fault === "vendor-outage" || judged.fault === "transient";
  return new VendorError({
    operation,
    status: answer.status,
    ...judged,
    retryAfterMs: judged.retryAfterMs ?? retryAfterMs(answer.headers, nowMs),
    // Somebody on the way failed, or said yes in a way nobody documents: the device may have been told all the same.
    mayHaveActed: method === "POST" && (isGatewayTrouble || answer.status < 400),
  });
}

function judgeWords(body: ErrorBody, status: number, nowMs: number): Judgement | undefined {
  const { code = "", reason = "", name = "", limitReset } = body.extendedPayload ?? {};
  if (body.error === "EXPIRED TOKEN") return { fault: "token-expired", message: "the access token has expired" };
  switch (body.errorType) {
    case "DEVICE_COMMUNICATION_ERROR": {
      const unreached = Object.hasOwn(UNREACHED, reason) ? UNREACHED[reason] : undefined;
      if (unreached !== undefined) return { fault: "device-offline", message: unreached };
      if (OUTAGE_CODES.includes(code)) return { fault: "vendor-outage", message: "the cloud cannot reach any device" };
      return { fault: "transient", message: "the cloud did not reach the device" };
    }
    case "RATE_LIMIT_EXCEEDED": {
      const isTime = limitReset !== undefined && limitReset >= LEAST_EPOCH_MS && limitReset <= MOST_EPOCH_MS;
      const waitMs = isTime ? Math.max(0, limitReset - nowMs) : undefined;
      const isShort = waitMs !== undefined && waitMs <= SHORT_WINDOW_MS && !/day/i.test(name);
      return isShort
        ? { fault: "rate-limited", message: "too many calls in ten minutes", retryAfterMs: waitMs }
        : { fault: "quota-exhausted", message: "the day's calls for this customer are used up", retryAfterMs: waitMs };
    }
    case "PACKAGE_NOT_PAID_FOR":
      return { fault: "our-configuration", message: "our application's package does not include this" };
    case "FEATURE_NOT_FOUND":
      return { fault: "unsupported-by-device", message: "the device does not have this feature" };
    default:
      return status === 404 && reason === "FEATURE_NOT_FOUND"
        ? { fault: "unsupported-by-device", message: "the device does not have this feature" }
        : undefined;
  }
}

function judgeStatus({ status, text }: HttpAnswer): Judgement {
  // A gateway's page says nothing about the customer's consent or device.
  if (isWebPage(text) && status >= 400 && status !== 401 && status !== 429)
    return { fault: "vendor-outage", message: `HTTP ${status}, a web page` };
  if (status === 403) return { fault: "customer-must-act", message: "the customer must consent to our access again" };
  if (status === 404) return { fault: "customer-must-act", message: "the device is no longer in the account" };
  return { fault: faultOfStatus(status), message: `HTTP ${status}` };
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
