import type { Hooks } from "../memory/document-client.ts";
import { remembered } from "../memory/expression-tokens.ts";
import type { ConditionalWrite } from "../memory/write.ts";
import type { Guard } from "./sabotage.ts";

/** A condition of writes, how often it was asked in a night, and how often it refused. */
export type Met = { name: string; asked: number; refused: number };

type Write = Record<string, unknown>;

/** Notes the conditions that writes carry, as they are met, and lets happen what the one that is taken away would refuse. */
export class GuardBook {
  readonly #met = new Map<string, Met>();
  readonly hooks: Hooks;

  readonly #lingers: string | undefined;

  constructor({ sabotage, lingers }: { sabotage?: Guard | undefined; lingers?: string | undefined } = {}) {
    this.#lingers = lingers;
    this.hooks = {
      ignoresCondition: (write) => {
        const met = this.#of(write);
        met.refused += 1;
        return sabotage?.kind === "condition" && sabotage.name === met.name;
      },
    };
  }

  get all(): Met[] {
    return [...this.#met.values()];
  }

  /** Looks at a command on its way, one write or those of a transaction: true when it is to take long. */
  see(input: Write, name: string): boolean {
    if (!input.TransactItems && !input.ConditionExpression) return false;
    let lingers = false;
    const writes = (input.TransactItems ?? [{ [name]: input }]) as Record<string, Write>[];
    for (const write of writes) {
      const [operation, one = {}] = Object.entries(write)[0] ?? [];
      if (typeof one.ConditionExpression !== "string") continue;
      const met = this.#of({
        table: String(one.TableName),
        operation: operation as ConditionalWrite["operation"],
        condition: one.ConditionExpression,
        key: (one.Key ?? one.Item ?? {}) as ConditionalWrite["key"],
        update: one.UpdateExpression as string | undefined,
      });
      met.asked += 1;
      lingers ||= met.name === this.#lingers;
    }
    return lingers;
  }

  #of(write: ConditionalWrite): Met {
    const name = nameOf(write);
    const known = this.#met.get(name);
    if (known) return known;
    const met = { name, asked: 0, refused: 0 };
    this.#met.set(name, met);
    return met;
  }
}

/**
 * What a condition is on and what it says. Rows of different kinds share tables: the first word of a key tells them
 * apart; updates by what they change.
 */
function nameOf({ table, operation, condition, key, update }: ConditionalWrite): string {
  const first = String(key.pk ?? key.assetId ?? key.account ?? key.series ?? "");
  const kind =
    table !== "accounts"
      ? /^[a-z-]+(?=#)/.exec(first)?.[0]
      : first.includes("#budget") || first.startsWith("@")
        ? "budget"
        : "login";
  // A batch is under its run: its attempt and its number follow.
  const part = kind === "run" && String(key.sk).split("#").length > 4 ? "batch" : undefined;
  const changes = update && `(${changedBy(update)})`;
  return `${[operation, table, kind, part, changes].filter(Boolean).join(" ")}: ${condition}`;
}

/** The attributes that an update changes. */
const changedBy = remembered((update) => {
  const names = update.replaceAll(/\([^)]*\)/g, "").matchAll(/(?:SET|REMOVE|ADD|DELETE|,)\s+([#\w]+)/g);
  return [...names].map(([, name]) => name).join(" ");
});
