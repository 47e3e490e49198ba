import { Temporal } from "temporal-polyfill";
import { epochMs, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Measure, Slot } from "../../shared/domain/signal.ts";
import type { Change } from "./changes.ts";
import type { SignalSource, Span } from "./source.ts";

/** Something about a day that a person should know; nothing is refused because of it. */
export type DayFinding = { finding: "incomplete" | "all-zero" | "same-as-yesterday" | "out-of-bounds"; detail: string };

/** Beyond these a value is more likely misread than real: Agile is capped at 100 p, GB has stayed below 500 g. */
const BOUNDS: Record<Measure, { min: number; max: number }> = {
  price: { min: -100, max: 100 },
  carbon: { min: 0, max: 700 },
};

type Day = { day: string; zone: string; measure: Measure };

/** Judges one local day of a series; `slots` may hold more than the day, and should hold the day before. */
export function checkDay({ day, zone, measure }: Day, slots: readonly Slot[]): DayFinding[] {
  const findings: DayFinding[] = [];
  const today = inSpan(slots, spanOfDay(day, zone));
  const length = minutesOf(spanOfDay(day, zone));
  const covered = today.reduce((sum, slot) => sum + minutesOf({ from: slot.startsAt, to: slot.endsAt }), 0);
  if (covered < length)
    findings.push({ finding: "incomplete", detail: `${covered} of ${length} minutes have a value` });

  const values = today.map((slot) => slot.value);
  if (values.length > 0 && values.every((value) => value === 0)) {
    findings.push({ finding: "all-zero", detail: `${values.length} slots` });
  }

  const yesterday = inSpan(slots, spanOfDay(dayAfter(day, -1), zone)).map((slot) => slot.value);
  const flat = new Set(values).size < 2;
  if (!flat && values.length === yesterday.length && values.every((value, i) => value === yesterday[i])) {
    findings.push({ finding: "same-as-yesterday", detail: `all ${values.length} values are those of the day before` });
  }

  const { min, max } = BOUNDS[measure];
  const beyond = today.filter((slot) => slot.value < min || slot.value > max);
  if (beyond.length > 0) {
    findings.push({
      finding: "out-of-bounds",
      detail: `${beyond.length} slots outside ${min} to ${max}, the first at ${beyond[0]?.startsAt}`,
    });
  }
  return findings;
}

/**
 * The days worth judging now: those that new slots belong to, on arrival, and tomorrow once it is overdue. A day that
 * only partly lies in the fetched span is nobody's fault and is left out.
 */
export function daysToCheck(
  source: Omit<SignalSource, "fetchSlots">,
  changed: readonly Change[],
  span: Span,
  now: Instant,
): string[] {
  const days = new Set(
    changed.filter(({ before }) => before === undefined).map(({ slot }) => dayOf(slot.startsAt, source.dayZone)),
  );
  const due = source.tomorrowDueBy;
  if (due && Temporal.Instant.from(now).toZonedDateTimeISO(due.zone).hour >= due.hour)
    days.add(dayAfter(dayOf(now, due.zone), 1));
  return [...days].sort().filter((day) => {
    const { from, to } = spanOfDay(day, source.dayZone);
    return from >= span.from && to <= span.to;
  });
}

function dayOf(at: Instant, zone: string): string {
  return Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().toString();
}

function dayAfter(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

function spanOfDay(day: string, zone: string): Span {
  const midnight = (date: string) => instant(Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds);
  return { from: midnight(day), to: midnight(dayAfter(day, 1)) };
}

function inSpan(slots: readonly Slot[], { from, to }: Span): Slot[] {
  return slots.filter((slot) => slot.startsAt >= from && slot.startsAt < to);
}

function minutesOf({ from, to }: Span): number {
  return (epochMs(to) - epochMs(from)) / MINUTE_MS;
}
