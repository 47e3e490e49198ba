import * as z from "zod";
import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, parseBody } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";
import { errorIn, errorOf, jsonOf } from "./api-errors.ts";
import { type Regions, regionOf } from "./region.ts";

// Field names, units and quirks: https://developer.tesla.com/docs/fleet-api/endpoints/vehicle-endpoints
// Loose about fields we do not use; `id` is never read because it exceeds 2^53.
// Values are judged one by one in snapshot.ts: an odd one loses only itself.

// Outside of these the number is not epoch ms: seconds would read as January 1970, microseconds as the year 50,000.
const LEAST_EPOCH_MS = Date.UTC(2010, 0);
const MOST_EPOCH_MS = Date.UTC(2200, 0);
const EpochMs = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().int().min(LEAST_EPOCH_MS).max(MOST_EPOCH_MS));

export const TeslaChargeState = z.looseObject({
  /** When the car reported, epoch ms: the only time there is, so that without it nothing is a reading. */
  timestamp: EpochMs,
  charging_state: z.unknown().optional(),
  battery_level: z.unknown().optional(),
  /** kWh in the battery; absent on older cars. */
  energy_remaining: z.unknown().optional(),
  charge_limit_soc: z.unknown().optional(),
  charge_current_request: z.unknown().optional(),
  charger_actual_current: z.unknown().optional(),
  charger_voltage: z.unknown().optional(),
  charger_phases: z.unknown().optional(),
  /** Whole kW. */
  charger_power: z.unknown().optional(),
  fast_charger_present: z.unknown().optional(),
  scheduled_charging_pending: z.unknown().optional(),
});
export type TeslaChargeState = z.infer<typeof TeslaChargeState>;

export const TeslaVehicle = z.looseObject({ state: z.unknown().optional() });
export const TeslaVehicleData = z.looseObject({
  // A compatible service answers with what it kept of a sleeping car, and says so in `state`. Null, not absent, is a car
  // that is up and has not told anything yet: https://github.com/teslamate-org/teslamate/issues/910
  response: TeslaVehicle.extend({ charge_state: TeslaChargeState.nullable() }),
});
export type TeslaVehicleData = z.infer<typeof TeslaVehicleData>["response"];
const TeslaVehicleAnswer = z.looseObject({ response: TeslaVehicle });
export const TeslaWakeAnswer = z.looseObject({ response: z.looseObject({ state: z.string() }) });
export const TeslaCommandAnswer = z.looseObject({
  response: z
    .looseObject({ result: z.boolean(), reason: z.string().nullish(), string: z.string().nullish() })
    // The signing proxy names the car's reason `string`: teslamotors/vehicle-command pkg/proxy/proxy.go.
    .transform(({ result, reason, string }) => ({ result, reason: reason || string || "" })),
});

const TIMEOUT_MS = 12_000;

type Login = { accountId: string; accessToken: string };

/** Calls of the Fleet API for one customer's token. Every method throws VendorError. */
export function teslaApi(connection: Connection, { accountId, accessToken }: Login, regions: Regions) {
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
    const reads = connection.endpoint("TESLA_API_URL");
    const commands = connection.endpoint("TESLA_COMMAND_URL");
    const isSigned = kind === "command" && commands.origin !== reads.origin;
    // A signing proxy finds the customer's region in the token by itself.
    const asked = isSigned ? commands : regions.of(accountId, reads);
    let answer = await send(asked);
    if (answer.status === 421) {
      const region = regionOf(answer, asked);
      if (!region) throw wrongRegion(operation);
      answer = await send(region);
      if (answer.status !== 421) regions.learn(accountId, region);
    }
    const nowMs = epochMs(connection.now());
    const error = answer.status === 200 ? errorIn : errorOf;
    const thrown = error(answer, operation, method, nowMs);
    if (thrown) throw thrown;
    return answer;
  };
  const vehicle = (vin: string) => `/api/1/vehicles/${encodeURIComponent(vin)}`;

  return {
    /** Tesla's word for online, asleep or offline; wakes nothing. */
    async state(vin: string) {
      const answer = await request("state", "GET", "vehicle", vehicle(vin));
      return parseBody(answer, TeslaVehicleAnswer, "vehicle").response.state;
    },
    /** The reading, and whether the car is online now; does not wake, answers 408 when asleep. */
    async vehicleData(vin: string) {
      const answer = await request(
        "data",
        "GET",
        "vehicle_data",
        `${vehicle(vin)}/vehicle_data?endpoints=charge_state`,
      );
      return parseBody(answer, TeslaVehicleData, "vehicle_data").response;
    },
    /** Asks the car to wake; it usually still says asleep in the answer. */
    async wake(vin: string) {
      const answer = await request("wake", "POST", "wake_up", `${vehicle(vin)}/wake_up`);
      return parseBody(answer, TeslaWakeAnswer, "wake_up").response.state;
    },
    async command(vin: string, name: string, body: Record<string, unknown>) {
      const answer = await request("command", "POST", name, `${vehicle(vin)}/command/${name}`, body);
      // An empty or shapeless 200 has been seen in the wild and says nothing about what the car did.
      const parsed = TeslaCommandAnswer.safeParse(jsonOf(answer.text));
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

function wrongRegion(operation: string): VendorError {
  return new VendorError({
    fault: "our-configuration",
    operation,
    status: 421,
    message: "the account lives in another region and the answer names no Tesla host; correct TESLA_API_URL",
  });
}
