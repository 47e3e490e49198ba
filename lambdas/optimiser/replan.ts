import type { Asset, AssetId } from "../../shared/domain/asset.ts";
import type { Habits } from "../../shared/domain/habits.ts";
import { epochMs, type Instant, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, PLAN_HORIZON_MS, type Plan, type Window } from "../../shared/domain/plan.ts";
import { round } from "../../shared/domain/units.ts";
import { groupBy } from "../../shared/group-by.ts";
import type { World } from "./actuator.ts";
import { type ChargeJob, chargeJob, chargePlan, windowsFrom } from "./charge.ts";
import { replanHeat } from "./heat.ts";
import { type Load, loadOf } from "./loads.ts";
import { planJobs } from "./plan-jobs.ts";
import { type Limits, takenBy } from "./portfolio/limits.ts";
import type { PortfolioAnswer } from "./portfolio/together.ts";
import type { Market, Signals } from "./signals.ts";
import { less, planWithSurplus, siteSurplus, surplusProof, takenKw } from "./surplus.ts";

const STALE = "not heard of for two hours: the plan stands, and nothing is commanded";

/** What a re-plan goes by. */
export type Scene = {
  world: World;
  plans: ReadonlyMap<AssetId, Plan>;
  habits: ReadonlyMap<AssetId, Habits>;
  marketOf: (asset: Asset) => Market;
  /** What the portfolio may draw on average over a time: grid events. */
  events: Limits["portfolio"];
  now: Instant;
  /** True when the answer is wanted at once, as good as it is. */
  stop?: () => boolean;
};

export type Replanned = {
  load: Load;
  previous: Plan | undefined;
  /** A new plan, the one in force where that stands, or undefined when there is none to have. */
  next: Plan | undefined;
};

const siteOf = ({ site }: Asset) => site.siteId;

type Settled = Replanned & { job?: ChargeJob };

/** New plans for assets that share prices and limits, each site's sun shared out, and what they are together. */
export function replan(
  assets: readonly Asset[],
  scene: Scene,
): { replanned: Replanned[]; portfolio: PortfolioAnswer | undefined } {
  const everybody = groupBy(scene.world.assets.values(), siteOf);
  const settled = [...groupBy(assets, siteOf)].flatMap(([siteId, planned]) =>
    replanSite(planned, everybody.get(siteId) ?? planned, scene),
  );
  const jobs = settled.flatMap(({ job }) => job ?? []);
  if (jobs.length === 0)
    return { replanned: scene.events.length > 0 ? settled.map(timed) : settled, portfolio: undefined };
  const { portfolio, asPlanned } = planJobs(jobs, limitsFor(settled, scene), scene);
  const replanned = settled.map(({ load, previous, next }): Replanned => {
    const answer = portfolio.answers.get(load.asset.assetId);
    const job = asPlanned.get(load.asset.assetId);
    if (!job || answer === undefined) return { load, previous, next };
    if (answer === null) return { load, previous, next: previous };
    return { load, previous, next: chargePlan(job, answer, { version: versionAfter(previous), now: scene.now }) };
  });
  return { replanned: scene.events.length > 0 ? replanned.map(timed) : replanned, portfolio };
}

/** While a grid event is ahead, new plans are followed to the second. */
function timed(one: Replanned): Replanned {
  return one.next && one.next !== one.previous ? { ...one, next: { ...one.next, isTimed: true } } : one;
}

/** Plans assets of one site, one after the other, as far as others need not be heard: what the sun leaves is for the next. */
function replanSite(assets: readonly Asset[], there: readonly Asset[], scene: Scene): Settled[] {
  const { world, plans, now } = scene;
  const loads = inTurn(assets, world, now);
  const { surplus, notes: solarNotes } = surplusFor(loads, there, scene);
  let left = surplus;
  return loads.map((load) => {
    const previous = plans.get(load.asset.assetId);
    const signals = { ...scene.marketOf(load.asset), surplus: left, solarNotes };
    const next = replanAlone(load, { previous, signals, habits: scene.habits.get(load.asset.assetId), now });
    if (next && "job" in next) return { load, previous, next: undefined, job: next.job };
    left = less(left, takenKw(next ?? previous, now));
    return { load, previous, next };
  });
}

/** A plan that hears nobody else, or the job of a load that must. */
function replanAlone(
  load: Load,
  {
    previous,
    signals,
    habits,
    now,
  }: { previous: Plan | undefined; signals: Signals; habits: Habits | undefined; now: Instant },
): Plan | { job: ChargeJob } | undefined {
  if (load.kind === "read-only") return idle(previous, load.asset.assetId, `${load.actor.assetId} acts for it`, now);
  if (load.isStale) return previous && kept(previous, now);
  if (load.kind === "heat") return replanHeat(load, previous, signals, now);
  const job = chargeJob(load, { previous: inForce(previous), market: signals, habits, now });
  if (typeof job === "string") return idle(previous, load.asset.assetId, job, now);
  job.notes.push(...signals.solarNotes);
  // The sun shines now: what takes it does not wait for anybody's limits, for it draws nothing from the grid.
  const sunny = signals.surplus && planWithSurplus(job.whole, signals.surplus);
  if (sunny?.windows.some(({ reason }) => reason === "surplus")) {
    const proof = signals.surplus && surplusProof(job.whole, signals.surplus, sunny.windows);
    return chargePlan(job, { ...sunny, ...(proof && { proof }) }, { version: versionAfter(previous), now });
  }
  return { job };
}

/** Whose turn it is with the sun: what charges first, for it leaves; then tanks; each by name. */
function inTurn(assets: readonly Asset[], world: World, now: Instant): Load[] {
  const order = { "read-only": 0, charge: 1, heat: 2 };
  return assets
    .flatMap((asset) => loadOf(asset, world, now) ?? [])
    .sort((a, b) => order[a.kind] - order[b.kind] || (a.asset.assetId < b.asset.assetId ? -1 : 1));
}

/** The surplus of the loads' site, less what loads that are not planned now take of it already. */
function surplusFor(loads: readonly Load[], there: readonly Asset[], { world, plans, now }: Scene) {
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

/** The limits of the jobs' sites, and what everything else there takes of them. */
function limitsFor(settled: readonly Settled[], { world, plans, events, now }: Scene): Limits {
  const siteKw = new Map<string, number>();
  for (const { load, job } of settled) {
    const { siteId, importLimitKw } = load.asset.site;
    if (job && importLimitKw !== undefined)
      siteKw.set(siteId, Math.min(importLimitKw, siteKw.get(siteId) ?? importLimitKw));
  }
  const inJobs = new Set(settled.flatMap(({ load, job }) => (job ? [load.asset.assetId] : [])));
  const nexts = new Map(settled.map(({ load, previous, next }) => [load.asset.assetId, next ?? previous]));
  const until = plusMs(now, PLAN_HORIZON_MS);
  const taken = [...world.assets.values()].flatMap((asset): Limits["taken"] => {
    const { siteId } = asset.site;
    if (inJobs.has(asset.assetId) || !(siteKw.has(siteId) || events.length > 0)) return [];
    // Its own thermostat may start a heat pump at any time.
    if (asset.kind === "heat-pump")
      return [{ siteId, fromMs: epochMs(now), toMs: epochMs(until), kw: asset.ratedPowerKw }];
    const plan = nexts.has(asset.assetId) ? nexts.get(asset.assetId) : plans.get(asset.assetId);
    return takenBy(siteId, drawnFromGrid(plan?.windows ?? [], now));
  });
  return { siteKw, portfolio: events, taken };
}

function drawnFromGrid(windows: readonly Window[], now: Instant): Window[] {
  return windowsFrom(now, windows).filter(({ reason }) => reason !== "surplus");
}

/** Nothing is wanted: an empty plan in place of one with something ahead. */
function idle(previous: Plan | undefined, assetId: string, note: string, now: Instant): Plan | undefined {
  if (!previous || nextEdge(previous, now) === undefined) return undefined;
  return {
    assetId,
    madeAt: now,
    version: previous.version + 1,
    readyBy: previous.readyBy,
    energyNeededKwh: 0,
    shortfallKwh: 0,
    shortfallPercent: 0,
    costPence: 0,
    carbonGrams: 0,
    windows: [],
    notes: [note],
  };
}

function versionAfter(previous: Plan | undefined): number {
  return (previous?.version ?? 0) + 1;
}

/** A plan that stood while nobody heard of its asset is not held against a new one. */
function inForce(previous: Plan | undefined): Plan | undefined {
  return previous?.notes.includes(STALE) ? undefined : previous;
}

function kept(previous: Plan, now: Instant): Plan | undefined {
  if (nextEdge(previous, now) === undefined) return undefined;
  if (previous.notes.includes(STALE)) return previous;
  return { ...previous, version: previous.version + 1, notes: [...previous.notes, STALE] };
}

/** True when two plans want the same from `now` on: nothing is to be stored, told or commanded. */
export function sameFrom(now: Instant, a: Plan, b: Plan): boolean {
  const ahead = (one: Plan) =>
    one.windows
      .filter((window) => window.endsAt > now)
      .map((window) =>
        [
          window.startsAt < now ? now : window.startsAt,
          window.endsAt,
          // What a heat pump will draw in a mode is only expected of it.
          window.heatMode ?? round(window.powerKw, 1),
          window.reason,
        ].join(),
      );
  const isKept = (one: Plan) => one.notes.includes(STALE);
  return (
    a.readyBy === b.readyBy &&
    a.isTimed === b.isTimed &&
    isKept(a) === isKept(b) &&
    ahead(a).join(";") === ahead(b).join(";")
  );
}
