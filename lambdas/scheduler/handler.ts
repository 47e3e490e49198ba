import { setTimeout as pause } from "node:timers/promises";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as z from "zod";
import { type Bus, type EventsClient, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import { type Instant, ZonedTime } from "../../shared/domain/instant.ts";
import { IntegrationFacts } from "../../shared/domain/manifest.ts";
import { minuteNumber, periodsOf } from "../../shared/domain/wheel.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { jsonText } from "../../shared/json.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { causesStore } from "../../shared/store/causes.ts";
import { plansStore } from "../../shared/store/plans.ts";
import { type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { type Cursor, type ScheduleStore, scheduleStore } from "../../shared/store/schedule.ts";
import { documentClient } from "../../shared/store/table.ts";
import { decide } from "./decide.ts";
import { looksOf, type OutageDeps, watchOutage } from "./outage.ts";
import { sendOut } from "./send.ts";

const Integrations = z.array(IntegrationFacts).min(1);
export type Integration = z.infer<typeof Integrations>[number];

const SLOTS_AT_ONCE = 25;
const CALM_CHECK_MINUTES = 5;

const Tick = z.object({ tickAt: ZonedTime });

const Environment = z.object({
  SCHEDULE_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  PLANS_TABLE: EnvText,
  BUS_NAME: EnvText,
  INTEGRATIONS: jsonText(Integrations),
});

export type Refused = { key: string; error: unknown };

export type SchedulerDeps = Pick<Runtime, "log" | "now" | "meter"> & {
  integrations: Integration[];
  schedule: Pick<ScheduleStore, "slot" | "dueLooks" | "ledger" | "claimRun" | "cursors" | "advanceCursor">;
  readings: Pick<ReadingsStore, "latest">;
  causes: OutageDeps["causes"];
  plans: OutageDeps["plans"];
  bus: Bus;
  /** Hands a batch to an integration's Lambda and does not wait for it. */
  send: (functionName: string, request: PollRequest) => Promise<void>;
  /** Lets so many milliseconds of the minute pass. */
  pause: (ms: number) => Promise<unknown>;
  /** Stored rows that were left out since the last call. */
  refusedRows: () => Refused[];
};

/** Each minute: whose turn is it? Claims the turns, then sends them out in batches. Reads only what is due. */
export async function run(tick: z.infer<typeof Tick>, deps: SchedulerDeps): Promise<{ sent: number }> {
  const cursors = await deps.schedule.cursors(deps.integrations.map(({ name }) => name));
  // Without a cursor nobody has ever been enrolled.
  const used = deps.integrations.filter(({ name }) => cursors.has(name));
  const results = await Promise.allSettled(
    used.map((integration) => runIntegration(integration, cursors.get(integration.name), tick.tickAt, deps)),
  );
  for (const { key, error } of deps.refusedRows()) {
    deps.log.error("SCHEDULE_ROW_REFUSED", error, { key });
    deps.meter.add("stored_rows_refused");
  }
  const failures = results.flatMap((result, index) => {
    if (result.status === "fulfilled") return [];
    deps.log.error("SCHEDULE_FAILED", result.reason, { integration: used[index]?.name });
    return [result.reason];
  });
  if (failures.length > 0) throw failures[0];
  const done = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  deps.meter.add("scheduler_lag_seconds", Math.max(0, ...done.map(({ lagMs }) => lagMs)) / 1000);
  return { sent: done.reduce((sum, { sent }) => sum + sent, 0) };
}

async function runIntegration(
  integration: Integration,
  stored: Cursor | "new" | undefined,
  tickAt: Instant,
  deps: SchedulerDeps,
): Promise<{ sent: number; lagMs: number }> {
  const { name } = integration;
  const { claims, cursor, freshness, down, ledger, lagMs } = await decide(
    integration,
    stored === "new" ? undefined : stored,
    tickAt,
    deps,
  );

  const won = await Promise.all(
    claims.map(async (claim) => ((await deps.schedule.claimRun(name, claim.run)) ? [claim] : [])),
  );
  // Before anything is sent: the next tick must not take for missed what this one is still sending.
  await deps.schedule.advanceCursor(name, cursor);
  const sent = await sendOut(integration, won.flat(), tickAt, deps);

  if (won.flat().length < claims.length) deps.log.info("TICK_DUPLICATE", { integration: name, tickAt });
  if (down.isOpen) deps.log.warn("VENDOR_HELD", { integration: name, tickAt });
  const repeated = won.flat().filter(({ run }) => run.attempt > 1).length;
  if (repeated > 0) deps.log.warn("RUN_REPEATED", { integration: name, tickAt, runs: repeated });
  const meter = deps.meter.of({ integration: name });
  if (freshness.checked > 0) {
    meter.add("assets_checked", freshness.checked);
    meter.add("assets_not_read", freshness.notRead);
  }
  const looks = looksOf(ledger);
  // Where all went well lately only the end of an outage could be news, which can wait.
  const isCalm = looks.length > 0 && looks.every(({ faults }) => Object.keys(faults).length === 0);
  if (!isCalm || minuteNumber(tickAt) % CALM_CHECK_MINUTES === 0) {
    const outage = await watchOutage(name, looks, () => membersOf(integration, deps), deps.now(), deps);
    meter.add("vendor_down", outage ? 1 : 0);
  }
  return { sent, lagMs };
}

/** Everybody who is on a wheel of an integration: read when an outage begins, and never else. */
async function membersOf({ name, streams }: Integration, { schedule }: SchedulerDeps): Promise<AssetId[]> {
  const slots = streams.flatMap(({ stream, cadence }) =>
    periodsOf(cadence).flatMap((period) => Array.from({ length: period }, (_, slot) => ({ stream, period, slot }))),
  );
  const members = await mapLimited(slots, SLOTS_AT_ONCE, ({ stream, period, slot }) =>
    schedule.slot(name, stream, period, slot),
  );
  return [...new Set(members.flat().map(({ assetId }) => assetId))];
}

export const handler = lambdaHandler({
  service: "scheduler",
  event: Tick,
  environment: Environment,
  dependencies: (env, _log, meter) => {
    const documents = documentClient({}, meter);
    const lambda = new LambdaClient();
    const refused: Refused[] = [];
    let events: Promise<EventsClient> | undefined;
    // Loaded for the first of its events, for it tells of outages only.
    const putEvents: EventsClient["putEvents"] = async (input) => {
      events ??= import("@aws-sdk/client-eventbridge").then(({ EventBridge }) => new EventBridge());
      return (await events).putEvents(input);
    };
    return {
      integrations: env.INTEGRATIONS,
      schedule: scheduleStore(documents, env.SCHEDULE_TABLE, (key, error) => void refused.push({ key, error })),
      readings: readingsStore(documents, env.READINGS_TABLE),
      causes: causesStore(documents, env.SCHEDULE_TABLE),
      plans: plansStore(documents, env.PLANS_TABLE),
      bus: eventBridgeBus({ putEvents }, env.BUS_NAME, systemNow),
      refusedRows: () => refused.splice(0),
      pause,
      send: async (functionName: string, request: PollRequest) => {
        await lambda.send(
          new InvokeCommand({
            FunctionName: functionName,
            InvocationType: "Event",
            Payload: Buffer.from(JSON.stringify(request)),
          }),
        );
      },
    };
  },
  run,
});
