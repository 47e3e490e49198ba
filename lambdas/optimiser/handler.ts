import { createHash } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { type Bus, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import { type Asset, AssetId, type Car } from "../../shared/domain/asset.ts";
import { type Command, commandIdentity } from "../../shared/domain/command.ts";
import { EVENTS, type NewEvent } from "../../shared/domain/events.ts";
import { type Instant, later, MINUTE_MS, plusMs, ZonedTime } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import { asCharge, type ChargeReading } from "../../shared/domain/reading.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { BusRecord, parseRecords, SqsBatch } from "../../shared/queue.ts";
import { type AssetsStore, assetsStore } from "../../shared/store/assets.ts";
import { type CommandsStore, commandsStore } from "../../shared/store/commands.ts";
import { type PlansStore, plansStore } from "../../shared/store/plans.ts";
import { type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { type SignalsStore, signalsStore } from "../../shared/store/signals.ts";
import { documentClient } from "../../shared/store/table.ts";
import { nextLocalTime } from "../../shared/zone.ts";
import { difference, nextRetry } from "./difference.ts";
import { replan, type Signals, sameFrom, signalsFrom } from "./replan.ts";

const Tick = z.object({ tickAt: ZonedTime });
const Environment = z.object({
  ASSETS_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  SIGNALS_TABLE: EnvText,
  PLANS_TABLE: EnvText,
  COMMANDS_TABLE: EnvText,
  BUS_NAME: EnvText,
  OCTOPUS_REGION: EnvText,
  CARBON_REGION: EnvText,
  FLEETS: EnvText.transform((text) => text.split(",")),
});

/** Who must be planned again: named assets, or (undefined) everybody because a signal changed. */
const ReplanRequest = z.union([
  BusRecord("SignalUpdated", EVENTS.SignalUpdated).transform((): AssetId[] | undefined => undefined),
  BusRecord("TelemetryRecorded", EVENTS.TelemetryRecorded).transform((detail): AssetId[] | undefined =>
    detail.readings.filter((reading) => reading.matters).map((reading) => reading.assetId),
  ),
  z
    .looseObject({
      "detail-type": z.enum(["CommandMissed", "CommandRejected", "CommandExpired", "AssetEnrolled"]),
      detail: z.looseObject({ assetId: AssetId }),
    })
    .transform((event): AssetId[] | undefined => [event.detail.assetId]),
]);

export type OptimiserDeps = Pick<Runtime, "log" | "now"> & {
  fleets: readonly string[];
  series: { price: ReturnType<typeof seriesId>; carbon: ReturnType<typeof seriesId> };
  assets: Pick<AssetsStore, "get" | "fleet">;
  readings: Pick<ReadingsStore, "latest">;
  signals: Pick<SignalsStore, "slots">;
  plans: PlansStore;
  commands: Pick<CommandsStore, "issue" | "recent" | "transition">;
  bus: Bus;
};

const IN_FLIGHT = 10;
const HORIZON_MS = 48 * 3_600_000;
const RECENT_COMMANDS = 6;
/** Commands go out this long before their edge, so that a sleeping car is awake when its moment comes. */
const LEAD_MS = MINUTE_MS;
const UNHEARD_AFTER_MS = 10 * MINUTE_MS;

/** Issues the commands of plan edges that fall due, each minute; plans again whom the re-plan queue names. */
export async function run(event: z.infer<typeof Tick> | SqsBatch, deps: OptimiserDeps) {
  if (!("Records" in event)) {
    const until = plusMs(event.tickAt, LEAD_MS);
    const due = await deps.plans.dueEdges(until);
    if (due.length > 0) await followPlans(due, until, deps);
    return { batchItemFailures: [] };
  }
  const { parsed, batchItemFailures } = parseRecords(event, ReplanRequest, deps.log);
  if (parsed.length > 0) {
    const everybody = parsed.some((ids) => ids === undefined);
    const assets = everybody
      ? (await Promise.all(deps.fleets.map((fleet) => deps.assets.fleet(fleet)))).flat()
      : await deps.assets.get([...new Set(parsed.flatMap((ids) => ids ?? []))]);
    await planAgain(assets, deps);
  }
  return { batchItemFailures };
}

async function planAgain(found: readonly Asset[], deps: OptimiserDeps): Promise<void> {
  const assets = found.filter((asset) => asset.kind === "car");
  if (assets.length === 0) return;
  const now = deps.now();
  const ids = assets.map((asset) => asset.assetId);
  const until = plusMs(now, HORIZON_MS);
  const [latest, plans, price, carbon] = await Promise.all([
    deps.readings.latest(ids, "charge"),
    deps.plans.get(ids),
    deps.signals.slots(deps.series.price, signalsFrom(now), until),
    deps.signals.slots(deps.series.carbon, signalsFrom(now), until),
  ]);

  const events = await mapLimited(assets, IN_FLIGHT, (asset) =>
    planOne(
      asset,
      asCharge(latest.get(asset.assetId)?.reading),
      plans.get(asset.assetId),
      { price, carbon },
      now,
      deps,
    ),
  );
  const published = events.flat();
  if (published.length > 0) await deps.bus.publish(published);
}

async function planOne(
  asset: Car,
  reading: ChargeReading | undefined,
  previous: Plan | undefined,
  signals: Signals,
  now: Instant,
  deps: OptimiserDeps,
): Promise<NewEvent[]> {
  if (!reading || !asset.consent.control) return [];
  const readyBy = readyByOf(asset, now);
  const next = replan(asset, reading, previous, signals, readyBy, now);
  if (!next) return [];
  if (previous && sameFrom(now, previous, next)) return follow(asset, reading, previous, now, deps);

  if (!(await deps.plans.put(next, nextEdge(next, now)))) return [];
  deps.log.info("PLAN_MADE", {
    assetId: asset.assetId,
    version: next.version,
    windows: next.windows.length,
    neededKwh: next.energyNeededKwh,
  });
  const updated: NewEvent = {
    name: "PlanUpdated",
    detail: {
      assetId: asset.assetId,
      planVersion: next.version,
      energyNeededKwh: next.energyNeededKwh,
      shortfallKwh: next.shortfallKwh,
      windows: next.windows.length,
    },
  };
  return [updated, ...(await follow(asset, reading, next, now, deps))];
}

async function followPlans(assetIds: readonly AssetId[], until: Instant, deps: OptimiserDeps): Promise<void> {
  const [assets, latest, plans] = await Promise.all([
    deps.assets.get(assetIds),
    deps.readings.latest(assetIds, "charge"),
    deps.plans.get(assetIds),
  ]);
  const cars = assets.filter((asset) => asset.kind === "car");
  const events = await mapLimited(cars, IN_FLIGHT, async (asset) => {
    const plan = plans.get(asset.assetId);
    const reading = asCharge(latest.get(asset.assetId)?.reading);
    // Whoever moves the edge issues its commands; a tick that runs twice finds it moved.
    if (!plan || !(await deps.plans.setNextEdge(asset.assetId, plan.version, nextEdge(plan, until)))) return [];
    return reading && asset.consent.control ? follow(asset, reading, plan, until, deps) : [];
  });
  const published = events.flat();
  if (published.length > 0) await deps.bus.publish(published);
}

/** Issues what the plan wants at `at` and the car does not do yet. */
async function follow(
  asset: Car,
  reading: ChargeReading,
  plan: Plan,
  at: Instant,
  deps: OptimiserDeps,
): Promise<NewEvent[]> {
  const recent = await deps.commands.recent(asset.assetId, RECENT_COMMANDS);
  const now = deps.now();
  const { issue, withdraw } = difference({ asset, plan, reading, recent, now, at });
  if (!issue) {
    const retryAt = nextRetry(recent, now);
    const edge = nextEdge(plan, at);
    if (retryAt && (!edge || retryAt < edge)) await deps.plans.setNextEdge(asset.assetId, plan.version, retryAt);
    return recent.filter((command) => isUnheard(command, now)).map(announcement);
  }
  const command: Command = {
    commandId: commandIdOf(asset.assetId, issue.windowStartsAt, issue.action),
    assetId: asset.assetId,
    integration: asset.integration,
    action: issue.action,
    reason: issue.reason,
    status: "issued",
    issuedAt: now,
    notBefore: issue.notBefore,
    notAfter: issue.notAfter,
    checkAt: issue.notAfter,
    attempts: 0,
  };
  if (!(await deps.commands.issue(command))) return [];
  const events: NewEvent[] = [];
  const reference = { assetId: asset.assetId, integration: asset.integration };
  for (const old of withdraw) {
    const gone = await deps.commands.transition(old, "withdrawn", {
      endedAt: now,
      evidence: "overtaken by a newer plan",
    });
    if (gone) events.push({ name: "CommandWithdrawn", detail: { ...reference, commandId: old.commandId } });
  }
  return [...events, announcement(command)];
}

/** Written but never taken up: its event may have been refused after the write. Told again, it is harmless if it was not. */
function isUnheard(command: Command, now: Instant): boolean {
  const dueAt = later(command.issuedAt, command.notBefore);
  return (
    command.status === "issued" &&
    command.attempts === 0 &&
    now < command.notAfter &&
    plusMs(dueAt, UNHEARD_AFTER_MS) <= now
  );
}

function announcement({ commandId, assetId, integration, action, notAfter }: Command): NewEvent {
  return { name: "CommandIssued", detail: { commandId, assetId, integration, action, notAfter } };
}

/** Sorts by window start, so that an asset's newest commands are read first; the same intent has the same id. */
function commandIdOf(assetId: AssetId, windowStartsAt: Instant, action: Command["action"]): string {
  const hash = createHash("sha256")
    .update(commandIdentity(assetId, windowStartsAt, action))
    .digest("hex")
    .slice(0, 16);
  return `${windowStartsAt}-${hash}`;
}

function readyByOf(asset: Car, now: Instant): Instant {
  const { nextDepartureAt, readyBy } = asset.preferences;
  return nextDepartureAt && nextDepartureAt > now ? nextDepartureAt : nextLocalTime(now, asset.site.timeZone, readyBy);
}

export const handler = lambdaHandler({
  service: "optimiser",
  event: z.union([SqsBatch, Tick]),
  environment: Environment,
  dependencies: (env) => {
    const documents = documentClient();
    return {
      fleets: env.FLEETS,
      series: {
        price: seriesId("octopus-agile", env.OCTOPUS_REGION),
        carbon: seriesId("carbon-intensity", env.CARBON_REGION),
      },
      assets: assetsStore(documents, env.ASSETS_TABLE),
      readings: readingsStore(documents, env.READINGS_TABLE),
      signals: signalsStore(documents, env.SIGNALS_TABLE),
      plans: plansStore(documents, env.PLANS_TABLE),
      commands: commandsStore(documents, env.COMMANDS_TABLE),
      bus: eventBridgeBus(new EventBridgeClient(), env.BUS_NAME, systemNow),
    };
  },
  run,
});
