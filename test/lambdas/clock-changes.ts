import { Temporal } from "temporal-polyfill";
import { MINUTE_MS } from "../../shared/domain/instant.ts";

/** Zones of the sites in the recorded sessions, payloads and cases, and one that moves its clocks by half an hour. */
export const ZONES_WITH_CHANGES = [
  "Europe/London",
  "Europe/Oslo",
  "Europe/Amsterdam",
  "America/Los_Angeles",
  "Australia/Sydney",
  "Australia/Lord_Howe",
];

/** A moment at which the clocks of `zone` jump `byMinutes` ahead (or back, below 0). */
export type ClockChange = { zone: string; atMs: number; byMinutes: number };

/** Every change of a zone's clocks from 2023 to 2027. */
export function clockChanges(zone: string): ClockChange[] {
  const changes: ClockChange[] = [];
  let at = Temporal.ZonedDateTime.from(`2023-01-01T00:00[${zone}]`);
  for (;;) {
    const next = at.getTimeZoneTransition("next");
    if (!next || next.year > 2027) return changes;
    const before = next.subtract({ nanoseconds: 1 });
    const byMinutes = (next.offsetNanoseconds - before.offsetNanoseconds) / 60e9;
    changes.push({ zone, atMs: next.epochMilliseconds, byMinutes });
    at = next;
  }
}

/** `HH:MM` as clocks in `zone` show it, at every minute of [fromMs, toMs). By Intl, which the code under test does not use. */
export function shownMinutes(zone: string, fromMs: number, toMs: number): string[] {
  const clock = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  });
  return Array.from({ length: (toMs - fromMs) / MINUTE_MS }, (_, i) => clock.format(fromMs + i * MINUTE_MS));
}
