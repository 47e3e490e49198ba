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
      expect(await lease(account, "a")).toBeUndefined();
      const stranger = accountKey("acme-cars", fresh("customer"));
      expect(await stores().accounts.lease(stranger, 1, "a", NOW, UNTIL)).toBeUndefined();
      expect(await get(account)).toEqual(account);
    });

    it("gives its holder the row as it stands", async () => {
      const account = await linked({ refusedAt: NOW });
      const held = { leaseOwner: "a", leaseUntilMs: epochMs(UNTIL), refreshAttemptAt: NOW };
      expect(await lease(account, "a")).toEqual({ ...account, ...held });
    });

    it("gives a lease to another only after it has run out", async () => {
      const account = await linked();
      await lease(account, "a");
      expect(await lease(account, "b", UNTIL)).toBeUndefined();
      expect(await lease(account, "b", at("2026-11-20T18:01:30.001Z"), at("2026-11-20T18:03Z"))).toBeDefined();
      expect((await get(account))?.leaseOwner).toBe("b");
    });

    it("stores what its holder made of a row, and nothing else, without the lease", async () => {
      const account = await linked({ refusedAt: at("2026-11-20T17:00Z") });
      await lease(account, "a");
      const next = { tokens: sealed("second"), version: 2, accessExpiresAt: at("2026-11-21T02:00Z") };
      expect(await stores().accounts.giveBack("a", { account: account.account, ...next })).toBe(true);
      expect(await get(account)).toEqual({ account: account.account, ...next });
    });

    it("stores nothing of a worker that has lost its lease", async () => {
      const account = await linked();
      const held = (await lease(account, "a")) as Account;
      await lease(account, "b", at("2026-11-20T18:02Z"), at("2026-11-20T18:04Z"));
      expect(await stores().accounts.giveBack("a", { ...held, tokens: sealed("stale"), version: 2 })).toBe(false);
      expect(await get(account)).toMatchObject({ tokens: sealed("first"), leaseOwner: "b" });
    });

    it("gives the row back as it was held, and only by its owner", async () => {
      const account = await linked();
      const held = (await lease(account, "a")) as Account;
      expect(await stores().accounts.giveBack("stranger", held)).toBe(false);
      expect((await get(account))?.leaseOwner).toBe("a");
      expect(await stores().accounts.giveBack("a", held)).toBe(true);
      expect(await get(account)).toEqual({ ...account, refreshAttemptAt: NOW });
      expect(await lease(account, "b")).toBeDefined();
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
