import type { Faults } from "./simulator-faults.ts";
import type { Ledger } from "./simulator-ledger.ts";
import { CUT, json, type Reply, unavailable } from "./simulator-reply.ts";
import type { Request } from "./simulator-route.ts";
import type { Tokens } from "./simulator-tokens.ts";

type Parts = {
  clock: { now(): number };
  faults: Faults;
  tokens: Tokens;
  ledger: Ledger;
  clientId: string;
  clientSecret: string;
  vinsOf: (accountId: string) => readonly string[];
  audience: () => string;
};

/** POST /oauth2/v3/token with `grant_type=refresh_token`. */
export function answerToken(parts: Parts, request: Request): Reply {
  const atMs = parts.clock.now();
  const { reply, accountId } = decide(parts, request, atMs);
  parts.ledger.log({
    atMs,
    kind: "token",
    path: request.url.pathname,
    status: reply.status,
    ...(accountId === undefined ? {} : { accountId }),
  });
  return reply;
}

function decide(parts: Parts, request: Request, atMs: number): { reply: Reply; accountId?: string } {
  const { faults, tokens } = parts;
  if (faults.isOutage(atMs)) return { reply: unavailable() };
  const form = new URLSearchParams(request.body);
  const client = clientOf(request, form);
  // Tesla refreshes without the secret; a wrong one is refused all the same.
  if (client.id !== parts.clientId || (client.secret !== undefined && client.secret !== parts.clientSecret)) {
    return { reply: oauthError(401, "invalid_client", "Client authentication failed") };
  }
  if (form.get("grant_type") !== "refresh_token") {
    return { reply: oauthError(400, "unsupported_grant_type", "only refresh_token is simulated") };
  }
  const refreshToken = form.get("refresh_token");
  if (!refreshToken) return { reply: oauthError(400, "invalid_request", "refresh_token is missing") };
  const { accountId, honoured } = tokens.spend(refreshToken, atMs);
  if (accountId === undefined || !honoured) {
    // The same word for a changed password and for a token used before.
    const reply = oauthError(401, "login_required", "The refresh_token is invalid or was used already");
    return accountId === undefined ? { reply } : { reply, accountId };
  }
  const withCommands = !faults.lacksScopes(parts.vinsOf(accountId));
  const issued = tokens.issue(accountId, atMs, parts.audience(), withCommands);
  if (faults.strike({ atMs, kind: "token", accountId }, (kind) => kind === "lost-rotation")) {
    return { reply: CUT, accountId };
  }
  const reply = json(200, {
    access_token: issued.accessToken,
    refresh_token: issued.refreshToken,
    id_token: issued.idToken,
    expires_in: issued.expiresInSeconds,
    state: form.get("state") ?? "",
    token_type: "Bearer",
  });
  return { reply, accountId };
}

function clientOf(request: Request, form: URLSearchParams): { id: string | undefined; secret: string | undefined } {
  const basic = /^Basic (.+)$/i.exec(request.authorization ?? "")?.[1];
  if (basic !== undefined) {
    const [id = "", secret = ""] = Buffer.from(basic, "base64").toString("utf8").split(":");
    return { id: decodeURIComponent(id), secret: decodeURIComponent(secret) };
  }
  return { id: form.get("client_id") ?? undefined, secret: form.get("client_secret") ?? undefined };
}

function oauthError(status: number, error: string, description: string): Reply {
  return json(status, { error, error_description: description, error_uri: "", state: "" });
}
