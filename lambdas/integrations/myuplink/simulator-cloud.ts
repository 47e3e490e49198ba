import { between, draw } from "../../../shared/integration/simulation-random.ts";
import type { CallFault, CallKind, Faults } from "./simulator-faults.ts";
import { type Ledger, limitHeaders } from "./simulator-ledger.ts";
import type { Change, Pump } from "./simulator-pump.ts";
import { badGatewayPage, CUT, EMPTY, failure, json, type Reply } from "./simulator-reply.ts";
import type { SimulatorClock } from "./simulator-spec.ts";
import type { Tokens } from "./simulator-tokens.ts";
import { mannerOf, toldPoints } from "./simulator-told.ts";

export type Request = { method: string; url: URL; authorization: string | undefined; body: string };
type Route = { what: "systems" | "points" | "mode" | "subscriptions" | "set mode" | "set point"; kind: CallKind };
type Answer = { reply: Reply; effective?: boolean };
type Visit = { atMs: number; route: Route; accountId: string; pump: Pump | undefined; body: string };

type Parts = {
  clock: SimulatorClock;
  pumps: readonly Pump[];
  faults: Faults;
  ledger: Ledger;
  tokens: Tokens;
  seed: number;
};

const MODES = ["Default", "Normal", "Away", "Vacation", "Home"];

/** The vendor's API: recognises the call and the customer, counts, lets faults strike, and answers. */
export class Cloud {
  readonly #parts: Parts;
  /** By the id of the device and by that of its system. */
  readonly #pumps: ReadonlyMap<string, Pump>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#pumps = new Map(
      parts.pumps.flatMap((pump): [string, Pump][] => [
        [pump.spec.deviceId, pump],
        [systemOf(pump.spec.deviceId), pump],
      ]),
    );
  }

  answer(request: Request): Reply {
    const { clock, ledger, tokens } = this.#parts;
    const atMs = clock.now();
    const [, family, id = "", rest = ""] = /^\/v2\/(systems|devices)\/([^/]+)\/?(.*)$/.exec(request.url.pathname) ?? [];
    const route = family === undefined ? undefined : routeOf(request.method, family, id, rest);
    if (!route) return failure(404, "NOT_FOUND");
    const token = /^Bearer (.+)$/.exec(request.authorization ?? "")?.[1] ?? "";
    const accountId = tokens.accountOf(token, atMs);
    const pump = this.#pumps.get(id);
    pump?.play(atMs);
    const { reply, effective } = this.#admit({ atMs, route, pump, body: request.body }, accountId, token);
    ledger.log({
      atMs,
      kind: route.kind,
      path: request.url.pathname,
      status: reply.status,
      ...(accountId === undefined ? {} : { accountId }),
      ...(pump ? { deviceId: pump.spec.deviceId } : {}),
      ...(effective === undefined ? {} : { effective }),
    });
    return reply;
  }

  #admit(call: Omit<Visit, "accountId">, accountId: string | undefined, token: string): Answer {
    const { faults, ledger, seed, tokens } = this.#parts;
    const { atMs, pump, route } = call;
    if (faults.isOutage(atMs)) {
      const isPage = draw(seed, "outage", atMs, pump?.spec.deviceId ?? "") < 0.5;
      return { reply: isPage ? badGatewayPage() : failure(503, "UNAVAILABLE") };
    }
    if (accountId === undefined) {
      const challenge = { "WWW-Authenticate": 'Bearer error="invalid_token"' };
      return { reply: { ...EMPTY, status: 401, headers: challenge } };
    }
    const { allowed, headers } = ledger.allow(accountId, atMs);
    if (!allowed) {
      faults.note({ atMs, kind: "limit-reached", accountId });
      return { reply: { ...EMPTY, status: 429, headers } };
    }
    if (route.what !== "systems" && pump?.spec.accountId !== accountId) return { reply: failure(403, "FORBIDDEN") };
    const visit = { ...call, accountId };
    const deviceId =
      pump?.spec.deviceId ?? this.#parts.pumps.find(({ spec }) => spec.accountId === accountId)?.spec.deviceId;
    const fault = faults.strike({ atMs, kind: route.kind, deviceId, accountId }, (kind) => isPossible(kind, visit));
    if (fault === "token-expired-early") tokens.expireNow(token);
    const answer = fault ? this.#fail(fault, visit) : this.#serve(visit);
    return { ...answer, reply: { ...answer.reply, headers: { ...headers, ...answer.reply.headers } } };
  }

  #serve(visit: Visit): Answer {
    const { faults, seed } = this.#parts;
    const { atMs, route, pump } = visit;
    if (!pump) return { reply: route.what === "systems" ? this.#systems(visit) : failure(404, "NOT_FOUND") };
    switch (route.what) {
      case "systems":
        return { reply: this.#systems(visit) };
      case "points":
        return { reply: json(200, toldPoints(pump, mannerOf(pump, seed), atMs, seed, false)) };
      case "mode":
        return { reply: json(200, { smartHomeMode: pump.shown(atMs).mode }) };
      case "subscriptions": {
        const subscriptions = faults.lacksSubscription(pump.spec.deviceId)
          ? []
          : [{ type: "manage", validUntil: `${new Date(atMs + 30 * 86_400_000).toISOString().slice(0, 19)}+0` }];
        return { reply: json(200, { subscriptions }) };
      }
      case "set mode": {
        const mode = bodyOf(visit.body).smartHomeMode;
        if (typeof mode !== "string" || !MODES.includes(mode)) return this.#refuse(pump, atMs);
        return { reply: json(200, { payload: { state: "ok" } }), effective: this.#act(pump, { mode }, atMs) };
      }
      case "set point": {
        const { lux } = mannerOf(pump, seed);
        const [[id, value] = []] = Object.entries(bodyOf(visit.body));
        if (id === undefined || id !== lux || !["0", "1"].includes(String(value))) return this.#refuse(pump, atMs);
        const effective = this.#act(pump, { lux: value === "1" }, atMs);
        return { reply: json(200, { payload: { [id]: "modified" } }), effective };
      }
    }
  }

  /** Lets the pump do it within seconds, or once it is back; shown after up to a minute. Answers whether that changes anything. */
  #act(pump: Pump, change: Change, atMs: number): boolean {
    const { faults, seed } = this.#parts;
    const { deviceId } = pump.spec;
    const before = pump.intended(atMs);
    const unit = draw(seed, deviceId, "acts", atMs, JSON.stringify(change));
    const reachedMs = faults.offlineUntil(deviceId, atMs) ?? atMs;
    const actsMs = Math.round(reachedMs + between(2_000, 20_000, unit));
    const visibleAtMs = Math.round(reachedMs + between(5_000, 60_000, unit));
    pump.queue({ atMs: actsMs, visibleAtMs, change, isOurs: true });
    return "mode" in change ? before.mode !== change.mode : before.lux !== change.lux;
  }

  #refuse(pump: Pump, atMs: number): Answer {
    this.#parts.faults.note({ atMs, kind: "bad-request", deviceId: pump.spec.deviceId });
    return { reply: failure(400, "BAD_REQUEST"), effective: false };
  }

  #fail(fault: CallFault, visit: Visit): Answer {
    const { seed } = this.#parts;
    const { atMs, pump, route } = visit;
    const without = route.kind === "command" ? { effective: false } : {};
    switch (fault) {
      case "server-500":
        return { reply: failure(500, "INTERNAL_ERROR"), ...without };
      case "server-503":
        return { reply: failure(503, "UNAVAILABLE"), ...without };
      case "html-502":
        return { reply: badGatewayPage(), ...without };
      case "empty-200":
        return { ...this.#serve(visit), reply: EMPTY };
      case "cut-after-acting":
      case "lost-rotation":
        return { ...this.#serve(visit), reply: CUT };
      case "accepted-not-executed":
        return {
          reply: route.what === "set mode" ? json(200, { payload: { state: "ok" } }) : { ...EMPTY, status: 204 },
          ...without,
        };
      case "refused-with-200":
        return { reply: json(200, { payload: { state: "error" } }), ...without };
      case "rate-limited":
        return { reply: { ...EMPTY, status: 429, headers: limitHeaders(0, 45) }, ...without };
      case "token-expired-early":
        return { reply: { ...EMPTY, status: 401 }, ...without };
      case "boot-zeros":
        return { reply: pump ? json(200, toldPoints(pump, mannerOf(pump, seed), atMs, seed, true)) : EMPTY };
      case "no-subscription":
        return { reply: failure(403, "FORBIDDEN"), ...without };
      case "malformed-points":
        return { reply: json(200, { message: "try again" }) };
    }
  }

  #systems({ atMs, accountId }: Visit): Reply {
    const { faults, pumps, seed } = this.#parts;
    const own = pumps.filter(({ spec }) => spec.accountId === accountId);
    return json(200, {
      page: 1,
      itemsPerPage: 100,
      numItems: own.length,
      systems: own.map((pump) => {
        const { deviceId } = pump.spec;
        const isOnline = faults.offlineUntil(deviceId, atMs) === undefined;
        const inWords = isOnline ? "Connected" : "Disconnected";
        return {
          systemId: systemOf(deviceId),
          name: "Home",
          securityLevel: "admin",
          hasAlarm: false,
          devices: [
            {
              id: deviceId,
              connectionState: mannerOf(pump, seed).connectionState === "integer" ? Number(isOnline) : inWords,
              currentFwVersion: "9682R7",
              product: { serialNumber: "000000", name: "F730 CU 3x400V" },
            },
          ],
        };
      }),
    });
  }
}

/** Whether a fault would show anything on this call; one that would not is saved for another. */
function isPossible(fault: CallFault, { route }: Visit): boolean {
  switch (fault) {
    case "boot-zeros":
    case "malformed-points":
      return route.what === "points";
    case "no-subscription":
      return route.what === "set point";
    case "refused-with-200":
      return route.what === "set mode";
    default:
      return true;
  }
}

function routeOf(method: string, family: string, id: string, rest: string): Route | undefined {
  switch (`${method} ${family} ${id === "me" ? "me" : rest}`) {
    case "GET systems me":
      return { what: "systems", kind: "state" };
    case "GET devices points":
      return { what: "points", kind: "data" };
    case "GET systems smart-home-mode":
      return { what: "mode", kind: "data" };
    case "GET systems subscriptions":
      return { what: "subscriptions", kind: "data" };
    case "PUT systems smart-home-mode":
      return { what: "set mode", kind: "command" };
    case "PATCH devices points":
      return { what: "set point", kind: "command" };
    default:
      return undefined;
  }
}

function systemOf(deviceId: string): string {
  return `system-of-${deviceId}`;
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
