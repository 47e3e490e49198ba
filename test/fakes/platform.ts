import { run as optimise } from "../../lambdas/optimiser/handler.ts";
import { run as fetchSignals } from "../../lambdas/signals/handler.ts";
import type { SignalSource } from "../../lambdas/signals/source.ts";
import { run as verify } from "../../lambdas/verifier/handler.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { EVENT_SOURCE, EVENTS, type EventName, type NewEvent } from "../../shared/domain/events.ts";
import { epochMs, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { runCommand } from "../../shared/integration/command.ts";
import { type IntegrationDeps, withTokenFrom } from "../../shared/integration/deps.ts";
import { poll } from "../../shared/integration/poll.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { BusRecord, parseBusRecord, type SqsBatch } from "../../shared/queue.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { aManifest } from "../lib/templates.ts";
import { fakeAssetsStore } from "./assets-store.ts";
import { unlimitedBudget } from "./budget.ts";
import { fakeCausesStore } from "./causes-store.ts";
import { fakeClock } from "./clock.ts";
import { fakeCommandsStore } from "./commands-store.ts";
import { fakeKillSwitchStore } from "./kill-switch-store.ts";
import { fakeLog } from "./log.ts";
import { fakeMeter } from "./meter.ts";
import { oneInvocation } from "./one-invocation.ts";
import { fakePlansStore } from "./plans-store.ts";
import { fakeReadingsStore } from "./readings-store.ts";
import type { Route } from "./rules.ts";
import { fakeScheduleStore } from "./schedule-store.ts";
import { aScheduler, joined } from "./scheduler.ts";
import { fakeSignalsStore } from "./signals-store.ts";
import { fakeVendor } from "./vendor.ts";

type Message = { dueAt: Instant; functionId: string; batchSize: number; body: string };
type Told = { at: Instant; name: EventName; detail: Record<string, unknown> };

export const STEP_MS = 30_000;
const Issued = BusRecord("CommandIssued", EVENTS.CommandIssued);

/** The whole path in memory: run functions, stores and one vendor behind the routes of the stack, under a moving clock. */
export async function platform(options: {
  startsAt: string;
  assets: readonly Asset[];
  sources: readonly SignalSource[];
  routes: readonly Route[];
}) {
  const clock = fakeClock(options.startsAt);
  const [manifest, log, now] = [aManifest(), fakeLog(), clock.now];
  const told: Told[] = [];
  let messages: Message[] = [];
  const invokes: PollRequest[] = [];
  let ids = 0;

  const deliver = (event: NewEvent) => {
    const stamp = { version: 1, eventId: `event-number-${++ids}`, occurredAt: now() };
    const detail = EVENTS[event.name].parse({ ...stamp, ...event.detail });
    told.push({ at: now(), name: event.name, detail: { ...detail } });
    const envelope = JSON.parse(JSON.stringify({ source: EVENT_SOURCE, "detail-type": event.name, detail }));
    for (const { matches, functionId, batchSize } of options.routes) {
      if (matches(envelope)) messages.push({ dueAt: now(), functionId, batchSize, body: JSON.stringify(envelope) });
    }
  };
  const vendor = fakeVendor(now);
  const tokens = { accessToken: async () => "an-access-token", refusedToken: async () => {} };
  const stores = {
    assets: fakeAssetsStore(options.assets),
    readings: fakeReadingsStore(),
    schedule: fakeScheduleStore(),
    signals: fakeSignalsStore(),
    causes: fakeCausesStore(),
    plans: fakePlansStore(),
    killSwitch: fakeKillSwitchStore(),
    commands: fakeCommandsStore([], { by: "platform", now }),
  };
  const meter = fakeMeter();
  const bus = toldOnce({ publish: async (events) => events.forEach(deliver) }, { causes: stores.causes, now, meter });
  const common = { now, log, bus, meter, ...stores };
  const integration: IntegrationDeps = {
    ...common,
    manifest,
    tokens,
    vendor,
    remainingMs: () => 30_000,
    budget: unlimitedBudget(),
    withToken: withTokenFrom(tokens),
  };
  const scheduler = aScheduler(common, [manifest]);
  const optimiserDeps = { ...common, ...oneInvocation() };
  const verifierDeps = { ...common, ...oneInvocation() };
  for (const asset of options.assets) await joined(stores.schedule, asset, manifest, now());

  /** What the integration's handler does with its queue: each record alone, and what must wait is sent again. */
  const runQueue = async (batch: readonly Message[]) => {
    for (const message of batch) {
      const handled = await runCommand(parseBusRecord(Issued, message.body), integration);
      if (!handled.done) messages.push({ ...message, dueAt: plusMs(now(), handled.retryAfterMs) });
    }
  };
  const hand = async (functionId: string, batch: Message[]) => {
    const records = batch.map(({ body }) => ({ messageId: String(++ids), receiptHandle: "receipt", body }));
    const event: SqsBatch = { Records: records };
    if (functionId.startsWith("Optimiser")) return optimise(event, optimiserDeps);
    if (functionId.startsWith("Verifier")) return verify(event, verifierDeps);
    return runQueue(batch);
  };
  const settle = async () => {
    for (;;) {
      const request = invokes.shift();
      const first = messages.find((message) => message.dueAt <= now());
      if (request) await poll(request, integration);
      else if (first) {
        const ready = messages.filter(({ functionId, dueAt }) => functionId === first.functionId && dueAt <= now());
        const batch = ready.slice(0, first.batchSize);
        messages = messages.filter((message) => !batch.includes(message));
        const answer = await hand(first.functionId, batch);
        if (answer && answer.batchItemFailures.length > 0) throw new Error("a record of ours was refused");
      } else return;
    }
  };
  // Signals come first, so that nobody is planned for without a price.
  const step = async () => {
    if (epochMs(now()) % (30 * MINUTE_MS) === MINUTE_MS)
      await fetchSignals({}, { ...common, store: stores.signals, sources: [...options.sources] });
    if (epochMs(now()) % MINUTE_MS === 0) {
      const tick = { tickAt: now() };
      const [sent] = await Promise.all([
        scheduler.tick(now()),
        optimise(tick, optimiserDeps),
        verify(tick, verifierDeps),
      ]);
      invokes.push(...sent.map(({ request }) => request));
    }
    await settle();
    clock.advance(STEP_MS);
  };

  return {
    vendor,
    stores,
    log,
    told,
    /** Lets time pass; whatever is due on the way happens. */
    async until(text: string) {
      for (const end = fakeClock(text).now(); now() < end; ) await step();
    },
    /** Event names told of commands and faults, in order. */
    story: () => told.map(({ name: event }) => event).filter((event) => /^(Command|Fault)/.test(event)),
  };
}
