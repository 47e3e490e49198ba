import { describe, expect, it } from "vitest";
import { epochMs } from "../../../shared/domain/instant.ts";
import { type Account, accountKey } from "../../../shared/store/accounts.ts";
import { at } from "../../builders.ts";
import { fresh, type Stores } from "./stores.ts";

const NOW = at("2026-11-20T18:00Z");
const UNTIL = at("2026-11-20T18:01:30Z");
const sealed = (data: string) => ({ wrappedKey: "a2V5", iv: "aXY=", tag: "dGFn", data });

export function accountsContract(stores: () => Stores): void {
  describe("accounts", () => {
    const linked = async (changes: Partial<Account> = {}): Promise<Account> => {
      const account: Account = {
        account: accountKey("acme-cars", fresh("customer")),
        tokens: sealed("first"),
        version: 1,
        accessExpiresAt: at("2026-11-20T18:05Z"),
        ...changes,
      };
      await stores().accounts.link(account);
      return account;
    };
    const lease = (account: Account, owner: string, now = NOW, until = UNTIL, version = 1) =>
      stores().accounts.lease(account.account, version, owner, now, until);
    const get = (account: Account) => stores().accounts.get(account.account);

    it("gives back what was linked, and nothing for an account never linked", async () => {
      const account = await linked();
      expect(await get(account)).toEqual(account);
      expect(await stores().accounts.get(accountKey("acme-cars", fresh("customer")))).toBeUndefined();
    });

    it("gives what may be stale to who says so", async () => {
      const account = await linked();
      expect(await stores().accounts.get(account.account, { mayBeStale: true })).toEqual(account);
    });

    it("gives the lease to one of several at the same time, and records the attempt", async () => {
      const account = await linked();
      const leases = await Promise.all(["a", "b", "c"].map((owner) => lease(account, owner)));
      expect(leases.filter(Boolean)).toHaveLength(1);
      expect(await get(account)).toMatchObject({ leaseUntilMs: epochMs(UNTIL), refreshAttemptAt: NOW });
    });

    it("gives no lease on a version that has moved, nor on an account that is not there", async () => {
      const account = await linked({ version: 2 });
      expect(await lease(account, "a")).toBe(false);
      expect(await stores().accounts.lease(accountKey("acme-cars", fresh("customer")), 1, "a", NOW, UNTIL)).toBe(false);
      expect(await get(account)).toEqual(account);
    });

    it("gives a lease to another only after it has run out", async () => {
      const account = await linked();
      await lease(account, "a");
      expect(await lease(account, "b", UNTIL)).toBe(false);
      expect(await lease(account, "b", at("2026-11-20T18:01:30.001Z"), at("2026-11-20T18:03Z"))).toBe(true);
      expect((await get(account))?.leaseOwner).toBe("b");
    });

    it("stores the next pair with the lease and forgets attempt and refusal", async () => {
      const account = await linked({ refusedAt: at("2026-11-20T17:00Z") });
      await lease(account, "a");
      const next = { tokens: sealed("second"), version: 2, accessExpiresAt: at("2026-11-21T02:00Z") };
      expect(await stores().accounts.renewed(account.account, "a", next)).toBe(true);
      expect(await get(account)).toEqual({ account: account.account, ...next });
    });

    it("stores no pair of a worker that has lost its lease", async () => {
      const account = await linked();
      await lease(account, "a");
      await lease(account, "b", at("2026-11-20T18:02Z"), at("2026-11-20T18:04Z"));
      const next = { tokens: sealed("stale"), version: 2, accessExpiresAt: at("2026-11-21T02:00Z") };
      expect(await stores().accounts.renewed(account.account, "a", next)).toBe(false);
      expect((await get(account))?.tokens).toEqual(sealed("first"));
      expect((await get(account))?.leaseOwner).toBe("b");
    });

    it("remembers the first refusal, and ends the link with the one that revokes", async () => {
      const account = await linked();
      await lease(account, "a");
      await stores().accounts.refused(account.account, "a", NOW, false);
      expect(await get(account)).toEqual({ ...account, refusedAt: NOW });

      const later = at("2026-11-20T18:10Z");
      await lease(account, "b", later, at("2026-11-20T18:12Z"));
      await stores().accounts.refused(account.account, "b", later, true);
      expect(await get(account)).toEqual({ ...account, refusedAt: NOW, revokedAt: later });
    });

    it("takes no refusal from a worker without the lease", async () => {
      const account = await linked();
      await stores().accounts.refused(account.account, "stranger", NOW, true);
      expect(await get(account)).toEqual(account);
    });

    it("gives a lease back, the attempt staying on record, and only by its owner", async () => {
      const account = await linked();
      await lease(account, "a");
      await stores().accounts.release(account.account, "stranger");
      expect((await get(account))?.leaseOwner).toBe("a");
      await stores().accounts.release(account.account, "a");
      expect(await get(account)).toEqual({ ...account, refreshAttemptAt: NOW });
      expect(await lease(account, "b")).toBe(true);
    });

    it("declares an access token dead, but only that of the version meant", async () => {
      const account = await linked();
      await stores().accounts.expire(account.account, 2, NOW);
      expect(await get(account)).toEqual(account);
      await stores().accounts.expire(account.account, 1, NOW);
      expect(await get(account)).toEqual({ ...account, accessExpiresAt: NOW });
    });

    it("starts anew when the customer reconnects", async () => {
      const account = await linked({ refusedAt: NOW, revokedAt: NOW });
      const again = { ...account, tokens: sealed("new"), version: 7, refusedAt: undefined, revokedAt: undefined };
      await stores().accounts.link(again as never);
      expect(await get(account)).toEqual({
        account: account.account,
        tokens: sealed("new"),
        version: 7,
        accessExpiresAt: account.accessExpiresAt,
      });
    });
  });
}
