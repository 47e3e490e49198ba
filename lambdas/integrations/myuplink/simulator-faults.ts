import { between, draw, pick } from "../../../shared/integration/simulation-random.ts";
import type { PumpSpec } from "./simulator-spec.ts";

const MINUTE_MS = 60_000;

export type CallKind = "state" | "data" | "command" | "token";
const READS: readonly CallKind[] = ["state", "data"];
const ALL: readonly CallKind[] = ["state", "data", "command"];

/** Each fault of a single answer, with the calls it befalls. */
const CALLS_OF = {
  "server-500": ALL,
  "server-503": ALL,
  "html-502": ALL,
  /** 200 without a body; a change has acted all the same. */
  "empty-200": ALL,
  /** The connection breaks after a change has acted. */
  "cut-after-acting": ["command"],
  "accepted-not-executed": ["command"],
  /** A 200 that says that the mode was not taken. */
  "refused-with-200": ["command"],
  "rate-limited": ALL,
  "token-expired-early": ALL,
  /** Sensors tell zeros as old as the device's start. */
  "boot-zeros": ["data"],
  /** The new tokens are made and the old one is spent, but the answer never arrives. */
  "lost-rotation": ["token"],
  /** The customer's subscription does not include setting points. */
  "no-subscription": ["command"],
  "malformed-points": READS,
} as const satisfies Record<string, readonly CallKind[]>;

export type CallFault = keyof typeof CALLS_OF;

export type FaultRule =
  /** Befalls matching calls with that probability (always, if absent), at most `times`. */
  | { kind: CallFault; deviceId?: string; accountId?: string; probability?: number; times?: number }
  /** Nothing answers for anybody. */
  | { kind: "vendor-outage"; startsAtMs: number; endsAtMs: number }
  /** The cloud cannot reach the device, which goes on as it was told last. */
  | { kind: "device-offline"; deviceId: string; startsAtMs: number; endsAtMs: number };

/** The vendor refuses by its own rules as well. `endsAtMs`: of what has a known end. */
export type FaultLogEntry = {
  atMs: number;
  endsAtMs?: number;
  deviceId?: string;
  accountId?: string;
  kind: FaultRule["kind"] | "limit-reached" | "bad-request";
};
type Window = { startsAtMs: number; endsAtMs: number };

/** Decides which calls go wrong, and remembers which did. */
export class Faults {
  readonly #rules: readonly FaultRule[];
  readonly #seed: number;
  readonly #counts = new Map<number, { considered: number; struck: number }>();
  readonly #log: FaultLogEntry[] = [];

  constructor(rules: readonly FaultRule[], seed: number) {
    this.#rules = rules;
    this.#seed = seed;
  }

  isOutage(atMs: number): boolean {
    return this.#rules.some((rule) => rule.kind === "vendor-outage" && isWithin(rule, atMs));
  }

  /** Until when a device is out of reach; undefined when it is not. */
  offlineUntil(deviceId: string, atMs: number): number | undefined {
    for (const rule of this.#rules)
      if (rule.kind === "device-offline" && rule.deviceId === deviceId && isWithin(rule, atMs)) return rule.endsAtMs;
    return undefined;
  }

  lacksSubscription(deviceId: string): boolean {
    return this.#rules.some((rule) => rule.kind === "no-subscription" && (rule.deviceId ?? deviceId) === deviceId);
  }

  /** The fault that befalls a call, if any. `possible` keeps faults from being spent where they would show nothing. */
  strike(
    call: { atMs: number; kind: CallKind; deviceId?: string | undefined; accountId?: string | undefined },
    possible: (kind: CallFault) => boolean,
  ): CallFault | undefined {
    for (const [index, rule] of this.#rules.entries()) {
      if (rule.kind === "vendor-outage" || rule.kind === "device-offline") continue;
      const calls: readonly CallKind[] = CALLS_OF[rule.kind];
      if (!calls.includes(call.kind) || !possible(rule.kind)) continue;
      if (rule.deviceId !== undefined && rule.deviceId !== call.deviceId) continue;
      if (rule.accountId !== undefined && rule.accountId !== call.accountId) continue;
      const count = this.#counts.get(index) ?? { considered: 0, struck: 0 };
      this.#counts.set(index, count);
      if (count.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (draw(this.#seed, "fault", index, count.considered++) >= (rule.probability ?? 1)) continue;
      count.struck += 1;
      const { atMs, deviceId, accountId } = call;
      // A login's trouble is that of all its devices.
      this.note({
        atMs,
        kind: rule.kind,
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(accountId ? { accountId } : {}),
      });
      return rule.kind;
    }
    return undefined;
  }

  note(entry: FaultLogEntry): void {
    this.#log.push(entry);
  }

  /** The faults that happened until now, in order of time. */
  log(nowMs: number): FaultLogEntry[] {
    // So from the beginning, whoever asks.
    const states = this.#rules.flatMap((rule): FaultLogEntry[] =>
      rule.kind === "no-subscription" && rule.deviceId !== undefined
        ? [{ atMs: 0, kind: rule.kind, deviceId: rule.deviceId }]
        : [],
    );
    const windows = this.#rules.flatMap((rule): FaultLogEntry[] =>
      (rule.kind === "vendor-outage" || rule.kind === "device-offline") && rule.startsAtMs <= nowMs
        ? [
            {
              ...{ atMs: rule.startsAtMs, endsAtMs: rule.endsAtMs, kind: rule.kind },
              ...("deviceId" in rule ? { deviceId: rule.deviceId } : {}),
            },
          ]
        : [],
    );
    return [...this.#log, ...states, ...windows].sort((a, b) => a.atMs - b.atMs);
  }
}

function isWithin({ startsAtMs, endsAtMs }: Window, atMs: number): boolean {
  return atMs >= startsAtMs && atMs < endsAtMs;
}

const TRANSIENT: readonly [CallFault, ...CallFault[]] = [
  "server-500",
  "server-503",
  "html-502",
  "empty-200",
  "cut-after-acting",
  "accepted-not-executed",
  "refused-with-200",
  "rate-limited",
  "token-expired-early",
  "boot-zeros",
  "malformed-points",
];

type Night = { seed: number; pumps: readonly PumpSpec[]; startsAtMs: number; endsAtMs: number };

/** A night's faults for a fleet, the same for the same seed and pumps. */
export function faultPreset(level: "none" | "some" | "many", night: Night): FaultRule[] {
  if (level === "none" || night.pumps.length === 0) return [];
  const { seed, pumps, startsAtMs, endsAtMs } = night;
  const isMany = level === "many";
  const span = endsAtMs - startsAtMs;
  const outageMs = startsAtMs + Math.round(span * between(0.3, 0.7, draw(seed, "outage")));
  const share = (about: string, part: number, { deviceId }: PumpSpec) => draw(seed, about, deviceId) < part;
  return [
    { kind: "vendor-outage", startsAtMs: outageMs, endsAtMs: outageMs + (isMany ? 25 : 15) * MINUTE_MS },
    ...pumps.flatMap((pump, index): FaultRule[] => {
      const { deviceId, accountId } = pump;
      const rules: FaultRule[] = [];
      if (isMany && share("must act", 0.1, pump)) rules.push({ kind: "no-subscription", deviceId });
      if (share("offline", isMany ? 0.2 : 0.05, pump)) {
        const atMs = startsAtMs + Math.round(span * between(0.1, 0.8, draw(seed, "offline at", deviceId)));
        rules.push({ kind: "device-offline", deviceId, startsAtMs: atMs, endsAtMs: atMs + 40 * MINUTE_MS });
      }
      if (isMany && share("rotation", 0.1, pump)) rules.push({ kind: "lost-rotation", accountId, times: 1 });
      if (share("transient", isMany ? 0.7 : 0.3, pump)) {
        for (let nth = 0; nth < (isMany ? 3 : 1); nth++) {
          const kind = pick(TRANSIENT, ((index * 3 + nth) % TRANSIENT.length) / TRANSIENT.length);
          rules.push({ kind, deviceId, probability: isMany ? 0.4 : 0.2, times: isMany ? 4 : 2 });
        }
      }
      return rules;
    }),
  ];
}
