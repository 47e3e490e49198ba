import { instant } from "../../shared/domain/instant.ts";
import type { IntegrationDeps } from "../../shared/integration/deps.ts";
import type { AccountsStore } from "../../shared/store/accounts.ts";
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
  "nobody looks at notAfter": "killed",
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
      const get: typeof commands.get = async (key) => {
        const row = await commands.get(key);
        return row && { ...row, notAfter: FAR };
      };
      return { ...deps, commands: { ...commands, get } };
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
