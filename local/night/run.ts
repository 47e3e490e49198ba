import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadManifests } from "../../lib/manifests.ts";
import { HOUR_MS, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import type { Simulation, StartSimulation, VendorCall } from "../../shared/integration/simulation.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { tally } from "../../shared/tally.ts";
import { VirtualClock } from "../clock.ts";
import { type Feeds, startFeeds } from "../feeds/server.ts";
import { type Connection, connect, type Deployment } from "../ops/connection.ts";
import { enrol, link } from "../ops/registry.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { TrueSignals } from "./hindsight.ts";
import { type NightInputs, toSlots } from "./inputs.ts";
import { type Outcome, type Report, report } from "./report.ts";

export type Progress = { atMs: number; charging: number; ready: number; cars: number; commands: number };

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
  signal?: AbortSignal;
};

export type Night = {
  platform: Platform;
  connection: Connection;
  deployment: Deployment;
  clock: VirtualClock;
  simulations: ReadonlyMap<string, Simulation>;
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

/** Starts feeds, vendor simulators and the platform, and enrols the night's cars. */
export async function startNight(options: NightOptions): Promise<Night> {
  const { inputs } = options;
  const clock = new VirtualClock(options.startsAtMs ?? inputs.night.startsAtMs - WARM_UP_MS);
  const cleanUp: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    while (cleanUp.length > 0) await cleanUp.pop()?.();
  };
  try {
    const feeds = options.liveFeeds ?? (await serveFeeds(inputs, clock));
    if ("stop" in feeds) cleanUp.push(() => (feeds as Feeds).stop());
    const simulations = await startSimulations(inputs, clock);
    cleanUp.push(
      async () => void (await Promise.all([...simulations.values()].map((simulation) => simulation.stop()))),
    );

    const platform = await startPlatform({
      assemblyDir: options.assemblyDir,
      stage: "dev",
      clock,
      environmentOverrides: Object.assign(
        { OCTOPUS_API_URL: feeds.octopusUrl, CARBON_INTENSITY_API_URL: feeds.carbonUrl },
        ...[...simulations.values()].map((simulation) => simulation.endpoints),
      ),
      secrets: Object.fromEntries(
        [...simulations].map(([name, { secret }]) => [
          `${name.replaceAll("-", "")}VendorSecret`,
          JSON.stringify(secret),
        ]),
      ),
      ...(options.onLog ? { onLog: options.onLog } : {}),
    });
    cleanUp.push(() => platform.stop());

    const deployment = deploymentOf(platform);
    const connection = connect(deployment, () => instant(clock.now()));
    cleanUp.push(() => connection.close());
    await clock.during("enrolment", () => enrolAll(inputs, simulations, connection));
    if (options.onProgress) reportProgress(options.onProgress, inputs, simulations, platform, clock);

    const run = async () => {
      await clock.runUntil(inputs.night.endsAtMs + SETTLE_MS, options.signal ? { signal: options.signal } : {});
      return settle(options, platform, connection, simulations);
    };
    return { platform, connection, deployment, clock, simulations, run, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serveFeeds(inputs: NightInputs, clock: VirtualClock): Promise<Feeds> {
  return startFeeds({ clock, prices: inputs.prices, carbon: inputs.carbon, zone: inputs.night.zone, publishHour: 16 });
}

async function startSimulations(inputs: NightInputs, clock: VirtualClock): Promise<Map<string, Simulation>> {
  const simulations = new Map<string, Simulation>();
  for (const { name } of await loadManifests()) {
    const cars = inputs.cars.filter((car) => car.asset.integration === name);
    const module: { startSimulation: StartSimulation } = await import(
      new URL(`../../lambdas/integrations/${name}/simulation.ts`, import.meta.url).href
    );
    const simulation = await module.startSimulation({
      clock,
      cars: cars.map((car) => ({
        asset: car.asset,
        socOnArrivalPercent: car.socOnArrivalPercent,
        arrivesAtMs: car.session.arrivesAtMs,
        departsAtMs: car.session.departsAtMs,
        readyByMs: car.readyByMs,
      })),
      chargers: [],
      heatPumps: [],
      solarSites: [],
      siteLoadKw: () => 0,
      fedBy: () => [],
      seed: inputs.seed,
      faults: inputs.faults,
      startsAtMs: inputs.night.startsAtMs,
      endsAtMs: inputs.night.endsAtMs,
    });
    simulations.set(name, simulation);
  }
  return simulations;
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
    busName: variable("BUS_NAME"),
    tokenKeyArn: variable("TOKEN_KEY_ARN"),
    region: platform.awsVariables.AWS_REGION,
    local: { gatewayUrl: platform.gatewayUrl, dynamodbUrl: platform.dynamodbUrl },
  };
}

async function enrolAll(
  inputs: NightInputs,
  simulations: Map<string, Simulation>,
  connection: Connection,
): Promise<void> {
  await mapLimited(inputs.cars, 8, async ({ asset }) => {
    const simulation = simulations.get(asset.integration);
    if (!simulation) throw new Error(`no simulator for integration ${asset.integration}`);
    const { expiresInSeconds, ...tokens } = simulation.issueTokens(asset.accountId);
    await link({ integration: asset.integration, accountId: asset.accountId, tokens, expiresInSeconds }, connection);
    await enrol(asset, connection);
  });
}

function reportProgress(
  onProgress: (progress: Progress) => void,
  inputs: NightInputs,
  simulations: Map<string, Simulation>,
  platform: Platform,
  clock: VirtualClock,
): void {
  const tick = () => {
    const now = clock.now();
    let charging = 0;
    let ready = 0;
    for (const car of inputs.cars) {
      const intervals = simulations.get(car.asset.integration)?.intervals(car.asset.assetId) ?? [];
      const last = intervals.at(-1);
      if (last && last.endsAtMs >= now - 1000) charging++;
      const kwh = intervals.reduce((sum, one) => sum + (one.powerKw * (one.endsAtMs - one.startsAtMs)) / HOUR_MS, 0);
      if (kwh >= car.session.energyKwh - 0.1) ready++;
    }
    const commands = platform.archivedEvents().filter((event) => event["detail-type"] === "CommandIssued").length;
    onProgress({ atMs: now, charging, ready, cars: inputs.cars.length, commands });
    if (now < inputs.night.endsAtMs) clock.at(now + PROGRESS_EVERY_MS, "progress", tick);
  };
  clock.at(inputs.night.startsAtMs, "progress", tick);
}

async function settle(
  options: NightOptions,
  platform: Platform,
  connection: Connection,
  simulations: Map<string, Simulation>,
): Promise<Report> {
  const { inputs } = options;
  const all = [...simulations.values()];
  const of = (integration: string) => {
    const simulation = simulations.get(integration);
    if (!simulation) throw new Error(`no simulator for integration ${integration}`);
    return simulation;
  };
  const commands = (
    await mapLimited(inputs.cars, 8, ({ asset }) => connection.commands.recent(asset.assetId, 10_000))
  ).flat();
  const outcome: Outcome = {
    intervals: (car) => of(car.asset.integration).intervals(car.asset.assetId),
    couldBeReady: (car) => of(car.asset.integration).couldBeReady(car.asset.assetId),
    commands,
    effective: all.flatMap((simulation) => simulation.effectiveCalls()),
    vendorCalls: callsByKind(all.flatMap((simulation) => simulation.calls())),
    injectedFaults: tally(
      all.flatMap((simulation) => simulation.injections()).filter(({ onlyIfAsked }) => !onlyIfAsked),
      ({ kind }) => kind,
    ),
    events: platform.archivedEvents().map((event) => {
      const detail = event.detail as { assetId?: string; faultClass?: string };
      return { name: String(event["detail-type"]), assetId: detail.assetId, faultClass: detail.faultClass };
    }),
    deadLetters: platform
      .queues()
      .filter((queue) => queue.isDeadLetterQueue && queue.visible + queue.inFlight + queue.delayed > 0)
      .map((queue) => ({ queue: queue.logicalId, messages: queue.visible + queue.inFlight + queue.delayed })),
    refusals: platform.refusals().map((refusal) => refusal.message),
    droppedDeliveries: platform.droppedDeliveries().map((drop) => `${drop.from} → ${drop.to}: ${drop.reason}`),
  };
  return report(inputs, await trueSignals(options, connection), outcome);
}

function callsByKind(calls: readonly VendorCall[]): Outcome["vendorCalls"] {
  const kinds = [...new Set(calls.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const ofKind = calls.filter((call) => call.kind === kind);
    return { kind, calls: ofKind.length, priceUsd: ofKind.reduce((sum, { priceUsd }) => sum + priceUsd, 0) };
  });
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
