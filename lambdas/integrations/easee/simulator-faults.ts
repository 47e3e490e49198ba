import { draw } from "../../../shared/integration/simulation-random.ts";
import type { Span, Troubles } from "./simulator-spec.ts";

/** What a call is; `report` asks a charger to speak, `result` asks what became of a command. */
export type SimulatedCall = "observations" | "state" | "command" | "report" | "result" | "token";
const LOOKS: readonly SimulatedCall[] = ["observations", "state"];
const CALLS: readonly SimulatedCall[] = [...LOOKS, "command"];

/** Each fault of a single answer, with the calls it can befall. */
const CALLS_OF = {
  "server-503": CALLS,
  "html-502": CALLS,
  /** The command was done although a gateway gave up. */
  "server-504": ["command"],
  /** The connection breaks after the command was done. */
  "cut-after-acting": ["command"],
  "rate-limited": CALLS,
  /** 403 `Forbidden`, which is throttling. */
  "forbidden-throttle": CALLS,
  /** 403 with a code: the owner has taken the access away. */
  "access-withdrawn": CALLS,
  "token-expired-early": CALLS,
  "accepted-not-executed": ["command"],
  /** Executed, but its result never comes. */
  "lost-response": ["command"],
  "rejected-by-charger": ["command"],
  "zero-session": LOOKS,
  /** The mode says waiting while the charger charges. */
  "stale-mode": LOOKS,
  /** The observations leave out what the flat state tells. */
  "values-missing": ["observations"],
  /** The new tokens are made and the old are spent, but the answer never arrives. */
  "lost-rotation": ["token"],
  /** The refresh token is gone and the password is another one. */
  "password-changed": ["token"],
} as const satisfies Record<string, readonly SimulatedCall[]>;

export type CallFault = keyof typeof CALLS_OF;

export type FaultRule =
  | {
      kind: CallFault;
      /** Any charger or account if absent. */
      subjects?: readonly string[];
      startsAtMs?: number;
      endsAtMs?: number;
      /** Always if absent; at most `times` for each charger or account. */
      probability?: number;
      times?: number;
    }
  | ({ kind: "vendor-outage" } & Span)
  | ({ kind: "charger-offline" | "own-plan"; subjects: readonly string[] } & Span)
  | { kind: "unplugged-early"; subjects: readonly string[]; atMs: number };

/** The vendor's own limits refuse as well. `endsAtMs`: of what has a known end. */
export type FaultLogEntry = {
  atMs: number;
  endsAtMs?: number;
  kind: FaultRule["kind"] | "limit-reached";
  subject?: string;
};

type CallRule = Extract<FaultRule, { kind: CallFault }>;

/** What the script does to one charger itself. */
export function troublesOf(id: string, rules: readonly FaultRule[]): Troubles {
  const of = rules.filter((rule) => "subjects" in rule && rule.subjects?.includes(id));
  return {
    offline: of.flatMap((rule) => (rule.kind === "charger-offline" ? [rule] : [])),
    ownPlan: of.flatMap((rule) => (rule.kind === "own-plan" ? [rule] : [])),
    unpluggedAtMs: of.flatMap((rule) => (rule.kind === "unplugged-early" ? [rule.atMs] : [])),
  };
}

/** Decides which calls go wrong, and remembers which did. */
export class Faults {
  readonly #rules: readonly FaultRule[];
  readonly #seed: number;
  readonly #counts = new Map<string, { considered: number; struck: number }>();
  readonly #log: FaultLogEntry[] = [];

  constructor(rules: readonly FaultRule[], seed: number) {
    this.#rules = rules;
    this.#seed = seed;
  }

  isOutage(atMs: number): boolean {
    return this.#rules.some((rule) => rule.kind === "vendor-outage" && rule.startsAtMs <= atMs && atMs < rule.endsAtMs);
  }

  /** The fault that befalls a call of a charger or account, if any. */
  strike(
    call: SimulatedCall,
    subject: string,
    atMs: number,
    possible: (kind: CallFault) => boolean,
  ): CallFault | undefined {
    for (const [index, rule] of this.#rules.entries()) {
      if (!isCallRule(rule) || !matches(rule, call, subject, atMs) || !possible(rule.kind)) continue;
      const key = `${index} ${subject}`;
      const count = this.#counts.get(key) ?? { considered: 0, struck: 0 };
      this.#counts.set(key, count);
      if (count.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (draw(this.#seed, "fault", key, count.considered++) >= (rule.probability ?? 1)) continue;
      count.struck += 1;
      this.#log.push({ atMs, kind: rule.kind, subject });
      return rule.kind;
    }
    return undefined;
  }

  note(entry: FaultLogEntry): void {
    this.#log.push(entry);
  }

  /** The faults that happened until now, in order of time. */
  log(nowMs: number): FaultLogEntry[] {
    const own = this.#rules.flatMap((rule): FaultLogEntry[] => {
      // So from its beginning, whoever asks.
      if (rule.kind === "access-withdrawn") {
        const atMs = rule.startsAtMs ?? 0;
        return (rule.subjects ?? []).map((subject) => ({ atMs, kind: rule.kind, subject }));
      }
      if (isCallRule(rule)) return [];
      const span =
        rule.kind === "unplugged-early" ? { atMs: rule.atMs } : { atMs: rule.startsAtMs, endsAtMs: rule.endsAtMs };
      if (span.atMs > nowMs) return [];
      const subjects = "subjects" in rule ? rule.subjects : [];
      return subjects.length === 0
        ? [{ ...span, kind: rule.kind }]
        : subjects.map((subject) => ({ ...span, kind: rule.kind, subject }));
    });
    return [...this.#log, ...own].sort((a, b) => a.atMs - b.atMs);
  }
}

function isCallRule(rule: FaultRule): rule is CallRule {
  return Object.hasOwn(CALLS_OF, rule.kind);
}

function matches(rule: CallRule, call: SimulatedCall, subject: string, atMs: number): boolean {
  const calls: readonly SimulatedCall[] = CALLS_OF[rule.kind];
  return (
    calls.includes(call) &&
    (rule.subjects === undefined || rule.subjects.includes(subject)) &&
    atMs >= (rule.startsAtMs ?? Number.NEGATIVE_INFINITY) &&
    atMs < (rule.endsAtMs ?? Number.POSITIVE_INFINITY)
  );
}
