import { createHash } from "node:crypto";

const HOUR_MS = 3_600_000;

/**
 * What happens to a refresh token that was already used. `grace`: the last one is honoured for a while (so Tesla's
 * FAQ); `strict`: refused; `reuse-revokes`: refused and everything of the account with it, as stricter issuers do.
 */
type RotationRule = "grace" | "strict" | "reuse-revokes";

export type TokenRules = { rotation: RotationRule; graceMs: number; accessLifeMs: number; refreshLifeMs: number };

export const TESLA_TOKENS: TokenRules = {
  rotation: "grace",
  graceMs: 24 * HOUR_MS,
  accessLifeMs: 8 * HOUR_MS,
  refreshLifeMs: 90 * 24 * HOUR_MS,
};

export type Issued = { accessToken: string; refreshToken: string; idToken: string; expiresInSeconds: number };

type Account = {
  current: string;
  expiresAtMs: number;
  previous: { token: string; honouredUntilMs: number } | undefined;
};

const SCOPES = ["openid", "offline_access", "vehicle_device_data", "vehicle_charging_cmds", "vehicle_cmds"];

/** The vendor's books of who may act for whom. */
export class Tokens {
  readonly #rules: TokenRules;
  readonly #seed: number;
  readonly #clientId: string;
  readonly #accounts = new Map<string, Account>();
  readonly #owners = new Map<string, string>();
  readonly #access = new Map<string, { accountId: string; expiresAtMs: number }>();
  #serial = 0;

  constructor(rules: TokenRules, seed: number, clientId: string) {
    this.#rules = rules;
    this.#seed = seed;
    this.#clientId = clientId;
  }

  /** As after the customer's consent, or after a rotation. */
  issue(accountId: string, nowMs: number, audience: string, withCommands: boolean): Issued {
    const refreshToken = `EU_${this.#digest("refresh")}`;
    const accessToken = this.#jwt(accountId, nowMs, audience, withCommands);
    const before = this.#accounts.get(accountId);
    this.#accounts.set(accountId, {
      current: refreshToken,
      expiresAtMs: nowMs + this.#rules.refreshLifeMs,
      previous: before?.previous,
    });
    this.#owners.set(refreshToken, accountId);
    this.#access.set(accessToken, { accountId, expiresAtMs: nowMs + this.#rules.accessLifeMs });
    return {
      accessToken,
      refreshToken,
      idToken: this.#jwt(accountId, nowMs, audience, withCommands),
      expiresInSeconds: this.#rules.accessLifeMs / 1000,
    };
  }

  /** Whose refresh token this is, if it may be used now; using it spends it. */
  spend(refreshToken: string, nowMs: number): { accountId: string | undefined; honoured: boolean } {
    const accountId = this.#owners.get(refreshToken);
    const account = accountId === undefined ? undefined : this.#accounts.get(accountId);
    if (accountId === undefined || !account) return { accountId, honoured: false };
    if (refreshToken === account.current) {
      if (nowMs >= account.expiresAtMs) return { accountId, honoured: false };
      account.previous = { token: refreshToken, honouredUntilMs: nowMs + this.#rules.graceMs };
      return { accountId, honoured: true };
    }
    const { previous } = account;
    const inGrace = previous?.token === refreshToken && nowMs < previous.honouredUntilMs;
    if (this.#rules.rotation === "grace" && inGrace) return { accountId, honoured: true };
    if (this.#rules.rotation === "reuse-revokes") this.#revoke(accountId);
    return { accountId, honoured: false };
  }

  /** The account an access token speaks for: undefined if we never issued it, "expired" if it is over. */
  accountOf(accessToken: string, nowMs: number): { accountId: string; expired: boolean } | undefined {
    const access = this.#access.get(accessToken);
    return access && { accountId: access.accountId, expired: nowMs >= access.expiresAtMs };
  }

  expireNow(accessToken: string): void {
    const access = this.#access.get(accessToken);
    if (access) access.expiresAtMs = Number.NEGATIVE_INFINITY;
  }

  #revoke(accountId: string): void {
    this.#accounts.delete(accountId);
    for (const access of this.#access.values()) {
      if (access.accountId === accountId) access.expiresAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  #digest(purpose: string): string {
    return createHash("sha256")
      .update(`${this.#seed} ${purpose} ${this.#serial++}`)
      .digest("hex");
  }

  /** Well-formed, but its signature is only decoration: nothing here verifies it, and no client should. */
  #jwt(accountId: string, nowMs: number, audience: string, withCommands: boolean): string {
    const header = { alg: "RS256", typ: "JWT", kid: "simulated" };
    const claims = {
      iss: "https://fleet-auth.tesla.com/oauth2/v3/nts",
      azp: this.#clientId,
      sub: accountId,
      aud: [audience, "https://auth.tesla.com/oauth2/v3/userinfo"],
      scp: withCommands ? SCOPES : SCOPES.filter((scope) => !scope.endsWith("_cmds")),
      amr: ["pwd"],
      iat: Math.floor(nowMs / 1000),
      exp: Math.floor((nowMs + this.#rules.accessLifeMs) / 1000),
      ou_code: "EU",
      locale: "en-GB",
      jti: this.#digest("jti"),
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part(header)}.${part(claims)}.${Buffer.from(this.#digest("signature"), "hex").toString("base64url")}`;
  }
}
