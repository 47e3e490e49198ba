import { instant } from "../../shared/domain/instant.ts";
import type { IntegrationDeps } from "../../shared/integration/deps.ts";
import type { AccountsStore } from "../../shared/store/accounts.ts";
import type { Hooks } from "../memory/document-client.ts";

/** What keeps a promise: a condition of a write, by what it is on and what it says, or a switch by its name. */
export type Guard = { kind: "condition"; on: string; condition: string } | { kind: "switch"; name: SwitchName };

/** Leases and dedupes that are no conditions, each with what happens without it. */
export const SWITCHES = {
  "the lease of a token ends at once": "two workers renew one login at a time",
  "the lease of a command that is being sent ends at once": "a second worker takes it for abandoned",
  "nobody looks at notAfter": "what came late acts late",
  "nobody reads the kill switch": "commands go out while it is on",
  "nobody leases calls": "a vendor is called as often as there is reason to",
} as const;
export type SwitchName = keyof typeof SWITCHES;

type Write = { table: string; operation: string; condition: string; key: Record<string, unknown> };

export function guardName(guard: Guard): string {
  return guard.kind === "switch" ? guard.name : `${guard.on}: ${guard.condition}`;
}

/** The conditions that writes carry, each once, found as they are met. */
export class GuardBook {
  readonly #known = new Map<string, Guard>();

  /** Looks at a command on its way: one write, or those of a transaction. */
  see(input: Record<string, unknown>, name: string): void {
    if (!input.TransactItems && !input.ConditionExpression) return;
    const writes = (input.TransactItems ?? [{ [name]: input }]) as Record<string, Record<string, unknown>>[];
    for (const write of writes) {
      const [operation = "", one = {}] = Object.entries(write)[0] ?? [];
      if (typeof one.ConditionExpression !== "string") continue;
      const key = (one.Key ?? one.Item ?? {}) as Record<string, unknown>;
      const guard = guardOf({ table: String(one.TableName), operation, condition: one.ConditionExpression, key });
      this.#known.set(guardName(guard), guard);
    }
  }

  get all(): Guard[] {
    return [...this.#known.values()].sort((a, b) => (guardName(a) < guardName(b) ? -1 : 1));
  }
}

/** Rows of different kinds share tables: the first word of a key, and how many parts it has, tell them apart. */
function guardOf({ table, operation, condition, key }: Write): Guard {
  const first = String(key.pk ?? key.assetId ?? key.account ?? key.series ?? "");
  const word = /^[a-z-]+(?=#)/.exec(first)?.[0] ?? "";
  const kind = table === "accounts" ? (first.includes("#budget") ? "budget" : "login") : word;
  const parts = typeof key.sk === "string" ? ` of ${key.sk.split("#").length} parts` : "";
  return { kind: "condition", on: `${operation} ${table}${kind ? ` ${kind}` : ""}${parts}`, condition };
}

/** Lets every write happen that the guard would have refused. */
export function hooksOf(sabotage: Guard | undefined): Hooks {
  if (sabotage?.kind !== "condition") return {};
  const name = guardName(sabotage);
  return { ignoresCondition: (write) => guardName(guardOf(write)) === name };
}

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
