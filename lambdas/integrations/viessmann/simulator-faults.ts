import { draw } from "../../../shared/integration/simulation-random.ts";

export type CallKind = "data" | "command" | "token";

const BOTH: readonly CallKind[] = ["data", "command"];

/** Each fault of a single answer, with the calls it can befall unless a rule names others. */
const CALLS_OF = {
  /** The heat pump does not answer its gateway. */
  "device-offline": BOTH,
  /** The gateway has no internet. */
  "gateway-offline": BOTH,
  /** The cloud's own backend fails, said in a 400. */
  "backend-502": BOTH,
  "server-502": BOTH,
  "html-502": BOTH,
  /** The limit of ten minutes. */
  "rate-limited": BOTH,
  /** The day's calls were used up by another client of the same application. */
  "quota-exhausted": BOTH,
  "token-expired-early": BOTH,
  "consent-withdrawn": BOTH,
  /** The connection breaks after the command was taken. */
  "cut-after-acting": ["command"],
  /** 200 without a body; a command was taken. */
  "empty-200": BOTH,
  /** Taken by the cloud, never seen by the device. */
  "accepted-not-executed": ["command"],
  /** Executable a moment ago, refused now. */
  refused: ["command"],
  /** The device says that no command is executable. */
  "not-executable": ["data"],
  /** The tank's sensor stands still. */
  "stuck-tank": ["data"],
} as const satisfies Record<string, readonly CallKind[]>;

export type CallFault = keyof typeof CALLS_OF;

/** Befalls matching calls with that probability (always, if absent), at most `times` for each heat pump. */
export type CallFaultRule = {
  kind: CallFault;
  /** Any heat pump if absent. */
  pumps?: readonly string[];
  calls?: readonly CallKind[];
  startsAtMs?: number;
  endsAtMs?: number;
  probability?: number;
  times?: number;
};
export type FaultRule =
  | CallFaultRule
  /** Nothing answers for anybody. */
  | { kind: "vendor-outage"; startsAtMs: number; endsAtMs: number };
export type FaultScript = { rules: readonly FaultRule[] };
/** What the vendor refuses by its own rules, whatever the script. */
type Refusal = "limit-reached" | "day-limit-reached" | "bad-request" | "unknown-feature";
/** `endsAtMs`: of what has a known end. */
export type FaultLogEntry = {
  atMs: number;
  endsAtMs?: number;
  pump?: string;
  accountId?: string;
  kind: FaultRule["kind"] | Refusal;
};

/** Decides which calls go wrong, and remembers which did. */
export class Faults {
  readonly #script: FaultScript;
  readonly #seed: number;
  readonly #counts = new Map<string, { considered: number; struck: number }>();
  readonly #log: FaultLogEntry[] = [];

  constructor(script: FaultScript, seed: number) {
    this.#script = script;
    this.#seed = seed;
  }

  isOutage(atMs: number): boolean {
    return this.#script.rules.some((rule) => rule.kind === "vendor-outage" && isWithin(rule, atMs));
  }

  /** The fault that befalls a call, if any; `possible` keeps one from being spent where it would show nothing. */
  strike(
    call: { atMs: number; pump: string; kind: CallKind },
    possible: (kind: CallFault) => boolean,
  ): CallFault | undefined {
    for (const [index, rule] of this.#script.rules.entries()) {
      if (rule.kind === "vendor-outage") continue;
      const calls: readonly CallKind[] = rule.calls ?? CALLS_OF[rule.kind];
      if (!calls.includes(call.kind) || !isWithin(rule, call.atMs)) continue;
      if (rule.pumps && !rule.pumps.includes(call.pump)) continue;
      if (!possible(rule.kind)) continue;
      const key = `${index} ${call.pump}`;
      const count = this.#counts.get(key) ?? { considered: 0, struck: 0 };
      this.#counts.set(key, count);
      if (count.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (draw(this.#seed, "fault", key, count.considered++) >= (rule.probability ?? 1)) continue;
      count.struck += 1;
      if (!isSpan(rule)) this.note({ atMs: call.atMs, pump: call.pump, kind: rule.kind });
      return rule.kind;
    }
    return undefined;
  }

  note(entry: FaultLogEntry): void {
    this.#log.push(entry);
  }

  log(nowMs: number): FaultLogEntry[] {
    const spans = this.#script.rules.flatMap((rule): FaultLogEntry[] => {
      // So from its beginning, whoever asks.
      if (rule.kind === "consent-withdrawn") {
        const atMs = rule.startsAtMs ?? 0;
        return (rule.pumps ?? []).map((pump) => ({ atMs, kind: rule.kind, pump }));
      }
      if (!isSpan(rule) || rule.startsAtMs > nowMs) return [];
      const span = { atMs: rule.startsAtMs, endsAtMs: rule.endsAtMs, kind: rule.kind };
      return "pumps" in rule && rule.pumps ? rule.pumps.map((pump) => ({ ...span, pump })) : [span];
    });
    return [...this.#log, ...spans].sort((a, b) => a.atMs - b.atMs);
  }
}

/** So for a while, whether or not anybody calls. */
function isSpan(rule: FaultRule): rule is FaultRule & { startsAtMs: number; endsAtMs: number } {
  const isState = rule.kind === "vendor-outage" || (rule.probability === undefined && rule.times === undefined);
  return isState && rule.startsAtMs !== undefined && rule.endsAtMs !== undefined;
}

function isWithin({ startsAtMs, endsAtMs }: { startsAtMs?: number; endsAtMs?: number }, atMs: number): boolean {
  return atMs >= (startsAtMs ?? Number.NEGATIVE_INFINITY) && atMs < (endsAtMs ?? Number.POSITIVE_INFINITY);
}
