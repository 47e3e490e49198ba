import * as z from "zod";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { VendorError } from "../../../shared/errors.ts";
import { faultOfStatus, type HttpAnswer, retryAfterMs } from "../../../shared/http.ts";

const ErrorEnvelope = z.looseObject({ response: z.null().optional(), error: z.string() });

type Meaning = readonly [FaultClass, string];

const ADD_OUR_KEY = "the customer must add our key to the car in the Tesla app";
const MOBILE_ACCESS = "the customer must switch on mobile access in the car";
const OUT_OF_REACH: Meaning = ["device-offline", "the car is asleep or offline"];

// Phrases stand before status codes: the signing proxy turns Tesla's own 408 and 503 into 500, and texts vary in form.
// Its texts: teslamotors/vehicle-command pkg/protocol/error.go, pkg/connector/inet/inet.go.
const PHRASES: readonly (readonly [RegExp, ...Meaning])[] = [
  [/vehicle[ _](is )?(unavailable|not available|not connected|offline|asleep)|offline or asleep/i, ...OUT_OF_REACH],
  [/could_not_wake_buses/i, ...OUT_OF_REACH],
  // Tesla has misspelt it too.
  [/vehicle is cur+ently in service/i, "device-offline", "the car is being serviced"],
  [/not been paired|not paired/i, "customer-must-act", ADD_OUR_KEY],
  [/mobile_access_disabled|mobile access/i, "customer-must-act", MOBILE_ACCESS],
  [/missing scopes/i, "customer-must-act", "the customer must grant the missing permissions"],
  [/login_required/i, "credentials-revoked", "the customer must reconnect the account"],
  [
    /command protocol required/i,
    "our-configuration",
    "the car wants signed commands; set TESLA_COMMAND_URL to the signing proxy",
  ],
  [/unsupported[ _]vehicle/i, "unsupported-by-device", "the car cannot do this"],
  [/busy or finishing wake-up/i, "transient", "the car is still waking"],
  [/exceeded_limit/i, "quota-exhausted", "our billing limit at Tesla is reached: every customer is cut off"],
  [/insufficient_credits/i, "quota-exhausted", "our credits at the compatible service are used up"],
  [/subscription_required/i, "our-configuration", "the compatible service wants a subscription for this car"],
  [/expected 17-character VIN/i, "our-fault", "the asset's vendorAssetId is not a VIN"],
  // What a car says to a signed command; numbers and names in vehicle-command's universal_message.proto.
  [
    /MESSAGEFAULT_ERROR_(BUSY|TIMEOUT|INTERNAL|INVALID_SIGNATURE|INVALID_TOKEN_OR_COUNTER|INCORRECT_EPOCH|TIME_EXPIRED)\b/,
    "transient",
    "the car was not ready for a signed command",
  ],
  [/MESSAGEFAULT_ERROR_(UNKNOWN_KEY_ID|INACTIVE_KEY|KEYCHAIN_IS_FULL)/, "customer-must-act", ADD_OUR_KEY],
  [/MESSAGEFAULT_ERROR_REMOTE_ACCESS_DISABLED/, "customer-must-act", MOBILE_ACCESS],
  [/MESSAGEFAULT_ERROR_INSUFFICIENT_PRIVILEGES/, "customer-must-act", "the car does not let this account do that now"],
  // The one fault that says nothing about what the car did is left to its status.
  [/MESSAGEFAULT_ERROR_(?!RESPONSE_MTU)/, "our-fault", "the car refused our signed command"],
];

const STATUSES: Record<number, Meaning> = {
  402: ["our-configuration", "the bill is unpaid"],
  404: ["customer-must-act", "the car is no longer in the customer's account"],
  412: ["our-configuration", "our application is not registered in this region"],
  423: ["customer-must-act", "the customer's Tesla account is locked"],
  424: ["transient", "Tesla got no sound answer from its own service"],
  451: ["customer-must-act", "the car's privacy settings refuse access"],
  499: ["transient", "Tesla dropped the call"],
  540: ["customer-must-act", "the car's computer needs a restart by its owner"],
};

/** What known words in an answer mean; undefined when there are none. */
export function meaningOf(text: string): Meaning | undefined {
  const phrase = PHRASES.find(([pattern]) => pattern.test(text));
  return phrase && [phrase[1], phrase[2]];
}

/** Classifies an error answer: known phrases first, then known statuses, then the status' family. */
export function errorOf(answer: HttpAnswer, operation: string, method: "GET" | "POST", nowMs: number): VendorError {
  // The whole body: the same phrase is found in several fields, nested, or in plain text.
  const { status, text } = answer;
  const phrase = meaningOf(text);
  const unnamed: Meaning = [/<html/i.test(text) ? "vendor-outage" : faultOfStatus(status), `HTTP ${status}`];
  const [fault, message] = phrase ?? STATUSES[status] ?? unnamed;
  return new VendorError({
    fault,
    operation,
    status,
    message,
    retryAfterMs: retryAfterMs(answer.headers, nowMs) ?? resetMs(answer),
    // 504 and other gateway errors: the car may have taken it although nobody answered.
    mayHaveActed: method === "POST" && !phrase && status >= 499,
  });
}

/** The error of a 200 that is one in known words: compatible services answer so. */
export function errorIn(answer: HttpAnswer, operation: string, method: "GET" | "POST", nowMs: number) {
  const envelope = ErrorEnvelope.safeParse(jsonOf(answer.text));
  return envelope.success && meaningOf(envelope.data.error) ? errorOf(answer, operation, method, nowMs) : undefined;
}

const LONGEST_WAIT_SECONDS = 86_400;

/** What a refusal without `Retry-After` says of its end, in its text or in `RateLimit-Reset`; more than a day is no wait. */
function resetMs({ status, headers, text }: HttpAnswer): number | undefined {
  if (status !== 429) return undefined;
  const seconds = Number(/retry in (\d+) seconds/i.exec(text)?.[1] ?? headers.get("ratelimit-reset") ?? Number.NaN);
  return seconds >= 0 && seconds <= LONGEST_WAIT_SECONDS ? seconds * 1000 : undefined;
}

/** The body as JSON; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
