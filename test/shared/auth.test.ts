import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Fetch } from "../../shared/http.ts";
import { ACCOUNT, AFTER_LEASE_MS, anExpiredLogin, openSealer, type Rotation } from "./auth-bench.ts";

const refuse: Fetch = async () => Response.json({ error: "login_required" }, { status: 401 });
const status = (code: number, body: unknown = { error: "server_error" }, headers = {}): Fetch => {
  return async () => Response.json(body, { status: code, headers });
};
const unanswered: Fetch = async () => {
  throw new TypeError("fetch failed");
};

describe("a token that lives", () => {
  it("is used as it is until ten minutes before its end", async () => {
    const login = await anExpiredLogin("strict");
    await login.expiresIn(10 * MINUTE_MS + 1);
    await expect(login.worker().accessToken("alex")).resolves.toBe(login.pair.accessToken);
    expect(login.vendor.asked).toEqual([]);
  });

  it("is renewed in its last five minutes", async () => {
    const login = await anExpiredLogin("strict");
    await login.expiresIn(5 * MINUTE_MS - 1);
    await expect(login.worker().accessToken("alex")).resolves.not.toBe(login.pair.accessToken);
  });

  it.each([
    ["the vendor is down", { fetch: status(503) }],
    ["the vendor does not answer", { fetch: unanswered }],
    ["the vendor refuses for the first time", { fetch: refuse }],
    ["too little time is left", { remainingMs: 23_000 }],
  ])("is used to its end when %s", async (_, options) => {
    const login = await anExpiredLogin("strict");
    await login.expiresIn(MINUTE_MS);
    await expect(login.worker(options).accessToken("alex")).resolves.toBe(login.pair.accessToken);
  });

  it("is used to its end while another worker renews it", async () => {
    const login = await anExpiredLogin("strict");
    await login.expiresIn(MINUTE_MS);
    await login.worker({ fetch: unanswered }).accessToken("alex");
    await expect(login.worker().accessToken("alex")).resolves.toBe(login.pair.accessToken);
    expect(login.vendor.asked).toEqual([]);
    expect(login.log.codes()).toContain("TOKEN_LEASE_HELD");
  });
});

describe("a renewal", () => {
  it("has its data key, its lease and its record before the vendor is asked, and writes the answer next", async () => {
    const login = await anExpiredLogin("strict");
    const steps: string[] = [];
    const { accounts } = login;
    const noting =
      <A extends unknown[], R>(step: string, act: (...args: A) => R) =>
      (...args: A): R => {
        steps.push(step);
        return act(...args);
      };
    await login
      .worker({
        sealer: { ...openSealer, prepare: noting("data key", openSealer.prepare) },
        accounts: {
          ...accounts,
          lease: noting("lease", accounts.lease),
          giveBack: noting("write", accounts.giveBack),
        },
        fetch: async (url, init) => {
          const { refreshAttemptAt, leaseOwner } = await login.row();
          if (refreshAttemptAt && leaseOwner) steps.push("vendor, on record");
          return login.vendor.fetch(url, init);
        },
      })
      .accessToken("alex");
    expect(steps).toEqual(["data key", "lease", "vendor, on record", "write"]);
    expect(await login.row()).toMatchObject({ version: 2, accessExpiresAt: "2026-11-21T07:00:00.000Z" });
    expect(await login.row()).not.toHaveProperty("refreshAttemptAt");
  });

  it("is not begun with less than three of its timeouts left", async () => {
    const login = await anExpiredLogin("strict");
    const late = login.worker({ remainingMs: 23_999 }).accessToken("alex");
    await expect(late).rejects.toMatchObject({ fault: "transient" });
    expect(login.vendor.asked).toEqual([]);
  });

  it("is shared by the assets of one account", async () => {
    const login = await anExpiredLogin("reuse-revokes");
    const worker = login.worker();
    const [one, two] = await Promise.all([worker.accessToken("alex"), worker.accessToken("alex")]);
    expect(one).toBe(two);
    expect(login.vendor.asked).toHaveLength(1);
  });

  it("keeps the refresh token when the vendor gives no new one", async () => {
    const login = await anExpiredLogin("strict");
    const fetch = status(200, { access_token: "next-access", token_type: "bearer", expires_in: 3600 });
    await expect(login.worker({ fetch }).accessToken("alex")).resolves.toBe("next-access");
    expect(await login.storedPair()).toEqual({ accessToken: "next-access", refreshToken: login.pair.refreshToken });
  });

  it("repeats a write that failed before anything else", async () => {
    const login = await anExpiredLogin("strict");
    let writes = 0;
    const giveBack: typeof login.accounts.giveBack = async (...next) => {
      if (writes++ === 0) throw new Error("the table was throttled");
      return login.accounts.giveBack(...next);
    };
    await login.worker({ accounts: { ...login.accounts, giveBack } }).accessToken("alex");
    expect(login.vendor.wouldTake((await login.storedPair()).refreshToken)).toBe(true);
  });

  it("takes the pair that the first write stored although its answer was lost", async () => {
    const login = await anExpiredLogin("strict");
    let writes = 0;
    const giveBack: typeof login.accounts.giveBack = async (...next) => {
      const stored = await login.accounts.giveBack(...next);
      if (writes++ === 0) throw new Error("the connection was cut");
      return stored;
    };
    const token = await login.worker({ accounts: { ...login.accounts, giveBack } }).accessToken("alex");
    expect(token).toBe((await login.storedPair()).accessToken);
  });
});

describe("a refusal", () => {
  it("is not revocation once, nor twice within a lease, but twice a lease apart", async () => {
    const login = await anExpiredLogin("strict");
    const refused = () => login.worker({ fetch: refuse }).accessToken("alex");
    await expect(refused()).rejects.toMatchObject({ fault: "transient" });
    login.clock.advance(AFTER_LEASE_MS - 5_000);
    // A refused token would be refused again: nobody is asked before it can count.
    await expect(login.worker().accessToken("alex")).rejects.toMatchObject({ fault: "transient" });
    expect(login.vendor.asked).toEqual([]);
    expect(await login.row()).not.toHaveProperty("revokedAt");
    login.clock.advance(5_000);
    await expect(refused()).rejects.toMatchObject({ fault: "credentials-revoked" });
    expect(await login.row()).toHaveProperty("revokedAt");
  });

  it("that was final is not asked for again", async () => {
    const login = await anExpiredLogin("strict");
    await login.accounts.link({ ...(await login.row()), revokedAt: login.clock.now() });
    await expect(login.worker().accessToken("alex")).rejects.toMatchObject({ fault: "credentials-revoked" });
    expect(login.vendor.asked).toEqual([]);
  });

  it("is forgotten when a renewal succeeds", async () => {
    const login = await anExpiredLogin("strict");
    await expect(login.worker({ fetch: refuse }).accessToken("alex")).rejects.toMatchObject({ fault: "transient" });
    login.clock.advance(AFTER_LEASE_MS);
    await login.worker().accessToken("alex");
    expect(await login.row()).not.toHaveProperty("refusedAt");
  });

  it("does not matter when the customer reconnected meanwhile", async () => {
    const login = await anExpiredLogin("strict");
    const seal = await openSealer.prepare({ account: ACCOUNT });
    const fetch: Fetch = async (...call) => {
      const tokens = seal(JSON.stringify({ accessToken: "reconnected", refreshToken: "reconnected-refresh" }));
      await login.accounts.link({ account: ACCOUNT, version: 2, tokens, accessExpiresAt: login.clock.now() });
      return refuse(...call);
    };
    await expect(login.worker({ fetch }).accessToken("alex")).resolves.toBe("reconnected");
    expect(await login.row()).not.toHaveProperty("refusedAt");
  });

  it.each(["login_required", "invalid_grant", "invalid_token"])("is known by the word %s", async (error) => {
    const login = await anExpiredLogin("strict");
    await expect(login.worker({ fetch: status(401, { error }) }).accessToken("alex")).rejects.toThrow(/refused/);
  });

  it("is known although an authentication challenge stands before it", async () => {
    const login = await anExpiredLogin("strict");
    const fetch = status(401, { error: "login_required" }, { "www-authenticate": 'Bearer error="invalid_token"' });
    await expect(login.worker({ fetch }).accessToken("alex")).rejects.toThrow(/refused/);
    expect(await login.row()).toHaveProperty("refusedAt");
  });
});

describe("a renewal that fails", () => {
  it.each([503, 429])("with %i gives the lease back, and the next worker renews at once", async (code) => {
    const login = await anExpiredLogin("strict");
    const failed = login.worker({ fetch: status(code) }).accessToken("alex");
    await expect(failed).rejects.toMatchObject({ fault: "transient", mayHaveActed: false });
    await expect(login.worker().accessToken("alex")).resolves.toBeTruthy();
  });

  it("because the vendor does not know us is ours to correct, and costs the customer nothing", async () => {
    const login = await anExpiredLogin("strict");
    const failed = login.worker({ fetch: status(401, { error: "invalid_client" }) }).accessToken("alex");
    await expect(failed).rejects.toMatchObject({ fault: "our-configuration" });
    expect(await login.row()).not.toHaveProperty("refusedAt");
    await expect(login.worker().accessToken("alex")).resolves.toBeTruthy();
  });

  it.each([
    ["an answer that cannot be read", status(200, { hello: "there" }), "malformed-message"],
    ["no answer", unanswered, "transient"],
  ] as const)("with %s keeps the lease, because the vendor may have rotated", async (_, fetch, fault) => {
    const login = await anExpiredLogin("strict");
    await expect(login.worker({ fetch }).accessToken("alex")).rejects.toMatchObject({ fault, mayHaveActed: true });
    await expect(login.worker().accessToken("alex")).rejects.toThrow(/another worker/);
    expect(login.vendor.asked).toEqual([]);
    expect(await login.row()).toHaveProperty("refreshAttemptAt");
  });

  it.each<[Rotation, "renewed" | "revoked"]>([
    ["grace", "renewed"],
    ["strict", "revoked"],
    ["reuse-revokes", "revoked"],
  ])("because a %s vendor's answer was lost ends %s", async (rotation, end) => {
    const login = await anExpiredLogin(rotation);
    const fetch: Fetch = async (...call) => {
      await login.vendor.fetch(...call);
      return unanswered(...call);
    };
    await expect(login.worker({ fetch }).accessToken("alex")).rejects.toMatchObject({ mayHaveActed: true });
    const again = () => {
      login.clock.advance(AFTER_LEASE_MS);
      return login.worker().accessToken("alex");
    };
    if (end === "renewed") return expect(again()).resolves.toBeTruthy();
    await expect(again()).rejects.toMatchObject({ fault: "transient" });
    expect(login.log.of("TOKEN_REFRESH_REFUSED")[0]?.fields).toMatchObject({ crashBefore: true });
    await expect(again()).rejects.toMatchObject({ fault: "credentials-revoked" });
  });
});

describe("a token that the vendor refused before its time", () => {
  it("is renewed at the next use", async () => {
    const login = await anExpiredLogin("strict");
    await login.expiresIn(60 * MINUTE_MS);
    const worker = login.worker();
    await worker.refusedToken("alex", login.pair.accessToken);
    await expect(worker.accessToken("alex")).resolves.not.toBe(login.pair.accessToken);
  });

  it("is left alone when it is no longer the one in use", async () => {
    const login = await anExpiredLogin("strict");
    await login.expiresIn(60 * MINUTE_MS);
    const worker = login.worker();
    await worker.refusedToken("alex", "an-older-token");
    await expect(worker.accessToken("alex")).resolves.toBe(login.pair.accessToken);
    expect(login.vendor.asked).toEqual([]);
  });
});

describe("an account that was never linked", () => {
  it("must be connected by its owner", async () => {
    const login = await anExpiredLogin("strict");
    await expect(login.worker().accessToken("nobody")).rejects.toMatchObject({ fault: "credentials-revoked" });
  });
});
