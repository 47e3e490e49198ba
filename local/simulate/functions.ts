import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { OptimiserDeps } from "../../lambdas/optimiser/deps.ts";
import { run as optimise } from "../../lambdas/optimiser/handler.ts";
import { run as schedule } from "../../lambdas/scheduler/handler.ts";
import { run as fetchSignals } from "../../lambdas/signals/handler.ts";
import type { SignalSource } from "../../lambdas/signals/source.ts";
import { run as verify } from "../../lambdas/verifier/handler.ts";
import { type TokenPair, tokenSource } from "../../shared/auth.ts";
import { eventBridgeBus } from "../../shared/bus.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import type { Budget } from "../../shared/integration/budget.ts";
import type { VendorClient } from "../../shared/integration/contract.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import { PollRequest } from "../../shared/integration/poll-request.ts";
import { runQueue } from "../../shared/integration/queue.ts";
import { SqsBatch } from "../../shared/queue.ts";
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
import { effect, type FunctionSpec, type Invocation, type World } from "./lambda.ts";
import { clockOf, logOf, renewalFrom, sealerOf, tablesOf, vendorFetch } from "./ports.ts";
import { aboutOf } from "./queues.ts";
import type { GuardBook } from "./sabotage.ts";
import { simulatedVendor } from "./vendor-client.ts";
import type { VendorCloud } from "./vendor-cloud.ts";
import type { Watch } from "./watch.ts";

export type Platform = {
  world: World;
  memory: DynamoDBDocumentClient;
  watch: Watch;
  guards: GuardBook;
  bus: (invocation: Invocation) => Pick<EventBridgeClient, "send">;
  clouds: readonly VendorCloud[];
  sources: (invocation: Invocation) => SignalSource[];
  /** Puts a message on a queue by its name. */
  send: (queue: string, body: string, delayMs: number) => void;
  /** Invokes an integration's function and does not wait. */
  invoke: (functionName: string, event: unknown) => void;
};

export const PRICE = "octopus-agile#C";
export const CARBON = "carbon-intensity#national";

const NO_METER = { count() {}, usd() {}, gauge() {}, tally() {}, flush() {} };

/** What every run function of one invocation has: stores over its own client, its bus, its clock and its log. */
function commonOf(platform: Platform, invocation: Invocation) {
  const { world, watch, bus } = platform;
  const client = tablesOf(platform, invocation);
  const now = clockOf(world, invocation);
  const log = logOf(world, invocation, watch);
  const causes = causesStore(client, "schedule");
  return {
    now,
    log,
    causes,
    remainingMs: () => Math.max(0, invocation.deadlineMs - world.engine.nowMs()),
    meter: NO_METER,
    bus: toldOnce(eventBridgeBus(bus(invocation) as EventBridgeClient, "headroom", now), causes, now),
    accounts: accountsStore(client, "accounts"),
    assets: assetsStore(client, "assets"),
    commands: commandsStore(client, "commands", { by: invocation.functionName, now, log }),
    habits: habitsStore(client, "plans"),
    killSwitch: killSwitchStore(client, "commands"),
    plans: plansStore(client, "plans"),
    readings: readingsStore(client, "readings"),
    schedule: scheduleStore(client, "schedule"),
    signals: signalsStore(client, "signals"),
  };
}

/** The deployed functions by name, with the sizes that the stack gives them. */
export function functionsOf(platform: Platform): Map<string, FunctionSpec> {
  const { world, clouds } = platform;
  const manifests = clouds.map(({ manifest }) => manifest);
  const specs: FunctionSpec[] = [
    {
      name: "signals",
      timeoutMs: 60_000,
      concurrency: 10,
      run: (event, invocation) => {
        const { signals, ...common } = commonOf(platform, invocation);
        return fetchSignals(event, { ...common, store: signals, sources: platform.sources(invocation) });
      },
    },
    {
      name: "scheduler",
      timeoutMs: 60_000,
      concurrency: 10,
      run: (event, invocation) =>
        schedule(event as never, {
          ...commonOf(platform, invocation),
          integrations: manifests.map(({ name, streams, limits }) => ({ name, streams, limits, functionName: name })),
          // A fleet of a night has never so many batches that they are spread over the minute.
          pause: async () => {},
          refusedRows: () => [],
          send: (functionName, request) =>
            effect(world, invocation, {
              place: "invoke",
              what: `invokes ${functionName}`,
              latencyMs: 10 + world.engine.random() * 30,
              act: () => platform.invoke(functionName, request),
            }),
        }),
    },
    {
      name: "optimiser",
      timeoutMs: 60_000,
      concurrency: 20,
      run: (event, invocation) => {
        const deps: OptimiserDeps = {
          ...commonOf(platform, invocation),
          fleets: ["main"],
          region: "C",
          series: { price: PRICE, carbon: CARBON },
          later: async (items) => {
            for (const workItem of items) await sendTo(platform, invocation, "replan", JSON.stringify({ workItem }), 0);
          },
        };
        return optimise(event as never, deps);
      },
    },
    {
      name: "verifier",
      timeoutMs: 60_000,
      concurrency: 10,
      run: (event, invocation) => verify(event as never, commonOf(platform, invocation)),
    },
    ...clouds.map((cloud) => integrationOf(platform, cloud)),
  ];
  return new Map(specs.map((spec) => [spec.name, spec]));
}

function sendTo({ world, send }: Platform, invocation: Invocation, queue: string, body: string, delayMs: number) {
  return effect(world, invocation, {
    place: "send-message",
    what: `sends to ${queue} for ${delayMs} ms: ${aboutOf(body)}`,
    latencyMs: 5 + world.engine.random() * 20,
    act: () => send(queue, body, delayMs),
  });
}

function integrationOf(platform: Platform, cloud: VendorCloud): FunctionSpec {
  const { manifest } = cloud;
  return {
    name: manifest.name,
    timeoutMs: 30_000,
    concurrency: manifest.limits.reservedConcurrency,
    run: async (event, invocation) => {
      const deps = integrationDeps(platform, cloud, invocation);
      if (!("Records" in (event as object))) return poll(PollRequest.parse(event), deps);
      return runQueue(SqsBatch.parse(event), deps, (body, delaySeconds) =>
        sendTo(platform, invocation, commandQueueOf(manifest), body, delaySeconds * 1000),
      );
    },
  };
}

export function commandQueueOf({ name }: Pick<Manifest, "name">): string {
  return `${name}-commands`;
}

/** As `shared/integration/handler.ts` wires them, over the world's ports. */
function integrationDeps(platform: Platform, cloud: VendorCloud, invocation: Invocation): IntegrationDeps {
  const { world } = platform;
  const { manifest } = cloud;
  const common = commonOf(platform, invocation);
  const { globals } = invocation.environment;
  const remembered = remember(globals, "tokens", () => new Map<string, { version: number; pair: TokenPair }>());
  const endpointName = Object.keys(manifest.endpoints)[0] ?? "";
  const vendor: VendorClient = simulatedVendor(
    {
      fetch: vendorFetch(world, invocation, cloud),
      endpoint: (name) => new URL(manifest.endpoints[name] ?? ""),
      now: common.now,
      count: () => {},
    },
    endpointName,
  );
  let ids = 0;
  const tokens = tokenSource({
    ...common,
    integration: manifest.name,
    renewal: renewalFrom(world, invocation, cloud, platform.watch),
    remembered,
    sealer: sealerOf(world, invocation),
    newId: () => {
      ids += 1;
      return `${invocation.id}-${ids}`;
    },
  });
  const budget: Budget = {
    lease: async (_cls, assets) => ({ granted: [...assets], refused: [] }),
    settle: () => {},
    block: async () => {},
    ramp: async () => ({ granted: true }),
  };
  return { ...common, manifest, tokens, vendor, budget, withToken: withTokenFrom(tokens) };
}

function remember<T>(globals: Map<string, unknown>, name: string, make: () => T): T {
  const known = globals.get(name) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  globals.set(name, made);
  return made;
}
