import type { NewEvent } from "../../shared/domain/events.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import type { SignalSource } from "./source.ts";

/** A slot to store, and what it takes the place of. */
export type Change = { slot: Slot; before: Slot | undefined };

/** What of `fetched` is news against `stored`. A forecast never takes the place of an actual, nor older of newer. */
export function changes(stored: readonly Slot[], fetched: readonly Slot[]): Change[] {
  const known = new Map(stored.map((slot) => [slot.startsAt, slot]));
  return fetched
    .map((slot) => ({ slot, before: known.get(slot.startsAt) }))
    .filter(({ slot, before }) => before === undefined || supersedes(slot, before));
}

function supersedes(next: Slot, before: Slot): boolean {
  if (next.issuedAt <= before.issuedAt) return false;
  if (before.kind === "actual" && next.kind === "forecast") return false;
  return next.value !== before.value || next.kind !== before.kind || next.endsAt !== before.endsAt;
}

/** The event for those changes a plan could still act on; undefined when only the past was corrected. */
export function signalUpdated(
  { series, measure }: Pick<SignalSource, "series" | "measure">,
  changed: readonly Change[],
  now: Instant,
): NewEvent | undefined {
  const ahead = changed
    .filter(({ slot, before }) => slot.endsAt > now && slot.value !== before?.value)
    .map(({ slot }) => slot);
  const [first, last] = [ahead[0], ahead.at(-1)];
  if (!first || !last) return undefined;
  return {
    name: "SignalUpdated",
    detail: { series, measure, from: first.startsAt, to: last.endsAt, changedSlots: ahead.length },
  };
}
