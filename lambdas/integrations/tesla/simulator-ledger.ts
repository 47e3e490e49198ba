import type { CallKind } from "./simulator-faults.ts";

/** USD per call: 500 looks, 1,000 commands, 50 wakes for a dollar. A look at the state is a look. */
const PRICE_USD: Record<CallKind, number> = {
  data: 1 / 500,
  state: 1 / 500,
  command: 1 / 1000,
  wake: 1 / 50,
  token: 0,
};
const PER_MINUTE = { data: 60, command: 30, wake: 3 } as const;
const MINUTE_MS = 60_000;

export type LoggedCall = {
  atMs: number;
  /** Absent when the caller could not be recognised. */
  accountId?: string;
  vin?: string;
  kind: CallKind;
  path: string;
  /** 0 when the connection was cut before the answer. */
  status: number;
  priceUsd: number;
  command?: string;
  /** The command or wake changed something, whatever was answered. */
  effective?: boolean;
};

export type Allowance = { allowed: boolean; headers: Record<string, string> };

/** Counts, limits and prices of all calls. */
export class Ledger {
  readonly #calls: LoggedCall[] = [];
  #totalUsd = 0;
  readonly #used = new Map<string, { minute: number; count: number }>();

  /** One call against a car's minute. */
  allow(vin: string, kind: CallKind, nowMs: number): Allowance {
    const family = kind === "command" || kind === "wake" ? kind : "data";
    const limit = PER_MINUTE[family];
    const minute = Math.floor(nowMs / MINUTE_MS);
    const key = `${vin} ${family}`;
    const known = this.#used.get(key);
    const used = known?.minute === minute ? known : { minute, count: 0 };
    used.count += 1;
    this.#used.set(key, used);
    const resetSeconds = String(Math.ceil(((minute + 1) * MINUTE_MS - nowMs) / 1000));
    const headers = rateLimitHeaders(limit, limit - used.count, resetSeconds);
    const allowed = used.count <= limit;
    return { allowed, headers: allowed ? headers : { ...headers, "Retry-After": resetSeconds } };
  }

  /** Everything answered below 500 is billed, refusals too; a cut connection was answered as far as the vendor knows. */
  log(call: Omit<LoggedCall, "priceUsd">): void {
    const priceUsd = call.status < 500 ? PRICE_USD[call.kind] : 0;
    this.#totalUsd += priceUsd;
    this.#calls.push({ ...call, priceUsd });
  }

  get totalUsd(): number {
    return this.#totalUsd;
  }

  calls(): LoggedCall[] {
    return [...this.#calls];
  }
}

export function rateLimitHeaders(limit: number, remaining: number, resetSeconds: string): Record<string, string> {
  return {
    "RateLimit-Limit": String(limit),
    "RateLimit-Remaining": String(Math.max(0, remaining)),
    "RateLimit-Reset": resetSeconds,
  };
}
