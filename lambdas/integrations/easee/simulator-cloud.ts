import type { Charger } from "./simulator-charger.ts";
import type { CommandDesk, Twist } from "./simulator-commands.ts";
import type { CallFault, Faults, SimulatedCall } from "./simulator-faults.ts";
import type { Ledger } from "./simulator-ledger.ts";
import { BAD_GATEWAY, CUT, FORBIDDEN, failure, json, type Reply, tooMany, UNAVAILABLE } from "./simulator-reply.ts";
import type { Tokens } from "./simulator-tokens.ts";
import { toldObservations, toldState } from "./simulator-told.ts";

export type Request = { method: string; url: URL; authorization: string | undefined; body: Record<string, unknown> };
type Parts = {
  now: () => number;
  chargers: ReadonlyMap<string, Charger>;
  tokens: Tokens;
  faults: Faults;
  ledger: Ledger;
  desk: CommandDesk;
};
type Route = { kind: SimulatedCall; id: string; rest: string };
const REPORTS_AFTER_MS = 1000;
type Answer = { reply: Reply; effective?: boolean };

/** The door of the charger calls: recognises the call and the login, counts, and lets faults strike. */
export function answerCall(parts: Parts, request: Request): Reply {
  const atMs = parts.now();
  const route = routeOf(request);
  if (!route) return failure(404, 404, "NotFound");
  const token = /^Bearer (.+)$/i.exec(request.authorization ?? "")?.[1] ?? "";
  const accountId = parts.tokens.accountOf(token, atMs);
  const charger = parts.chargers.get(route.id);
  const { reply, effective } = admit(parts, request, route, charger, { token, accountId }, atMs);
  const { amps } = request.body;
  parts.ledger.log({
    atMs,
    kind: route.kind,
    path: request.url.pathname,
    status: reply.status,
    ...(accountId === undefined ? {} : { accountId }),
    ...(charger ? { chargerId: route.id } : {}),
    ...(route.kind === "command" ? { command: route.rest } : {}),
    ...(typeof amps === "number" ? { amps } : {}),
    ...(effective === undefined ? {} : { effective }),
  });
  return reply;
}

function admit(
  parts: Parts,
  request: Request,
  route: Route,
  charger: Charger | undefined,
  { token, accountId }: { token: string; accountId: string | undefined },
  atMs: number,
): Answer {
  const { faults, ledger, tokens } = parts;
  if (faults.isOutage(atMs)) return { reply: atMs % 2 === 0 ? UNAVAILABLE : BAD_GATEWAY };
  if (accountId === undefined) return { reply: failure(401, 0, "Unauthorized") };
  const waitSeconds = ledger.waitSeconds(accountId, atMs);
  if (waitSeconds !== undefined) {
    faults.note({ atMs, kind: "limit-reached", subject: accountId });
    return { reply: tooMany(waitSeconds) };
  }
  if (charger?.spec.accountId !== accountId) return { reply: failure(404, 404, "NotFound") };
  charger.play(atMs);
  const fault = faults.strike(route.kind, route.id, atMs, (kind) => isPossible(kind, charger));
  if (fault === "token-expired-early") tokens.expireNow(token);
  const failed = fault && failureOf(fault);
  if (failed) return { reply: failed, ...(route.kind === "command" ? { effective: false } : {}) };
  const answer = serve(parts, request, route, charger, fault, atMs);
  if (fault === "cut-after-acting") return { ...answer, reply: CUT };
  if (fault === "server-504") return { ...answer, reply: { status: 504, headers: {}, body: "" } };
  return answer;
}

/** One that would show nothing is saved for another call. */
function isPossible(fault: CallFault, charger: Charger): boolean {
  if (fault === "zero-session" || fault === "stale-mode") return charger.powerKw.value > 0;
  return true;
}

/** Faults that leave everything undone. */
function failureOf(fault: CallFault): Reply | undefined {
  switch (fault) {
    case "server-503":
      return UNAVAILABLE;
    case "html-502":
      return BAD_GATEWAY;
    case "rate-limited":
      return tooMany(60);
    case "forbidden-throttle":
      return FORBIDDEN;
    case "access-withdrawn":
      return failure(403, 103, "NoAccess");
    case "token-expired-early":
      return failure(401, 0, "Unauthorized");
    default:
      return undefined;
  }
}

function serve(
  { desk, faults, ledger }: Parts,
  { url, body }: Request,
  { kind, rest }: Route,
  charger: Charger,
  fault: CallFault | undefined,
  atMs: number,
): Answer {
  const bend = fault === "zero-session" || fault === "stale-mode" ? fault : undefined;
  switch (kind) {
    case "observations": {
      const wanted = (url.searchParams.get("ids") ?? "").split(",").map(Number);
      const ids = fault === "values-missing" ? wanted.filter((id) => id !== 109 && id !== 250) : wanted;
      return { reply: json(200, { observations: toldObservations(charger, ids, atMs, bend) }) };
    }
    case "state":
      return { reply: json(200, toldState(charger, atMs, bend)) };
    case "report":
      if (!ledger.mayReport(charger.spec.id, atMs)) {
        faults.note({ atMs, kind: "limit-reached", subject: charger.spec.id });
        return { reply: tooMany(180) };
      }
      if (charger.isOnline(atMs)) charger.report(atMs + REPORTS_AFTER_MS);
      return { reply: { status: 200, headers: {}, body: "" } };
    case "command":
      return desk.take(charger, { name: rest, body }, atMs, twistOf(fault));
    case "result":
      return { reply: desk.result(`${charger.spec.id}/${rest}`, atMs) };
    case "token":
      return { reply: failure(404, 404, "NotFound") };
  }
}

function twistOf(fault: CallFault | undefined): Twist {
  if (fault === "accepted-not-executed" || fault === "lost-response" || fault === "rejected-by-charger") return fault;
  return undefined;
}

const ROUTES: readonly (readonly [string, RegExp, SimulatedCall])[] = [
  ["GET", /^\/state\/([^/]+)\/observations()$/, "observations"],
  ["GET", /^\/api\/chargers\/([^/]+)\/state()$/, "state"],
  ["POST", /^\/api\/chargers\/([^/]+)\/commands\/(poll_chargeropmode)$/, "report"],
  ["POST", /^\/api\/chargers\/([^/]+)\/commands\/([a-z_]+)$/, "command"],
  ["GET", /^\/api\/commands\/([^/]+)\/(\d+\/\d+)$/, "result"],
];

function routeOf({ method, url }: Request): Route | undefined {
  for (const [verb, pattern, kind] of ROUTES) {
    const [, id, rest = ""] = (verb === method && pattern.exec(url.pathname)) || [];
    if (id !== undefined) return { kind, id: decodeURIComponent(id), rest };
  }
  return undefined;
}

/** The door of logins and renewals. */
export function answerLogin(parts: Parts, { url, body }: Request): Reply {
  const atMs = parts.now();
  const { tokens, faults, ledger } = parts;
  const decide = (): { reply: Reply; accountId?: string } => {
    if (faults.isOutage(atMs)) return { reply: UNAVAILABLE };
    const isLogin = url.pathname.endsWith("/login");
    const accountId = isLogin
      ? tokens.accountOfPassword(body.userName, body.password)
      : tokens.spend(body.refreshToken, body.accessToken, atMs);
    if (accountId === undefined)
      return { reply: isLogin ? failure(400, 100, "InvalidUserPassword") : failure(400, 101, "InvalidRefreshToken") };
    const fault = faults.strike("token", accountId, atMs, () => true);
    if (fault === "password-changed") {
      tokens.changePassword(accountId);
      return {
        reply: isLogin ? failure(400, 100, "InvalidUserPassword") : failure(400, 101, "InvalidRefreshToken"),
        accountId,
      };
    }
    const reply = json(200, tokens.issue(accountId, atMs));
    return { reply: fault === "lost-rotation" ? CUT : reply, accountId };
  };
  const { reply, accountId } = decide();
  ledger.log({ atMs, kind: "token", path: url.pathname, status: reply.status, ...(accountId ? { accountId } : {}) });
  return reply;
}
