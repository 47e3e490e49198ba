import { randomUUID } from "node:crypto";
import { verdict } from "../../lambdas/verifier/verdict.ts";
import { tokenSource } from "../../shared/auth.ts";
import { STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import type { Action, Command } from "../../shared/domain/command.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { minuteOf } from "../../shared/domain/wheel.ts";
import type { Fetch } from "../../shared/http.ts";
import { runCommand } from "../../shared/integration/command.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import type { SimulatedCar, SimulatedCharger } from "../../shared/integration/simulation.ts";
import { vendorBudget } from "../../shared/integration/vendor-budget.ts";
import { createLog } from "../../shared/log.ts";
import { accountKey } from "../../shared/store/accounts.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { aCommand, at } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeAssetsStore } from "../fakes/assets-store.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";
import { fakeBus } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";
import { aScheduler, joined } from "../fakes/scheduler.ts";
import { openSealer } from "../shared/auth-bench.ts";
import type { Folder } from "./folder.ts";

const NOON = at("2026-11-20T12:00Z");
const DAY_MS = 24 * HOUR_MS;
const WANTED_FOR_MS = 3 * HOUR_MS;
const MOST_DELIVERIES = 40;

/** The production jobs, client, login and log of one folder against its own simulation; only the stores are in memory. */
export async function aWorld(folder: Folder, faults: "none" | "some" | "many") {
  const { manifest, asset } = folder;
  const clock = fakeClock(NOON);
  const simulation = await folder.startSimulation({
    clock: { now: () => epochMs(clock.now()) },
    cars: asset.kind === "car" ? [aStay(asset)] : [],
    chargers: asset.kind === "charger" ? [aSession(asset)] : [],
    heatPumps: asset.kind === "heat-pump" ? [asset] : [],
    solarSites: asset.kind === "solar-site" ? [asset] : [],
    siteLoadKw: () => 0,
    fedBy: () => [],
    seed: 7,
    faults,
    startsAtMs: epochMs(NOON),
    endsAtMs: epochMs(NOON) + 2 * DAY_MS,
  });
  const lines: string[] = [];
  const log = createLog({
    service: manifest.name,
    now: () => new Date(clock.now()),
    destination: { write: (line) => void lines.push(line) },
  });
  const endpoint = (name: string) => new URL(simulation.endpoints[name] ?? "https://not-simulated.example");
  let inFlight = 0;
  let mostInFlight = 0;
  const countedFetch: Fetch = async (input, init) => {
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    return fetch(input, init).finally(() => inFlight--);
  };
  const renewal = folder.login({ endpoint, secret: async () => simulation.secret, fetch: countedFetch });

  const accounts = fakeAccountsStore();
  const account = accountKey(manifest.name, asset.accountId);
  const first = simulation.issueTokens(asset.accountId);
  const seal = await openSealer.prepare({ account });
  await accounts.link({
    account,
    version: 1,
    tokens: seal(JSON.stringify({ accessToken: first.accessToken, refreshToken: first.refreshToken })),
    accessExpiresAt: plusMs(NOON, first.expiresInSeconds * 1000),
  });
  const remembered = new Map<string, { version: number; pair: { accessToken: string; refreshToken: string } }>();
  const tokens = tokenSource({
    integration: manifest.name,
    renewal,
    remembered,
    accounts,
    sealer: openSealer,
    now: clock.now,
    log,
    remainingMs: () => 30_000,
    newId: randomUUID,
  });
  const meter = fakeMeter();
  const budgets = fakeBudgetsStore();
  await budgets.countAsset(manifest.name);
  const budget = vendorBudget({ manifest, store: budgets, now: clock.now, meter, log, rampKwPerMinute: 10_000 });
  const bus = fakeBus();
  const commands = fakeCommandsStore([], { by: "integration", now: clock.now });
  const readings = fakeReadingsStore();
  const schedule = fakeScheduleStore();
  const causes = fakeCausesStore();
  const deps: IntegrationDeps = {
    manifest,
    now: clock.now,
    log,
    remainingMs: () => 30_000,
    assets: fakeAssetsStore([asset]),
    readings,
    schedule,
    commands,
    causes,
    bus: toldOnce(bus, { causes, now: clock.now, meter }),
    tokens,
    vendor: folder.connect({ endpoint, now: clock.now, count: budget.called, fetch: countedFetch }),
    meter,
    killSwitch: fakeKillSwitchStore(),
    budget,
    withToken: withTokenFrom(tokens, budget),
  };
  const stream = STREAM_OF_KIND[asset.kind];
  const scheduler = aScheduler({ now: clock.now, log, schedule, readings }, [manifest]);
  await joined(schedule, asset, manifest, plusMs(NOON, MINUTE_MS));
  const secrets = new Set([first.accessToken, first.refreshToken, ...Object.values(simulation.secret)]);
  const latest = async () => (await readings.latest([asset.assetId], stream)).get(asset.assetId);

  /** Lets a minute pass, and looks if it is time to. */
  const minute = async () => {
    clock.advance(MINUTE_MS);
    for (const { request } of await scheduler.tick(minuteOf(clock.now()))) await poll(request, deps);
    for (const { pair } of remembered.values()) for (const token of Object.values(pair)) secrets.add(token);
  };
  let issued = 0;
  const issue = async (action: Action, changes: Partial<Command> = {}) => {
    const now = clock.now();
    const command = aCommand({
      commandId: `${now}-${++issued}`,
      assetId: asset.assetId,
      integration: manifest.name,
      action,
      issuedAt: now,
      notBefore: now,
      notAfter: plusMs(now, WANTED_FOR_MS),
      checkAt: plusMs(now, WANTED_FOR_MS),
      ...changes,
    });
    await commands.issue(command);
    return command;
  };
  /** Delivers a command's message until it is done with, waiting as long as it asks; gives the row. */
  const deliver = async (command: Command): Promise<Command> => {
    for (let delivery = 0; delivery < MOST_DELIVERIES; delivery++) {
      const handled = await runCommand(command, deps);
      if (handled.done) break;
      clock.advance(handled.retryAfterMs);
    }
    return (await commands.get(command)) ?? command;
  };

  return {
    clock,
    simulation,
    lines,
    secrets,
    latest,
    minute,
    issue,
    deliver,
    renewal,
    /** Issues an action, delivers it and looks until it is judged. */
    async carryOut(action: Action) {
      const accepted = await deliver(await issue(action));
      for (const until = plusMs(clock.now(), WANTED_FOR_MS); clock.now() < until; ) {
        const known = await latest();
        const judged = verdict(accepted, known?.reading, known?.reach, clock.now());
        if (judged.verdict !== "wait") return { row: accepted, judged, reading: known?.reading };
        await minute();
      }
      return { row: accepted, judged: undefined, reading: undefined };
    },
    /** Looks for a day at the manifest's cadence, or until `isEnough`; true when it was. */
    async day(isEnough: () => Promise<boolean> | boolean = () => false, eachMinute: () => void = () => {}) {
      for (let passed = 0; passed < DAY_MS; passed += MINUTE_MS) {
        await minute();
        eachMinute();
        if (await isEnough()) return true;
      }
      return false;
    },
    /** Whatever left the jobs as text: log lines, events, and the evidence in the ledger. */
    told: () => [...lines, JSON.stringify(bus.published), JSON.stringify(commands.all())].join("\n"),
    /** How often the budget kept a call from being made. */
    refusals: () => [...meter.counts].filter(([name]) => name.startsWith("budget_refused")),
    mostInFlight: () => mostInFlight,
    callCount: (kinds?: readonly string[]) =>
      simulation.calls().filter(({ kind }) => (kinds ? kinds.includes(kind) : kind !== "token")).length,
  };
}

/** From two in the afternoon until the next day at noon. */
const STAY = { arrivesAtMs: epochMs(NOON) + 2 * HOUR_MS, departsAtMs: epochMs(NOON) + DAY_MS };

/** A car that comes home nearly empty. */
function aStay(asset: SimulatedCar["asset"]): SimulatedCar {
  const leaving: Instant = instant(STAY.departsAtMs);
  return {
    asset: { ...asset, preferences: { ...asset.preferences, nextDepartureAt: leaving } },
    socOnArrivalPercent: 20,
    ...STAY,
    readyByMs: STAY.departsAtMs,
  };
}

/** A car that takes a little more than its owner asks for. */
function aSession(asset: SimulatedCharger["asset"]): SimulatedCharger {
  return { asset, ...STAY, readyByMs: STAY.departsAtMs, wantsKwh: 1.2 * asset.preferences.sessionEnergyKwh };
}
