import { randomUUID } from "node:crypto";
import { Tokens } from "../../lambdas/integrations/tesla/simulator-tokens.ts";
import { type TokenPair, type TokenSource, tokenSource } from "../../shared/auth.ts";
import { epochMs, plusMs } from "../../shared/domain/instant.ts";
import type { Fetch } from "../../shared/http.ts";
import { oauthRenewal } from "../../shared/oauth.ts";
import type { Sealer } from "../../shared/seal.ts";
import { type Account, type AccountsStore, accountKey } from "../../shared/store/accounts.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeLog } from "../fakes/log.ts";

export type Rotation = "strict" | "grace" | "reuse-revokes";
export const ACCOUNT = accountKey("tesla", "alex");
/** Longer than the refresh lease. */
export const AFTER_LEASE_MS = 91_000;
const SECRET = "client-secret-of-the-test";

/** Envelopes without secrecy that still refuse another account's context. */
export const openSealer: Sealer = {
  async prepare(context) {
    return (plaintext) => ({ wrappedKey: "", iv: "", tag: JSON.stringify(context), data: plaintext });
  },
  async open(sealed, context) {
    if (sealed.tag !== JSON.stringify(context)) throw new Error("sealed for another account");
    return sealed.data;
  },
};

/** A vendor's token endpoint, with Tesla's books under another rule of rotation. */
function aVendor(rotation: Rotation, nowMs: () => number) {
  const HOUR_MS = 3_600_000;
  const rules = { rotation, graceMs: 24 * HOUR_MS, accessLifeMs: 8 * HOUR_MS, refreshLifeMs: 2160 * HOUR_MS };
  const tokens = new Tokens(rules, 7, "us");
  const issue = () => tokens.issue("alex", nowMs(), "https://api.example", true);
  const asked: string[] = [];
  const fetch: Fetch = async (_url, init) => {
    const refreshToken = new URLSearchParams(String(init?.body)).get("refresh_token") ?? "";
    asked.push(refreshToken);
    if (!tokens.spend(refreshToken, nowMs()).honoured)
      return Response.json({ error: "login_required" }, { status: 401 });
    const issued = issue();
    return Response.json({
      access_token: issued.accessToken,
      refresh_token: issued.refreshToken,
      id_token: "not.even.signed",
      expires_in: issued.expiresInSeconds,
      token_type: "Bearer",
    });
  };
  /** Whether this refresh token would still be taken. Ask only when all is over: asking spends it. */
  const wouldTake = (refreshToken: string) => tokens.spend(refreshToken, nowMs()).honoured;
  return { fetch, issue, asked, wouldTake };
}

type WorkerOptions = { accounts?: AccountsStore; fetch?: Fetch; remainingMs?: number; sealer?: Sealer };

/** One linked account whose access token is over, its vendor, and workers to renew it, each a fresh process. */
export async function anExpiredLogin(rotation: Rotation) {
  const clock = fakeClock("2026-11-20T23:00:00Z");
  const vendor = aVendor(rotation, () => epochMs(clock.now()));
  const accounts = fakeAccountsStore();
  const log = fakeLog();
  const first = vendor.issue();
  const seal = await openSealer.prepare({ account: ACCOUNT });
  const pair: TokenPair = { accessToken: first.accessToken, refreshToken: first.refreshToken };
  await accounts.link({
    account: ACCOUNT,
    version: 1,
    tokens: seal(JSON.stringify(pair)),
    accessExpiresAt: clock.now(),
  });

  const worker = (options: WorkerOptions = {}): TokenSource =>
    tokenSource({
      integration: "tesla",
      renewal: oauthRenewal({
        client: async () => ({
          tokenUrl: new URL("https://auth.example/token"),
          clientId: "us",
          clientSecret: SECRET,
        }),
        fetch: options.fetch ?? vendor.fetch,
      }),
      remembered: new Map(),
      accounts: options.accounts ?? accounts,
      sealer: options.sealer ?? openSealer,
      now: clock.now,
      log,
      remainingMs: () => options.remainingMs ?? 30_000,
      newId: randomUUID,
    });
  const row = async (): Promise<Account> => {
    const account = await accounts.get(ACCOUNT);
    if (!account) throw new Error("the account is gone");
    return account;
  };
  return {
    clock,
    vendor,
    accounts,
    log,
    pair,
    worker,
    row,
    storedPair: async (): Promise<TokenPair> =>
      JSON.parse(await openSealer.open((await row()).tokens, { account: ACCOUNT })),
    /** Sets how long the stored access token still lives. */
    expiresIn: async (ms: number) => accounts.expire(ACCOUNT, (await row()).version, plusMs(clock.now(), ms)),
  };
}
export type ExpiredLogin = Awaited<ReturnType<typeof anExpiredLogin>>;

export const secrets = ({ pair }: ExpiredLogin, later: TokenPair): string[] => [
  ...Object.values(pair),
  ...Object.values(later),
  SECRET,
];
