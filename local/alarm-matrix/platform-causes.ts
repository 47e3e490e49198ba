import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { SignalSource } from "../../lambdas/signals/source.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { ThrottleReason } from "../../shared/domain/metric.ts";
import { PRICE } from "../simulate/common.ts";
import { START_MS } from "../simulate/world.ts";
import type { Cause, Fault, Hands } from "./cause.ts";

const AT = 90;
/** A minute before the feeds are asked. */
const BEFORE_FEEDS = 105;

/** What goes wrong in our own account. */
export function platformCauses(): Cause[] {
  return [
    silent("scheduler", { from: AT, minutes: 8 }),
    silent("optimiser", { from: AT, minutes: 8 }),
    silent("verifier", { from: AT, minutes: 8 }),
    silent("signals", { from: 77, minutes: 75 }),
    ...["scheduler", "optimiser", "verifier"].map((part) => throwing(part, { from: AT, minutes: 8 })),
    throwing("signals", { from: BEFORE_FEEDS, minutes: 20 }),
    throwing("tesla", { from: AT, minutes: 12, assets: 60 }),
    crowded("verifier", AT, (second) => second < 20),
    { ...crowded("tesla", AT, (second) => second < 20), assets: 60 },
    crowded("signals", BEFORE_FEEDS, () => true),
    ...(["scheduler", "optimiser", "verifier", "tesla"] as const).map((part) => cut(part, AT)),
    cut("signals", BEFORE_FEEDS),
    givenUp("optimiser"),
    givenUp("tesla"),
    forADay("optimiser-failures-old", ({ letters }) => letters.drop("optimiser")),
    poisoned("optimiser", "replan", 60),
    poisoned("verifier", "verify", 60),
    poisoned("tesla", "commands", 60),
    {
      ...poisoned("verifier", "verify", 1530),
      ...LONG,
      alarm: "verifier-verify-dead-letters-old",
      says: "nobody reads a dead letter for a day",
    },
    {
      alarm: "scheduler-lag",
      says: "its place is not stored",
      from: AT,
      minutes: 25,
      begins: (hands) => losing(hands, (text) => text.includes('"cursor#tesla"')),
      ends: found,
    },
    {
      alarm: "scheduler-rows-refused",
      says: "a row of the wheel is spoiled",
      from: AT,
      minutes: 60,
      begins: (hands) =>
        spoil(hands, "schedule", (item) => String(item.pk).startsWith("slot#") || "periodMinutes" in item),
      ends: mended,
    },
    {
      alarm: "verifier-unjudged",
      says: "an open command's row is spoiled",
      from: AT,
      minutes: 15,
      begins: ({ memory }) =>
        memory.send(
          new PutCommand({
            TableName: "commands",
            Item: { assetId: "car-0012", commandId: "spoiled", openIn: "open#0", dueAtMs: START_MS },
          }),
        ),
      ends: ({ memory }) =>
        memory.send(new PutCommand({ TableName: "commands", Item: { assetId: "car-0012", commandId: "spoiled" } })),
    },
    {
      alarm: "optimiser-plans-stale",
      says: "plans are not stored",
      from: 5,
      minutes: 200,
      fault: { feeds: (sources) => sources.map(restless) },
      begins: (hands) => losing(hands, (text) => text.includes('"TableName":"plans"') && text.includes('"plan":')),
      ends: found,
    },
    {
      alarm: "optimiser-given-up",
      says: "a portfolio's signals take too long",
      from: 81,
      minutes: 20,
      fault: {
        // Not while the signals' own function reads them.
        strikes: (place, what, nowMs) =>
          place === "dynamo" && what.startsWith("Query signals") && Math.floor(nowMs / MINUTE_MS) % 30 > 5
            ? { kind: "slow", random: () => 14 }
            : undefined,
      },
      begins: ({ tell, nowMs }) =>
        tell("ControlSwitched", {
          version: 1,
          eventId: "replan-all",
          occurredAt: new Date(nowMs()).toISOString(),
          isOn: false,
        }),
    },
    stale("signals-prices-stale", "price", 3),
    stale("signals-carbon-stale", "carbon", 6),
    ...(["hot-key", "account-limit", "table-limit"] as const).map(throttling),
  ];
}

const LONG = { from: AT, hours: 29, assets: 0 };

function silent(part: string, when: { from: number; minutes: number }): Cause {
  const strikes: Fault["strikes"] = (place, what) => (place === "tick" && what === part ? { kind: "lost" } : undefined);
  return { alarm: `${part}-silent`, says: "its schedule is disabled", ...when, fault: { strikes } };
}

function throwing(part: string, when: { from: number; minutes: number; assets?: number }): Cause {
  return { alarm: `${part}-errors`, says: "a variable is missing", ...when, fault: { throws: [part] } };
}

function crowded(part: string, from: number, isFull: (second: number) => boolean): Cause {
  return {
    alarm: `${part}-throttled`,
    says: "no room at times",
    from,
    minutes: 8,
    fault: { crowded: { functions: [part], isFull } },
  };
}

function cut(part: string, from: number): Cause {
  return {
    alarm: `${part}-metrics-lost`,
    says: "its log lines come out cut",
    from,
    minutes: 15,
    fault: { cuts: [part] },
  };
}

function givenUp(part: string): Cause {
  const begins = ({ letters }: Hands) => letters.drop(part);
  return { alarm: `${part}-failures`, says: "one event is given up", from: AT, minutes: 30, begins };
}

function forADay(alarm: string, begins: (hands: Hands) => void): Cause {
  return { alarm, says: "nobody reads a failed event for a day", ...LONG, minutes: 1530, begins };
}

function poisoned(part: string, name: string, minutes: number): Cause {
  const queue = name === "commands" ? `${part}-commands` : name;
  return {
    alarm: `${part}-${name}-dead-letters`,
    says: "a message is no JSON",
    from: AT,
    minutes,
    begins: ({ queues }) => queues.get(queue)?.send("no JSON"),
    since: ({ queues }) => (queues.get(queue)?.deadLetters.length ?? 0) > 0,
  };
}

function throttling(reason: Exclude<ThrottleReason, "other">): Cause {
  return {
    alarm: `platform-dynamodb-${reason}`,
    says: "DynamoDB throttles for it",
    from: AT,
    minutes: 15,
    fault: { throttles: reason },
  };
}

/** A feed that tells nothing after 23:00 and some hours, until an hour and a half later. */
function stale(alarm: string, measure: string, hours: number): Cause {
  const runsOutMs = START_MS + 135 * MINUTE_MS + hours * HOUR_MS;
  const short = (source: SignalSource): SignalSource => {
    if (source.measure !== measure) return source;
    return {
      ...source,
      async fetchSlots(...asked) {
        const batch = await source.fetchSlots(...asked);
        return { ...batch, slots: batch.slots.filter(({ endsAt }) => epochMs(endsAt) <= runsOutMs) };
      },
    };
  };
  return {
    alarm,
    says: `its feed ends ${hours} h ahead`,
    from: 0,
    minutes: 225,
    fault: { feeds: (sources) => sources.map(short) },
    since: ({ nowMs }) => nowMs() >= START_MS + 135 * MINUTE_MS,
  };
}

/** Carbon that is forecast anew each half-hour, so that everybody is planned anew. */
function restless(source: SignalSource): SignalSource {
  if (source.series === PRICE) return source;
  return {
    ...source,
    async fetchSlots(span, issuedAt) {
      const batch = await source.fetchSlots(span, issuedAt);
      const round = Math.floor(epochMs(issuedAt) / (30 * MINUTE_MS)) % 2;
      return { ...batch, slots: batch.slots.map((slot) => ({ ...slot, value: slot.value + 40 * round })) };
    },
  };
}

type Answer = Hands["memory"]["answer"];
const kept = new WeakMap<object, Answer>();

/** Writes that are answered and not done. */
function losing({ memory }: Hands, isLost: (text: string) => boolean): void {
  const answer = memory.answer.bind(memory);
  kept.set(memory, memory.answer);
  memory.answer = (command) => {
    const isWrite = /Put|Update/.test((command.constructor as { name: string }).name);
    return isWrite && isLost(JSON.stringify(command.input)) ? {} : answer(command);
  };
}

function found({ memory }: Hands): void {
  memory.answer = kept.get(memory) ?? memory.answer;
}

const spoiled = new WeakMap<object, { table: string; item: Record<string, unknown> }>();

/** A row that loses all but its key. */
async function spoil(
  { memory }: Hands,
  table: string,
  isOne: (item: Record<string, unknown>) => boolean,
): Promise<void> {
  const item = memory.items(table).find(isOne);
  if (!item) throw new Error(`no such row in ${table}`);
  spoiled.set(memory, { table, item });
  await memory.send(new PutCommand({ TableName: table, Item: { pk: item.pk, sk: item.sk } }));
}

async function mended({ memory }: Hands): Promise<void> {
  const { table, item } = spoiled.get(memory) ?? {};
  if (table) await memory.send(new PutCommand({ TableName: table, Item: item }));
}
