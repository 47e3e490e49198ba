import type { SignalSource } from "../../lambdas/signals/source.ts";
import { TABLE_SHAPES } from "../../lib/table-shapes.ts";
import { HOUR_MS, instant, MINUTE_MS, parseInstant } from "../../shared/domain/instant.ts";
import { commandBatchesAtOnce, type Manifest } from "../../shared/domain/manifest.ts";
import { commandsStore, type Trail } from "../../shared/store/commands.ts";
import { killSwitchStore } from "../../shared/store/kill-switch.ts";
import { compilePattern } from "../gateway/event-pattern.ts";
import { type MemoryDocumentClient, memoryDocumentClient } from "../memory/document-client.ts";
import { seededRandom } from "../random.ts";
import { Device } from "./device.ts";
import { type Engine, engine as newEngine } from "./engine.ts";
import { enrol, enrolAll, link } from "./enrolment.ts";
import { type Episodes, seededEpisodes } from "./episodes.ts";
import { eventBus } from "./events.ts";
import { type FaultOptions, type Faults, seededFaults } from "./faults.ts";
import { feedsOf } from "./feed.ts";
import { type Fleet, fleetOf } from "./fleet.ts";
import { functionsOf } from "./functions.ts";
import { GuardBook, type Met } from "./guards.ts";
import { Hindrances } from "./hindrances.ts";
import { type History, newHistory } from "./history.ts";
import { commandQueueOf } from "./integration.ts";
import { asyncInvokes, type GivenUp } from "./invokes.ts";
import { lagging, replicas } from "./lagging.ts";
import { lambdaService, type World } from "./lambda.ts";
import { MANIFESTS } from "./manifests.ts";
import { operatorsTables, rowReader } from "./ports.ts";
import { SimulatedQueue } from "./queues.ts";
import type { Guard } from "./sabotage.ts";
import type { Spending } from "./spending.ts";
import { ASYNCHRONOUS, commandQueue, PLATFORM_QUEUES } from "./stack.ts";
import { type Pair, rotatingOf, TokenBooks } from "./tokens.ts";
import { missingSwitches } from "./told.ts";
import { newTrace } from "./trace.ts";
import { loginLifeMs, manifestIn, restlessOwners, type Unrest } from "./unrest.ts";
import { VendorCloud } from "./vendor-cloud.ts";
import { type Watch, watchOf } from "./watch.ts";

export type Options = {
  seed: number;
  assets: number;
  faults: FaultOptions;
  keepsTrace?: boolean;
  /** Hours until the last fault; a quiet hour and a quarter follows, in which all must come to an end. */
  hours?: number;
  unrest?: Unrest;
  /** What is taken away, to see whether it is missed: the night ends within an hour of the first promise that breaks. */
  sabotage?: Guard;
  /** Writes with this condition take seconds, so that others come between what was read and what is written. */
  lingers?: string;
  /** Promises that the night breaks with all guards in place. */
  excused?: readonly string[];
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
  givenUp: readonly GivenUp[];
  history: History;
  episodes: Episodes;
  world: World;
  watch: Watch;
  endMs: number;
  /** What is kept of each asset's commands. */
  trails: { assetId: string; trail: Trail }[];
  /** Conditions that were met on the way. */
  guards: Met[];
  /** Who threw the kill switch and is not in its trail. */
  missingSwitches: string[];
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
    lingers,
    excused = [],
    unrest = {},
    manifests = MANIFESTS,
  } = options;
  const engine = newEngine(seed, START_MS);
  const script = options.script?.(engine);
  const faults = script?.faults ?? seededFaults(seed, faultOptions, engine.nowMs);
  const world: World = { engine, faults, trace: newTrace(keepsTrace), hindrances: new Hindrances() };
  const history = newHistory();
  const fleet = script?.fleet ?? fleetOf(seed, assets, { startMs: START_MS, hours });
  const [ceaseMs, endMs] = [START_MS + hours * HOUR_MS, START_MS + hours * HOUR_MS + QUIET_MS];
  const episodes =
    script?.episodes ??
    seededEpisodes(seed, {
      faults,
      devices: fleet.devices,
      integrations: manifests.map(({ name }) => name),
      startMs: START_MS,
      endMs: ceaseMs,
      outages: unrest.outages ?? 0,
    });
  const devices = fleet.devices.map((spec) => new Device(spec));
  const guards = new GuardBook({ sabotage, lingers });
  const late = faultOptions.level === "none" ? {} : { indexed: lagging(seed, engine), behind: replicas(seed, engine) };
  const memory = memoryDocumentClient({ tables: TABLE_SHAPES, hooks: { ...guards.hooks, ...late } });
  const watch = watchOf(world, history, rowReader(memory));
  const nowInstant = () => instant(engine.nowMs());
  const clouds = manifests.map((usual) => {
    const manifest = manifestIn(usual, unrest);
    const rotating = rotatingOf(manifest.refreshSemantics, seededRandom(seed ^ 0x4075));
    const books = new TokenBooks(rotating, seededRandom(seed ^ 0x70c), loginLifeMs(unrest));
    const own = devices.filter(({ spec }) => spec.integration === manifest.name);
    const relinked = (accountId: string, pair: Pair) =>
      link({ integration: manifest.name, accountId }, pair, nowInstant(), memory);
    return new VendorCloud({ manifest, books, world, history, episodes, devices: own, link: relinked });
  });
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
    ...PLATFORM_QUEUES.map((queue) => ({ ...queue, maxConcurrency: 10 })),
    ...manifests.map((manifest) => ({
      ...commandQueue(manifest.name, commandQueueOf(manifest)),
      maxConcurrency: commandBatchesAtOnce(manifest),
    })),
  ];
  const routes = facts.flatMap(({ name, consumer, patterns, windowSeconds, visibilitySeconds, ...sizes }) => {
    const spec = specOf(consumer);
    const times = { windowMs: windowSeconds * 1000, visibilityMs: visibilitySeconds * 1000 };
    const queue = new SimulatedQueue(world, lambda, { name, consumer: spec, ...times, ...sizes }, isDown);
    queues.set(name, queue);
    return patterns.map((pattern) => ({ matches: compilePattern(pattern), queue }));
  });
  const bus = eventBus(world, routes, (event) => history.published.push(event));

  await enrolAll(fleet.assets, clouds, nowInstant(), memory);
  if (unrest.hasRestlessOwners) {
    restlessOwners(fleet.assets, { engine, fromMs: START_MS, toMs: ceaseMs }, async (asset) => {
      const cloud = clouds.find(({ manifest }) => manifest.name === asset.integration) as VendorCloud;
      await enrol(asset, cloud, nowInstant(), operatorsTables({ memory, watch, guards }));
      const { assetId, fleetId } = asset;
      bus.tell("AssetEnrolled", { version: 1, eventId: "enrolled", occurredAt: nowInstant(), assetId, fleetId });
    });
  }
  if (episodes.killSwitchAtMs !== undefined) {
    const killSwitch = killSwitchStore(memory, "commands");
    const since = instant(episodes.killSwitchAtMs);
    const thrownBy = async (by: string) => {
      if (await killSwitch.set({ isOn: true, since, by, reason: "simulated" })) history.switched.push(by);
    };
    engine.after(episodes.killSwitchAtMs - START_MS + 10 * MINUTE_MS, () => {
      void Promise.all([thrownBy("a third operator"), thrownBy("a fourth")]);
      return true;
    });
    engine.after(episodes.killSwitchAtMs - START_MS, () => {
      void Promise.all([thrownBy("one operator"), thrownBy("another")]);
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
      for (let more = 1; more < (unrest.ticksAMinute ?? 1); more++)
        engine.after(engine.random() * MINUTE_MS, () => {
          invokes.tick(specOf("scheduler"), tick, ASYNCHRONOUS.scheduler);
          return false;
        });
      return false;
    });
  }
  // What was taken away is missed: the rest of the night would tell no more.
  const isMissed = () =>
    sabotage !== undefined && history.violations.some(({ invariant }) => !excused.includes(invariant));
  const isOver = () => isMissed() || script?.isOver() === true;
  const stepHours = script ? 0.25 : 1;
  for (let hour = stepHours; hour <= hours && !isOver(); hour += stepHours)
    await engine.runUntil(START_MS + hour * HOUR_MS);
  faults.cease();
  if (!isOver()) await engine.runUntil(endMs);
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
    missingSwitches: await missingSwitches({ memory, history }),
  };
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
