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
  const heldBy = (owner: string) => (row: Account) => row.leaseOwner === owner;
  const unleased = ({ leaseOwner: _owner, leaseUntilMs: _until, ...row }: Account): Account => row;
  const answered = (row: Account): Account => {
    const { refreshAttemptAt: _attempt, ...rest } = unleased(row);
    return rest;
  };
  return {
    async get(account) {
      return structuredClone(rows.get(account));
    },
    async link(account) {
      rows.set(account.account, Account.parse(account));
    },
    async lease(account, version, owner, now, until) {
      return change(
        account,
        (row) => row.version === version && (row.leaseUntilMs === undefined || row.leaseUntilMs < epochMs(now)),
        (row) => ({ ...row, leaseOwner: owner, leaseUntilMs: epochMs(until), refreshAttemptAt: now }),
      );
    },
    async renewed(account, owner, next) {
      return change(account, heldBy(owner), (row) => {
        const { refusedAt: _refused, ...rest } = answered(row);
        return { ...rest, ...next };
      });
    },
    async refused(account, owner, at, revoked) {
      change(account, heldBy(owner), (row) => ({
        ...answered(row),
        refusedAt: row.refusedAt ?? at,
        ...(revoked ? { revokedAt: at } : {}),
      }));
    },
    async release(account, owner) {
      change(account, heldBy(owner), unleased);
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
