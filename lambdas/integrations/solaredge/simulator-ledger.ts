import type { CallKind } from "./simulator-faults.ts";

const MINUTE_MS = 60_000;

export type LoggedCall = {
  atMs: number;
  kind: CallKind;
  path: string;
  /** 0 when the connection was cut before the answer. */
  status: number;
  credits: number;
  accountId?: string;
  siteId?: string;
};

export type Limits = { creditsPerMonth: number; callsPerMinute: number };
export type Allowance = { verdict: "allowed" | "minute" | "month"; leftThisMinute: number; retryAfterSeconds: number };

/** Counts of an application: its minute and its month of credits. */
export class Ledger {
  readonly #limits: Limits;
  readonly #calls: LoggedCall[] = [];
  readonly #minutes = new Map<number, number>();
  readonly #months = new Map<string, number>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** One call; it costs its credit when it is allowed. */
  allow(nowMs: number): Allowance {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const used = (this.#minutes.get(minute) ?? 0) + 1;
    this.#minutes.set(minute, used);
    const leftThisMinute = Math.max(0, this.#limits.callsPerMinute - used);
    const retryAfterSeconds = Math.ceil(((minute + 1) * MINUTE_MS - nowMs) / 1000);
    if (used > this.#limits.callsPerMinute) return { verdict: "minute", leftThisMinute, retryAfterSeconds };
    const month = new Date(nowMs).toISOString().slice(0, 7);
    const credits = this.#months.get(month) ?? 0;
    if (credits >= this.#limits.creditsPerMonth) return { verdict: "month", leftThisMinute, retryAfterSeconds };
    this.#months.set(month, credits + 1);
    return { verdict: "allowed", leftThisMinute, retryAfterSeconds };
  }

  log(call: LoggedCall): void {
    this.#calls.push(call);
  }

  calls(): LoggedCall[] {
    return [...this.#calls];
  }

  /** The most calls in any minute, and in any month the credits. */
  peaks(): { callsPerMinute: number; creditsPerMonth: number } {
    return {
      callsPerMinute: Math.max(0, ...this.#minutes.values()),
      creditsPerMonth: Math.max(0, ...this.#months.values()),
    };
  }
}
