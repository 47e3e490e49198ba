import * as z from "zod";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, faultOfStatus, type HttpAnswer, parseBody, retryAfterMs } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";

// Field names, units and quirks: https://developer.tesla.com/docs/fleet-api/endpoints/vehicle-endpoints
// Loose about fields we do not use; `id` is never read because it exceeds 2^53.
const nullable = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

export const TeslaVehicle = z.looseObject({ state: z.enum(["online", "asleep", "offline"]) });

// Outside of these the number is not epoch ms: seconds would read as January 1970, microseconds as the year 50,000.
const LEAST_EPOCH_MS = Date.UTC(2010, 0);
const MOST_EPOCH_MS = Date.UTC(2200, 0);

export const TeslaChargeState = z.looseObject({
  /** When the car reported, epoch ms. */
  timestamp: z.number().int().min(LEAST_EPOCH_MS).max(MOST_EPOCH_MS),
  charging_state: nullable(z.string()),
  battery_level: nullable(z.number().min(0).max(100)),
  /** kWh in the battery; absent on older cars. */
  energy_remaining: nullable(z.number().nonnegative()),
  charge_limit_soc: nullable(z.number().min(0).max(100)),
  charge_current_request: nullable(z.number().nonnegative()),
  charger_actual_current: nullable(z.number()),
  charger_voltage: nullable(z.number()),
  charger_phases: nullable(z.number().int()),
  /** Whole kW. */
  charger_power: nullable(z.number()),
  fast_charger_present: nullable(z.boolean()),
  scheduled_charging_pending: nullable(z.boolean()),
});
export type TeslaChargeState = z.infer<typeof TeslaChargeState>;

export const TeslaVehicleData = z.looseObject({
  response: z.looseObject({ state: z.string(), charge_state: TeslaChargeState }),
});
const TeslaVehicleAnswer = z.looseObject({ response: TeslaVehicle });
export const TeslaWakeAnswer = z.looseObject({ response: z.looseObject({ state: z.string() }) });
export const TeslaCommandAnswer = z.looseObject({
  response: z.looseObject({ result: z.boolean(), reason: z.string().nullish() }),
});

const TIMEOUT_MS = 12_000;

/** Calls of the Fleet API for one customer's token. Every method throws VendorError. */
export function teslaApi(connection: Connection, accessToken: string) {
  const request = async (kind: CallKind, method: "GET" | "POST", operation: string, path: string, body?: unknown) => {
    const send = (base: URL) => {
      connection.count(kind);
      return call(connection.fetch, {
        method,
        url: new URL(path, base),
        operation,
        headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
        ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
        timeoutMs: TIMEOUT_MS,
      });
    };
    const base = connection.endpoint("TESLA_API_URL");
    let answer = await send(base);
    if (answer.status === 421) answer = await send(regionOf(answer, base, operation));
    if (answer.status === 200) return answer;
    throw errorOf(answer, operation, method, epochMs(connection.now()));
  };
  const vehicle = (vin: string) => `/api/1/vehicles/${encodeURIComponent(vin)}`;

  return {
    /** Reads online, asleep or offline; wakes nothing. */
    async state(vin: string) {
      const answer = await request("state", "GET", "vehicle", vehicle(vin));
      return parseBody(answer, TeslaVehicleAnswer, "vehicle").response.state;
    },
    /** The reading; does not wake, answers 408 when asleep. */
    async chargeState(vin: string) {
      const answer = await request(
        "data",
        "GET",
        "vehicle_data",
        `${vehicle(vin)}/vehicle_data?endpoints=charge_state`,
      );
      return parseBody(answer, TeslaVehicleData, "vehicle_data").response.charge_state;
    },
    /** Asks the car to wake; it usually still says asleep in the answer. */
    async wake(vin: string) {
      const answer = await request("wake", "POST", "wake_up", `${vehicle(vin)}/wake_up`);
      return parseBody(answer, TeslaWakeAnswer, "wake_up").response.state;
    },
    async command(vin: string, name: string, body: Record<string, unknown>) {
      const answer = await request("command", "POST", name, `${vehicle(vin)}/command/${name}`, body);
      // An empty or shapeless 200 has been seen in the wild and says nothing about what the car did.
      const parsed = TeslaCommandAnswer.safeParse(jsonOrUndefined(answer.text));
      if (!parsed.success) {
        throw new VendorError({
          fault: "malformed-message",
          operation: name,
          status: 200,
          message: "the answer to a command has no result",
          mayHaveActed: true,
        });
      }
      return parsed.data.response;
    },
  };
}

/**
 * Where Tesla sends us for another region. The value decides where a bearer token goes, so only Tesla's own hosts are
 * followed (or the configured host itself, behind a proxy).
 */
function regionOf(answer: HttpAnswer, base: URL, operation: string): URL {
  const text = /https?:\/\/[^\s"\\,]+/.exec(answer.text)?.[0];
  if (text && URL.canParse(text)) {
    const url = new URL(text);
    const isTesla =
      /^fleet-api\.prd\.[a-z]{2}\.vn\.cloud\.tesla\.(com|cn)$/.test(url.hostname) && url.protocol === "https:";
    if (isTesla || url.origin === base.origin) return new URL(url.origin);
  }
  throw new VendorError({
    fault: "our-configuration",
    operation,
    status: 421,
    message: "the account lives in another region and the answer names no Tesla host; correct TESLA_API_URL",
  });
}

// Phrases stand before status codes: the signing proxy turns Tesla's own 408 into 500, and texts vary in form.
const PHRASES: readonly (readonly [RegExp, FaultClass, string])[] = [
  [/vehicle unavailable|offline or asleep/i, "device-offline", "the car is asleep or offline"],
  [/not been paired|public key/i, "customer-must-act", "the customer must add our key to the car in the Tesla app"],
  [
    /mobile_access_disabled|mobile access/i,
    "customer-must-act",
    "the customer must switch on mobile access in the car",
  ],
  [/missing scopes/i, "customer-must-act", "the customer must grant the missing permissions"],
  [/login_required/i, "credentials-revoked", "the customer must reconnect the account"],
  [
    /vehicle command protocol/i,
    "our-configuration",
    "the car wants signed commands; set TESLA_API_URL to the signing proxy",
  ],
  [/unsupported vehicle/i, "unsupported-by-device", "the car cannot do this"],
  [/busy or finishing wake-up/i, "transient", "the car is still waking"],
  [/exceeded_limit/i, "quota-exhausted", "our billing limit at Tesla is reached: every customer is cut off"],
];

const STATUSES: Record<number, readonly [FaultClass, string]> = {
  402: ["our-configuration", "Tesla's bill is unpaid"],
  404: ["customer-must-act", "the car is no longer in the customer's account"],
  412: ["our-configuration", "our application is not registered in this region"],
  423: ["customer-must-act", "the customer's Tesla account is locked"],
  451: ["customer-must-act", "the car's privacy settings refuse access"],
  540: ["customer-must-act", "the car's computer needs a restart by its owner"],
};

/** Classifies an error answer: known phrases first, then known statuses, then the status' family. */
export function errorOf(answer: HttpAnswer, operation: string, method: "GET" | "POST", nowMs: number): VendorError {
  // The whole body: the same phrase is found in several fields, nested, or in plain text.
  const { text } = answer;
  const phrase = PHRASES.find(([pattern]) => pattern.test(text));
  const known = STATUSES[answer.status];
  const [fault, message] = phrase
    ? [phrase[1], phrase[2]]
    : (known ?? [/<html/i.test(text) ? "vendor-outage" : faultOfStatus(answer.status), `HTTP ${answer.status}`]);
  return new VendorError({
    fault,
    operation,
    status: answer.status,
    message,
    retryAfterMs: retryAfterMs(answer.headers, nowMs),
    // 504 and other gateway errors: the car may have taken it although nobody answered.
    mayHaveActed: method === "POST" && fault !== "device-offline" && !phrase && answer.status >= 500,
  });
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
