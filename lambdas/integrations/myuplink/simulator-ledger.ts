import type { CallKind } from "./simulator-faults.ts";

const PER_MINUTE = 25;
const MINUTE_MS = 60_000;

export type LoggedCall = {
  atMs: number;
  kind: CallKind;
  path: string;
  /** 0 when the connection was cut before the answer. */
  status: number;
  /** Nothing is billed. */
  priceUsd: number;
  accountId?: string;
  deviceId?: string;
  /** A pump will do something else, whatever was answered. */
  effective?: boolean;
};

/** Counts all calls, and holds each login to its minute. */
export class Ledger {
  readonly #calls: LoggedCall[] = [];
  readonly #used = new Map<string, { minute: number; count: number }>();
  /** The most that any login used of one minute. */
  mostPerMinute = 0;

  allow(accountId: string, nowMs: number): { allowed: boolean; headers: Record<string, string> } {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const known = this.#used.get(accountId);
    const used = known?.minute === minute ? known : { minute, count: 0 };
    used.count += 1;
    this.#used.set(accountId, used);
    this.mostPerMinute = Math.max(this.mostPerMinute, used.count);
    const headers = limitHeaders(PER_MINUTE - used.count, Math.ceil(((minute + 1) * MINUTE_MS - nowMs) / 1000));
    return { allowed: used.count <= PER_MINUTE, headers };
  }

  log(call: Omit<LoggedCall, "priceUsd">): void {
    this.#calls.push({ ...call, priceUsd: 0 });
  }

  calls(): LoggedCall[] {
    return [...this.#calls];
  }
}

export function limitHeaders(remaining: number, resetSeconds: number): Record<string, string> {
  return {
    "RateLimit-Limit": String(PER_MINUTE),
    "RateLimit-Remaining": String(Math.max(0, remaining)),
    "RateLimit-Reset": String(resetSeconds),
  };
}
