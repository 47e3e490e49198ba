import { draw } from "../../../shared/integration/simulation-random.ts";
import type { CarTroubles } from "./simulator-spec.ts";

/** What a call is, as Tesla bills it; tokens are free. */
export type CallKind = "data" | "command" | "wake" | "state" | "token";

const VEHICLE_CALLS: readonly CallKind[] = ["data", "command", "wake", "state"];

/** Each fault of a single answer, with the calls it can befall unless a rule names others. */
const CALLS_OF = {
  /** The cloud says asleep of an awake car, in one of several texts. */
  "asleep-408": ["data", "command"],
  /** The signing proxy's word for the same. */
  "asleep-500": ["command"],
  "server-503": VEHICLE_CALLS,
  /** Half of these acted. */
  "server-504": VEHICLE_CALLS,
  "html-502": VEHICLE_CALLS,
  /** The connection breaks after the car acted. */
  "cut-after-acting": ["command"],
  /** 200 without a body; half of these acted. */
  "empty-200": ["data", "command"],
  "refused-without-reason": ["command"],
  "accepted-not-executed": ["command"],
  /** Accepted, executed two to six minutes later. */
  "executed-late": ["command"],
  "rate-limited": VEHICLE_CALLS,
  /** The new tokens are made and the old one is spent, but the answer never arrives. */
  "lost-rotation": ["token"],
  "token-expired-early": VEHICLE_CALLS,
  "unpaired-key": ["command"],
  "mobile-access-disabled": ["data", "command", "wake"],
  /** The customer left a permission out; told in the token's `scp` too. */
  "missing-scopes": ["command", "wake"],
  /** The cloud cannot reach a car that is drawing power. */
  "unreachable-while-charging": ["data", "command", "state"],
  "wrong-region": VEHICLE_CALLS,
  /** An old reading with status 200. */
  "stale-reading": ["data"],
} as const satisfies Record<string, readonly CallKind[]>;

export type CallFault = keyof typeof CALLS_OF;
type FaultKind = CallFault | "vendor-outage" | "no-power" | "own-schedule-starts" | "unplugged-early";

/** Befalls matching calls with that probability (always, if absent), at most `times` per car (or account, for tokens). */
export type CallFaultRule = {
  kind: CallFault;
  /** Any car, or any account, if absent. */
  vins?: readonly string[];
  accountIds?: readonly string[];
  calls?: readonly CallKind[];
  commands?: readonly string[];
  startsAtMs?: number;
  endsAtMs?: number;
  probability?: number;
  times?: number;
};

export type FaultRule =
  | CallFaultRule
  /** Nothing answers for anybody: 503 and HTML 502. */
  | { kind: "vendor-outage"; startsAtMs: number; endsAtMs: number }
  /** The charger offers nothing. */
  | { kind: "no-power"; vin: string; startsAtMs: number; endsAtMs: number }
  /** The car begins by itself: at a time, or so long after each stop command. */
  | { kind: "own-schedule-starts"; vin: string; atMs: number }
  | { kind: "own-schedule-starts"; vin: string; afterStopMs: number }
  | { kind: "unplugged-early"; vin: string; atMs: number };

export type FaultScript = { rules: readonly FaultRule[] };

export type FaultLogEntry = { atMs: number; vin?: string; accountId?: string; kind: FaultKind };

type Call = { atMs: number; kind: CallKind; accountId?: string; vin?: string; command?: string };

/** What the script does to one car itself. */
export function troublesOf(vin: string, script: FaultScript): CarTroubles {
  const troubles: CarTroubles = { noPower: [], unpluggedAtMs: [], selfStartsAtMs: [] };
  for (const rule of script.rules) {
    if (!("vin" in rule) || rule.vin !== vin) continue;
    if (rule.kind === "no-power") troubles.noPower.push({ startsAtMs: rule.startsAtMs, endsAtMs: rule.endsAtMs });
    else if (rule.kind === "unplugged-early") troubles.unpluggedAtMs.push(rule.atMs);
    else if ("atMs" in rule) troubles.selfStartsAtMs.push(rule.atMs);
    else troubles.restartsAfterStopMs = rule.afterStopMs;
  }
  return troubles;
}

function isCallRule(rule: FaultRule): rule is CallFaultRule {
  return rule.kind in CALLS_OF;
}

/** Decides which calls go wrong, and remembers which did. */
export class Faults {
  readonly #seed: number;
  readonly #outages: { startsAtMs: number; endsAtMs: number }[] = [];
  /** Rules for one car or account are looked up, not searched for, so that a large script costs no time per call. */
  readonly #rules = new Map<string, { rule: CallFaultRule; index: number }[]>();
  readonly #counts = new Map<string, { considered: number; struck: number }>();
  readonly #log: FaultLogEntry[] = [];

  constructor(script: FaultScript, seed: number) {
    this.#seed = seed;
    script.rules.forEach((rule, index) => {
      if (rule.kind === "vendor-outage") this.#outages.push(rule);
      if (!isCallRule(rule)) return;
      const subjects = rule.vins ?? rule.accountIds ?? ["*"];
      for (const subject of subjects) {
        const list = this.#rules.get(subject) ?? [];
        list.push({ rule, index });
        this.#rules.set(subject, list);
      }
    });
  }

  isOutage(atMs: number): boolean {
    return this.#outages.some((window) => atMs >= window.startsAtMs && atMs < window.endsAtMs);
  }

  /** The fault that befalls a call, if any. `possible` keeps faults from being spent where they would show nothing. */
  strike(call: Call, possible: (kind: CallFault) => boolean): CallFault | undefined {
    for (const subject of [call.vin, call.accountId, "*"]) {
      if (subject === undefined) continue;
      for (const { rule, index } of this.#rules.get(subject) ?? []) {
        if (!this.#matches(rule, call) || !possible(rule.kind)) continue;
        const key = `${index} ${call.vin ?? call.accountId ?? ""}`;
        const count = this.#counts.get(key) ?? { considered: 0, struck: 0 };
        this.#counts.set(key, count);
        if (count.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
        if (draw(this.#seed, "fault", key, count.considered++) >= (rule.probability ?? 1)) continue;
        count.struck += 1;
        this.note({ atMs: call.atMs, kind: rule.kind, ...subjectOf(call) });
        return rule.kind;
      }
    }
    return undefined;
  }

  /** Whether the customer of one of these cars left out a permission. */
  lacksScopes(vins: readonly string[]): boolean {
    return [...vins, "*"].some((vin) => this.#rules.get(vin)?.some(({ rule }) => rule.kind === "missing-scopes"));
  }

  note(entry: FaultLogEntry): void {
    this.#log.push(entry);
  }

  log(nowMs: number): FaultLogEntry[] {
    const outages = this.#outages
      .filter(({ startsAtMs }) => startsAtMs <= nowMs)
      .map(({ startsAtMs }) => ({ atMs: startsAtMs, kind: "vendor-outage" as const }));
    return [...this.#log, ...outages].sort((a, b) => a.atMs - b.atMs);
  }

  #matches(rule: CallFaultRule, call: Call): boolean {
    const calls: readonly CallKind[] = rule.calls ?? CALLS_OF[rule.kind];
    return (
      calls.includes(call.kind) &&
      call.atMs >= (rule.startsAtMs ?? Number.NEGATIVE_INFINITY) &&
      call.atMs < (rule.endsAtMs ?? Number.POSITIVE_INFINITY) &&
      (rule.commands === undefined || (call.command !== undefined && rule.commands.includes(call.command)))
    );
  }
}

function subjectOf(call: Call): { vin?: string; accountId?: string } {
  return {
    ...(call.vin === undefined ? {} : { vin: call.vin }),
    ...(call.accountId === undefined ? {} : { accountId: call.accountId }),
  };
}
