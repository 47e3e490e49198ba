import { StampedEvent } from "../../shared/domain/events.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { type SeriesId, Slot, sortedSlots } from "../../shared/domain/signal.ts";
import type { SignalsStore } from "../../shared/store/signals.ts";

export type FakeSignalsStore = SignalsStore & { writes: { series: SeriesId; slots: Slot[] }[] };

/** Table `signals` in memory; refuses the slots that the real table's schema would refuse to read. */
export function fakeSignalsStore(stored: Record<SeriesId, readonly Slot[]> = {}): FakeSignalsStore {
  const tables = new Map<string, Map<string, Slot>>();
  const table = (series: string) =>
    tables.get(series) ?? tables.set(series, new Map()).get(series) ?? new Map<string, Slot>();
  for (const [series, slots] of Object.entries(stored))
    for (const slot of slots) table(series).set(slot.startsAt, slot);
  let owed: StampedEvent[] = [];
  const writes: FakeSignalsStore["writes"] = [];
  return {
    writes,
    async slots(series: SeriesId, from: Instant, to: Instant) {
      return sortedSlots([...table(series).values()].filter((slot) => slot.endsAt > from && slot.startsAt < to));
    },
    async putSlots(series, slots) {
      writes.push({ series, slots });
      for (const slot of slots) table(series).set(slot.startsAt, Slot.parse(slot));
    },
    async owe(event) {
      owed = [...owed.filter(({ eventId }) => eventId !== event.eventId), StampedEvent.parse(event)];
    },
    async owed() {
      return structuredClone(owed).sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
    },
    async told({ eventId }) {
      owed = owed.filter((event) => event.eventId !== eventId);
    },
  };
}
