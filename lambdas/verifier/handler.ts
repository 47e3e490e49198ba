import { EventBridge } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { type Bus, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import { countOutcome } from "../../shared/command-outcome.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import {
  type Command,
  isEnded,
  lastIssued,
  STREAM_OF_ACTION,
  sinceProved,
  standingFaults,
} from "../../shared/domain/command.ts";
import type { CommandRow } from "../../shared/domain/command-row.ts";
import { EVENTS, type NewEvent } from "../../shared/domain/events.ts";
import { FAULT_TREATMENT, type FaultClass } from "../../shared/domain/fault.ts";
import { type Instant, plusMs, ZonedTime } from "../../shared/domain/instant.ts";
import { outageUnderWay } from "../../shared/domain/outage.ts";
import { asCharge, type Reading } from "../../shared/domain/reading.ts";
import { groupBy } from "../../shared/group-by.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { tell } from "../../shared/outbox.ts";
import { BusRecord, parseRecords, SqsBatch } from "../../shared/queue.ts";
import { type CausesStore, causesStore } from "../../shared/store/causes.ts";
import { type CommandsStore, commandsStore } from "../../shared/store/commands.ts";
import { isInDoubt, OWED_AFTER_MS } from "../../shared/store/ledger.ts";
import { type Latest, type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { documentClient } from "../../shared/store/table.ts";
import { toldOnce } from "../../shared/told-once.ts";
import { isOver } from "./over.ts";
import { type Circumstances, type Verdict, verdict } from "./verdict.ts";

const Tick = z.object({ tickAt: ZonedTime });
const Environment = z.object({
  COMMANDS_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  SCHEDULE_TABLE: EnvText,
  BUS_NAME: EnvText,
});
const News = z.union([
  BusRecord("TelemetryRecorded", EVENTS.TelemetryRecorded).transform((detail) =>
    detail.readings.map((reading) => reading.assetId),
  ),
  BusRecord("CommandAccepted", EVENTS.CommandAccepted).transform((detail) => [detail.assetId]),
]);

/** Of one asset more are hardly ever open; the minute ends those too. */
const OPEN_AT_MOST = 4;
/** As far back as a fault is looked for that people were told of. */
const RECENT_COMMANDS = 50;
/** As far back as it matters that the same was asked before. */
const ASKED_AT_MOST = 6;
const IN_FLIGHT = 10;
/** Left of an invocation when no further page is begun, ms. */
const PAGE_MS = 20_000;

export type VerifierDeps = Pick<Runtime, "log" | "now" | "meter" | "remainingMs"> & {
  commands: Pick<CommandsStore, "open" | "transition" | "amend" | "recent" | "told">;
  readings: Pick<ReadingsStore, "latest">;
  causes: Pick<CausesStore, "outage">;
  bus: Bus;
};

/**
 * Judges commands: those of assets that have news, and at each minute those whose time has run out or whose events nobody
 * could publish. A verdict is written first, with the events that it owes, and told after; each command is alone.
 */
export async function run(event: z.infer<typeof Tick> | SqsBatch, deps: VerifierDeps) {
  if (!("Records" in event)) {
    deps.meter.add("ticks");
    await judgeDue(deps);
    return { batchItemFailures: [] };
  }
  const { parsed, batchItemFailures } = parseRecords(event, News, deps.log);
  const lists = await mapLimited([...new Set(parsed.flat())], IN_FLIGHT, (assetId) =>
    deps.commands.recent(assetId, OPEN_AT_MOST),
  );
  await judgeAll(lists.flatMap(undecided), deps);
  return { batchItemFailures };
}

/**
 * Of an asset's commands those that a reading may say something new about: the open ones, whose proof ends what stands
 * besides; else those that left a fault standing.
 */
function undecided(recent: readonly CommandRow[]): CommandRow[] {
  const open = recent.filter(({ status }) => !isEnded(status));
  return open.length > 0 ? open : sinceProved(recent).filter((command) => standingFaults([command]).length > 0);
}

async function judgeDue(deps: VerifierDeps): Promise<void> {
  for await (const { commands, unreadable } of deps.commands.open(deps.now())) {
    deps.meter.add("ledger_rows_unreadable", unreadable);
    const inDoubt = commands.filter((command) => isInDoubt(command, deps.now()));
    for (const [integration, own] of groupBy(inDoubt, (command) => command.integration))
      deps.meter.of({ integration }).add("commands_unknown", own.length);
    await judgeAll(commands, deps);
    // What is left is due still at the next minute.
    if (deps.remainingMs() < PAGE_MS) return;
  }
}

async function judgeAll(commands: readonly CommandRow[], deps: VerifierDeps): Promise<void> {
  // One reading that cannot be read fails them all: then each command asks for its own.
  const all = await latestFor(commands, deps).catch(() => undefined);
  const judged = await mapLimited(commands, IN_FLIGHT, async (command) => {
    try {
      const latest = all ?? (await latestFor([command], deps));
      return (await judge(command, latest.get(command.assetId), deps)) ?? [];
    } catch (error) {
      const { assetId, commandId } = command;
      deps.meter.add("verdicts_failed");
      deps.log.error("VERDICT_FAILED", error, { assetId, commandId });
      return [];
    }
  });
  await tell(judged.flat(), deps);
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

/** What a command came to; the row as it was when it owes an event for too long; undefined when nothing is to be told. */
async function judge(
  command: CommandRow,
  known: Latest | undefined,
  deps: VerifierDeps,
): Promise<CommandRow | undefined> {
  const now = deps.now();
  if (command.status === "sending" && command.checkAt <= now) {
    const evidence = "the worker that sent it is gone";
    return deps.commands.transition(command, "unknown", { checkAt: command.notAfter, evidence });
  }
  if (isEnded(command.status)) {
    const stands = standingFaults([command]).length > 0;
    if (stands && isOver(command, known?.reading, known?.reach)) return clear(command, deps);
  } else {
    const judged = verdict(command, known?.reading, known?.reach, now, await circumstancesOf(command, now, deps));
    if (judged.verdict !== "wait") return conclude(command, judged, known?.reading, deps);
  }
  const [first] = command.untold ?? [];
  if (!first || plusMs(first.occurredAt, OWED_AFTER_MS) > now) return undefined;
  deps.log.warn("EVENT_TOLD_AGAIN", { assetId: command.assetId, commandId: command.commandId, event: first.name });
  return command;
}

/** Asked for only when the command's time has run out. */
async function circumstancesOf(command: Command, now: Instant, deps: VerifierDeps): Promise<Circumstances> {
  const { assetId, integration, status, checkAt, action } = command;
  if (status === "issued" || now < checkAt) return {};
  const [row, recent] = await Promise.all([
    deps.causes.outage(integration),
    deps.commands.recent(assetId, ASKED_AT_MOST),
  ]);
  const missed = sinceProved(recent).filter((other) => other.status === "missed" && other.action.kind === action.kind);
  const proved = lastIssued(recent.filter((other) => other.status === "confirmed"))?.action;
  return {
    outage: outageUnderWay(row?.outage)?.faultClass,
    missedBefore: missed.length,
    provedA: proved?.kind === "charge.start" ? proved.currentA : undefined,
  };
}

/** What people were told is over, unless another command met the same. */
async function clear(command: CommandRow, deps: VerifierDeps): Promise<CommandRow | undefined> {
  const recent = await deps.commands.recent(command.assetId, RECENT_COMMANDS);
  const others = standingFaults(recent.filter(({ commandId }) => commandId !== command.commandId));
  const over = standingFaults([command]).filter((fault) => !others.includes(fault));
  return deps.commands.amend(
    command,
    { faultOverAt: deps.now() },
    over.map((fault) => cleared(command, fault)),
  );
}

async function conclude(
  command: CommandRow,
  judged: Exclude<Verdict, { verdict: "wait" }>,
  seen: Reading | undefined,
  deps: VerifierDeps,
): Promise<CommandRow | undefined> {
  const { commandId, assetId, integration } = command;
  const faultClass = judged.verdict === "missed" ? judged.faultClass : undefined;
  const standing = judged.verdict === "expired" ? [] : standingFaults(await upTo(command, deps));
  const isUnseen = judged.verdict === "missed" && judged.isUnseen === true;
  const { evidence } = judged;
  const changes = { endedAt: deps.now(), evidence, faultClass };
  const ended = await deps.commands.transition(command, judged.verdict, changes, owedBy(command, judged, standing));
  if (!ended) return undefined;
  deps.log.info("VERDICT", { commandId, assetId, integration, verdict: judged.verdict, fault: faultClass });
  const isOverridden = asCharge(seen)?.ownScheduleActive === true;
  countOutcome(command, { to: judged.verdict, faultClass, isOverridden, isUnseen }, deps.meter);
  return ended;
}

/** What is to be told of a verdict: it, and the fault that it shows or shows to be over. */
function owedBy(
  command: Command,
  judged: Exclude<Verdict, { verdict: "wait" }>,
  standing: readonly FaultClass[],
): NewEvent[] {
  const { commandId, assetId, integration } = command;
  const reference = { commandId, assetId, integration };
  switch (judged.verdict) {
    case "confirmed":
      return [
        { name: "CommandConfirmed", detail: { ...reference, afterMs: judged.afterMs } },
        ...standing.map((fault) => cleared(command, fault)),
      ];
    case "expired":
      return [{ name: "CommandExpired", detail: reference }];
    case "missed": {
      const { faultClass } = judged;
      const missed: NewEvent = { name: "CommandMissed", detail: { ...reference, faultClass } };
      const { nextStep, sharedBy } = FAULT_TREATMENT[faultClass];
      // What an account or a vendor has is what looks met, and told.
      if (standing.includes(faultClass) || sharedBy !== "asset") return [missed];
      return [missed, { name: "FaultRaised", detail: { assetId, integration, faultClass, nextStep } }];
    }
  }
}

function cleared({ assetId, integration }: Command, faultClass: FaultClass): NewEvent {
  return { name: "FaultCleared", detail: { assetId, integration, faultClass } };
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
  dependencies: (env, log, meter) => {
    const documents = documentClient({}, meter);
    const causes = causesStore(documents, env.SCHEDULE_TABLE);
    const published = eventBridgeBus(new EventBridge(), env.BUS_NAME, systemNow);
    return {
      commands: commandsStore(documents, env.COMMANDS_TABLE, { by: "verifier", now: systemNow, log }),
      readings: readingsStore(documents, env.READINGS_TABLE),
      causes,
      bus: toldOnce(published, { causes, now: systemNow, meter }),
    };
  },
  run,
});
