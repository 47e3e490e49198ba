import { epochMs } from "../../shared/domain/instant.ts";
import { Account, type AccountsStore } from "../../shared/store/accounts.ts";

/** Table `accounts` in memory: one holder of the refresh lease at a time, and only for the version it read. */
export function fakeAccountsStore(): AccountsStore {
  const rows = new Map<string, Account>();
  const change = (account: string, holds: (row: Account) => boolean, next: (row: Account) => Account) => {
    const row = rows.get(account);
    if (!row || !holds(row)) return false;
    rows.set(account, Account.parse(next(structuredClone(row))));
    return true;
  };
  return {
    async get(account) {
      return structuredClone(rows.get(account));
    },
    async link(account) {
      rows.set(account.account, Account.parse(account));
    },
    async lease(account, version, owner, now, until) {
      const isTaken = change(
        account,
        (row) => row.version === version && (row.leaseUntilMs === undefined || row.leaseUntilMs < epochMs(now)),
        (row) => ({ ...row, leaseOwner: owner, leaseUntilMs: epochMs(until), refreshAttemptAt: now }),
      );
      return isTaken ? structuredClone(rows.get(account)) : undefined;
    },
    async giveBack(owner, { leaseOwner: _owner, leaseUntilMs: _until, ...row }) {
      return change(
        row.account,
        ({ leaseOwner }) => leaseOwner === owner,
        () => row,
      );
    },
    async expire(account, version, at) {
      change(
        account,
        (row) => row.version === version,
        (row) => ({ ...row, accessExpiresAt: at }),
      );
    },
  };
}
