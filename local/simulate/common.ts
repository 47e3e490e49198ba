import type { SignalSource } from "../../lambdas/signals/source.ts";
import { type EventsClient, eventBridgeBus } from "../../shared/bus.ts";
import { meterTo } from "../../shared/metrics.ts";
import { accountsStore } from "../../shared/store/accounts.ts";
import { assetsStore } from "../../shared/store/assets.ts";
import { causesStore } from "../../shared/store/causes.ts";
import { commandsStore } from "../../shared/store/commands.ts";
import { habitsStore } from "../../shared/store/habits.ts";
import { killSwitchStore } from "../../shared/store/kill-switch.ts";
import { plansStore } from "../../shared/store/plans.ts";
import { readingsStore } from "../../shared/store/readings.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { signalsStore } from "../../shared/store/signals.ts";
import { toldOnce } from "../../shared/told-once.ts";
import type { MemoryDocumentClient } from "../memory/document-client.ts";
import type { GuardBook } from "./guards.ts";
import { type Environment, effect, type Invocation, type World } from "./lambda.ts";
import { clockOf, logOf, tablesOf } from "./ports.ts";
import { aboutOf } from "./queues.ts";
import type { Guard } from "./sabotage.ts";
import type { Spending } from "./spending.ts";
import type { VendorCloud } from "./vendor-cloud.ts";
import type { Watch } from "./watch.ts";

export type Platform = {
  world: World;
  memory: MemoryDocumentClient;
  watch: Watch;
  guards: GuardBook;
  sabotage: Guard | undefined;
  bus: (invocation: Invocation) => EventsClient;
  clouds: readonly VendorCloud[];
  sources: (invocation: Invocation) => SignalSource[];
  /** Puts a message on a queue by its name. */
  send: (queue: string, body: string, delayMs: number) => void;
  /** Invokes an integration's function and does not wait. */
  invoke: (functionName: string, event: unknown) => void;
  spending?: Spending | undefined;
};

export const PRICE = "octopus-agile#C";
export const CARBON = "carbon-intensity#national";

export const NO_METER = meterTo({}, () => {});

/** Names that no other run of the world gives, and that every run of the seed gives again. */
export function newIds(prefix: string): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `${prefix}-${last}`;
  };
}

/** What a process makes once and keeps. */
function storesOf(platform: Platform, environment: Environment) {
  const client = tablesOf(platform, environment);
  const stores = {
    accounts: accountsStore(client, "accounts"),
    assets: assetsStore(client, "assets"),
    causes: causesStore(client, "schedule"),
    habits: habitsStore(client, "plans"),
    killSwitch: killSwitchStore(client, "commands"),
    plans: plansStore(client, "plans"),
    readings: readingsStore(client, "readings"),
    schedule: scheduleStore(client, "schedule"),
    signals: signalsStore(client, "signals"),
  };
  return { client, stores };
}

type Stores = ReturnType<typeof storesOf>;

/** What every run function of one invocation has: stores, its bus, its clock and its log. */
export function commonOf(platform: Platform, invocation: Invocation) {
  const { world, watch, bus, spending } = platform;
  const { globals } = invocation.environment;
  const kept = (globals.get("stores") as Stores | undefined) ?? storesOf(platform, invocation.environment);
  globals.set("stores", kept);
  const { client, stores } = kept;
  const now = clockOf(world, invocation.environment);
  const traced = logOf(world, invocation, watch);
  const log = spending?.log(invocation, traced) ?? traced;
  const meter = spending?.meter(invocation.functionName) ?? NO_METER;
  const published = eventBridgeBus(bus(invocation), "headroom", now, newIds(`${invocation.id}/event`));
  return {
    ...stores,
    now,
    log,
    remainingMs: () => Math.max(0, invocation.deadlineMs - world.engine.nowMs()),
    meter,
    bus: toldOnce(published, { causes: stores.causes, now, meter }),
    commands: commandsStore(client, "commands", { by: invocation.functionName, now, log }),
  };
}

export function sendTo(
  { world, send }: Platform,
  invocation: Invocation,
  queue: string,
  body: string,
  delayMs: number,
) {
  return effect(world, invocation, {
    place: "send-message",
    what: `sends to ${queue} for ${delayMs} ms: ${aboutOf(body)}`,
    latencyMs: 5 + world.engine.random() * 20,
    act: () => send(queue, body, delayMs),
  });
}
