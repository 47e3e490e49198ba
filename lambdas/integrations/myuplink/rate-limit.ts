import { VendorError } from "../../../shared/errors.ts";
import { type HttpAnswer, retryAfterMs } from "../../../shared/http.ts";

/** The vendor's window, when an answer does not say how long it lasts. */
const WINDOW_MS = 60_000;

/**
 * How long to wait after a 429, ms: `Retry-After`, or the end of the window. `RateLimit-Reset` is in seconds; the older
 * `X-Rate-Limit-Reset` is a time.
 */
export function waitOf(headers: Headers, nowMs: number): number {
  return Math.max(1000, retryAfterMs(headers, nowMs) ?? resetMs(headers, nowMs) ?? WINDOW_MS);
}

function resetMs(headers: Headers, nowMs: number): number | undefined {
  const seconds = numberOf(headers.get("ratelimit-reset"));
  if (seconds !== undefined) return seconds * 1000;
  const at = Date.parse(headers.get("x-rate-limit-reset") ?? "");
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function numberOf(text: string | null): number | undefined {
  const number = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Remembers which logins have used up their window, so that no call is made only to be refused. */
export class Windows {
  readonly #emptyUntilMs = new Map<string, number>();

  note(accessToken: string, { status, headers }: HttpAnswer, nowMs: number): void {
    const remaining = numberOf(headers.get("ratelimit-remaining")) ?? numberOf(headers.get("x-rate-limit-remaining"));
    if (status !== 429 && remaining !== 0) {
      this.#emptyUntilMs.delete(accessToken);
      return;
    }
    this.#emptyUntilMs.set(accessToken, nowMs + waitOf(headers, nowMs));
  }

  /** Throws `rate-limited` while a login's window is used up. */
  refuseWhenEmpty(accessToken: string, operation: string, nowMs: number): void {
    const untilMs = this.#emptyUntilMs.get(accessToken);
    if (untilMs === undefined) return;
    if (nowMs < untilMs) {
      throw new VendorError({
        fault: "rate-limited",
        operation,
        message: "the vendor's window is used up; the call was not made",
        retryAfterMs: untilMs - nowMs,
      });
    }
    this.#emptyUntilMs.delete(accessToken);
  }
}
