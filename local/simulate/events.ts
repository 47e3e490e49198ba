import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { EventsClient } from "../../shared/bus.ts";
import { EVENT_SOURCE } from "../../shared/domain/events.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { EventMatcher } from "../gateway/event-pattern.ts";
import { isObject, type Json } from "../json.ts";
import { assetsNamed } from "./hindrances.ts";
import { effect, type Invocation, type World } from "./lambda.ts";
import type { SimulatedQueue } from "./queues.ts";

/** What is owed for a minute is told by the next minute's tick, and goes its way again. */
const TOLD_AGAIN_MS = 3 * MINUTE_MS;

export type Route = { matches: EventMatcher; queue: SimulatedQueue };
/** A fact that the bus took. */
export type Published = { atMs: number; name: string; detail: Record<string, Json> };

/** EventBridge: answers 200 with refused entries, delivers late, twice and in any order, but what it took it delivers. */
export function eventBus(world: World, routes: readonly Route[], onPublished: (event: Published) => void) {
  const { engine, faults, hindrances } = world;

  const deliver = (queue: SimulatedQueue, body: string, what: string) => {
    const strike = faults.strike("deliver", what);
    const delayMs = 50 + engine.random() * 1_500;
    const lateMs = strike?.kind === "late" ? 5_000 + strike.random() * 600_000 : 0;
    hindrances.note(assetsNamed(body), { fromMs: engine.nowMs(), toMs: engine.nowMs() + lateMs });
    engine.after(delayMs + lateMs, () => {
      queue.send(body);
      return false;
    });
    if (strike?.kind === "doubled") {
      engine.after(delayMs + strike.random() * 300_000, () => {
        queue.send(body);
        return false;
      });
    }
  };

  const take = (entry: PutEventsRequestEntry) => {
    const detail: Json = JSON.parse(entry.Detail ?? "{}");
    if (!isObject(detail)) throw new Error("an event without detail");
    const name = entry.DetailType ?? "";
    const envelope = { version: "0", source: entry.Source ?? "", "detail-type": name, detail };
    const body = JSON.stringify(envelope);
    onPublished({ atMs: engine.nowMs(), name, detail });
    for (const { matches, queue } of routes) if (matches(envelope)) deliver(queue, body, name);
  };

  return {
    /** Puts a fact of somebody else's on the bus, as an operator's tool does. */
    tell: (DetailType: string, detail: object) =>
      take({ Source: EVENT_SOURCE, DetailType, Detail: JSON.stringify(detail) }),
    /** The bus as one invocation sees it. */
    clientOf: (invocation: Invocation): EventsClient => ({
      putEvents: ({ Entries: entries }) => {
        const names = entries.map(({ DetailType, Detail }) => `${DetailType} ${aboutOf(Detail)}`).join(", ");
        return effect(world, invocation, {
          place: "put-events",
          what: `puts ${names}`,
          latencyMs: 5 + engine.random() * 40,
          act: (strike) => {
            let refused = 0;
            const answers = entries.map((entry) => {
              const isRefused =
                strike?.kind === "all-refused" || (strike?.kind === "some-refused" && strike.random() < 0.5);
              if (isRefused) {
                refused += 1;
                const fromMs = engine.nowMs();
                hindrances.note(assetsNamed(entry.Detail), { fromMs, toMs: fromMs + TOLD_AGAIN_MS });
                return { ErrorCode: "InternalFailure" };
              }
              take(entry);
              return { EventId: "an-id" };
            });
            return { FailedEntryCount: refused, Entries: answers };
          },
        });
      },
    }),
  };
}

function aboutOf(detail: string | undefined): string {
  return /"(?:assetId|series)":"([^"]*)"/.exec(detail ?? "")?.[1] ?? "";
}
