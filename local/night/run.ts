import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import type { PowerInterval, Simulation } from "../../shared/integration/simulation.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { VirtualClock } from "../clock.ts";
import { ringings } from "../cloudwatch/ringing.ts";
import { type Feeds, startFeeds } from "../feeds/server.ts";
import { type Connection, connect, type Deployment } from "../ops/connection.ts";
import { enrol, link } from "../ops/registry.ts";
import { type Platform, startPlatform } from "../platform.ts";
import type { AwsCall } from "../roles/aws-call.ts";
import { assetsOf } from "./fleet.ts";
import { setNightEvent } from "./grid-event.ts";
import { TrueSignals } from "./hindsight.ts";
import { inOneOrder } from "./in-one-order.ts";
import { type NightInputs, toSlots } from "./inputs.ts";
import { leftAlone, watchStored } from "./left-alone.ts";
import type { Outcome } from "./outcome.ts";
import { assetPlans, portfolioPlans } from "./planning.ts";
import type { ProductionSample } from "./production.ts";
import { watchProduction } from "./production-watch.ts";
import { type Report, report } from "./report.ts";
import { powerAtKw, type Simulations, simulationOf, startSimulations, stopAll } from "./simulations.ts";

export type Progress = {
  atMs: number;
  /** Cars, at chargers too. */
  cars: { all: number; ready: number; charging: number };
  heatPumps: { all: number; running: number };
  commands: number;
};

export type NightOptions = {
  inputs: NightInputs;
  /** A cloud assembly with stage `dev`. */
  assemblyDir: string;
  /** Real feeds instead of the inputs' prices and carbon. */
  liveFeeds?: { octopusUrl: string; carbonUrl: string };
  /** Where the virtual night begins; half an hour before noon when absent. */
  startsAtMs?: number;
  onLog?: (functionName: string, line: string) => void;
  onProgress?: (progress: Progress) => void;
  /** Hears every call that a function makes to AWS. */
  onCall?: (call: AwsCall) => void;
  /** With `onCall`: whether somebody else was first where this conditional write to DynamoDB would go. */
  isBeaten?: (call: AwsCall) => boolean;
  signal?: AbortSignal;
};

export type Night = {
  platform: Platform;
  connection: Connection;
  deployment: Deployment;
  clock: VirtualClock;
  simulations: Simulations;
  /** Runs to the end and settles; then makes the report. */
  run(): Promise<Report>;
  stop(): Promise<void>;
};

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The platform is up and has its signals before the first car arrives. */
const WARM_UP_MS = 30 * MINUTE_MS;
/** After noon the last commands still get their verdicts. */
const SETTLE_MS = 45 * MINUTE_MS;
const PROGRESS_EVERY_MS = 10 * MINUTE_MS;

/** Starts feeds, vendor simulators and the platform, and enrols the night's devices. */
export async function startNight(options: NightOptions): Promise<Night> {
  const { inputs } = options;
  const clock = new VirtualClock(beginsAtMs(options));
  const cleanUp: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    while (cleanUp.length > 0) await cleanUp.pop()?.();
  };
  try {
    const feeds = options.liveFeeds ?? (await serveFeeds(inputs, clock));
    if ("stop" in feeds) cleanUp.push(() => (feeds as Feeds).stop());
    const simulations = await startSimulations(inputs, clock);
    cleanUp.push(() => stopAll(simulations));

    const platform = await startPlatform({
      assemblyDir: options.assemblyDir,
      stage: "dev",
      clock,
      environmentOverrides: Object.assign(
        // Metrics cost nothing here, and dashboards are drawn from them.
        {
          POWERTOOLS_METRICS_DISABLED: "false",
          OCTOPUS_API_URL: feeds.octopusUrl,
          CARBON_INTENSITY_API_URL: feeds.carbonUrl,
        },
        ...[...simulations.values()].map((simulation) => simulation.endpoints),
      ),
      secrets: Object.fromEntries(
        [...simulations]
          .filter(([, { secret }]) => Object.keys(secret).length > 0)
          .map(([name, { secret }]) => [`${name.replaceAll("-", "")}VendorSecret`, JSON.stringify(secret)]),
      ),
      ...(options.onLog ? { onLog: options.onLog } : {}),
      ...(options.onCall ? { onCall: options.onCall } : {}),
      ...(options.isBeaten ? { isBeaten: options.isBeaten } : {}),
    });
    cleanUp.push(() => platform.stop());

    const deployment = deploymentOf(platform);
    const connection = connect(deployment, () => instant(clock.now()));
    cleanUp.push(() => connection.close());
    await clock.during("enrolment", () => enrolAll(inputs, simulations, connection));
    if (options.onProgress) reportProgress(options.onProgress, inputs, simulations, platform, clock);

    const production = watchProduction(inputs.solarSites, inputs.night, connection.readings, clock);
    const stored = watchStored(
      inputs.heatPumps,
      ({ integration, assetId }) => simulationOf(simulations, integration).storedKwh?.(assetId) ?? 0,
    );
    for (const atMs of [Math.max(clock.now(), inputs.night.startsAtMs), inputs.night.endsAtMs])
      clock.at(atMs, "stored heat", stored.look);
    const run = async () => {
      await clock.runUntil(inputs.night.endsAtMs + SETTLE_MS, options.signal ? { signal: options.signal } : {});
      const { grownKwh: storedKwh } = stored;
      return settle(options, { platform, connection, simulations, production: await production.samples(), storedKwh });
    };
    return { platform, connection, deployment, clock, simulations, run, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function beginsAtMs({ startsAtMs, inputs }: NightOptions): number {
  return startsAtMs ?? inputs.night.startsAtMs - WARM_UP_MS;
}

function serveFeeds(inputs: NightInputs, clock: VirtualClock): Promise<Feeds> {
  const { prices, carbon, generated } = inputs;
  return startFeeds({ clock, prices, carbon, generated, zone: inputs.night.zone, publishHour: 16 });
}

function deploymentOf(platform: Platform): Deployment {
  const variable = (name: string) => {
    const value = platform.functions.map(({ environment }) => environment[name]).find((found) => found !== undefined);
    if (value === undefined) throw new Error(`no function of the assembly declares ${name}`);
    return value;
  };
  return {
    tables: {
      assets: platform.tableName("ASSETS_TABLE"),
      schedule: platform.tableName("SCHEDULE_TABLE"),
      readings: platform.tableName("READINGS_TABLE"),
      signals: platform.tableName("SIGNALS_TABLE"),
      plans: platform.tableName("PLANS_TABLE"),
      commands: platform.tableName("COMMANDS_TABLE"),
      accounts: platform.tableName("ACCOUNTS_TABLE"),
    },
    fleets: variable("FLEETS").split(","),
    siteRegion: variable("OCTOPUS_REGION"),
    busName: variable("BUS_NAME"),
    tokenKeyArn: variable("TOKEN_KEY_ARN"),
    region: platform.awsVariables.AWS_REGION,
    local: { gatewayUrl: platform.gatewayUrl, dynamodbUrl: platform.dynamodbUrl },
  };
}

/** One by one, so that the first plans are asked for in the same order each time. */
async function enrolAll(inputs: NightInputs, simulations: Simulations, connection: Connection): Promise<void> {
  for (const asset of assetsOf(inputs)) {
    const { integration, accountId } = asset;
    const { expiresInSeconds, ...tokens } = simulationOf(simulations, integration).issueTokens(accountId);
    await link({ integration, accountId, tokens, expiresInSeconds }, connection);
    await enrol(asset, manifestOf(inputs, integration), connection);
  }
  if (inputs.event) await setNightEvent(inputs.event, inputs, connection);
}

function manifestOf({ vendors }: NightInputs, integration: string) {
  const vendor = vendors.find(({ name }) => name === integration);
  if (!vendor) throw new Error(`no integration ${integration} under lambdas/integrations`);
  return vendor.manifest;
}

function reportProgress(
  onProgress: (progress: Progress) => void,
  inputs: NightInputs,
  simulations: Simulations,
  platform: Platform,
  clock: VirtualClock,
): void {
  const intervalsOf = ({ integration, assetId }: { integration: string; assetId: string }) =>
    simulationOf(simulations, integration).intervals(assetId);
  const tick = () => {
    const now = clock.now();
    const isRunning = (intervals: readonly PowerInterval[]) => powerAtKw(intervals, now - 1000) > 0;
    const cars = { all: 0, ready: 0, charging: 0 };
    for (const { asset, session } of [...inputs.cars, ...inputs.chargers]) {
      const intervals = intervalsOf(asset);
      const kwh = intervals.reduce((sum, one) => sum + (one.powerKw * (one.endsAtMs - one.startsAtMs)) / HOUR_MS, 0);
      cars.all++;
      if (isRunning(intervals)) cars.charging++;
      if (kwh >= session.energyKwh - 0.1) cars.ready++;
    }
    const running = inputs.heatPumps.filter((pump) => isRunning(intervalsOf(pump))).length;
    const commands = platform.archivedEvents().filter((event) => event["detail-type"] === "CommandIssued").length;
    onProgress({ atMs: now, cars, heatPumps: { all: inputs.heatPumps.length, running }, commands });
    if (now < inputs.night.endsAtMs) clock.at(now + PROGRESS_EVERY_MS, "progress", tick);
  };
  clock.at(inputs.night.startsAtMs, "progress", tick);
}

async function settle(
  options: NightOptions,
  run: {
    platform: Platform;
    connection: Connection;
    simulations: Simulations;
    production: ProductionSample[];
    storedKwh: Outcome["storedKwh"];
  },
): Promise<Report> {
  const { inputs } = options;
  const { platform, connection, simulations } = run;
  const integrationOf = new Map(assetsOf(inputs).map(({ assetId, integration }) => [assetId, integration]));
  const of = (assetId: string) => simulationOf(simulations, integrationOf.get(assetId) ?? "");
  const fromAll = <T extends object>(tell: (simulation: Simulation) => readonly T[]) =>
    [...simulations].flatMap(([integration, simulation]) => tell(simulation).map((one) => ({ ...one, integration })));
  const alone = await leftAlone(inputs, beginsAtMs(options));
  const commands = (
    await mapLimited(assetsOf(inputs), 8, ({ assetId }) => connection.commands.recent(assetId, 10_000))
  ).flat();
  const outcome: Outcome = {
    intervals: (assetId) => of(assetId).intervals(assetId),
    couldBeReady: (assetId) => of(assetId).couldBeReady(assetId),
    storedKwh: run.storedKwh,
    leftAlone: (assetId) => alone.get(assetId),
    comfortBreaches: fromAll((simulation) => simulation.comfortBreaches()),
    production: run.production,
    commands,
    effective: fromAll((simulation) => simulation.effectiveCalls()),
    calls: inOneOrder(
      fromAll((simulation) => simulation.calls()),
      ({ atMs }) => atMs,
    ),
    injections: inOneOrder(
      fromAll((simulation) => simulation.injections()),
      ({ fromMs }) => fromMs,
    ),
    events: platform.archivedEvents().map((event) => {
      const detail = event.detail as {
        assetId?: string;
        integration?: string;
        faultClass?: FaultClass;
        occurredAt: Instant;
      };
      const { assetId, integration, faultClass, occurredAt } = detail;
      return { name: String(event["detail-type"]), atMs: epochMs(occurredAt), assetId, faultClass, integration };
    }),
    portfolioPlans: portfolioPlans(platform.archivedEvents()),
    assetPlans: assetPlans(platform.archivedEvents()),
    deadLetters: platform
      .queues()
      .filter((queue) => queue.isDeadLetterQueue && queue.visible + queue.inFlight + queue.delayed > 0)
      .map((queue) => ({ queue: queue.logicalId, messages: queue.visible + queue.inFlight + queue.delayed })),
    ringings: ringings(platform.alarms.transitions, platform.alarms.notifications),
    refusals: platform.refusals().map((refusal) => refusal.message),
    droppedDeliveries: platform.droppedDeliveries().map((drop) => `${drop.from} → ${drop.to}: ${drop.reason}`),
  };
  return report(inputs, await trueSignals(options, connection), outcome);
}

/** The inputs themselves; with live feeds, what the platform stored of them. */
async function trueSignals(options: NightOptions, connection: Connection): Promise<TrueSignals> {
  const { inputs } = options;
  if (!options.liveFeeds) return new TrueSignals(toSlots(inputs.prices), toSlots(inputs.carbon));
  const [from, to]: [Instant, Instant] = [
    instant(inputs.night.startsAtMs - 48 * HOUR_MS),
    instant(inputs.night.endsAtMs),
  ];
  const [price, carbon] = await Promise.all([
    connection.signals.slots(seriesId("octopus-agile", "C"), from, to),
    connection.signals.slots(seriesId("carbon-intensity", "national"), from, to),
  ]);
  return new TrueSignals(price, carbon);
}

/** Where a run keeps what it writes; ignored by git. */
export function workFolder(...parts: string[]): string {
  return join(ROOT, ".headroom", ...parts);
}
