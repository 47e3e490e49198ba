import type { Bus } from "../../shared/bus.ts";
import { EVENTS, type EventDetail, type EventName, type NewEvent } from "../../shared/domain/events.ts";

export type FakeBus = Bus & { published: NewEvent[] };

/** A bus that keeps what was published, and refuses what the catalogue would refuse. */
export function fakeBus(): FakeBus {
  const published: NewEvent[] = [];
  return {
    published,
    async publish(events) {
      for (const event of events) {
        EVENTS[event.name].parse({
          version: 1,
          eventId: "fake-event-id",
          occurredAt: "2026-01-01T00:00:00.000Z",
          ...event.detail,
        });
        published.push(event);
      }
    },
  };
}

/** The details of all published events of one name. */
export function published<N extends EventName>(
  bus: FakeBus,
  name: N,
): Omit<EventDetail<N>, "version" | "eventId" | "occurredAt">[] {
  return bus.published.flatMap((event) => (event.name === name ? [event.detail as never] : []));
}
