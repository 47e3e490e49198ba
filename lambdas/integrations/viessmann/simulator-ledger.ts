import type { CallKind } from "./simulator-faults.ts";

const DAY_MS = 24 * 3_600_000;
const LIMITS = [
  { name: "ViCare day limit", limit: 1450, windowMs: DAY_MS },
  { name: "ViCare 10 minutes limit", limit: 120, windowMs: 600_000 },
] as const;

export type LoggedCall = {
  atMs: number;
  /** Absent when the caller could not be recognised. */
  accountId?: string;
  pump?: string;
  kind: CallKind;
  path: string;
  /** 0 when the connection was cut before the answer. */
  status: number;
  command?: string;
  /** The command changes what the device does, whatever was answered. */
  effective?: boolean;
};

/** Counts and limits of all calls. */
export class Ledger {
  readonly #calls: LoggedCall[] = [];
  readonly #windows = new Map<string, { startMs: number; count: number }>();

  /** One call of a customer against both limits; the one that refuses it, if any. Each window opens with a first call. */
  admit(accountId: string, nowMs: number): { name: string; limit: number; resetMs: number } | undefined {
    for (const { name, limit, windowMs } of LIMITS) {
      const known = this.#windows.get(`${accountId} ${name}`);
      const window = known && nowMs < known.startMs + windowMs ? known : { startMs: nowMs, count: 0 };
      this.#windows.set(`${accountId} ${name}`, window);
      if (window.count >= limit) return { name, limit, resetMs: window.startMs + windowMs };
      window.count += 1;
    }
    return undefined;
  }

  log(call: LoggedCall): void {
    this.#calls.push(call);
  }

  calls(): LoggedCall[] {
    return [...this.#calls];
  }
}
