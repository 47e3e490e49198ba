import type { SimulatedCall } from "./simulator-faults.ts";

/** The vendor's own limits, as its clients have met them. */
export const LIMITS = { callsPerWindow: 500, windowMs: 5 * 60_000, reportEveryMs: 3 * 60_000 };

export type LoggedCall = {
  atMs: number;
  accountId?: string;
  chargerId?: string;
  kind: SimulatedCall;
  path: string;
  /** 0 when the connection was cut before the answer. */
  status: number;
  command?: string;
  amps?: number;
  /** The command changed what the charger does, whatever was answered. */
  effective?: boolean;
};

/** Counts and limits of all calls. */
export class Ledger {
  readonly #calls: LoggedCall[] = [];
  readonly #recent = new Map<string, number[]>();
  readonly #reportedAtMs = new Map<string, number>();
  #most = 0;

  /** One call against a login's window; the seconds to wait when it is one too many. */
  waitSeconds(accountId: string, nowMs: number): number | undefined {
    const recent = (this.#recent.get(accountId) ?? []).filter((atMs) => atMs > nowMs - LIMITS.windowMs);
    recent.push(nowMs);
    this.#recent.set(accountId, recent);
    this.#most = Math.max(this.#most, recent.length);
    if (recent.length <= LIMITS.callsPerWindow) return undefined;
    return Math.ceil(((recent[0] ?? nowMs) + LIMITS.windowMs - nowMs) / 1000);
  }

  mayReport(chargerId: string, nowMs: number): boolean {
    const last = this.#reportedAtMs.get(chargerId) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - last < LIMITS.reportEveryMs) return false;
    this.#reportedAtMs.set(chargerId, nowMs);
    return true;
  }

  log(call: LoggedCall): void {
    this.#calls.push(call);
  }

  calls(): LoggedCall[] {
    return [...this.#calls];
  }

  /** The most calls that any login made within one window. */
  get mostInWindow(): number {
    return this.#most;
  }
}
