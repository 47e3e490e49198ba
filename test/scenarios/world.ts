import { randomUUID } from "node:crypto";
import { run as optimise } from "../../lambdas/optimiser/handler.ts";
import { run as verify } from "../../lambdas/verifier/handler.ts";
import type { Connection } from "../../local/ops/connection.ts";
import { status } from "../../local/ops/status.ts";
import { statusText } from "../../local/ops/status-text.ts";
import { tokenSource } from "../../shared/auth.ts";
import { STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import type { Action, Command } from "../../shared/domain/command.ts";
import { EVENTS, type EventDetail, type EventName, type NewEvent } from "../../shared/domain/events.ts";
import { HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { runCommand } from "../../shared/integration/command.ts";
import type { CallKind } from "../../shared/integration/contract.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { type AccountsStore, accountKey } from "../../shared/store/accounts.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { aCommand, at, type BusEvent, queued } from "../builders.ts";
import { fakeAccountsStore } from "../fakes/accounts-store.ts";
import { fakeAssetsStore } from "../fakes/assets-store.ts";
import { unlimitedBudget } from "../fakes/budget.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { type FakeClock, fakeClock } from "../fakes/clock.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeKillSwitchStore } from "../fakes/kill-switch-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { oneInvocation } from "../fakes/one-invocation.ts";
import { PRICE } from "../fakes/optimiser-world.ts";
import { fakePlansStore } from "../fakes/plans-store.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { noRemovals } from "../fakes/removals.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";
import { aScheduler, joined } from "../fakes/scheduler.ts";
import { fakeSignalsStore } from "../fakes/signals-store.ts";
import { openSealer } from "../shared/auth-bench.ts";
import type { Cloud } from "./clouds.ts";

const STEP_MS = 30_000;
const REPLAN_ON: readonly EventName[] = [
  "SignalUpdated",
  "CommandMissed",
  "CommandRejected",
  "CommandExpired",
  "AssetEnrolled",
];

type Told = { at: Instant; name: EventName; detail: Record<string, unknown> };
type Options = {
  /** With prices the optimiser plans and commands; without, only a test does. */
  price?: readonly Slot[];
  /** Changes what a vendor's cloud answers to a call. */
  meddle?: (integration: string, url: URL, text: string) => string;
  /** Stands between us and every cloud: may answer in its place, and sees what is asked and answered. */
  between?: (ask: typeof fetch, ...asked: Parameters<typeof fetch>) => Promise<Response>;
};

/** Several vendors under one platform: scheduler, integrations, verifier and optimiser as deployed, stores in memory. */
export async function aWorld(clock: FakeClock, clouds: readonly Cloud[], options: Options = {}) {
  const now = clock.now;
  const log = fakeLog();
  const accounts = fakeAccountsStore();
  const assets = clouds.flatMap((cloud) => cloud.assets);
  const stores = {
    assets: fakeAssetsStore(assets),
    readings: fakeReadingsStore(),
    schedule: fakeScheduleStore(),
    killSwitch: fakeKillSwitchStore(),
    commands: fakeCommandsStore([], { by: "world", now }),
    causes: fakeCausesStore(),
    plans: fakePlansStore(),
    signals: fakeSignalsStore(options.price ? { [PRICE]: options.price } : {}),
  };
  const told: Told[] = [];
  const polls: { integration: string; request: PollRequest }[] = [];
  let messages: { dueAt: Instant; integration: string; command: { assetId: string; commandId: string } }[] = [];
  const forVerifier: BusEvent[] = [];
  const forOptimiser: BusEvent[] = [];
  const counted: { integration: string; kind: CallKind; at: Instant }[] = [];

  const deliver = ({ name, detail }: NewEvent) => {
    EVENTS[name].parse({ version: 1, eventId: "an-event-id", occurredAt: now(), ...detail });
    told.push({ at: now(), name, detail });
    const event: BusEvent = { name, detail };
    if (name === "TelemetryRecorded" || name === "CommandAccepted") forVerifier.push(event);
    const matters = name === "TelemetryRecorded" && detail.matters;
    if (matters || REPLAN_ON.includes(name)) forOptimiser.push(event);
    if (name === "CommandIssued") messages.push({ dueAt: now(), integration: detail.integration, command: detail });
  };
  const meter = fakeMeter();
  const bus = toldOnce({ publish: async (events) => events.forEach(deliver) }, { causes: stores.causes, now, meter });

  /** A process of an integration's Lambda, which remembers nothing of the others. */
  const process = ({ deployed, url, secret }: Cloud, own: AccountsStore = accounts): IntegrationDeps => {
    const { manifest, connect, login } = deployed;
    const { between } = options;
    const reach: typeof fetch = between ? (input, init) => between(fetch, input, init) : fetch;
    const meddledFetch: typeof fetch = async (input, init) => {
      const answer = await reach(input, init);
      if (!options.meddle || !answer.ok) return answer;
      const text = options.meddle(manifest.name, new URL(String(input)), await answer.text());
      return new Response(text, { status: answer.status, headers: answer.headers });
    };
    const endpoint = () => new URL(url);
    const tokens = tokenSource({
      integration: manifest.name,
      renewal: login({ endpoint, secret: async () => secret, fetch: reach }),
      remembered: new Map(),
      accounts: own,
      sealer: openSealer,
      now,
      log,
      remainingMs: () => 30_000,
      newId: randomUUID,
    });
    const count = (kind: CallKind) => void counted.push({ integration: manifest.name, kind, at: now() });
    const vendor = connect({ fetch: meddledFetch, endpoint, now, count });
    return {
      manifest,
      now,
      log,
      remainingMs: () => 30_000,
      meter: fakeMeter(),
      ...stores,
      bus,
      tokens,
      vendor,
      budget: unlimitedBudget(),
      withToken: withTokenFrom(tokens),
    };
  };
  let processes = new Map(clouds.map((cloud) => [cloud.deployed.manifest.name, process(cloud)]));
  const integration = (name: string): IntegrationDeps => {
    const deps = processes.get(name);
    if (!deps) throw new Error(`nothing is deployed for ${name}`);
    return deps;
  };

  /** What the customer's consent gives is stored, in place of what was there. */
  const link = async ({ deployed, issueTokens }: Cloud, accountId: string) => {
    const { expiresInSeconds, ...pair } = issueTokens(accountId);
    const account = accountKey(deployed.manifest.name, accountId);
    const tokens = (await openSealer.prepare({ account }))(JSON.stringify(pair));
    await accounts.link({ account, version: 1, tokens, accessExpiresAt: plusMs(now(), expiresInSeconds * 1000) });
    // Workers remember pairs by version, and live for less than a customer takes.
    processes = new Map(clouds.map((cloud) => [cloud.deployed.manifest.name, process(cloud)]));
  };
  for (const cloud of clouds) {
    const { deployed, assets: own } = cloud;
    for (const asset of own) await joined(stores.schedule, asset, deployed.manifest, now());
    for (const accountId of new Set(own.map((asset) => asset.accountId))) await link(cloud, accountId);
  }

  const common = { now, log, bus, meter, remainingMs: () => 60_000, ...stores };
  const scheduler = aScheduler(
    common,
    clouds.map(({ deployed }) => deployed.manifest),
  );
  const optimiserDeps = { ...common, ...oneInvocation() };

  const settle = async () => {
    for (;;) {
      const sent = polls.shift();
      const message = messages.find(({ dueAt }) => dueAt <= now());
      if (sent) await poll(sent.request, integration(sent.integration));
      else if (message) {
        messages = messages.filter((one) => one !== message);
        const handled = await runCommand(message.command, integration(message.integration));
        if (!handled.done) messages.push({ ...message, dueAt: plusMs(now(), handled.retryAfterMs) });
      } else if (forVerifier.length > 0) await verify(queued(...forVerifier.splice(0)), common);
      else if (options.price && forOptimiser.length > 0)
        await optimise(queued(...forOptimiser.splice(0)), optimiserDeps);
      else return;
    }
  };
  const step = async () => {
    if (now().endsWith(":00.000Z")) {
      const tick = { tickAt: now() };
      polls.push(...(await scheduler.tick(now())));
      await verify(tick, common);
      if (options.price) await optimise(tick, optimiserDeps);
    }
    await settle();
    clock.advance(STEP_MS);
  };
  const until = async (moment: Instant) => {
    while (now() < moment) await step();
  };

  const assetOf = (assetId: string) => {
    const asset = assets.find((one) => one.assetId === assetId);
    if (!asset) throw new RangeError(`no asset ${assetId}`);
    return asset;
  };
  /** What an operator reaches. */
  const connection: Connection = {
    ...stores,
    ...{ fleets: ["main"], siteRegion: "C", accounts, budgets: fakeBudgetsStore(), removals: noRemovals() },
    ...{ bus, now, sealer: openSealer, ringingAlarms: async () => [], close: () => {} },
  };
  let issued = 0;
  return {
    clock,
    connection,
    log,
    accounts,
    counted,
    told,
    link,
    ...stores,
    process,
    until,
    pass: (ms: number) => until(plusMs(now(), ms)),
    /** Nobody ticks, polls or commands for a while; what was on the queues then is delivered afterwards, by new processes. */
    down(ms: number) {
      clock.advance(ms);
      processes = new Map(clouds.map((cloud) => [cloud.deployed.manifest.name, process(cloud)]));
    },
    latest: async (assetId: string) => {
      const asset = assetOf(assetId);
      return (await stores.readings.latest([assetId], STREAM_OF_KIND[asset.kind])).get(assetId);
    },
    /** What `npm run ops -- status` says of an asset. */
    async shown(assetId: string) {
      return statusText(await status(assetOf(assetId), { name: "the test's platform", connection }));
    },
    /** A wanted state from now on for three hours, written and told as the optimiser does. */
    async issue(assetId: string, action: Action, changes: Partial<Command> = {}) {
      const asset = assetOf(assetId);
      const times = { issuedAt: now(), notBefore: now(), notAfter: plusMs(now(), 3 * HOUR_MS) };
      const command = aCommand({
        commandId: `${now()}-${String(++issued).padStart(16, "0")}`,
        assetId,
        integration: asset.integration,
        action,
        ...times,
        checkAt: times.notAfter,
        ...changes,
      });
      await stores.commands.issue(command);
      const { commandId, notAfter } = command;
      deliver({
        name: "CommandIssued",
        detail: { commandId, assetId, integration: asset.integration, action, notAfter },
      });
      return command;
    },
    /** The announcement of a command arrives once more. */
    announceAgain({ commandId, assetId, integration: name, action, notAfter }: Command) {
      deliver({ name: "CommandIssued", detail: { commandId, assetId, integration: name, action, notAfter } });
    },
    row: async (command: Command) => {
      const row = await stores.commands.get(command);
      if (!row) throw new Error("the command is gone");
      return row;
    },
    events: <N extends EventName>(name: N, about?: string) =>
      told.flatMap((one) =>
        one.name === name && (about === undefined || one.detail.assetId === about)
          ? [{ ...(one.detail as EventDetail<N>), at: one.at }]
          : [],
      ),
    /** Event names told of one asset's commands and faults, in order. */
    story: (assetId: string) =>
      told
        .filter(({ name, detail }) => /^(Command|Fault)/.test(name) && detail.assetId === assetId)
        .map((one) => one.name),
    /** Wakes the optimiser as a changed price does. */
    priceChanged: () =>
      deliver({
        name: "SignalUpdated",
        detail: { series: PRICE, measure: "price", from: now(), to: plusMs(now(), HOUR_MS), changedSlots: 1 },
      }),
  };
}
export type World = Awaited<ReturnType<typeof aWorld>>;

export const EVENING = at("2026-11-20T18:00Z");
export const evening = () => fakeClock(EVENING);
