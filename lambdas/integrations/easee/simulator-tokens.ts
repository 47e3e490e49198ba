import { createHash } from "node:crypto";

type Login = { accountId: string; userName: string; password: string };
export type Issued = {
  accessToken: string;
  expiresIn: number;
  accessClaims: string[];
  tokenType: string;
  refreshToken: string;
};

const REFRESH_LIFE_MS = 24 * 3_600_000;

/** The vendor's books of who may act for whom. A refresh token is good once. */
export class Tokens {
  readonly #seed: number;
  readonly #accessLifeMs: number;
  readonly #logins = new Map<string, Login>();
  readonly #access = new Map<string, { accountId: string; endsAtMs: number }>();
  readonly #refresh = new Map<string, { accountId: string; endsAtMs: number }>();
  #serial = 0;

  constructor(seed: number, accessLifeMs: number) {
    this.#seed = seed;
    this.#accessLifeMs = accessLifeMs;
  }

  /** The account's login, made at its first mention. */
  loginOf(accountId: string): Login {
    const known = this.#logins.get(accountId);
    if (known) return known;
    const login = { accountId, userName: `user-${accountId}`, password: this.#digest(`password ${accountId}`) };
    this.#logins.set(accountId, login);
    return login;
  }

  changePassword(accountId: string): void {
    this.#logins.set(accountId, { ...this.loginOf(accountId), password: this.#digest("changed") });
    for (const [token, { accountId: owner }] of this.#refresh) if (owner === accountId) this.#refresh.delete(token);
  }

  accountOfPassword(userName: unknown, password: unknown): string | undefined {
    return [...this.#logins.values()].find((login) => login.userName === userName && login.password === password)
      ?.accountId;
  }

  issue(accountId: string, nowMs: number): Issued {
    const accessToken = this.#digest("access");
    const refreshToken = this.#digest("refresh");
    this.#access.set(accessToken, { accountId, endsAtMs: nowMs + this.#accessLifeMs });
    this.#refresh.set(refreshToken, { accountId, endsAtMs: nowMs + REFRESH_LIFE_MS });
    return {
      accessToken,
      expiresIn: this.#accessLifeMs / 1000,
      accessClaims: ["User"],
      tokenType: "Bearer",
      refreshToken,
    };
  }

  /** Whose refresh token this is, which ends it; undefined when it is not good. */
  spend(refreshToken: unknown, accessToken: unknown, nowMs: number): string | undefined {
    if (typeof refreshToken !== "string" || typeof accessToken !== "string") return undefined;
    const known = this.#refresh.get(refreshToken);
    this.#refresh.delete(refreshToken);
    return known && nowMs < known.endsAtMs ? known.accountId : undefined;
  }

  accountOf(accessToken: string, nowMs: number): string | undefined {
    const access = this.#access.get(accessToken);
    return access && nowMs < access.endsAtMs ? access.accountId : undefined;
  }

  expireNow(accessToken: string): void {
    this.#access.delete(accessToken);
  }

  #digest(purpose: string): string {
    return createHash("sha256")
      .update(`${this.#seed} ${purpose} ${this.#serial++}`)
      .digest("hex");
  }
}
