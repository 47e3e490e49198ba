import { createHash } from "node:crypto";

const ACCESS_LIFE_MS = 3_600_000;

/** The vendor's books of who may act for whom. A refresh token is good for one use. */
export class Tokens {
  readonly #seed: number;
  readonly #current = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  readonly #access = new Map<string, { accountId: string; expiresAtMs: number }>();
  #serial = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** As after the customer's consent, or after a rotation. */
  issue(accountId: string, nowMs: number): { accessToken: string; refreshToken: string; expiresInSeconds: number } {
    const accessToken = this.#digest("access");
    const refreshToken = this.#digest("refresh");
    this.#current.set(accountId, refreshToken);
    this.#owners.set(refreshToken, accountId);
    this.#access.set(accessToken, { accountId, expiresAtMs: nowMs + ACCESS_LIFE_MS });
    return { accessToken, refreshToken, expiresInSeconds: ACCESS_LIFE_MS / 1000 };
  }

  /** Whose refresh token this is; undefined when it is unknown or was used. Using it spends it. */
  spend(refreshToken: string): string | undefined {
    const accountId = this.#owners.get(refreshToken);
    if (accountId === undefined || this.#current.get(accountId) !== refreshToken) return undefined;
    this.#current.delete(accountId);
    return accountId;
  }

  accountOf(accessToken: string, nowMs: number): string | undefined {
    const access = this.#access.get(accessToken);
    return access && nowMs < access.expiresAtMs ? access.accountId : undefined;
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
