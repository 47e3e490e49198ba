import * as z from "zod";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, ZonedTime } from "../../shared/domain/instant.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { call, faultOfStatus, type HttpAnswer, isWebPage, parseBody, retryAfterMs } from "../../shared/http.ts";
import type { Connection, Target, VendorClient } from "../../shared/integration/contract.ts";

const TIMEOUT_MS = 8_000;
/** More than any car or charger draws, kW: what says so speaks of watts. */
const MOST_KW = 400;

const LookAnswer = z.object({
  online: z.boolean(),
  measuredAt: ZonedTime,
  state: z.enum(["disconnected", "stopped", "charging", "complete"]),
  plugged: z.boolean(),
  powerKw: z.number().max(MOST_KW),
  storedKwh: z.number().nullable(),
  sessionKwh: z.number().nullable(),
  currentA: z.number(),
});
const Taken = z.object({ taken: z.literal(true) });
const Awake = z.object({ awakeInMs: z.number() });

/** The simulated vendors' adapter: thin, on the same HTTP layer and error words as the real ones. */
export function simulatedVendor({ fetch, endpoint, now, count }: Connection, endpointName: string): VendorClient {
  const base = endpoint(endpointName).href;
  const ask = async (
    method: "GET" | "POST",
    { asset, accessToken }: Target,
    path: string,
    body?: object,
  ): Promise<HttpAnswer> => {
    const operation = `${method} ${path || "asset"}`;
    const answer = await call(fetch, {
      method,
      url: new URL(`${base}${asset.vendorAssetId}${path}`),
      operation,
      headers: { authorization: `Bearer ${accessToken}` },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status === 200 && !isWebPage(answer.text)) return answer;
    throw new VendorError({
      fault: answer.status === 409 ? "customer-must-act" : faultOf(answer),
      operation,
      status: answer.status,
      message: `HTTP ${answer.status}`,
      retryAfterMs: retryAfterMs(answer.headers, epochMs(now())),
      // A gateway that answers for a cloud does not know what that did.
      mayHaveActed: method === "POST" && answer.status !== 408 && (answer.status >= 500 || answer.status === 200),
    });
  };
  return {
    async look(target) {
      count("data");
      const answer = parseBody(await ask("GET", target, ""), LookAnswer, "look");
      return { online: answer.online, reading: toReading(answer, target.asset, now()) };
    },
    async prepare(target) {
      if (target.asset.kind !== "car") return { ready: true };
      count("wake");
      const { awakeInMs: waitMs } = parseBody(await ask("POST", target, "/wake"), Awake, "wake");
      return waitMs <= 0 || isWide(target, now()) ? { ready: true } : { ready: false, waitMs };
    },
    async command(target, action) {
      count("command");
      const wish = action.kind === "charge.start" ? { on: true, currentA: action.currentA } : { on: false };
      parseBody(await ask("POST", target, "/command", wish), Taken, "command");
      return { withoutEffect: false };
    },
  };
}

/** Seen at work a moment ago: such a car is awake. */
function isWide({ last }: Target, at: string): boolean {
  return last?.stream === "charge" && last.state === "charging" && Date.parse(at) - epochMs(last.observedAt) < 600_000;
}

function faultOf({ status, text }: HttpAnswer) {
  if (status === 200) return "vendor-outage" as const;
  return status === 503 && !isWebPage(text) ? ("vendor-outage" as const) : faultOfStatus(status);
}

function toReading(
  answer: z.infer<typeof LookAnswer>,
  asset: Asset,
  receivedAt: ChargeReading["receivedAt"],
): ChargeReading {
  return {
    assetId: asset.assetId,
    stream: "charge",
    observedAt: answer.measuredAt,
    receivedAt,
    state: answer.state,
    plugged: answer.plugged,
    powerKw: answer.powerKw,
    socPercent:
      asset.kind === "car" && answer.storedKwh !== null ? (100 * answer.storedKwh) / asset.battery.capacityKwh : null,
    storedKwh: answer.storedKwh,
    sessionKwh: answer.sessionKwh,
    chargeLimitPercent: asset.kind === "car" ? 90 : null,
    currentLimitA: answer.currentA,
    ownScheduleActive: false,
  };
}
