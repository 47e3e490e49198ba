import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { type Bus, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import { type Command, STREAM_OF_ACTION, standingFaults } from "../../shared/domain/command.ts";
import { EVENTS, type NewEvent } from "../../shared/domain/events.ts";
import { FAULT_TREATMENT } from "../../shared/domain/fault.ts";
import { type Instant, ZonedTime } from "../../shared/domain/instant.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import { BusRecord, parseRecords, SqsBatch } from "../../shared/queue.ts";
import { type CommandsStore, commandsStore } from "../../shared/store/commands.ts";
import { type Latest, type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { documentClient } from "../../shared/store/table.ts";
import { type Verdict, verdict } from "./verdict.ts";

const Tick = z.object({ tickAt: ZonedTime });
const Environment = z.object({
  COMMANDS_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  BUS_NAME: EnvText,
});
const News = z.union([
  BusRecord("TelemetryRecorded", EVENTS.TelemetryRecorded).transform((detail) =>
    detail.readings.map((reading) => reading.assetId),
  ),
  BusRecord("CommandAccepted", EVENTS.CommandAccepted).transform((detail) => [detail.assetId]),
]);

const RECENT_COMMANDS = 6;

export type VerifierDeps = Pick<Runtime, "log" | "now"> & {
  commands: Pick<CommandsStore, "open" | "transition" | "recent">;
  readings: Pick<ReadingsStore, "latest">;
  bus: Bus;
};

/**
 * Judges open commands: those whose assets have news, and at each minute those whose time has run out. A verdict is
 * written first and published after; a verdict that lost the race is not published.
 */
export async function run(event: z.infer<typeof Tick> | SqsBatch, deps: VerifierDeps) {
  const batch = "Records" in event ? event : undefined;
  const { parsed, batchItemFailures } = parseRecords(batch, News, deps.log);
  const assetIds = new Set(parsed.flat());
  const now = deps.now();

  const open = await deps.commands.open(batch ? undefined : now);
  const toJudge = open.filter((command) => !batch || assetIds.has(command.assetId));
  const latest = await latestFor(toJudge, deps);

  const events: NewEvent[] = [];
  for (const command of toJudge) {
    const known = latest.get(command.assetId);
    if (command.status === "sending" && command.checkAt <= now) {
      await deps.commands.transition(command, "unknown", {
        checkAt: command.notAfter,
        evidence: "the worker that sent it is gone",
      });
      continue;
    }
    const judged = verdict(command, known?.reading, known?.reach, now);
    if (judged.verdict === "wait") continue;
    events.push(...(await conclude(command, judged, now, deps)));
  }
  if (events.length > 0) await deps.bus.publish(events);
  return { batchItemFailures };
}

/** The latest reading of each command's asset, on the stream that proves the command. An asset has one such stream. */
async function latestFor(commands: readonly Command[], deps: VerifierDeps): Promise<Map<AssetId, Latest>> {
  const streams = [...new Set(commands.map((command) => STREAM_OF_ACTION[command.action.kind]))];
  const maps = await Promise.all(
    streams.map((stream) => {
      const ofStream = commands.filter((command) => STREAM_OF_ACTION[command.action.kind] === stream);
      return deps.readings.latest([...new Set(ofStream.map((command) => command.assetId))], stream);
    }),
  );
  return new Map(maps.flatMap((map) => [...map]));
}

async function conclude(
  command: Command,
  judged: Exclude<Verdict, { verdict: "wait" }>,
  now: Instant,
  deps: VerifierDeps,
): Promise<NewEvent[]> {
  const faultClass = judged.verdict === "missed" ? judged.faultClass : undefined;
  const standing = judged.verdict === "expired" ? [] : standingFaults(await upTo(command, deps));
  const ended = await deps.commands.transition(command, judged.verdict, {
    endedAt: now,
    evidence: judged.evidence,
    faultClass,
  });
  if (!ended) return [];
  const { assetId, integration } = command;
  const reference = { commandId: command.commandId, assetId, integration };
  deps.log.info("VERDICT", {
    commandId: command.commandId,
    assetId: command.assetId,
    verdict: judged.verdict,
    fault: faultClass,
  });
  switch (judged.verdict) {
    case "confirmed":
      return [
        { name: "CommandConfirmed", detail: { ...reference, afterMs: judged.afterMs } },
        ...standing.map(
          (told): NewEvent => ({ name: "FaultCleared", detail: { assetId, integration, faultClass: told } }),
        ),
      ];
    case "expired":
      return [{ name: "CommandExpired", detail: reference }];
    case "missed": {
      const missed: NewEvent = { name: "CommandMissed", detail: { ...reference, faultClass: judged.faultClass } };
      if (standing.includes(judged.faultClass)) return [missed];
      const { nextStep } = FAULT_TREATMENT[judged.faultClass];
      return [
        missed,
        { name: "FaultRaised", detail: { assetId, integration, faultClass: judged.faultClass, nextStep } },
      ];
    }
  }
}

/** The asset's commands up to this one: what a later one met is not over by this one's proof. */
async function upTo(command: Command, deps: VerifierDeps): Promise<Command[]> {
  const recent = await deps.commands.recent(command.assetId, RECENT_COMMANDS);
  return recent.filter(({ issuedAt }) => issuedAt <= command.issuedAt);
}

export const handler = lambdaHandler({
  service: "verifier",
  event: z.union([SqsBatch, Tick]),
  environment: Environment,
  dependencies: (env) => {
    const documents = documentClient();
    return {
      commands: commandsStore(documents, env.COMMANDS_TABLE),
      readings: readingsStore(documents, env.READINGS_TABLE),
      bus: eventBridgeBus(new EventBridgeClient(), env.BUS_NAME, systemNow),
    };
  },
  run,
});
