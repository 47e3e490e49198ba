import type { Span } from "../../lambdas/signals/source.ts";
import { type Instant, instant, parseInstant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import type { Fetch } from "../../shared/http.ts";
import type { Log, LogCode } from "../../shared/log.ts";

export const HALF_HOUR_MS = 1_800_000;

export function at(text: string): Instant {
  return parseInstant(text);
}

export function span(from: string, to: string): Span {
  return { from: at(from), to: at(to) };
}

/** The starts of the half-hours in [from, to). */
export function halfHourStarts(from: string, to: string): number[] {
  const starts: number[] = [];
  for (let ms = Date.parse(from); ms < Date.parse(to); ms += HALF_HOUR_MS) starts.push(ms);
  return starts;
}

export function aSlot(startsAt: string, value: number, more: Partial<Slot> = {}): Slot {
  const starts = at(startsAt);
  const ends = instant(Date.parse(starts) + HALF_HOUR_MS);
  return { startsAt: starts, endsAt: ends, value, kind: "actual", issuedAt: at("2023-01-01T00:00Z"), ...more };
}

/** Half-hourly slots over [from, to); the value is `value(index)`. */
export function slotsOver(from: string, to: string, value: (i: number) => number, more: Partial<Slot> = {}): Slot[] {
  return halfHourStarts(from, to).map((ms, i) => aSlot(instant(ms), value(i), more));
}

export function aRate(validFrom: string, value: unknown, more: Record<string, unknown> = {}) {
  const ms = Date.parse(validFrom);
  const toSecond = (time: number) => new Date(time).toISOString().replace(".000Z", "Z");
  return {
    value_exc_vat: 1,
    value_inc_vat: value,
    valid_from: toSecond(ms),
    valid_to: toSecond(ms + HALF_HOUR_MS),
    payment_method: null,
    ...more,
  };
}

export function aCarbonRow(from: string, intensity: Record<string, unknown>) {
  const toMinute = (time: number) => `${new Date(time).toISOString().slice(0, 16)}Z`;
  return { from: toMinute(Date.parse(from)), to: toMinute(Date.parse(from) + HALF_HOUR_MS), intensity };
}

/** A fetch that answers from a function and remembers the URLs asked for. */
export function fetchOf(answer: (url: URL) => Response): Fetch & { urls: URL[] } {
  const urls: URL[] = [];
  const fetch = async (input: Parameters<Fetch>[0]) => {
    const url = new URL(input instanceof Request ? input.url : input);
    urls.push(url);
    return answer(url);
  };
  return Object.assign(fetch, { urls });
}

type Line = { code: LogCode; fields: Record<string, unknown> };

/** A log that keeps its lines. */
export function recordingLog(): Log & { lines: Line[]; codes(): LogCode[] } {
  const lines: Line[] = [];
  const log = {
    lines,
    codes: () => lines.map((line) => line.code),
    info: (code: LogCode, fields = {}) => void lines.push({ code, fields }),
    warn: (code: LogCode, fields = {}) => void lines.push({ code, fields }),
    error: (code: LogCode, _error: unknown, fields = {}) => void lines.push({ code, fields }),
    with: () => log,
  };
  return log;
}
