import type { Asset, AssetId } from "../../shared/domain/asset.ts";
import type { NewEvent } from "../../shared/domain/events.ts";
import { gridEventSeries, isLimit } from "../../shared/domain/grid-event.ts";
import { type Habits, observe } from "../../shared/domain/habits.ts";
import { epochMs, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, PLAN_HORIZON_MS, type Plan } from "../../shared/domain/plan.ts";
import type { PortfolioId } from "../../shared/domain/portfolio.ts";
import { asCharge } from "../../shared/domain/reading.ts";
import { round } from "../../shared/domain/units.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import { type News, tell } from "../../shared/outbox.ts";
import type { World } from "./actuator.ts";
import { IN_FLIGHT, type OptimiserDeps } from "./deps.ts";
import { follow, lookBefore, silence } from "./follow.ts";
import { giveAllBack, giveUnwillingBack } from "./give-back.ts";
import { concerned } from "./loads.ts";
import { marketKey, marketOf, seriesOfAll } from "./market.ts";
import type { Limits } from "./portfolio/limits.ts";
import type { PortfolioAnswer } from "./portfolio/together.ts";
import { type Replanned, replan, sameFrom } from "./replan.ts";
import { type Market, signalsFrom } from "./signals.ts";
import { withoutPlan } from "./without-plan.ts";
import type { WorkItem } from "./work.ts";
import { withSites, worldOf } from "./world.ts";

/** Left of an invocation when what is planned must be stored, and when it must end, ms. */
const [STORE_MS, END_MS] = [15_000, 5_000];

/** Whether time sufficed to store everything, and whose plans somebody else had replaced meanwhile: they may know less. */
export type Planned = { isStored: boolean; overtaken: AssetId[] };

/**
 * Plans, stores, tells and follows. `read` are assets that were read just now: a work item from the queue comes without
 * them.
 */
export async function planItem(
  item: WorkItem,
  read: ReadonlyMap<AssetId, Asset>,
  deps: OptimiserDeps,
): Promise<Planned> {
  const isRead = item.assetIds.every((assetId) => read.has(assetId));
  const named = isRead
    ? item.assetIds.flatMap((assetId) => read.get(assetId) ?? [])
    : await deps.assets.get(item.assetIds);
  const world = await worldOf(await withSites(named, deps), deps);
  const assets = item.isWhole ? named : concerned(named, world);
  const control = await deps.killSwitch.read();
  if (control.isOn) {
    await tell(await giveAllBack(assets, world, control.since, deps), deps);
    return { isStored: true, overtaken: [] };
  }
  const now = deps.now();
  const [plans, marketOf, events, habits] = await Promise.all([
    deps.plans.get([...world.assets.keys()]),
    markets(world.assets.values(), now, deps),
    eventsOf(item.portfolioId, now, deps),
    habitsOf(assets, world, now, deps),
  ]);
  const share = events.map((event) => ({ ...event, kw: event.kw * item.share }));
  const scene = {
    world,
    plans,
    habits,
    marketOf,
    events: share,
    now,
    stop: () => deps.remainingMs() < STORE_MS,
  };
  const { replanned, portfolio } = replan(assets, scene);
  if (item.isWhole)
    deps.meter.add("plans_stale", withoutPlan(replanned, habits, { now, controlledSince: control.since }));
  let isStored = true;
  const overtaken: AssetId[] = [];
  const givenBack = await giveUnwillingBack(assets, world, deps);
  const told = await mapLimited(replanned, IN_FLIGHT, async (one) => {
    if (deps.remainingMs() <= END_MS) {
      isStored = false;
      return [];
    }
    const settled = await settle(one, now, deps);
    if (!settled) overtaken.push(one.load.asset.assetId);
    return settled ?? [];
  });
  const news: News[] = [...givenBack, ...told.flat()];
  if (portfolio && item.isWhole) news.push(await storePortfolio(item, portfolio, now, deps));
  await tell(news, deps);
  return { isStored, overtaken };
}

/** What each site pays and emits, from one reading of every series that some of them see. */
async function markets(assets: Iterable<Asset>, now: Instant, deps: OptimiserDeps): Promise<(asset: Asset) => Market> {
  const span = { from: now, to: plusMs(now, PLAN_HORIZON_MS) };
  const names = seriesOfAll(
    [...assets].map(({ site }) => site),
    deps.series,
  );
  const loaded = new Map(
    await mapLimited(
      names,
      IN_FLIGHT,
      async (name) => [name, await deps.signals.slots(name, signalsFrom(now), span.to)] as const,
    ),
  );
  const known = new Map<string, Market>();
  return ({ site }) => {
    const key = marketKey(site, deps.series);
    const market = known.get(key) ?? { ...marketOf(site, loaded, span, deps.series), marketKey: key };
    known.set(key, market);
    return market;
  };
}

/** When each car and charger was plugged in and out lately, with what its newest reading adds, which is stored. */
async function habitsOf(
  assets: readonly Asset[],
  { known }: World,
  now: Instant,
  deps: OptimiserDeps,
): Promise<Map<AssetId, Habits>> {
  const charging = assets.filter((asset) => asset.kind === "car" || asset.kind === "charger");
  const habits = await deps.habits.get(charging.map(({ assetId }) => assetId));
  await mapLimited(charging, IN_FLIGHT, async (asset) => {
    const reading = asCharge(known.get(asset.assetId)?.reading);
    const battery = asset.kind === "car" ? asset.battery : undefined;
    const changed = reading && observe(habits.get(asset.assetId), reading, now, battery);
    if (!changed) return;
    habits.set(asset.assetId, changed);
    // Whoever was first saw the same reading or a newer one.
    await deps.habits.put(changed);
  });
  return habits;
}

/** What a portfolio may draw while a grid event lasts, kW on average. */
export async function eventsOf(
  portfolioId: PortfolioId,
  now: Instant,
  deps: OptimiserDeps,
): Promise<Limits["portfolio"]> {
  const slots = await deps.signals.slots(gridEventSeries(portfolioId), now, plusMs(now, PLAN_HORIZON_MS));
  return slots.flatMap(({ startsAt, endsAt, value }) =>
    isLimit(value) ? { fromMs: epochMs(startsAt), toMs: epochMs(endsAt), kw: value } : [],
  );
}

async function storePortfolio(
  { portfolioId, part, parts }: WorkItem,
  { certificate, grid, loadKw, limitKw, capacityPencePerKwh, answers }: PortfolioAnswer,
  now: Instant,
  deps: OptimiserDeps,
): Promise<NewEvent> {
  const { shortfallKwh, isFinished, ...proof } = certificate;
  const told = {
    ...{ portfolioId, part, parts, assets: answers.size },
    ...proof,
    shortfallKwh: round(shortfallKwh, 3),
    isFinished,
  };
  await deps.plans.putPortfolio({
    ...told,
    madeAt: now,
    startsAt: instant(grid.startMs),
    stepMinutes: grid.stepMs / MINUTE_MS,
    loadKw: loadKw.map((kw) => round(kw, 3)),
    limitKw: limitKw.map((kw) => (kw === null ? null : round(kw, 3))),
    capacityPencePerKwh: capacityPencePerKwh.map((pence) => round(pence, 4)),
  });
  deps.log.info("PORTFOLIO_PLANNED", told);
  return { name: "PortfolioPlanned", detail: told };
}

/** Stores and tells a plan that wants something new, and follows the one in force; undefined where another one came first. */
async function settle(
  { load, previous, next }: Replanned,
  now: Instant,
  deps: OptimiserDeps,
): Promise<News[] | undefined> {
  const followed = (plan: Plan) =>
    load.kind === "read-only" ? silence(load.asset, deps) : follow(load, plan, now, deps);
  if (!next) return load.kind === "read-only" ? silence(load.asset, deps) : [];
  if (previous && sameFrom(now, previous, next)) return followed(previous);
  if (!(await deps.plans.put(next, nextEdge(next, now)))) return undefined;
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
      proof: next.proof ?? null,
    },
  };
  if (load.kind !== "read-only") await lookBefore(nextEdge(next, now), load.asset, deps);
  return [updated, ...(await followed(next))];
}
