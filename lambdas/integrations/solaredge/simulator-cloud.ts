import { draw } from "../../../shared/integration/simulation-random.ts";
import type { CallFault, CallKind, Faults } from "./simulator-faults.ts";
import type { Ledger } from "./simulator-ledger.ts";
import { badGatewayPage, CUT, json, problem, type Reply, type Request } from "./simulator-reply.ts";
import type { Site } from "./simulator-site.ts";
import type { SimulatorClock } from "./simulator-spec.ts";
import { telemetry } from "./simulator-telemetry.ts";
import type { Tokens } from "./simulator-tokens.ts";

type Parts = {
  clock: SimulatorClock;
  sites: ReadonlyMap<string, Site>;
  faults: Faults;
  ledger: Ledger;
  tokens: Tokens;
  seed: number;
  clientId: string;
  clientSecret: string;
};
type Visit = { reply: Reply; kind: CallKind; credits?: number; siteId?: string; accountId?: string | undefined };

const SITE_PATH = /^\/v2\/sites\/([^/]+)(?:\/(.+))?$/;
const TELEMETRY = ["overview", "power", "energy", "meters/telemetry"];

/** SolarEdge's door: recognises the call and the customer, counts, and lets faults strike. */
export class Cloud {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  answer(request: Request): Reply {
    const { clock, ledger } = this.#parts;
    const atMs = clock.now();
    const { reply, kind, credits = 0, siteId, accountId } = this.#visit(request, atMs);
    const about = { ...(siteId === undefined ? {} : { siteId }), ...(accountId === undefined ? {} : { accountId }) };
    ledger.log({ atMs, kind, path: request.url.pathname, status: reply.status, credits, ...about });
    return reply;
  }

  #visit(request: Request, atMs: number): Visit {
    const { faults, seed } = this.#parts;
    const path = request.url.pathname;
    const isToken = request.method === "POST" && path === "/v2/oauth2/token";
    if (faults.isOutage(atMs)) {
      const isPage = draw(seed, "outage", atMs, path) < 0.5;
      const reply = isPage ? badGatewayPage() : problem(503, "Service Unavailable", "Service Unavailable");
      return { reply, kind: isToken ? "token" : "data", ...siteIn(path) };
    }
    if (isToken) return { kind: "token", ...this.#token(request, atMs) };
    if (!path.startsWith("/v2/")) return { reply: json(410, { String: "Gone" }), kind: "state" };
    return this.#read(request, atMs);
  }

  #read(request: Request, atMs: number): Visit {
    const { faults, ledger, sites, tokens } = this.#parts;
    const [, siteId = "", what = ""] = SITE_PATH.exec(request.url.pathname) ?? [];
    const kind: CallKind = TELEMETRY.includes(what) ? "data" : "state";
    const token = /^Bearer (.+)$/i.exec(request.authorization ?? "")?.[1] ?? "";
    const accountId = tokens.accountOf(token, atMs);
    if (accountId === undefined || faults.isWithdrawn(accountId, atMs)) {
      return { reply: problem(401, "Unauthorized", "Invalid or expired token"), kind, siteId, accountId };
    }
    const visit = { kind, siteId, accountId };
    const allowance = ledger.allow(atMs);
    const left = { "x-ratelimit-remaining-minute": String(allowance.leftThisMinute) };
    if (allowance.verdict !== "allowed") {
      const month = { kind: "month-limit-reached" as const, endsAtMs: nextMonthMs(atMs) };
      faults.note({ atMs, accountId, ...(allowance.verdict === "month" ? month : { kind: "limit-reached" }) });
      const wait = { "retry-after": String(allowance.retryAfterSeconds) };
      const headers = allowance.verdict === "minute" ? { ...left, ...wait } : left;
      return { reply: problem(429, "Too Many Requests", "Rate limit exceeded", headers), ...visit };
    }
    const site = sites.get(siteId);
    const fault = faults.strike({ atMs, kind, siteId, accountId });
    if (fault === "token-expired-early") tokens.expireNow(token);
    const reply = site?.spec.accountId === accountId ? this.#serve(site, what, request, atMs) : undefined;
    const answered = reply ?? problem(403, "Forbidden", "Access to the requested site is denied");
    const failed = fault ? fail(fault, answered) : answered;
    return { reply: { ...failed, headers: { ...left, ...failed.headers } }, credits: 1, ...visit };
  }

  #serve(site: Site, what: string, { url, method }: Request, atMs: number): Reply {
    if (method !== "GET") return problem(405, "Method Not Allowed", "The interface is read-only");
    const { siteId, peakPowerKw, timeZone, hasMeter } = site.spec;
    if (TELEMETRY.includes(what)) return telemetry(site, what, url.searchParams, atMs);
    if (what === "") {
      return json(200, { siteId: Number(siteId), peakPower: peakPowerKw, activationStatus: "ACTIVE", timeZone });
    }
    if (what !== "devices") return problem(404, "Not Found", "No such resource");
    const types = url.searchParams.getAll("types");
    const device = (type: string) => ({
      type,
      serialNumber: `${type}-${siteId}`,
      manufacturer: "SolarEdge",
      active: true,
      connectedTo: null,
    });
    const has = (type: string) => (type === "METER" ? hasMeter : type === "INVERTER");
    return json(200, (types.length > 0 ? types : ["INVERTER"]).filter(has).map(device));
  }

  /** The refresh grant: JSON, and not the standard's words. */
  #token(request: Request, atMs: number): { reply: Reply; accountId?: string } {
    const { faults, tokens, clientId, clientSecret } = this.#parts;
    const body = bodyOf(request.body);
    if (body.client_id !== clientId || body.client_secret !== clientSecret) {
      return { reply: json(401, { error: "invalid_client", error_description: "Client authentication failed" }) };
    }
    const refused = json(400, { error: "Error", error_description: "Invalid code" });
    if (body.grant_type !== "refresh_token" || typeof body.refresh_token !== "string") return { reply: refused };
    const accountId = tokens.spend(body.refresh_token, atMs);
    if (accountId === undefined) return { reply: refused };
    if (faults.isWithdrawn(accountId, atMs)) return { reply: refused, accountId };
    const { accessToken, refreshToken, expiresInSeconds } = tokens.issue(accountId, atMs);
    if (faults.strike({ atMs, kind: "token", accountId })) return { reply: CUT, accountId };
    const answer = { access_token: accessToken, token_type: "Bearer", expires_in: expiresInSeconds };
    return { reply: json(200, { ...answer, refresh_token: refreshToken }), accountId };
  }
}

/** An answer gone wrong in the given way. */
function fail(fault: CallFault, answered: Reply): Reply {
  switch (fault) {
    case "server-500":
      return json(500, { String: "Server Error" });
    case "server-503":
      return problem(503, "Service Unavailable", "Service Unavailable");
    case "html-502":
      return badGatewayPage();
    case "empty-200":
      return { status: 200, headers: {}, body: "" };
    case "cut-connection":
    case "lost-rotation":
      return CUT;
    case "rate-limited":
      return problem(429, "Too Many Requests", "Rate limit exceeded", {
        "x-ratelimit-remaining-minute": "0",
        "retry-after": "45",
      });
    case "quota-exhausted":
      return problem(429, "Too Many Requests", "Rate limit exceeded", { "x-ratelimit-remaining-minute": "6" });
    case "token-expired-early":
      return problem(401, "Unauthorized", "Invalid or expired token");
    case "missing-scope":
      return problem(403, "Forbidden", "Missing required scope: SITE_DATA");
    case "retired":
      return json(410, { String: "Gone" });
    case "other-unit":
      return inUnit(answered, "MWH", 1e-6);
    case "unknown-unit":
      return inUnit(answered, "BTU", 3.412);
  }
}

/** The same energy in another unit; an answer that is not energy in watt-hours stays. */
function inUnit(answered: Reply, unit: string, factor: number): Reply {
  const body = bodyOf(answered.body);
  if (body.unit !== "WH" || !Array.isArray(body.values)) return answered;
  const values = body.values.map((one: { value: number | null }) => ({
    ...one,
    value: one.value === null ? null : one.value * factor,
  }));
  return { ...answered, body: JSON.stringify({ ...body, unit, values }) };
}

/** Credits come back with the calendar month. */
function nextMonthMs(atMs: number): number {
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

function siteIn(path: string): { siteId?: string } {
  const siteId = SITE_PATH.exec(path)?.[1];
  return siteId === undefined ? {} : { siteId };
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
