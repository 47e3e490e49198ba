import { hash } from "node:crypto";
import * as z from "zod";
import { epochMs, type Instant, plusMs } from "./domain/instant.ts";
import { VendorError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Sealer } from "./seal.ts";
import { type Account, type AccountsStore, accountKey } from "./store/accounts.ts";

export const TokenPair = z.strictObject({ accessToken: z.string().min(1), refreshToken: z.string().min(1) });
export type TokenPair = z.infer<typeof TokenPair>;

/** What a vendor says to the request for a new pair. A refresh token that is not given anew stays. */
export type RenewalAnswer =
  | { kind: "renewed"; accessToken: string; refreshToken: string | undefined; expiresInSeconds: number }
  | { kind: "refused" };

/**
 * How a vendor renews a pair. The outer call fetches what is needed beforehand; the inner one is the vendor call itself,
 * and throws VendorError with `mayHaveActed` when the pair may have been rotated all the same.
 */
export type Renewal = () => Promise<(pair: TokenPair) => Promise<RenewalAnswer>>;

export type TokenSource = {
  /**
   * A usable access token of a customer's account, renewed if it is near its end.
   * Throws `credentials-revoked` when the customer must reconnect, LoginWaits (`transient`) when it is being renewed.
   */
  accessToken(accountId: string): Promise<string>;
  /** Tells that the vendor refused a token although it should have lived: the next call renews it. */
  refusedToken(accountId: string, accessToken: string): Promise<void>;
};

/** A login waits: for another worker that renews it, or to be tried once more after a refusal. The vendor answered. */
export class LoginWaits extends VendorError {}

type Dependencies = {
  integration: string;
  renewal: Renewal;
  /** Opened pairs by account, kept for the life of the process. */
  remembered: Map<string, { version: number; pair: TokenPair }>;
  accounts: AccountsStore;
  sealer: Sealer;
  now: () => Instant;
  log: Log;
  remainingMs: () => number;
  /** Names a holder of the lease; never the same twice. */
  newId: () => string;
};

export const HTTP_TIMEOUT_MS = 8_000;
// Longer than a worker can live (30 s) plus the call's timeout and clock skew, so a lease never ends under its holder.
const LEASE_MS = 90_000;
const RENEW_BEFORE_END_MS = 10 * 60_000;

/**
 * Tokens that rotate: one worker at a time renews under a lease, records the attempt before the call, and stores the
 * new pair as the very next await (the data key is fetched beforehand). A refusal counts as revoked only when it is
 * repeated after a lease's time with no newer pair in the store.
 */
export function tokenSource(deps: Dependencies): TokenSource {
  const { remembered } = deps;
  /** Assets of one account that are handled together share one renewal. */
  const renewals = new Map<string, Promise<TokenPair>>();

  const openPair = async (account: Account): Promise<TokenPair> => {
    const known = remembered.get(account.account);
    if (known?.version === account.version) return known.pair;
    const pair = TokenPair.parse(JSON.parse(await deps.sealer.open(account.tokens, { account: account.account })));
    remembered.set(account.account, { version: account.version, pair });
    return pair;
  };

  const load = async (accountId: string, mayBeStale = false): Promise<Account> => {
    const account = await deps.accounts.get(accountKey(deps.integration, accountId), { mayBeStale });
    if (!account) throw revoked("the account is not linked");
    if (account.revokedAt) throw revoked("the customer must reconnect the account");
    return account;
  };

  const renew = async (account: Account): Promise<TokenPair> => {
    if (deps.remainingMs() < 3 * HTTP_TIMEOUT_MS) throw busy("too little time left to renew a token safely");
    const owner = deps.newId();
    const now = deps.now();
    if (account.refusedAt !== undefined && epochMs(now) - epochMs(account.refusedAt) < LEASE_MS)
      throw busy("the vendor refused a moment ago; it is asked once more after a lease's time");
    const [seal, ask] = await Promise.all([deps.sealer.prepare({ account: account.account }), deps.renewal()]);
    const pair = await openPair(account);
    const held = await deps.accounts.lease(account.account, account.version, owner, now, plusMs(now, LEASE_MS));
    if (!held) {
      deps.log.info("TOKEN_LEASE_HELD");
      return newerPair(account, "another worker is renewing the token");
    }
    let answer: RenewalAnswer;
    try {
      answer = await ask(pair);
    } catch (error) {
      if (error instanceof VendorError && error.mayHaveActed) throw error; // the lease outlives us; the attempt stays on record
      await deps.accounts.giveBack(owner, held);
      throw error;
    }
    const { refreshAttemptAt: _, refusedAt, ...settled } = held;
    if (answer.kind === "refused") {
      const isRepeated = refusedAt !== undefined;
      const noted = { ...settled, refusedAt: refusedAt ?? now, ...(isRepeated && { revokedAt: now }) };
      return refusal(account, isRepeated, () => deps.accounts.giveBack(owner, noted));
    }

    const next = { accessToken: answer.accessToken, refreshToken: answer.refreshToken ?? pair.refreshToken };
    const renewed = {
      ...settled,
      tokens: seal(JSON.stringify(next)),
      version: account.version + 1,
      accessExpiresAt: plusMs(now, answer.expiresInSeconds * 1000),
    };
    const store = () => deps.accounts.giveBack(owner, renewed);
    // The only copy of the new pair: a write that failed is repeated before anything else.
    const stored = await store().catch(store);
    if (!stored) return newerPair(account, "the renewal lease was lost");
    remembered.set(account.account, { version: account.version + 1, pair: next });
    deps.log.info("TOKEN_REFRESHED");
    return next;
  };

  const refusal = async (account: Account, repeated: boolean, note: () => Promise<boolean>): Promise<TokenPair> => {
    const current = await deps.accounts.get(account.account);
    const newer = current !== undefined && current.version !== account.version;
    deps.log.warn("TOKEN_REFRESH_REFUSED", { newer, repeated, crashBefore: account.refreshAttemptAt !== undefined });
    if (newer) return openPair(current);
    await note();
    if (repeated) throw revoked("the vendor refused to renew the login twice");
    throw busy("the vendor refused to renew the login once; it is tried again before the customer is asked");
  };

  /** What another worker stored meanwhile. Throws `transient` when there is nothing yet: a second renewal is never queued. */
  const newerPair = async (account: Account, otherwise: string): Promise<TokenPair> => {
    const current = await deps.accounts.get(account.account);
    if (!current || current.version === account.version) throw busy(otherwise);
    return openPair(current);
  };

  const renewOnce = (account: Account): Promise<TokenPair> => {
    const underWay = renewals.get(account.account);
    if (underWay !== undefined) return underWay;
    const renewal = renew(account).finally(() => renewals.delete(account.account));
    renewals.set(account.account, renewal);
    return renewal;
  };

  return {
    async accessToken(accountId) {
      // Every look begins with this read. A pair of a moment ago still works, and the lease knows its version.
      const account = await load(accountId, true);
      const lifeMs = epochMs(account.accessExpiresAt) - epochMs(deps.now());
      if (lifeMs > renewBeforeEndMs(account)) return (await openPair(account)).accessToken;
      try {
        return (await renewOnce(account)).accessToken;
      } catch (error) {
        const waits = error instanceof VendorError && error.fault === "transient";
        if (waits && lifeMs > 0) return (await openPair(account)).accessToken;
        throw error;
      }
    },
    async refusedToken(accountId, accessToken) {
      const account = await load(accountId);
      if ((await openPair(account)).accessToken !== accessToken) return;
      await deps.accounts.expire(account.account, account.version, deps.now());
    },
  };
}

export const OPERATION = "token refresh";

/** Between half and all of the margin, by account and pair: logins made together are not renewed together. */
function renewBeforeEndMs({ account, version }: Account): number {
  const share = hash("sha256", `${account}#${version}`, "buffer").readUInt16BE() / 0xffff;
  return RENEW_BEFORE_END_MS * (0.5 + share / 2);
}

function revoked(message: string): VendorError {
  return new VendorError({ fault: "credentials-revoked", operation: OPERATION, message });
}

function busy(message: string): LoginWaits {
  return new LoginWaits({ fault: "transient", operation: OPERATION, message });
}
