import { createHash, randomUUID } from "node:crypto";
import * as oauth from "oauth4webapi";
import * as z from "zod";
import { epochMs, type Instant, plusMs } from "./domain/instant.ts";
import { VendorError } from "./errors.ts";
import type { Fetch } from "./http.ts";
import type { Log } from "./log.ts";
import type { Sealer } from "./seal.ts";
import { type Account, type AccountsStore, accountKey } from "./store/accounts.ts";

export const TokenPair = z.strictObject({ accessToken: z.string().min(1), refreshToken: z.string().min(1) });
export type TokenPair = z.infer<typeof TokenPair>;

/** What a vendor's OAuth server is called and how it knows us. */
type OAuthClient = { tokenUrl: URL; clientId: string; clientSecret: string };

export type TokenSource = {
  /**
   * A usable access token of a customer's account, renewed if it is near its end.
   * Throws `credentials-revoked` when the customer must reconnect, `transient` when another worker is renewing it.
   */
  accessToken(accountId: string): Promise<string>;
  /** Tells that the vendor refused a token although it should have lived: the next call renews it. */
  refusedToken(accountId: string, accessToken: string): Promise<void>;
};

type Dependencies = {
  integration: string;
  /** Reads the platform's own credentials for the vendor; asked only when a token must be renewed. */
  oauthClient: () => Promise<OAuthClient>;
  /** Opened pairs by account, kept for the life of the process. */
  remembered: Map<string, { version: number; pair: TokenPair }>;
  accounts: AccountsStore;
  sealer: Sealer;
  fetch: Fetch;
  now: () => Instant;
  log: Log;
  remainingMs: () => number;
};

const HTTP_TIMEOUT_MS = 8_000;
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

  const load = async (accountId: string): Promise<Account> => {
    const account = await deps.accounts.get(accountKey(deps.integration, accountId));
    if (!account) throw revoked("the account is not linked");
    if (account.revokedAt) throw revoked("the customer must reconnect the account");
    return account;
  };

  const renew = async (account: Account): Promise<TokenPair> => {
    if (deps.remainingMs() < 3 * HTTP_TIMEOUT_MS) throw busy("too little time left to renew a token safely");
    const owner = randomUUID();
    const now = deps.now();
    const [seal] = await Promise.all([deps.sealer.prepare({ account: account.account }), deps.oauthClient()]);
    const pair = await openPair(account);
    if (!(await deps.accounts.lease(account.account, account.version, owner, now, plusMs(now, LEASE_MS)))) {
      deps.log.info("TOKEN_LEASE_HELD");
      return newerPair(account, "another worker is renewing the token");
    }
    let answer: RefreshAnswer;
    try {
      answer = await refresh(deps, pair.refreshToken);
    } catch (error) {
      if (error instanceof VendorError && error.mayHaveActed) throw error; // the lease outlives us; the attempt stays on record
      await deps.accounts.release(account.account, owner);
      throw error;
    }
    if (answer.kind === "refused") return refusal(account, owner, now);

    const next = { accessToken: answer.accessToken, refreshToken: answer.refreshToken ?? pair.refreshToken };
    const renewed = {
      tokens: seal(JSON.stringify(next)),
      version: account.version + 1,
      accessExpiresAt: plusMs(now, answer.expiresInSeconds * 1000),
    };
    const store = () => deps.accounts.renewed(account.account, owner, renewed);
    // The only copy of the new pair: a write that failed is repeated before anything else.
    const stored = await store().catch(store);
    if (!stored) return newerPair(account, "the renewal lease was lost");
    remembered.set(account.account, { version: account.version + 1, pair: next });
    deps.log.info("TOKEN_REFRESHED");
    return next;
  };

  const refusal = async (account: Account, owner: string, now: Instant): Promise<TokenPair> => {
    const current = await deps.accounts.get(account.account);
    const newer = current !== undefined && current.version !== account.version;
    const repeated = account.refusedAt !== undefined && epochMs(now) - epochMs(account.refusedAt) >= LEASE_MS;
    deps.log.warn("TOKEN_REFRESH_REFUSED", { newer, repeated, crashBefore: account.refreshAttemptAt !== undefined });
    if (newer) return openPair(current);
    await deps.accounts.refused(account.account, owner, now, repeated);
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
    if (underWay) return underWay;
    const renewal = renew(account).finally(() => renewals.delete(account.account));
    renewals.set(account.account, renewal);
    return renewal;
  };

  return {
    async accessToken(accountId) {
      const account = await load(accountId);
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

/** Between half and all of the margin, by account and pair: logins made together are not renewed together. */
function renewBeforeEndMs({ account, version }: Account): number {
  const share = createHash("sha256").update(`${account}#${version}`).digest().readUInt16BE() / 0xffff;
  return RENEW_BEFORE_END_MS * (0.5 + share / 2);
}

type RefreshAnswer =
  | { kind: "renewed"; accessToken: string; refreshToken: string | undefined; expiresInSeconds: number }
  | { kind: "refused" };

const OPERATION = "token refresh";
// What vendors answer instead of, or besides, the standard's invalid_grant.
const REFUSALS = ["invalid_grant", "login_required", "invalid_token"];

async function refresh(deps: Dependencies, refreshToken: string): Promise<RefreshAnswer> {
  const { tokenUrl, clientId, clientSecret } = await deps.oauthClient();
  const server: oauth.AuthorizationServer = { issuer: tokenUrl.origin, token_endpoint: tokenUrl.href };
  const client: oauth.Client = { client_id: clientId };
  let response: Response;
  try {
    response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(clientSecret),
      refreshToken,
      {
        [oauth.customFetch]: (url, init) => deps.fetch(url, { ...init, signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) }),
        [oauth.allowInsecureRequests]: isLoopback(tokenUrl),
      },
    );
  } catch (cause) {
    throw new VendorError({
      fault: "transient",
      operation: OPERATION,
      message: "no answer",
      mayHaveActed: true,
      cause,
    });
  }
  if (response.status >= 500 || response.status === 429) {
    throw new VendorError({
      fault: "transient",
      operation: OPERATION,
      status: response.status,
      message: `HTTP ${response.status}`,
    });
  }
  try {
    const result = await oauth.processRefreshTokenResponse(server, client, await toBareAnswer(response));
    return {
      kind: "renewed",
      accessToken: result.access_token,
      refreshToken: result.refresh_token,
      expiresInSeconds: result.expires_in ?? 3600,
    };
  } catch (cause) {
    if (cause instanceof oauth.ResponseBodyError && REFUSALS.includes(cause.error)) return { kind: "refused" };
    if (cause instanceof oauth.ResponseBodyError && cause.error === "invalid_client") {
      throw new VendorError({
        fault: "our-configuration",
        operation: OPERATION,
        message: "the vendor does not know our client",
        cause,
      });
    }
    // A 200 that cannot be read has rotated the pair all the same.
    throw new VendorError({
      fault: "malformed-message",
      operation: OPERATION,
      status: response.status,
      message: "unreadable answer",
      mayHaveActed: response.ok,
      cause,
    });
  }
}

/**
 * We use OAuth, not OpenID: an id token is neither needed nor verified, so it is dropped unread. An authentication
 * challenge is dropped too, because it would hide the body, which tells a refused login from a wrong client.
 */
async function toBareAnswer(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  headers.delete("www-authenticate");
  const text = await response.text();
  const body = bodyOf(text);
  if (body === undefined) return new Response(text, { status: response.status, headers });
  const { id_token: _, ...rest } = body;
  return new Response(JSON.stringify(rest), { status: response.status, headers });
}

function bodyOf(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? { ...body } : undefined;
  } catch {
    return undefined;
  }
}

function isLoopback(url: URL): boolean {
  return url.hostname === "127.0.0.1" || url.hostname === "localhost" || url.hostname === "[::1]";
}

function revoked(message: string): VendorError {
  return new VendorError({ fault: "credentials-revoked", operation: OPERATION, message });
}

function busy(message: string): VendorError {
  return new VendorError({ fault: "transient", operation: OPERATION, message });
}
