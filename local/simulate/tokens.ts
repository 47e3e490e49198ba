import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";

export type Pair = { accessToken: string; refreshToken: string; expiresInSeconds: number };
/** What a vendor does with a refresh token that was used before. */
export type Rotating = "strict" | "grace" | "reuse-revokes";

/** How a vendor of that word is taken to mean it: one that is strict may as well take a second use for theft. */
export function rotatingOf(semantics: string, random: () => number): Rotating {
  if (semantics === "grace") return "grace";
  return random() < 0.5 ? "strict" : "reuse-revokes";
}

const GRACE_MS = HOUR_MS;
const LIFE_MS = { least: 100 * MINUTE_MS, more: 150 * MINUTE_MS };

type Chain = { current: string; previous: { token: string; untilMs: number } | undefined; isRevoked: boolean };

/** A vendor's books of logins: refresh tokens rotate, access tokens end. */
export class TokenBooks {
  readonly #rotating: Rotating;
  readonly #random: () => number;
  readonly #chains = new Map<string, Chain>();
  readonly #owners = new Map<string, string>();
  readonly #access = new Map<string, { accountId: string; endsMs: number }>();
  #serial = 0;

  constructor(rotating: Rotating, random: () => number) {
    this.#rotating = rotating;
    this.#random = random;
  }

  /** As after a customer's consent, or after a rotation. */
  issue(accountId: string, nowMs: number, spent?: string): Pair {
    this.#serial += 1;
    const [accessToken, refreshToken] = [`access-${accountId}-${this.#serial}`, `refresh-${accountId}-${this.#serial}`];
    const lifeMs = Math.round(LIFE_MS.least + this.#random() * LIFE_MS.more);
    const previous = spent === undefined ? undefined : { token: spent, untilMs: nowMs + GRACE_MS };
    this.#chains.set(accountId, { current: refreshToken, previous, isRevoked: false });
    this.#owners.set(refreshToken, accountId);
    this.#access.set(accessToken, { accountId, endsMs: nowMs + lifeMs });
    return { accessToken, refreshToken, expiresInSeconds: Math.round(lifeMs / 1000) };
  }

  renew(refreshToken: string, nowMs: number): (Pair & { accountId: string }) | "refused" {
    const accountId = this.#owners.get(refreshToken);
    if (accountId === undefined || !this.isHonoured(refreshToken, nowMs)) {
      const chain = accountId === undefined ? undefined : this.#chains.get(accountId);
      if (chain && this.#rotating === "reuse-revokes") chain.isRevoked = true;
      return "refused";
    }
    return { accountId, ...this.issue(accountId, nowMs, refreshToken) };
  }

  /** Whether a refresh token would be taken now. */
  isHonoured(refreshToken: string, nowMs: number): boolean {
    const chain = this.#chains.get(this.#owners.get(refreshToken) ?? "");
    if (!chain || chain.isRevoked) return false;
    if (chain.current === refreshToken) return true;
    const { previous } = chain;
    return this.#rotating === "grace" && previous?.token === refreshToken && nowMs < previous.untilMs;
  }

  /** Whom an access token speaks for; undefined when it is over or never was. */
  accountOf(accessToken: string, nowMs: number): string | undefined {
    const access = this.#access.get(accessToken);
    if (!access || nowMs >= access.endsMs || this.#chains.get(access.accountId)?.isRevoked) return undefined;
    return access.accountId;
  }
}
