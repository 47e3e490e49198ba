import { createHash } from "node:crypto";

const LIFE_MS = 3_600_000;

/** The vendor's books of who may act for whom: each refresh token works once. TODO: as the vendor really does it. */
export class Tokens {
  readonly #clock: { now(): number };
  readonly #seed: number;
  readonly #access = new Map<string, number>();
  readonly #refresh = new Map<string, string>();
  #serial = 0;

  constructor(clock: { now(): number }, seed: number) {
    this.#clock = clock;
    this.#seed = seed;
  }

  issue = (accountId: string) => {
    const [accessToken, refreshToken] = [this.#token("access"), this.#token("refresh")];
    this.#access.set(accessToken, this.#clock.now() + LIFE_MS);
    this.#refresh.set(refreshToken, accountId);
    return { accessToken, refreshToken, expiresInSeconds: LIFE_MS / 1000 };
  };

  /** A new pair, or undefined when the refresh token is unknown or was used before. */
  renew(refreshToken: string) {
    const accountId = this.#refresh.get(refreshToken);
    this.#refresh.delete(refreshToken);
    return accountId === undefined ? undefined : this.issue(accountId);
  }

  isGood(authorization = ""): boolean {
    return (this.#access.get(authorization.replace("Bearer ", "")) ?? 0) > this.#clock.now();
  }

  #token(kind: string): string {
    return createHash("sha256")
      .update(`${this.#seed} ${kind} ${this.#serial++}`)
      .digest("hex");
  }
}
