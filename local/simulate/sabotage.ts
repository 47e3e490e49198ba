import type { CommandRow } from "../../shared/domain/command-row.ts";
import { type Instant, instant } from "../../shared/domain/instant.ts";
import type { IntegrationDeps } from "../../shared/integration/deps.ts";
import type { AccountsStore } from "../../shared/store/accounts.ts";
import type { CommandKey } from "../../shared/store/commands.ts";
import type { MixName } from "./mixes.ts";

/** What keeps a promise: a condition of a write, by its name in the book, or a switch by its name. */
export type Guard = { kind: "condition"; name: string } | { kind: "switch"; name: SwitchName };

/** Leases and dedupes that are no conditions, each with the mix in which they are needed. */
export const SWITCHES = {
  /** Two workers renew one login at a time. */
  "the lease of a token ends at once": "logins",
  /** A second worker takes it for abandoned. */
  "the lease of a command that is being sent ends at once": "twice",
  /** What came late acts late. */
  "nobody looks at notAfter": "tardy",
  /** Commands go out while it is on. */
  "nobody reads the kill switch": "killed",
  /** A vendor is called as often as there is reason to. */
  "nobody leases calls": "tight",
} as const satisfies Record<string, MixName>;
export type SwitchName = keyof typeof SWITCHES;

const FAR = instant(Date.UTC(2099, 0, 1));

/** The stores and the budget of an integration without the guard that the switch is about. */
export function without<D extends IntegrationDeps & { accounts: AccountsStore }>(
  deps: D,
  sabotage: Guard | undefined,
): D {
  if (sabotage?.kind !== "switch") return deps;
  const { accounts, commands, now } = deps;
  switch (sabotage.name) {
    case "the lease of a token ends at once":
      return {
        ...deps,
        accounts: {
          ...accounts,
          lease: (account, version, owner, at) => accounts.lease(account, version, owner, at, at),
        },
      };
    case "the lease of a command that is being sent ends at once":
      return {
        ...deps,
        commands: {
          ...commands,
          transition: (key, to, changes, owed) =>
            commands.transition(key, to, to === "sending" ? { ...changes, checkAt: now() } : changes, owed),
        },
      };
    case "nobody looks at notAfter": {
      const own = new Map<string, Instant>();
      const endless = (row: CommandRow | undefined) => {
        if (row) own.set(row.commandId, row.notAfter);
        return row && { ...row, notAfter: FAR };
      };
      const get: typeof commands.get = async (key) => endless(await commands.get(key));
      // What is written is as it was issued.
      const asIssued = <K extends CommandKey>(key: K) =>
        "history" in key ? { ...key, notAfter: own.get(key.commandId) } : key;
      const transition: typeof commands.transition = async (key, ...rest) =>
        endless(await commands.transition(asIssued(key), ...rest));
      const told: typeof commands.told = (row) => commands.told(asIssued(row));
      return { ...deps, commands: { ...commands, get, transition, told } };
    }
    case "nobody reads the kill switch":
      return { ...deps, killSwitch: { read: async () => ({ isOn: false, since: null, by: null, reason: null }) } };
    case "nobody leases calls":
      return {
        ...deps,
        budget: { ...deps.budget, lease: async (_class, assets) => ({ granted: [...assets], refused: [] }) },
      };
  }
}
