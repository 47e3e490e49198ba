import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as z from "zod";
import { systemNow } from "../../shared/bus.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import type { Command } from "../../shared/domain/command.ts";
import { type Instant, plusMs, ZonedTime } from "../../shared/domain/instant.ts";
import { IntegrationFacts } from "../../shared/domain/manifest.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { jsonText } from "../../shared/json.ts";
import { embeddedMetrics, type Meter } from "../../shared/metrics.ts";
import { type CommandsStore, commandsStore } from "../../shared/store/commands.ts";
import { type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { type Member, type ScheduleStore, scheduleStore } from "../../shared/store/schedule.ts";
import { chunks, documentClient } from "../../shared/store/table.ts";
import { type Candidate, due, IN_FLIGHT_MS, notReadPercent } from "./due.ts";
import { isOutageOfVendor, paced } from "./pace.ts";

const Integrations = z.array(IntegrationFacts).min(1);
type Integration = z.infer<typeof Integrations>[number];

const Tick = z.object({ tickAt: ZonedTime });

const Environment = z.object({
  SCHEDULE_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  COMMANDS_TABLE: EnvText,
  INTEGRATIONS: jsonText(Integrations),
});

export type SchedulerDeps = Pick<Runtime, "log" | "now"> & {
  integrations: Integration[];
  schedule: Pick<ScheduleStore, "members" | "runs" | "claimRun">;
  readings: Pick<ReadingsStore, "latest">;
  commands: Pick<CommandsStore, "open">;
  meter: Pick<Meter, "gauge">;
  /** Hands a batch to an integration's Lambda and does not wait for it. */
  send: (functionName: string, request: PollRequest) => Promise<void>;
};

/** Each minute: who was last fetched a cadence ago? Claims the minute, then sends them out in batches. */
export async function run(tick: z.infer<typeof Tick>, deps: SchedulerDeps): Promise<{ sent: number }> {
  const members = await deps.schedule.members();
  const open: Command[] = [];
  for await (const { commands } of deps.commands.open()) open.push(...commands);
  const accepted = open.filter((command) => command.status === "accepted");
  const counts = await Promise.all(
    deps.integrations.map((integration) => {
      const own = members.filter((member) => member.integration === integration.name);
      if (own.length === 0) return 0;
      const proving = accepted.filter((command) => command.integration === integration.name);
      const waiting = new Set(proving.map((command) => command.assetId));
      return runIntegration(integration, own, waiting, tick.tickAt, deps);
    }),
  );
  return { sent: counts.reduce((sum, count) => sum + count, 0) };
}

async function runIntegration(
  integration: Integration,
  members: readonly Member[],
  waiting: ReadonlySet<AssetId>,
  tickAt: Instant,
  deps: SchedulerDeps,
): Promise<number> {
  const [runs, ...streams] = await Promise.all([
    deps.schedule.runs(integration.name, plusMs(tickAt, -IN_FLIGHT_MS)),
    ...integration.streams.map(async ({ stream, cadence }) => {
      const ids = members.filter((member) => member.stream === stream).map((member) => member.assetId);
      return { stream, cadence, ids, latest: await deps.readings.latest(ids, stream) };
    }),
  ]);
  const sentAt = new Map(runs.flatMap((claimed) => claimed.assetIds.map((assetId) => [assetId, claimed.tickAt])));

  let sent = 0;
  for (const { stream, cadence, ids, latest } of streams) {
    const candidates = ids.map(
      (assetId): Candidate => ({
        assetId,
        reading: latest.get(assetId)?.reading,
        reach: latest.get(assetId)?.reach,
        hasOpenCommand: waiting.has(assetId),
        sentAt: sentAt.get(assetId),
      }),
    );

    const notRead = notReadPercent(candidates, cadence, tickAt);
    if (notRead !== undefined) {
      deps.meter.gauge("assets_not_read_percent", notRead, { integration: integration.name });
    }

    const chosen = paced(due(candidates, cadence, tickAt), candidates, cadence);
    if (chosen.length === 0) continue;

    if (!(await deps.schedule.claimRun(integration.name, { tickAt, assetIds: chosen.map((one) => one.assetId) }))) {
      deps.log.info("TICK_DUPLICATE", { integration: integration.name, tickAt });
      continue;
    }
    const common = {
      kind: "poll" as const,
      stream,
      ...(isOutageOfVendor(candidates) && { vendorDown: true as const }),
    };
    await Promise.all(
      chunks(chosen, integration.limits.batchSize).map((assets, index) =>
        deps.send(integration.functionName, { ...common, batchId: `${tickAt}#${stream}#${index}`, assets }),
      ),
    );
    sent += chosen.length;
  }
  return sent;
}

export const handler = lambdaHandler({
  service: "scheduler",
  event: Tick,
  environment: Environment,
  dependencies: (env, log) => {
    const documents = documentClient();
    const lambda = new LambdaClient();
    return {
      integrations: env.INTEGRATIONS,
      schedule: scheduleStore(documents, env.SCHEDULE_TABLE),
      readings: readingsStore(documents, env.READINGS_TABLE),
      commands: commandsStore(documents, env.COMMANDS_TABLE, { by: "scheduler", now: systemNow, log }),
      meter: embeddedMetrics("scheduler"),
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
