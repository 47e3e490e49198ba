import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { type Bus, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import { type Asset, AssetId, type HeatPump } from "../../shared/domain/asset.ts";
import { EVENTS, type NewEvent } from "../../shared/domain/events.ts";
import { type Instant, MINUTE_MS, plusMs, ZonedTime } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan, windowAt } from "../../shared/domain/plan.ts";
import type { HeatReading } from "../../shared/domain/reading.ts";
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
import { type Actor, follow, RECENT_COMMANDS } from "./follow.ts";
import { replanHeat } from "./heat.ts";
import type { Load } from "./loads.ts";
import { replan, sameFrom, signalsFrom } from "./replan.ts";
import { byStream, leftOf, type Site, sitesOf } from "./site.ts";
import { chargeWishes, heatWishes } from "./wishes.ts";

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
  assets: Pick<AssetsStore, "get" | "fleet" | "site">;
  readings: Pick<ReadingsStore, "latest">;
  signals: Pick<SignalsStore, "slots">;
  plans: PlansStore;
  commands: Pick<CommandsStore, "issue" | "recent" | "transition">;
  bus: Bus;
};

const IN_FLIGHT = 10;
const HORIZON_MS = 48 * 3_600_000;
/** Commands go out this long before their edge, so that a sleeping car is awake when its moment comes. */
const LEAD_MS = MINUTE_MS;

/** Issues the commands of plan edges that fall due, each minute; plans again whom the re-plan queue names. */
export async function run(event: z.infer<typeof Tick> | SqsBatch, deps: OptimiserDeps) {
  if (!("Records" in event)) {
    const until = plusMs(event.tickAt, LEAD_MS);
    const due = await deps.plans.dueEdges(until);
    if (due.length > 0) await followPlans(due, until, deps);
    return { batchItemFailures: [] };
  }
  const { parsed, batchItemFailures } = parseRecords(event, ReplanRequest, deps.log);
  if (parsed.some((ids) => ids === undefined)) {
    const everybody = (await Promise.all(deps.fleets.map((fleet) => deps.assets.fleet(fleet)))).flat();
    await planAgain(await asSites(everybody, deps), () => true, deps);
  } else if (parsed.length > 0) {
    const ids = [...new Set(parsed.flatMap((named) => named ?? []))];
    const sites = await sitesAround(ids, deps);
    const concerned = new Set(sites.flatMap((site) => ids.flatMap((assetId) => site.concernedBy(assetId))));
    await planAgain(sites, (assetId) => concerned.has(assetId), deps);
  }
  return { batchItemFailures };
}

/** The whole sites of these assets. */
async function sitesAround(assetIds: readonly AssetId[], deps: OptimiserDeps): Promise<Site[]> {
  const siteIds = new Set((await deps.assets.get(assetIds)).map((asset) => asset.site.siteId));
  const assets = await mapLimited([...siteIds], IN_FLIGHT, (siteId) => deps.assets.site(siteId));
  return asSites(assets.flat(), deps);
}

async function asSites(assets: readonly Asset[], deps: OptimiserDeps): Promise<Site[]> {
  const latest = await Promise.all(byStream(assets).map(([stream, ids]) => deps.readings.latest(ids, stream)));
  return sitesOf(assets, new Map(latest.flatMap((map) => [...map])), deps.now());
}

async function planAgain(
  sites: readonly Site[],
  isConcerned: (assetId: AssetId) => boolean,
  deps: OptimiserDeps,
): Promise<void> {
  const ids = sites
    .flatMap(({ loads, pumps }) => [...loads, ...pumps].map(({ asset }) => asset.assetId))
    .filter(isConcerned);
  if (ids.length === 0) return;
  const now = deps.now();
  const until = plusMs(now, HORIZON_MS);
  const [plans, price, carbon] = await Promise.all([
    deps.plans.get(ids),
    deps.signals.slots(deps.series.price, signalsFrom(now), until),
    deps.signals.slots(deps.series.carbon, signalsFrom(now), until),
  ]);

  const events = await mapLimited(sites, IN_FLIGHT, async (site) => {
    const published: NewEvent[] = [];
    // One after the other: what of the sun the first takes, the next has not.
    let solar = site.solar;
    for (const load of site.loads) {
      const { assetId } = load.asset;
      if (!isConcerned(assetId)) continue;
      const previous = plans.get(assetId);
      const next = replan(load, previous, { price, carbon }, now, solar);
      published.push(...(await adopt(loadActor(load), next, previous, now, deps)));
      const current = next && windowAt(next, now);
      if (current?.reason === "surplus") solar = leftOf(solar, current.powerKw);
    }
    for (const { asset, reading } of site.pumps) {
      if (!isConcerned(asset.assetId)) continue;
      const previous = plans.get(asset.assetId);
      const recent = await deps.commands.recent(asset.assetId, RECENT_COMMANDS);
      const next = replanHeat({ asset, reading, previous, recent }, { price, carbon }, now, solar);
      published.push(...(await adopt(pumpActor(asset, reading), next, previous, now, deps)));
    }
    return published;
  });
  const published = events.flat();
  if (published.length > 0) await deps.bus.publish(published);
}

function loadActor({ asset, reading, partners }: Load): Actor | undefined {
  return reading && { asset, partners, wishes: () => chargeWishes(asset, reading) };
}

function pumpActor(asset: HeatPump, reading: HeatReading | undefined): Actor | undefined {
  return reading && { asset, partners: [], wishes: (recent) => heatWishes(asset, reading, recent) };
}

/** Stores and tells a plan that wants something new, and issues what it wants now. */
async function adopt(
  actor: Actor | undefined,
  next: Plan | undefined,
  previous: Plan | undefined,
  now: Instant,
  deps: OptimiserDeps,
): Promise<NewEvent[]> {
  if (!actor || !next) return [];
  if (previous && sameFrom(now, previous, next)) return follow(actor, previous, now, deps);

  if (!(await deps.plans.put(next, nextEdge(next, now)))) return [];
  deps.log.info("PLAN_MADE", {
    assetId: next.assetId,
    version: next.version,
    windows: next.windows.length,
    neededKwh: next.energyNeededKwh,
  });
  const updated: NewEvent = {
    name: "PlanUpdated",
    detail: {
      assetId: next.assetId,
      planVersion: next.version,
      energyNeededKwh: next.energyNeededKwh,
      shortfallKwh: next.shortfallKwh,
      windows: next.windows.length,
    },
  };
  return [updated, ...(await follow(actor, next, now, deps))];
}

async function followPlans(assetIds: readonly AssetId[], until: Instant, deps: OptimiserDeps): Promise<void> {
  const [sites, plans] = await Promise.all([sitesAround(assetIds, deps), deps.plans.get(assetIds)]);
  const actors = new Map(
    sites.flatMap(({ loads, pumps }) => [
      ...loads.map((load) => [load.asset.assetId, loadActor(load)] as const),
      ...pumps.map(({ asset, reading }) => [asset.assetId, pumpActor(asset, reading)] as const),
    ]),
  );
  const events = await mapLimited([...plans.values()], IN_FLIGHT, async (plan) => {
    // Whoever moves the edge issues its commands; a tick that runs twice finds it moved.
    if (!(await deps.plans.setNextEdge(plan.assetId, plan.version, nextEdge(plan, until)))) return [];
    const actor = actors.get(plan.assetId);
    return actor ? follow(actor, plan, until, deps) : [];
  });
  const published = events.flat();
  if (published.length > 0) await deps.bus.publish(published);
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
