import { HOUR_MS } from "../../shared/domain/instant.ts";
import { loginLifeMs } from "./unrest.ts";

export type Pair = { accessToken: string; refreshToken: string; expiresInSeconds: number };
/** What a vendor does with a refresh token that was used before. */
export type Rotating = "strict" | "grace" | "reuse-revokes";

/** How a vendor of that word is taken to mean it: one that is strict may as well take a second use for theft. */
export function rotatingOf(semantics: string, random: () => number): Rotating {
  if (semantics === "grace") return "grace";
  return random() < 0.5 ? "strict" : "reuse-revokes";
}

const GRACE_MS = HOUR_MS;

/** What one consent of a customer gave, from pair to pair: a token that is used twice ends its own chain, no other. */
type Chain = {
  accountId: string;
  current: string;
  previous: { token: string; untilMs: number } | undefined;
  isRevoked: boolean;
};

/** A vendor's books of logins: refresh tokens rotate, access tokens end. */
export class TokenBooks {
  readonly #rotating: Rotating;
  readonly #random: () => number;
  readonly #lifeMs: { least: number; more: number };
  /** By refresh token, spent or not. */
  readonly #chains = new Map<string, Chain>();
  /** The chain of each account's last consent: it ended those before it. */
  readonly #valid = new Map<string, Chain>();
  readonly #access = new Map<string, { chain: Chain; endsMs: number }>();
  /** Access tokens that were not let in, for whatever reason. */
  readonly turnedAway = new Set<string>();
  #serial = 0;

  constructor(rotating: Rotating, random: () => number, lifeMs = loginLifeMs({})) {
    this.#rotating = rotating;
    this.#random = random;
    this.#lifeMs = lifeMs;
  }

  /** As after a customer's consent, or after a rotation. */
  issue(accountId: string, nowMs: number, spent?: string): Pair {
    this.#serial += 1;
    const [accessToken, refreshToken] = [`access-${accountId}-${this.#serial}`, `refresh-${accountId}-${this.#serial}`];
    const lifeMs = Math.round(this.#lifeMs.least + this.#random() * this.#lifeMs.more);
    const previous = spent === undefined ? undefined : { token: spent, untilMs: nowMs + GRACE_MS };
    const chain = Object.assign(this.#chains.get(spent ?? "") ?? { accountId, isRevoked: false }, {
      current: refreshToken,
      previous,
    });
    this.#chains.set(refreshToken, chain);
    this.#valid.set(accountId, chain);
    this.#access.set(accessToken, { chain, endsMs: nowMs + lifeMs });
    return { accessToken, refreshToken, expiresInSeconds: Math.round(lifeMs / 1000) };
  }

  renew(refreshToken: string, nowMs: number): (Pair & { accountId: string }) | "refused" {
    const chain = this.#chains.get(refreshToken);
    if (!chain || !this.isHonoured(refreshToken, nowMs)) {
      if (chain && this.#rotating === "reuse-revokes") chain.isRevoked = true;
      return "refused";
    }
    return { accountId: chain.accountId, ...this.issue(chain.accountId, nowMs, refreshToken) };
  }

  /** Whose login a refresh token was made for. */
  ownerOf(refreshToken: string): string | undefined {
    return this.#chains.get(refreshToken)?.accountId;
  }

  /** Whether a refresh token would be taken now. */
  isHonoured(refreshToken: string, nowMs: number): boolean {
    const chain = this.#chains.get(refreshToken);
    if (!chain || chain.isRevoked || this.#valid.get(chain.accountId) !== chain) return false;
    if (chain.current === refreshToken) return true;
    const { previous } = chain;
    return this.#rotating === "grace" && previous?.token === refreshToken && nowMs < previous.untilMs;
  }

  /** When an access token ends, as far as whoever was given it knows. */
  endsMs(accessToken: string): number {
    return this.turnedAway.has(accessToken) ? 0 : (this.#access.get(accessToken)?.endsMs ?? 0);
  }

  /** Whom an access token speaks for; undefined when it is over or never was. */
  accountOf(accessToken: string, nowMs: number): string | undefined {
    const access = this.#access.get(accessToken);
    if (!access || nowMs >= access.endsMs || access.chain.isRevoked) return undefined;
    return access.chain.accountId;
  }
}
