import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { type Bus, eventBridgeBus, systemNow } from "../../shared/bus.ts";
import { type Asset, AssetId, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { EVENTS, type NewEvent } from "../../shared/domain/events.ts";
import { type Instant, MINUTE_MS, plusMs, ZonedTime } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import { EnvText, lambdaHandler, type Runtime } from "../../shared/handler.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { BusRecord, parseRecords, SqsBatch } from "../../shared/queue.ts";
import { type AssetsStore, assetsStore } from "../../shared/store/assets.ts";
import { type CommandsStore, commandsStore } from "../../shared/store/commands.ts";
import { type PlansStore, plansStore } from "../../shared/store/plans.ts";
import { type Latest, type ReadingsStore, readingsStore } from "../../shared/store/readings.ts";
import { type SignalsStore, signalsStore } from "../../shared/store/signals.ts";
import { documentClient } from "../../shared/store/table.ts";
import type { World } from "./actuator.ts";
import { follow } from "./follow.ts";
import { concerned, type Load, loadOf } from "./loads.ts";
import { replan, sameFrom } from "./replan.ts";
import { type Signals, signalsFrom } from "./signals.ts";
import { less, type Surplus, siteSurplus, takenKw } from "./surplus.ts";

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
  if (parsed.length > 0) {
    const everybody = parsed.some((ids) => ids === undefined);
    if (everybody) {
      const all = (await Promise.all(deps.fleets.map((fleet) => deps.assets.fleet(fleet)))).flat();
      await planAgain(all, await worldOf(all, deps), deps);
    } else {
      const named = await deps.assets.get([...new Set(parsed.flatMap((ids) => ids ?? []))]);
      await planAgain(named, await worldOf(await withSites(named, deps), deps), deps);
    }
  }
  return { batchItemFailures };
}

/** The assets of the sites of `assets`, and they themselves. */
async function withSites(assets: readonly Asset[], deps: OptimiserDeps): Promise<Asset[]> {
  const siteIds = [...new Set(assets.map((asset) => asset.site.siteId))];
  return (await mapLimited(siteIds, IN_FLIGHT, (siteId) => deps.assets.site(siteId))).flat();
}

/** What is known of assets, and of the chargers that they name at other sites. */
async function worldOf(found: readonly Asset[], deps: OptimiserDeps): Promise<World> {
  const assets = new Map(found.map((asset) => [asset.assetId, asset]));
  const named = found.flatMap((asset) => (asset.kind === "car" ? (asset.chargerId ?? []) : []));
  const missing = [...new Set(named)].filter((assetId) => !assets.has(assetId));
  for (const asset of await deps.assets.get(missing)) assets.set(asset.assetId, asset);
  const known = new Map<AssetId, Latest>();
  const streams = new Set([...assets.values()].map((asset) => STREAM_OF_KIND[asset.kind]));
  await Promise.all(
    [...streams].map(async (stream) => {
      const ids = [...assets.values()].flatMap((asset) =>
        STREAM_OF_KIND[asset.kind] === stream ? [asset.assetId] : [],
      );
      for (const [assetId, latest] of await deps.readings.latest(ids, stream)) known.set(assetId, latest);
    }),
  );
  return { assets, known };
}

async function planAgain(named: readonly Asset[], world: World, deps: OptimiserDeps): Promise<void> {
  if (named.length === 0) return;
  const now = deps.now();
  const until = plusMs(now, HORIZON_MS);
  const [plans, price, carbon] = await Promise.all([
    deps.plans.get([...world.assets.keys()]),
    deps.signals.slots(deps.series.price, signalsFrom(now), until),
    deps.signals.slots(deps.series.carbon, signalsFrom(now), until),
  ]);
  const sites = new Map<string, Asset[]>();
  for (const asset of concerned(named, world)) {
    const there = sites.get(asset.site.siteId);
    if (there) there.push(asset);
    else sites.set(asset.site.siteId, [asset]);
  }
  const events = await mapLimited([...sites.values()], IN_FLIGHT, (assets) =>
    planSite(assets, world, plans, { price, carbon }, now, deps),
  );
  const published = events.flat();
  if (published.length > 0) await deps.bus.publish(published);
}

/** Plans assets of one site, one after the other: what the sun leaves is for the next. */
async function planSite(
  assets: readonly Asset[],
  world: World,
  plans: ReadonlyMap<AssetId, Plan>,
  signals: Pick<Signals, "price" | "carbon">,
  now: Instant,
  deps: OptimiserDeps,
): Promise<NewEvent[]> {
  const loads = inTurn(assets, world, now);
  const { surplus, notes: solarNotes } = surplusFor(loads, world, plans, now);
  let left: Surplus | undefined = surplus;
  const events: NewEvent[] = [];
  for (const load of loads) {
    const previous = plans.get(load.asset.assetId);
    const next = replan(load, previous, { ...signals, surplus: left, solarNotes }, now);
    left = less(left, takenKw(next ?? previous, now));
    events.push(...(await settle(load, previous, next, now, deps)));
  }
  return events;
}

/** Whose turn it is with the sun: what charges first, for it leaves; then tanks; each by name. */
function inTurn(assets: readonly Asset[], world: World, now: Instant): Load[] {
  const order = { "read-only": 0, charge: 1, heat: 2 };
  return assets
    .flatMap((asset) => loadOf(asset, world, now) ?? [])
    .sort((a, b) => order[a.kind] - order[b.kind] || (a.asset.assetId < b.asset.assetId ? -1 : 1));
}

/** The surplus of the loads' site, less what loads that are not planned now take of it already. */
function surplusFor(loads: readonly Load[], world: World, plans: ReadonlyMap<AssetId, Plan>, now: Instant) {
  const siteId = loads[0]?.asset.site.siteId;
  const there = [...world.assets.values()].filter((asset) => asset.site.siteId === siteId);
  const all = inTurn(there, world, now);
  const solar = there.flatMap((asset) =>
    asset.kind === "solar-site" ? [{ asset, latest: world.known.get(asset.assetId) }] : [],
  );
  const found = siteSurplus(solar, all, now);
  const planned = new Set(loads.map((load) => load.asset.assetId));
  const others = all.filter((load) => load.kind !== "read-only" && !planned.has(load.asset.assetId));
  const takenByOthersKw = others.reduce((kw, load) => kw + takenKw(plans.get(load.asset.assetId), now), 0);
  return { surplus: less(found.surplus, takenByOthersKw), notes: found.notes };
}

/** Stores and tells a plan that wants something new, and follows the one in force. */
async function settle(
  load: Load,
  previous: Plan | undefined,
  next: Plan | undefined,
  now: Instant,
  deps: OptimiserDeps,
): Promise<NewEvent[]> {
  if (!next) return [];
  if (previous && sameFrom(now, previous, next)) return follow(load, previous, now, deps);
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
  return [updated, ...(await follow(load, next, now, deps))];
}

async function followPlans(assetIds: readonly AssetId[], until: Instant, deps: OptimiserDeps): Promise<void> {
  const due = await deps.assets.get(assetIds);
  // Only a charger's need for partners is at its site; every other asset tells by itself who acts.
  const chargers = due.filter((asset) => asset.kind === "charger");
  const beside = (await withSites(chargers, deps)).filter((asset) => !assetIds.includes(asset.assetId));
  const [world, plans] = await Promise.all([worldOf([...due, ...beside], deps), deps.plans.get(assetIds)]);
  const events = await mapLimited(due, IN_FLIGHT, async (asset) => {
    const plan = plans.get(asset.assetId);
    // Whoever moves the edge issues its commands; a tick that runs twice finds it moved.
    if (!plan || !(await deps.plans.setNextEdge(asset.assetId, plan.version, nextEdge(plan, until)))) return [];
    const load = loadOf(asset, world, deps.now());
    return load ? follow(load, plan, until, deps) : [];
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
