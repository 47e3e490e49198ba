import type { Manifest } from "../../shared/domain/manifest.ts";
import { chunksOf64Kb, NOTHING, scaled, sumOf, type Usage } from "../bench/prices.ts";
import { compilePattern } from "../gateway/event-pattern.ts";
import { itemBytes } from "../memory/item-size.ts";
import { MANIFESTS } from "../simulate/manifests.ts";
import { commandQueue, PLATFORM_QUEUES } from "../simulate/stack.ts";
import { type Night, playNight } from "../simulate/world.ts";
import { countedSpending, type Spent } from "./spending.ts";
import type { Deployed } from "./template.ts";

/** What one simulated night of a fleet used, beside scheduling and looking, and what it left. */
export type NightSpent = {
  assets: number;
  hours: number;
  /** Of all assets, by what it was for, without what idle ticks use anyway. */
  usages: Record<string, Usage>;
  /** Made and proved, of all assets. */
  commands: number;
  looks: number;
  /** Bytes on the bus, of all assets. */
  eventBytes: number;
  /** Bytes that tables come to hold: of an asset, when each item is kept as long as it says. */
  storedBytesPerAsset: number;
  metrics: Spent["metrics"];
};

const SEED = 1;
const NIGHT_HOURS = 10;
const QUIET_HOURS = 1.25;
/** The envelope that EventBridge puts around a fact. */
const ENVELOPE_BYTES = 300;
/** To send, to receive and to delete a message. */
const REQUESTS_PER_MESSAGE = 3;

/** One tick of each function that a clock wakes, with nothing enrolled and this stage's integrations. */
export async function idleTicks(
  deployed: Deployed,
  manifests: readonly Manifest[],
): Promise<{ each: Record<string, Usage>; metrics: Spent["metrics"] }> {
  const spent: Spent = { by: new Map(), metrics: new Map() };
  await playNight({ seed: SEED, assets: 0, hours: 1, ...calm, manifests, spending: spendingOf(spent, deployed) });
  const each = Object.fromEntries(
    Object.keys(deployed.runs).map((name) => {
      const usage = spent.by.get(`${name} tick`);
      if (!usage) throw new Error(`${name} is woken by a clock, but never ran in an idle hour`);
      return [name, scaled(usage, 1 / usage.invokes)];
    }),
  );
  return { each, metrics: spent.metrics };
}

/** A night without faults of so many assets, looked at every so many minutes. */
export async function fleetNight(
  deployed: Deployed,
  { assets, cadenceMinutes }: { assets: number; cadenceMinutes: number },
  idle: Record<string, Usage>,
): Promise<NightSpent> {
  const spent: Spent = { by: new Map(), metrics: new Map() };
  const night = await playNight({
    ...{ seed: SEED, assets, hours: NIGHT_HOURS, ...calm, keepsTrace: true },
    manifests: MANIFESTS.map((manifest) => atCadence(manifest, cadenceMinutes)),
    spending: spendingOf(spent, deployed),
  });
  const usages: Record<string, Usage> = {};
  for (const [purpose, usage] of spent.by) {
    const [name = "", what] = purpose.split(" ");
    // Scheduling and looking are counted at scale, by the scheduler's benchmark.
    if (what === "poll" || name === "scheduler") continue;
    const beyondIdle = what === "tick" ? sumOf(usage, scaled(idle[name] ?? NOTHING, -usage.invokes)) : usage;
    const label = PURPOSES[name] ?? "commands";
    usages[label] = sumOf(usages[label] ?? NOTHING, beyondIdle);
  }
  const messages = messagesOf(night);
  const { published } = night.history;
  const told = published.filter(({ name }) => name !== "TelemetryRecorded");
  const bytes = (events: typeof published) =>
    events.reduce((sum, { detail }) => sum + JSON.stringify(detail).length + ENVELOPE_BYTES, 0);
  return {
    assets,
    hours: NIGHT_HOURS + QUIET_HOURS,
    usages: {
      ...usages,
      "events and queues": { ...NOTHING, events: told.length, queueRequests: REQUESTS_PER_MESSAGE * messages },
    },
    commands: published.filter(({ name }) => name === "CommandIssued").length,
    looks: night.world.trace.lines.filter((line) => line.includes(" calls data ")).length,
    eventBytes: bytes(published),
    storedBytesPerAsset: storedBytes(night) / assets,
    metrics: spent.metrics,
  };
}

/** What the work of a platform function is for; all others are integrations. */
const PURPOSES: Record<string, string> = { signals: "signals", optimiser: "plans", verifier: "verdicts" };

const calm = { faults: { level: "none" as const } };

function spendingOf(spent: Spent, { functions, integrations }: Deployed) {
  // The night's vendors are not those of the stage, but their functions are made alike.
  const vendors = functions[integrations[0] ?? ""]?.memoryMb ?? 0;
  return countedSpending(spent, (name) => functions[name]?.memoryMb ?? vendors);
}

function atCadence(manifest: Manifest, minutes: number): Manifest {
  const streams = manifest.streams.map(({ stream, cadence }) => ({
    stream,
    cadence: { ...cadence, idleMinutes: minutes, pluggedMinutes: minutes, chargingMinutes: minutes },
  }));
  return { ...manifest, streams };
}

/** Messages that queues took, in pieces of 64 KB; readings that wake the planner are in the price of a look. */
function messagesOf({ history, world, clouds }: Night): number {
  const queues = [...PLATFORM_QUEUES, ...clouds.map(({ manifest: { name } }) => commandQueue(name, name))];
  const routes = queues.flatMap(({ name, patterns }) =>
    patterns.map((pattern) => ({ name, matches: compilePattern(pattern) })),
  );
  let messages = 0;
  for (const { name, detail } of history.published) {
    const envelope = { version: "0", source: "headroom", "detail-type": name, detail };
    for (const route of routes) {
      if (name === "TelemetryRecorded" && route.name === "replan") continue;
      if (route.matches(envelope)) messages += chunksOf64Kb(JSON.stringify(envelope).length);
    }
  }
  // Commands that wait for a car to wake, and parts of a portfolio, come back by the queue.
  return messages + world.trace.lines.filter((line) => / sends to \S+ for \d+ ms/.test(line)).length;
}

const DAY_SECONDS = 86_400;

/** A night is a day's worth of what expires: as many days of it lie in the tables as each item is kept. */
function storedBytes({ memory, endMs }: Night): number {
  let bytes = 0;
  for (const table of memory.units.keys()) {
    for (const item of memory.items(table)) {
      const keptSeconds = typeof item.expiresAt === "number" ? item.expiresAt - endMs / 1000 : DAY_SECONDS;
      bytes += itemBytes(item) * Math.max(1, keptSeconds / DAY_SECONDS);
    }
  }
  return bytes;
}
