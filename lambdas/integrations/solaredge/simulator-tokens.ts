import { createHash } from "node:crypto";

const ACCESS_LIFE_MS = 7_200_000;
const REFRESH_LIFE_MS = 30 * 24 * 3_600_000;

export type Issued = { accessToken: string; refreshToken: string; expiresInSeconds: number };

/** The vendor's books of who may act for whom: a refresh token dies when it is used. */
export class Tokens {
  readonly #seed: number;
  readonly #refresh = new Map<string, { accountId: string; expiresAtMs: number }>();
  readonly #access = new Map<string, { accountId: string; expiresAtMs: number }>();
  #serial = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  issue(accountId: string, nowMs: number): Issued {
    const [accessToken, refreshToken] = [this.#digest("access"), this.#digest("refresh")];
    this.#access.set(accessToken, { accountId, expiresAtMs: nowMs + ACCESS_LIFE_MS });
    this.#refresh.set(refreshToken, { accountId, expiresAtMs: nowMs + REFRESH_LIFE_MS });
    return { accessToken, refreshToken, expiresInSeconds: ACCESS_LIFE_MS / 1000 };
  }

  /** Whose refresh token this is, if it may still be used; using it spends it. */
  spend(refreshToken: string, nowMs: number): string | undefined {
    const known = this.#refresh.get(refreshToken);
    this.#refresh.delete(refreshToken);
    return known && nowMs < known.expiresAtMs ? known.accountId : undefined;
  }

  /** The account an access token speaks for while it lives. */
  accountOf(accessToken: string, nowMs: number): string | undefined {
    const known = this.#access.get(accessToken);
    return known && nowMs < known.expiresAtMs ? known.accountId : undefined;
  }

  expireNow(accessToken: string): void {
    this.#access.delete(accessToken);
  }

  #digest(purpose: string): string {
    return createHash("sha256")
      .update(`${this.#seed} ${purpose} ${this.#serial++}`)
      .digest("base64url");
  }
}
