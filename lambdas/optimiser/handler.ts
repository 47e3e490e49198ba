import { EventBridge } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { eventBridgeBus, systemNow } from "../../shared/bus.ts";
import { type Asset, AssetId } from "../../shared/domain/asset.ts";
import { EVENTS } from "../../shared/domain/events.ts";
import { type Instant, MINUTE_MS, plusMs, ZonedTime } from "../../shared/domain/instant.ts";
import { fleetOf, type PortfolioId } from "../../shared/domain/portfolio.ts";
import { seriesId } from "../../shared/domain/signal.ts";
import { EnvText, lambdaHandler } from "../../shared/handler.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { tell } from "../../shared/outbox.ts";
import { BusRecord, parseRecords, SqsBatch } from "../../shared/queue.ts";
import { queueSender } from "../../shared/queue-sender.ts";
import { assetsStore } from "../../shared/store/assets.ts";
import { commandsStore } from "../../shared/store/commands.ts";
import { habitsStore } from "../../shared/store/habits.ts";
import { killSwitchStore } from "../../shared/store/kill-switch.ts";
import { plansStore } from "../../shared/store/plans.ts";
import { readingsStore } from "../../shared/store/readings.ts";
import { scheduleStore } from "../../shared/store/schedule.ts";
import { signalsStore } from "../../shared/store/signals.ts";
import { documentClient } from "../../shared/store/table.ts";
import { IN_FLIGHT, type OptimiserDeps, regionIn } from "./deps.ts";
import { followEdge } from "./follow.ts";
import { loadOf } from "./loads.ts";
import { eventsOf, planItem } from "./plan-item.ts";
import { PART_ASSETS, WorkItem, workItems } from "./work.ts";
import { withSites, worldOf } from "./world.ts";

const Tick = z.object({ tickAt: ZonedTime });
const Environment = z.object({
  ASSETS_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  SIGNALS_TABLE: EnvText,
  PLANS_TABLE: EnvText,
  COMMANDS_TABLE: EnvText,
  SCHEDULE_TABLE: EnvText,
  BUS_NAME: EnvText,
  OCTOPUS_REGION: EnvText,
  CARBON_REGION: EnvText,
  REPLAN_QUEUE_URL: EnvText,
  FLEETS: EnvText.transform((text) => text.split(",")),
});

/** Who must be planned again: everybody because a signal changed, whom a grid event is for, named assets, or a work item of ours. */
type Request =
  | { who: "everybody" }
  | { who: "portfolio"; portfolioId: PortfolioId }
  | { who: "named"; assetIds: AssetId[] }
  | { who: "item"; item: WorkItem };
const everybody: Request = { who: "everybody" };
const named = (assetIds: AssetId[]): Request => ({ who: "named", assetIds });
const ReplanRequest = z.union([
  z.strictObject({ workItem: WorkItem }).transform(({ workItem }): Request => ({ who: "item", item: workItem })),
  BusRecord("SignalUpdated", EVENTS.SignalUpdated).transform(() => everybody),
  BusRecord("ControlSwitched", EVENTS.ControlSwitched).transform(() => everybody),
  BusRecord("GridEventChanged", EVENTS.GridEventChanged).transform(
    ({ portfolioId }): Request => ({ who: "portfolio", portfolioId }),
  ),
  BusRecord("TelemetryRecorded", EVENTS.TelemetryRecorded).transform((detail) =>
    named(detail.readings.filter((reading) => reading.matters).map((reading) => reading.assetId)),
  ),
  z
    .looseObject({
      "detail-type": z.enum(["CommandMissed", "CommandRejected", "CommandExpired", "AssetEnrolled"]),
      detail: z.looseObject({ assetId: AssetId }),
    })
    .transform((event) => named([event.detail.assetId])),
]);

/** Left of an invocation when another item may be begun, ms. */
const ITEM_MS = 25_000;
const MOST_ATTEMPTS = 5;
/** Commands go out this long before their edge, so that a sleeping car is awake when its moment comes. */
const LEAD_MS = MINUTE_MS;

/** Issues the commands of plan edges that fall due, each minute; plans again whom the re-plan queue names. */
export async function run(event: z.infer<typeof Tick> | SqsBatch, deps: OptimiserDeps) {
  if (!("Records" in event)) {
    deps.meter.add("ticks");
    const until = plusMs(event.tickAt, LEAD_MS);
    const due = await deps.plans.dueEdges(until);
    // Edges that pass while control is switched off are followed when it is on again.
    if (due.length > 0 && !(await deps.killSwitch.read()).isOn) await followPlans(due, until, deps);
    return { batchItemFailures: [] };
  }
  const { parsed, batchItemFailures } = parseRecords(event, ReplanRequest, deps.log);
  const read = new Map<AssetId, Asset>();
  await work(await itemsOf(parsed, read, deps), read, deps);
  return { batchItemFailures };
}

/**
 * What is asked for as work items; who is named is planned with the whole portfolio only where all share a grid event.
 * Assets that it reads on the way are put into `read`.
 */
async function itemsOf(
  requests: readonly Request[],
  read: Map<AssetId, Asset>,
  deps: OptimiserDeps,
): Promise<WorkItem[]> {
  const items = requests.flatMap((request) => (request.who === "item" ? request.item : []));
  const regionOf = (asset: Asset) => regionIn(asset, deps);
  const noted = (assets: Asset[]) => {
    for (const asset of assets) read.set(asset.assetId, asset);
    return assets;
  };
  if (requests.includes(everybody)) {
    const all = (await Promise.all(deps.fleets.map((fleet) => deps.assets.fleet(fleet)))).flat();
    return [...items, ...workItems(noted(all), regionOf)];
  }
  const wanted = new Set(requests.flatMap((request) => (request.who === "portfolio" ? request.portfolioId : [])));
  const ids = [...new Set(requests.flatMap((request) => (request.who === "named" ? request.assetIds : [])))];
  const found = noted(await deps.assets.get(ids));
  const portfolios = workItems(found, regionOf, Number.POSITIVE_INFINITY);
  const now = deps.now();
  const asked = await mapLimited(portfolios, IN_FLIGHT, async (item) => {
    if (wanted.has(item.portfolioId)) return [];
    const events = await eventsOf(item.portfolioId, now, deps);
    if (events.length === 0) return [{ ...item, isWhole: false }];
    wanted.add(item.portfolioId);
    return [];
  });
  const wholes = await mapLimited([...wanted], IN_FLIGHT, async (wantedId) => {
    const all = workItems(noted(await deps.assets.fleet(fleetOf(wantedId))), regionOf);
    return all.filter(({ portfolioId }) => portfolioId === wantedId);
  });
  return [...items, ...asked.flat(), ...wholes.flat()];
}

/** Plans items while there is time and room; the others are put on the queue, each for itself. */
async function work(items: readonly WorkItem[], read: ReadonlyMap<AssetId, Asset>, deps: OptimiserDeps): Promise<void> {
  const waiting: WorkItem[] = [];
  let assets = 0;
  for (const item of items) {
    assets += item.assetIds.length;
    const mustWait = assets > PART_ASSETS && assets > item.assetIds.length;
    if (mustWait || deps.remainingMs() < ITEM_MS) {
      waiting.push(item);
      continue;
    }
    const { isStored, overtaken } = await planItem(item, read, deps);
    if (!isStored) waiting.push({ ...item, attempts: item.attempts + 1 });
    else await again(overtaken, deps);
  }
  const hopeless = waiting.filter(({ attempts }) => attempts >= MOST_ATTEMPTS);
  for (const { portfolioId, part } of hopeless) deps.log.warn("PORTFOLIO_GIVEN_UP", { portfolioId, part });
  deps.meter.add("portfolios_given_up", hopeless.length);
  const left = waiting.filter(({ attempts }) => attempts < MOST_ATTEMPTS);
  if (left.length > 0) await deps.later(left);
}

/** Has assets planned once more, by an invocation of its own. */
async function again(assetIds: readonly AssetId[], deps: OptimiserDeps): Promise<void> {
  if (assetIds.length > 0) await deps.later(await itemsOf([named([...assetIds])], new Map(), deps));
}

async function followPlans(assetIds: readonly AssetId[], until: Instant, deps: OptimiserDeps): Promise<void> {
  const due = await deps.assets.get(assetIds);
  // Only a charger's need for partners is at its site; every other asset tells by itself who acts.
  const chargers = due.filter((asset) => asset.kind === "charger");
  const beside = (await withSites(chargers, deps)).filter((asset) => !assetIds.includes(asset.assetId));
  const [world, plans] = await Promise.all([worldOf([...due, ...beside], deps), deps.plans.get(assetIds)]);
  const short: AssetId[] = [];
  const told = await mapLimited(due, IN_FLIGHT, async (asset) => {
    const plan = plans.get(asset.assetId);
    if (!plan) return [];
    const { news, isShort } = await followEdge(loadOf(asset, world, deps.now()), plan, until, deps);
    if (isShort) short.push(asset.assetId);
    return news;
  });
  await tell(told.flat(), deps);
  await again(short, deps);
}

export const handler = lambdaHandler({
  service: "optimiser",
  event: z.union([SqsBatch, Tick]),
  environment: Environment,
  dependencies: (env, log, meter) => {
    const documents = documentClient({}, meter);
    const send = queueSender(env.REPLAN_QUEUE_URL);
    return {
      fleets: env.FLEETS,
      region: env.OCTOPUS_REGION,
      series: {
        price: seriesId("octopus-agile", env.OCTOPUS_REGION),
        carbon: seriesId("carbon-intensity", env.CARBON_REGION),
      },
      assets: assetsStore(documents, env.ASSETS_TABLE),
      readings: readingsStore(documents, env.READINGS_TABLE),
      signals: signalsStore(documents, env.SIGNALS_TABLE),
      plans: plansStore(documents, env.PLANS_TABLE),
      habits: habitsStore(documents, env.PLANS_TABLE),
      schedule: scheduleStore(documents, env.SCHEDULE_TABLE),
      killSwitch: killSwitchStore(documents, env.COMMANDS_TABLE),
      commands: commandsStore(documents, env.COMMANDS_TABLE, { by: "optimiser", now: systemNow, log }),
      bus: eventBridgeBus(new EventBridge(), env.BUS_NAME, systemNow),
      later: async (items) => {
        await mapLimited(items, IN_FLIGHT, (workItem) => send(JSON.stringify({ workItem })));
      },
    };
  },
  run,
});
