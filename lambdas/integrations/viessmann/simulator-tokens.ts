import { createHash } from "node:crypto";
import { json, type Reply } from "./simulator-reply.ts";

const ACCESS_LIFE_MS = 3_600_000;
const REFRESH_LIFE_MS = 180 * 24 * ACCESS_LIFE_MS;

export type Access = { accountId: string; expired: boolean };

/** The vendor's books of who may act for whom: a refresh token stays the same until it ends or consent is withdrawn. */
export class Tokens {
  readonly #seed: number;
  readonly #clientId: string;
  readonly #refresh = new Map<string, { accountId: string; endsAtMs: number }>();
  readonly #access = new Map<string, { accountId: string; endsAtMs: number }>();
  #serial = 0;

  constructor(seed: number, clientId: string) {
    this.#seed = seed;
    this.#clientId = clientId;
  }

  /** As after the customer's consent. */
  issue(accountId: string, nowMs: number) {
    const refreshToken = this.#secret("refresh");
    this.#refresh.set(refreshToken, { accountId, endsAtMs: nowMs + REFRESH_LIFE_MS });
    return { accessToken: this.#newAccess(accountId, nowMs), refreshToken, expiresInSeconds: ACCESS_LIFE_MS / 1000 };
  }

  accountOf(accessToken: string, nowMs: number): Access | undefined {
    const access = this.#access.get(accessToken);
    return access && { accountId: access.accountId, expired: nowMs >= access.endsAtMs };
  }

  expireNow(accessToken: string): void {
    const access = this.#access.get(accessToken);
    if (access) access.endsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The customer removes our access. */
  revoke(accountId: string): void {
    for (const tokens of [this.#refresh, this.#access]) {
      for (const token of tokens.values()) if (token.accountId === accountId) token.endsAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** POST /idp/v3/token with `grant_type=refresh_token`, by a public client. */
  answer(body: string, nowMs: number): { reply: Reply; accountId?: string } {
    const form = new URLSearchParams(body);
    // A secret is refused too: this client has none, and must not act as if it had.
    if (form.get("client_id") !== this.#clientId || form.has("client_secret")) return refused(401, "invalid_client");
    if (form.get("grant_type") !== "refresh_token") return refused(400, "unsupported_grant_type");
    const known = this.#refresh.get(form.get("refresh_token") ?? "");
    if (!known) return refused(400, "invalid_grant");
    const { accountId, endsAtMs } = known;
    if (nowMs >= endsAtMs) return { ...refused(400, "invalid_grant"), accountId };
    const reply = json(200, {
      access_token: this.#newAccess(accountId, nowMs),
      expires_in: ACCESS_LIFE_MS / 1000,
      token_type: "Bearer",
    });
    return { reply, accountId };
  }

  #newAccess(accountId: string, nowMs: number): string {
    const token = this.#secret("access");
    this.#access.set(token, { accountId, endsAtMs: nowMs + ACCESS_LIFE_MS });
    return token;
  }

  #secret(purpose: string): string {
    return createHash("sha256")
      .update(`${this.#seed} ${purpose} ${this.#serial++}`)
      .digest("base64url");
  }
}

function refused(status: number, error: string): { reply: Reply } {
  return { reply: json(status, { error, error_description: error }) };
}
