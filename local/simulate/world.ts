import type { SignalSource } from "../../lambdas/signals/source.ts";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { HOUR_MS, instant, MINUTE_MS, parseInstant } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { accountKey, accountsStore } from "../../shared/store/accounts.ts";
import { assetsStore } from "../../shared/store/assets.ts";
import { commandsStore, type Trail } from "../../shared/store/commands.ts";
import { killSwitchStore } from "../../shared/store/kill-switch.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { compilePattern } from "../gateway/event-pattern.ts";
import { type MemoryDocumentClient, memoryDocumentClient } from "../memory/document-client.ts";
import { putOnWheel } from "../ops/registry.ts";
import { seededRandom } from "../random.ts";
import { Device } from "./device.ts";
import { type Engine, engine as newEngine } from "./engine.ts";
import { type Episodes, seededEpisodes } from "./episodes.ts";
import { eventBus } from "./events.ts";
import { type FaultOptions, type Faults, seededFaults } from "./faults.ts";
import { feedsOf } from "./feed.ts";
import { type Fleet, fleetOf } from "./fleet.ts";
import { functionsOf } from "./functions.ts";
import { Hindrances } from "./hindrances.ts";
import { type History, newHistory } from "./history.ts";
import { commandQueueOf } from "./integration.ts";
import { asyncInvokes } from "./invokes.ts";
import { lambdaService, type World } from "./lambda.ts";
import { MANIFESTS } from "./manifests.ts";
import { rowReader } from "./ports.ts";
import { SimulatedQueue } from "./queues.ts";
import { type Guard, GuardBook, hooksOf } from "./sabotage.ts";
import type { Spending } from "./spending.ts";
import { ASYNCHRONOUS, commandQueue, PLATFORM_QUEUES } from "./stack.ts";
import { TokenBooks } from "./tokens.ts";
import { newTrace } from "./trace.ts";
import { VendorCloud } from "./vendor-cloud.ts";
import { type Watch, watchOf } from "./watch.ts";

export type Options = {
  seed: number;
  assets: number;
  faults: FaultOptions;
  keepsTrace?: boolean;
  /** Hours until the last fault; a quiet hour and a quarter follows, in which all must come to an end. */
  hours?: number;
  /** What is taken away, to see whether it is missed. */
  sabotage?: Guard;
  /** Vendors other than the two that the checkers know. */
  manifests?: readonly Manifest[];
  /** Who counts what is used, over the tables that they read from. */
  spending?: (memory: MemoryDocumentClient, nowMs: () => number) => Spending;
  /** What goes wrong by plan, instead of by the seed. */
  script?: (engine: Engine) => Script;
};

/** A night whose faults are played for somebody who watches it, and ends it. */
export type Script = {
  faults: Faults;
  episodes: Episodes;
  fleet: Fleet;
  /** What the feeds answer. */
  told: (sources: SignalSource[]) => SignalSource[];
  /** Told once, before the first minute. */
  begins: (stage: Stage) => void;
  isOver: () => boolean;
};

/** What whoever plays a script may look at, and put his hands on. */
export type Stage = Pick<Night, "memory" | "clouds" | "queues" | "givenUp" | "devices"> & {
  tell: (name: string, detail: object) => void;
};

/** A night as it went. */
export type Night = {
  seed: number;
  fleet: Fleet;
  devices: Device[];
  memory: MemoryDocumentClient;
  clouds: readonly VendorCloud[];
  queues: ReadonlyMap<string, SimulatedQueue>;
  givenUp: readonly { functionName: string; why: string }[];
  history: History;
  episodes: Episodes;
  world: World;
  watch: Watch;
  endMs: number;
  /** What is kept of each asset's commands. */
  trails: { assetId: string; trail: Trail }[];
  /** Conditions that were met on the way. */
  guards: Guard[];
};

export const START_MS = Date.parse(parseInstant("2026-11-20T20:45:00Z"));
const QUIET_MS = 75 * MINUTE_MS;

/** Plays one night: the fleet arrives, is planned, charged and leaves, while the world goes wrong as its seed says. */
export async function playNight(options: Options): Promise<Night> {
  const {
    seed,
    assets,
    faults: faultOptions,
    keepsTrace = false,
    hours = 10,
    sabotage,
    manifests = MANIFESTS,
  } = options;
  const engine = newEngine(seed, START_MS);
  const script = options.script?.(engine);
  const faults = script?.faults ?? seededFaults(seed, faultOptions, engine.nowMs);
  const world: World = { engine, faults, trace: newTrace(keepsTrace), hindrances: new Hindrances() };
  const history = newHistory();
  const fleet = script?.fleet ?? fleetOf(seed, assets, { startMs: START_MS, hours });
  const [ceaseMs, endMs] = [START_MS + hours * HOUR_MS, START_MS + hours * HOUR_MS + QUIET_MS];
  const episodes = seededEpisodes(seed, {
    faults,
    devices: fleet.devices,
    integrations: manifests.map(({ name }) => name),
    startMs: START_MS,
    endMs: ceaseMs,
  });
  const devices = fleet.devices.map((spec) => new Device(spec));
  const clouds = manifests.map((manifest) => {
    const books = new TokenBooks(manifest.refreshSemantics as "strict" | "grace", seededRandom(seed ^ 0x70c));
    const own = devices.filter(({ spec }) => spec.integration === manifest.name);
    return new VendorCloud({ manifest, books, world, history, episodes, devices: own });
  });
  const memory = memoryDocumentClient({ tables: TABLE_SHAPES, hooks: hooksOf(sabotage) });
  const guards = new GuardBook();
  const watch = watchOf(world, history, rowReader(memory));
  const isDown = () => episodes.isPlatformDown(engine.nowMs());
  const lambda = lambdaService(world);
  const invokes = asyncInvokes(world, lambda, isDown);
  const queues = new Map<string, SimulatedQueue>();
  const feeds = feedsOf(world, seed);
  const functions = functionsOf({
    ...{ world, memory, watch, clouds, guards, sabotage },
    spending: options.spending?.(memory, engine.nowMs),
    bus: (invocation) => bus.clientOf(invocation) as never,
    sources: (invocation) => script?.told(feeds(invocation)) ?? feeds(invocation),
    send: (queue, body, delayMs) => queues.get(queue)?.send(body, delayMs),
    invoke: (name, event) => invokes.invoke(specOf(name), event, ASYNCHRONOUS.integration),
  });
  const specOf = (name: string) => {
    const spec = functions.get(name);
    if (!spec) throw new Error(`no function ${name}`);
    return spec;
  };
  const facts = [
    ...PLATFORM_QUEUES,
    ...manifests.map((manifest) => commandQueue(manifest.name, commandQueueOf(manifest))),
  ];
  const routes = facts.flatMap(
    ({ name, consumer, patterns, batchSize, windowSeconds, visibilitySeconds, maxReceiveCount }) => {
      const spec = specOf(consumer);
      const times = { windowMs: windowSeconds * 1000, visibilityMs: visibilitySeconds * 1000 };
      const sizes = { batchSize, maxReceiveCount, maxConcurrency: Math.max(2, Math.min(10, spec.concurrency)) };
      const queue = new SimulatedQueue(world, lambda, { name, consumer: spec, ...times, ...sizes }, isDown);
      queues.set(name, queue);
      return patterns.map((pattern) => ({ matches: compilePattern(pattern), queue }));
    },
  );
  const bus = eventBus(world, routes, (event) => history.published.push(event));

  await enrol(fleet, memory, clouds);
  if (episodes.killSwitchAtMs !== undefined) {
    engine.after(episodes.killSwitchAtMs - START_MS, () => {
      const since = instant(engine.nowMs());
      void killSwitchStore(memory, "commands").set({ isOn: true, since, by: "operator", reason: "simulated" });
      bus.tell("ControlSwitched", { version: 1, eventId: "kill-switch-1", occurredAt: since, isOn: true });
      return true;
    });
  }
  script?.begins({ memory, clouds, queues, givenUp: invokes.givenUp, devices, tell: bus.tell as never });
  for (const device of devices) live(device, world);
  for (let ms = START_MS; ms < endMs; ms += MINUTE_MS) {
    engine.after(ms - START_MS, () => {
      const tick = { tickAt: instant(ms) };
      const minute = (ms / MINUTE_MS) % 60;
      if (minute % 30 === 1) invokes.tick(specOf("signals"), {}, ASYNCHRONOUS.signals);
      for (const name of ["scheduler", "optimiser", "verifier"] as const)
        invokes.tick(specOf(name), tick, ASYNCHRONOUS[name]);
      return false;
    });
  }
  await engine.runUntil(ceaseMs);
  faults.cease();
  await engine.runUntil(endMs);
  for (const device of devices) device.settle(endMs);
  const scribe = { by: "judge", now: () => instant(endMs), log: { info() {}, warn() {} } };
  const ledger = commandsStore(memory, "commands", scribe);
  const trails = [];
  for (const { assetId } of fleet.assets) trails.push({ assetId, trail: await ledger.trail(assetId) });
  return {
    seed,
    fleet,
    devices,
    memory,
    clouds,
    queues,
    givenUp: invokes.givenUp,
    history,
    episodes,
    world,
    watch,
    endMs,
    trails,
    guards: guards.all,
  };
}

/** Writes what `npm run ops -- enrol` and `link` write. */
async function enrol(fleet: Fleet, memory: MemoryDocumentClient, clouds: readonly VendorCloud[]): Promise<void> {
  const [assets, schedule, accounts] = [
    assetsStore(memory, "assets"),
    scheduleStore(memory, "schedule"),
    accountsStore(memory, "accounts"),
  ];
  const linked = new Set<string>();
  for (const asset of fleet.assets) {
    await assets.put(asset);
    const account = accountKey(asset.integration, asset.accountId);
    const cloud = clouds.find(({ manifest }) => manifest.name === asset.integration);
    if (cloud) await putOnWheel(asset, cloud.manifest, schedule, instant(START_MS));
    const books = cloud?.books;
    if (!books || linked.has(account)) continue;
    linked.add(account);
    const { expiresInSeconds, ...pair } = books.issue(asset.accountId, START_MS);
    await accounts.link({
      account,
      version: 1,
      tokens: { wrappedKey: "", iv: "", tag: JSON.stringify({ account }), data: JSON.stringify(pair) },
      accessExpiresAt: instant(START_MS + expiresInSeconds * 1000),
    });
  }
}

/** A device's own day: the cable in and out, and the moment when it is full. */
function live(device: Device, { engine, trace }: World): void {
  const { assetId, arrivesMs, departsMs } = device.spec;
  const say = (what: string) => trace.add(`${engine.nowMs()} ${assetId} ${what}`);
  engine.after(arrivesMs - START_MS, () => {
    device.plugIn(engine.nowMs());
    say("is plugged in");
    return false;
  });
  engine.after(departsMs - START_MS, () => {
    device.plugOut(engine.nowMs());
    say(`leaves with ${device.takenKwh.toFixed(2)} kWh`);
    return false;
  });
}
