import { draw } from "../../../shared/integration/simulation-random.ts";
import type { Silence } from "./simulator-spec.ts";

export type CallKind = "data" | "state" | "token";

const READS: readonly CallKind[] = ["data", "state"];

/** Each fault of a single answer, with the calls it can befall. */
const CALLS_OF = {
  "server-500": READS,
  "server-503": READS,
  "html-502": READS,
  "empty-200": READS,
  "cut-connection": READS,
  "rate-limited": READS,
  /** The month's credits are gone, whatever we counted. */
  "quota-exhausted": READS,
  "token-expired-early": READS,
  "missing-scope": READS,
  /** Megawatt-hours where watt-hours were asked for: right, but for whoever does not look. */
  "other-unit": ["data"],
  /** A unit never heard of. */
  "unknown-unit": ["data"],
  /** The new pair is made and the old one dead, but the answer never arrives. */
  "lost-rotation": ["token"],
  /** The customer's site is on the retired interface. */
  retired: READS,
} as const satisfies Record<string, readonly CallKind[]>;

export type CallFault = keyof typeof CALLS_OF;

/** Befalls matching calls with that probability (always, if absent), at most `times` per subject. */
type CallFaultRule = {
  kind: CallFault;
  /** Any, if absent. */
  siteIds?: readonly string[];
  accountIds?: readonly string[];
  startsAtMs?: number;
  endsAtMs?: number;
  probability?: number;
  times?: number;
};

export type FaultRule =
  | CallFaultRule
  /** Nothing answers for anybody. */
  | { kind: "vendor-outage"; startsAtMs: number; endsAtMs: number }
  | ({ kind: "gateway-lost"; siteId: string } & Silence)
  /** The customer took the consent back. */
  | { kind: "consent-withdrawn"; accountId: string; atMs: number };

export type FaultScript = { rules: readonly FaultRule[] };
/** The vendor refuses by its own limits as well. `endsAtMs`: of what has a known end. */
export type FaultLogEntry = {
  atMs: number;
  endsAtMs?: number;
  kind: FaultRule["kind"] | "limit-reached" | "month-limit-reached";
  siteId?: string;
  accountId?: string;
};
type Call = { atMs: number; kind: CallKind; siteId?: string; accountId?: string };

function isCallRule(rule: FaultRule): rule is CallFaultRule {
  return rule.kind in CALLS_OF;
}

/** Decides which calls go wrong, and remembers which did. */
export class Faults {
  readonly #rules: readonly FaultRule[];
  readonly #seed: number;
  readonly #counts = new Map<string, { considered: number; struck: number }>();
  readonly #log: FaultLogEntry[] = [];

  constructor({ rules }: FaultScript, seed: number) {
    this.#rules = rules;
    this.#seed = seed;
  }

  isOutage(atMs: number): boolean {
    return this.#rules.some((one) => one.kind === "vendor-outage" && atMs >= one.startsAtMs && atMs < one.endsAtMs);
  }

  isWithdrawn(accountId: string, atMs: number): boolean {
    return this.#rules.some(
      (one) => one.kind === "consent-withdrawn" && one.accountId === accountId && atMs >= one.atMs,
    );
  }

  silencesOf(siteId: string): Silence[] {
    return this.#rules.flatMap((one) => (one.kind === "gateway-lost" && one.siteId === siteId ? [one] : []));
  }

  /** The fault that befalls a call, if any. */
  strike(call: Call): CallFault | undefined {
    for (const [index, rule] of this.#rules.entries()) {
      if (!isCallRule(rule) || !matches(rule, call)) continue;
      const key = `${index} ${call.siteId ?? call.accountId ?? ""}`;
      const count = this.#counts.get(key) ?? { considered: 0, struck: 0 };
      this.#counts.set(key, count);
      if (count.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (draw(this.#seed, "fault", key, count.considered++) >= (rule.probability ?? 1)) continue;
      count.struck += 1;
      const { kind: _, ...about } = call;
      this.note({ ...about, kind: rule.kind });
      return rule.kind;
    }
    return undefined;
  }

  note(entry: FaultLogEntry): void {
    this.#log.push(entry);
  }

  log(nowMs: number): FaultLogEntry[] {
    const events = this.#rules.flatMap((rule): FaultLogEntry[] => {
      switch (rule.kind) {
        // So from its beginning, whoever asks.
        case "missing-scope":
        case "retired":
          return (rule.siteIds ?? []).map((siteId) => ({
            atMs: rule.startsAtMs ?? 0,
            kind: rule.kind,
            siteId,
          }));
        case "vendor-outage":
          return [{ atMs: rule.startsAtMs, endsAtMs: rule.endsAtMs, kind: rule.kind }];
        case "gateway-lost":
          return [{ atMs: rule.startsAtMs, endsAtMs: rule.endsAtMs, kind: rule.kind, siteId: rule.siteId }];
        case "consent-withdrawn":
          return [{ atMs: rule.atMs, kind: rule.kind, accountId: rule.accountId }];
        default:
          return [];
      }
    });
    return [...this.#log, ...events.filter(({ atMs }) => atMs <= nowMs)].sort((a, b) => a.atMs - b.atMs);
  }
}

function matches(rule: CallFaultRule, call: Call): boolean {
  const kinds: readonly CallKind[] = CALLS_OF[rule.kind];
  return (
    kinds.includes(call.kind) &&
    (rule.siteIds === undefined || (call.siteId !== undefined && rule.siteIds.includes(call.siteId))) &&
    (rule.accountIds === undefined || (call.accountId !== undefined && rule.accountIds.includes(call.accountId))) &&
    call.atMs >= (rule.startsAtMs ?? Number.NEGATIVE_INFINITY) &&
    call.atMs < (rule.endsAtMs ?? Number.POSITIVE_INFINITY)
  );
}
