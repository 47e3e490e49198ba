import type { Hooks } from "../memory/document-client.ts";

/** What keeps a promise: a condition of a write, by what it is on and what it says, or a switch by its name. */
export type Guard = { kind: "condition"; on: string; condition: string } | { kind: "switch"; name: SwitchName };

/** Leases and dedupes that are no conditions, each with what happens without it. */
export const SWITCHES = {
  "token lease ends at once": "two workers renew one login at a time",
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
