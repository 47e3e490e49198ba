import { randomUUID } from "node:crypto";
import type { PutEventsRequestEntry, PutEventsResponse } from "@aws-sdk/client-eventbridge";
import { EVENT_SOURCE, EVENTS, type NewEvent, type StampedEvent } from "./domain/events.ts";
import { type Instant, instant } from "./domain/instant.ts";

/** Publishes facts. Resolves only when every one of them is on the bus. One that is stamped keeps its id and time. */
export type Bus = { publish(events: readonly (NewEvent | StampedEvent)[]): Promise<void> };

/** The part of the SDK's `EventBridge` that a bus needs. */
export type EventsClient = { putEvents(input: { Entries: PutEventsRequestEntry[] }): Promise<PutEventsResponse> };

const ENTRIES_PER_CALL = 10;
const ATTEMPTS = 3;

/**
 * EventBridge behind one verb. PutEvents answers 200 with failed entries: only those are sent again, with the same
 * event id so that consumers can tell. Throws when some still fail.
 */
export function eventBridgeBus(
  client: EventsClient,
  busName: string,
  clock: () => Instant,
  newId: () => string = randomUUID,
): Bus {
  return {
    async publish(events) {
      const occurredAt = clock();
      const stamped = events.map((event) => ("eventId" in event ? event : { ...event, eventId: newId(), occurredAt }));
      let waiting = stamped.map((event) => toEntry(event, busName));
      for (let attempt = 1; waiting.length > 0; attempt++) {
        const failed: PutEventsRequestEntry[] = [];
        for (let i = 0; i < waiting.length; i += ENTRIES_PER_CALL) {
          const chunk = waiting.slice(i, i + ENTRIES_PER_CALL);
          const answer = await client.putEvents({ Entries: chunk });
          if ((answer.FailedEntryCount ?? 0) === 0) continue;
          answer.Entries?.forEach((entry, index) => {
            const sent = chunk[index];
            if (entry.ErrorCode && sent) failed.push(sent);
          });
        }
        if (failed.length > 0 && attempt === ATTEMPTS) {
          throw new Error(`EventBridge refused ${failed.length} of ${events.length} events after ${ATTEMPTS} attempts`);
        }
        waiting = failed;
      }
    },
  };
}

function toEntry(event: StampedEvent, busName: string): PutEventsRequestEntry {
  const { name, eventId, occurredAt } = event;
  const detail = EVENTS[name].parse({ version: 1, eventId, occurredAt, ...event.detail });
  return {
    EventBusName: busName,
    Source: EVENT_SOURCE,
    DetailType: name,
    Time: new Date(occurredAt),
    Detail: JSON.stringify(detail),
  };
}

/** The system clock as an `Instant`; handlers receive it, pure code never calls it. */
export function systemNow(): Instant {
  return instant(Date.now());
}
