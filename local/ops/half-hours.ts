import { epochMs, HOUR_MS, type Instant, instant, parseInstant, plusMs } from "../../shared/domain/instant.ts";
import { BadInput } from "../feeds/bad-input.ts";

/** What limits are set on: the store answers no slot longer than an hour, and prices change on these edges. */
export const HALF_HOUR_MS = HOUR_MS / 2;

/** [from, to), both on half-hours. */
export type Span = { from: Instant; to: Instant };

/** The span that two options give. Throws a BadInput that names the option at fault. */
export function readSpan(from: string, to: string, mostHours: number): Span {
  const span = { from: edge("--from", from), to: edge("--to", to) };
  if (span.to <= span.from) throw new BadInput("--to must be after --from.");
  if (epochMs(span.to) - epochMs(span.from) > mostHours * HOUR_MS)
    throw new BadInput(`From --from to --to may be at most ${mostHours} h.`);
  return span;
}

/** Refuses a span with nothing ahead, or so far ahead that it is a slip of the pen. */
export function checkAhead({ from, to }: Span, now: Instant): void {
  if (to <= now) throw new BadInput(`--to is in the past: it is ${now} there.`);
  if (epochMs(from) - epochMs(now) > MOST_AHEAD_MS) throw new BadInput("--from is more than a year ahead.");
}

const MOST_AHEAD_MS = 366 * 24 * HOUR_MS;

/** A time until which no limit that may be set lies ahead any more. */
export function endOfAhead(now: Instant): Instant {
  return plusMs(now, MOST_AHEAD_MS + 48 * HOUR_MS);
}

/** The half-hours of a span that are not over at `now`. */
export function halfHoursAhead({ from, to }: Span, now: Instant): Span[] {
  const halfHours: Span[] = [];
  for (let startMs = epochMs(from); startMs < epochMs(to); startMs += HALF_HOUR_MS) {
    const halfHour = { from: instant(startMs), to: instant(startMs + HALF_HOUR_MS) };
    if (halfHour.to > now) halfHours.push(halfHour);
  }
  return halfHours;
}

/** The start of the half-hour that `at` lies in. */
export function halfHourOf(at: Instant): Instant {
  return instant(Math.floor(epochMs(at) / HALF_HOUR_MS) * HALF_HOUR_MS);
}

function edge(option: string, text: string): Instant {
  let at: Instant;
  try {
    at = parseInstant(text);
  } catch (error) {
    throw new BadInput(`${option}: ${error instanceof Error ? error.message : "is no time"}.`, { cause: error });
  }
  if (halfHourOf(at) !== at)
    throw new BadInput(`${option}: limits begin and end on half-hours, such as 16:00Z or 16:30Z.`);
  return at;
}
