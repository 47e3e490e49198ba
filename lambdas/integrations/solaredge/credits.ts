import { epochMs, type Instant, instant, MINUTE_MS } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { CALLS_PER_MINUTE, CREDITS_PER_MONTH } from "./vendor-plan.ts";

/** Left for linking new customers and for a process that was restarted and forgot a few. */
const SPARE_CREDITS = 40;

/** Counts our calls, and refuses what the vendor would: a call too many is never made. */
export type Credits = {
  /** Throws `quota-exhausted` or `rate-limited` unless that many calls may be made now. */
  reserve(calls: number, operation: string): void;
  spend(): void;
  /** What the vendor said about the month or the minute, for all sites. */
  heed(error: VendorError): void;
};

export function creditBook(now: () => Instant): Credits {
  let month = "";
  let spent = 0;
  let recent: number[] = [];
  let refused: VendorError | undefined;
  let refusedUntilMs = 0;

  return {
    reserve(calls, operation) {
      const at = now();
      const nowMs = epochMs(at);
      if (refused && nowMs < refusedUntilMs) throw again(refused, refusedUntilMs - nowMs);
      refused = undefined;
      if (month !== monthOf(at)) spent = 0;
      if (spent + calls > CREDITS_PER_MONTH - SPARE_CREDITS) throw quotaExhausted(operation, at, undefined);
      recent = recent.filter((ms) => nowMs - ms < MINUTE_MS);
      if (recent.length + calls > CALLS_PER_MINUTE) {
        const freeAtMs = (recent[recent.length + calls - CALLS_PER_MINUTE - 1] ?? nowMs) + MINUTE_MS;
        throw new VendorError({
          fault: "rate-limited",
          operation,
          message: "our own limit of calls a minute",
          retryAfterMs: freeAtMs - nowMs,
        });
      }
    },
    spend() {
      const at = now();
      if (month !== monthOf(at)) {
        month = monthOf(at);
        spent = 0;
      }
      spent += 1;
      recent.push(epochMs(at));
    },
    heed(error) {
      if (error.fault !== "rate-limited" && error.fault !== "quota-exhausted") return;
      const untilMs = epochMs(now()) + (error.retryAfterMs ?? MINUTE_MS);
      if (untilMs <= refusedUntilMs) return;
      refused = error;
      refusedUntilMs = untilMs;
    },
  };
}

/** The month's credits are gone: nothing before the next calendar month in UTC, which is when the free tier begins anew. */
export function quotaExhausted(operation: string, at: Instant, status: number | undefined): VendorError {
  const date = new Date(at);
  const resetMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  return new VendorError({
    fault: "quota-exhausted",
    operation,
    status,
    message: `the month's credits are gone until ${instant(resetMs)}`,
    retryAfterMs: resetMs - epochMs(at),
  });
}

function again(error: VendorError, retryAfterMs: number): VendorError {
  const { fault, operation, status } = error;
  return new VendorError({ fault, operation, status, message: "still refused, not asked again", retryAfterMs });
}

function monthOf(at: Instant): string {
  return at.slice(0, 7);
}
