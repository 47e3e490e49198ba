import type { Bus } from "../../shared/bus.ts";
import { EVENTS, type EventDetail, type EventName, type NewEvent } from "../../shared/domain/events.ts";

export type FakeBus = Bus & {
  published: NewEvent[];
  /** The ids of what was published with one, in order. */
  ids: string[];
  /** How many of the next calls fail, having published nothing. */
  refuses: number;
};

/** A bus that keeps what was published, and refuses what the catalogue would refuse. */
export function fakeBus(): FakeBus {
  const bus: FakeBus = {
    published: [],
    ids: [],
    refuses: 0,
    async publish(events) {
      if (bus.refuses > 0) {
        bus.refuses -= 1;
        throw new Error("the bus is down");
      }
      for (const event of events) {
        const stamp = { eventId: "fake-event-id", occurredAt: "2026-01-01T00:00:00.000Z", ...event };
        const { eventId, occurredAt } = stamp;
        EVENTS[event.name].parse({ version: 1, eventId, occurredAt, ...event.detail });
        bus.published.push({ name: event.name, detail: event.detail } as NewEvent);
        if ("eventId" in event) bus.ids.push(event.eventId);
      }
    },
  };
  return bus;
}

/** The details of all published events of one name. */
export function published<N extends EventName>(
  bus: FakeBus,
  name: N,
): Omit<EventDetail<N>, "version" | "eventId" | "occurredAt">[] {
  return bus.published.flatMap((event) => (event.name === name ? [event.detail as never] : []));
}
