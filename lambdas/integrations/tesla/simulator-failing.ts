import { between, pick } from "../../../shared/integration/simulation-random.ts";
import type { Cloud } from "./simulator-cloud.ts";
import { changeOf } from "./simulator-commands.ts";
import type { CallFault } from "./simulator-faults.ts";
import { rateLimitHeaders } from "./simulator-ledger.ts";
import { ASLEEP_TEXTS, badGatewayPage, CUT, EMPTY, failure, json, unavailable } from "./simulator-reply.ts";
import type { Answer, Visit } from "./simulator-route.ts";

/** Whether a fault would show anything on this call; one that would not is saved for another. */
export function isPossible(fault: CallFault, visit: Visit, cloud: Cloud): boolean {
  const { atMs, car, route, verdict } = visit;
  const awake = car?.connectivity(atMs) === "online";
  switch (fault) {
    case "accepted-not-executed":
    case "executed-late":
    case "refused-without-reason":
      return awake && changeOf(verdict) !== undefined;
    case "cut-after-acting":
      return route.what !== "command" || (awake && changeOf(verdict) !== undefined);
    case "empty-200":
      return awake;
    case "unreachable-while-charging":
      return car?.phase() === "charging";
    case "stale-reading":
      return awake && cloud.staleReading(car, atMs) !== undefined;
    case "lost-rotation":
      return false;
    default:
      return true;
  }
}

/** The call goes wrong in the given way. `unit` in [0, 1) decides the details. */
export function fail(fault: CallFault, visit: Visit, cloud: Cloud, unit: number, baseUrl: string): Answer {
  const { car, route } = visit;
  const acts = route.kind === "command" || route.kind === "wake";
  const without = acts ? { effective: false } : {};
  switch (fault) {
    case "asleep-408":
      return { reply: failure(408, pick(ASLEEP_TEXTS, unit)), ...without };
    case "asleep-500":
      return { reply: failure(500, ASLEEP_TEXTS[0]), ...without };
    case "server-503":
      return { reply: unavailable(), ...without };
    case "html-502":
      return { reply: badGatewayPage(), ...without };
    // Half of the calls whose answer is missing did their work.
    case "server-504":
      return {
        ...(acts && unit < 0.5 ? cloud.serve(visit) : without),
        reply: failure(504, "upstream request timeout"),
      };
    case "empty-200":
      return { ...(acts && unit < 0.5 ? cloud.serve(visit) : without), reply: EMPTY };
    case "cut-after-acting":
      return { ...cloud.serve(visit), reply: CUT };
    case "refused-without-reason":
      return { reply: json(200, { response: { result: false, reason: "" } }), ...without };
    case "accepted-not-executed":
      return { reply: json(200, { response: { result: true, reason: "" } }), ...without };
    case "executed-late":
      return { reply: json(200, { response: { result: true, reason: "" } }), effective: cloud.act(visit, true) };
    case "rate-limited": {
      const seconds = String(Math.ceil(between(20, 90, unit)));
      const headers = { ...rateLimitHeaders(60, 0, seconds), "Retry-After": seconds };
      return { reply: failure(429, "Rate limit exceeded", headers), ...without };
    }
    case "token-expired-early":
      return { reply: failure(401, "token expired (401)"), ...without };
    case "unpaired-key": {
      const error = "vehicle rejected request: your public key has not been paired with the vehicle";
      return { reply: failure(500, error), ...without };
    }
    case "mobile-access-disabled":
      return { reply: failure(401, "mobile_access_disabled"), ...without };
    case "missing-scopes":
      return { reply: failure(403, "Unauthorized missing scopes"), ...without };
    case "unreachable-while-charging":
      if (car && route.what === "vehicle") return { reply: cloud.unreachableVehicle(car) };
      return { reply: failure(408, ASLEEP_TEXTS[0]), ...without };
    case "wrong-region": {
      const { hostname, port } = new URL(baseUrl);
      const headers = { "Alt-Svc": `h2="${hostname}:${port || "443"}"` };
      return { reply: failure(421, `user out of region, use base URL: ${baseUrl}`, headers), ...without };
    }
    case "stale-reading":
      return { reply: cloud.staleReading(car, visit.atMs) ?? EMPTY };
    case "lost-rotation":
      return { reply: CUT };
  }
}
