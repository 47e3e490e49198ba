import { createHash } from "node:crypto";
import { type Asset, type AssetId, STREAM_OF_KIND } from "../../shared/domain/asset.ts";
import { type Command, commandIdentity, isEnded } from "../../shared/domain/command.ts";
import type { NewEvent } from "../../shared/domain/events.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import type { News } from "../../shared/outbox.ts";
import type { CommandsStore } from "../../shared/store/commands.ts";
import type { PlansStore } from "../../shared/store/plans.ts";
import type { ScheduleStore } from "../../shared/store/schedule.ts";
import { chargeDifference } from "./charge-difference.ts";
import { heatDifference } from "./heat-difference.ts";
import type { Acting, Load } from "./loads.ts";
import { fallsShort } from "./shortfall.ts";

type FollowDeps = {
  commands: Pick<CommandsStore, "issue" | "recent" | "transition">;
  plans: Pick<PlansStore, "setNextEdge">;
  schedule: Pick<ScheduleStore, "lookAt">;
  now: () => Instant;
};

export const RECENT_COMMANDS = 6;
/** A look comes so long before an edge, in time for its commands; an edge nearer than that ahead is decided by what is known. */
const [LOOK_BEFORE_MS, LOOK_AHEAD_MS] = [4 * MINUTE_MS, 10 * MINUTE_MS];
/** How soon a load is thought of again that could not be moved now, or may lack what its plan was to give. */
const AGAIN_MS = { partnerBusy: MINUTE_MS, stale: 10 * MINUTE_MS, unserved: 10 * MINUTE_MS };

/** Takes back what an asset was told before another came to act for it. */
export async function silence(asset: Asset, deps: FollowDeps): Promise<News[]> {
  return (await freePartners([asset.assetId], deps.now(), deps)).news;
}

/** What following a plan led to: what is to be told, and when to look at it again before its next edge. */
type Followed = { news: News[]; againAt?: Instant | undefined };

/**
 * Follows an edge that fell due, and moves it on. Whoever moves it a minute on issues its commands, and moves it to the next
 * one after that: a tick that runs twice finds it moved, and one that dies in between is done again. `isShort` where the plan
 * no longer gives what its load lacks.
 */
export async function followEdge(
  load: Load | undefined,
  plan: Plan,
  at: Instant,
  deps: FollowDeps,
): Promise<{ news: News[]; isShort: boolean }> {
  const next = nextEdge(plan, at);
  const move = (to: Instant | undefined) => deps.plans.setNextEdge(plan, to);
  if (!(await move(earliest(next, plusMs(at, MINUTE_MS))))) return { news: [], isShort: false };
  const acting = load && load.kind !== "read-only" ? load : undefined;
  const { news, againAt } = acting ? await issueWanted(acting, plan, at, deps) : { news: [], againAt: undefined };
  const isShort = acting && fallsShort(acting, plan, at);
  // Until a look says so, or a new plan has taken this one's place.
  const unserved = acting && isShort !== false ? plusMs(deps.now(), AGAIN_MS.unserved) : undefined;
  await move(earliest(next, againAt, unserved));
  if (load) await lookBefore(next, load.asset, deps);
  return { news, isShort: isShort === true };
}

/** Asks for a look just before an edge: whoever left meanwhile is not commanded, and the decision rests on what is so. */
export async function lookBefore(
  edge: Instant | undefined,
  { integration, assetId, accountId, kind }: Asset,
  { schedule, now }: Pick<FollowDeps, "schedule" | "now">,
): Promise<void> {
  if (!edge || plusMs(now(), LOOK_AHEAD_MS) >= edge) return;
  await schedule.lookAt({
    ...{ integration, assetId, accountId, stream: STREAM_OF_KIND[kind], why: "edge" },
    // As if asked for shortly before: only a look that comes later than this makes it needless.
    setAt: plusMs(edge, -LOOK_AHEAD_MS),
    dueAt: plusMs(edge, -LOOK_BEFORE_MS),
    // A guess: the look moves an asset only from where it is.
    periodMinutes: 15,
  });
}

/** Issues what a plan just made, or found to stand, wants now and the load does not do yet. */
export async function follow(load: Acting, plan: Plan, at: Instant, deps: FollowDeps): Promise<News[]> {
  const { news, againAt } = await issueWanted(load, plan, at, deps);
  const next = nextEdge(plan, at);
  if (againAt && earliest(next, againAt) === againAt) await deps.plans.setNextEdge(plan, againAt);
  return news;
}

function earliest(...moments: (Instant | undefined)[]): Instant | undefined {
  return moments.filter((moment) => moment !== undefined).sort()[0];
}

async function issueWanted(load: Acting, plan: Plan, at: Instant, deps: FollowDeps): Promise<Followed> {
  const { assetId, integration } = load.asset;
  const now = deps.now();
  if (load.isStale) return { news: [], againAt: nextEdge(plan, now) && plusMs(now, AGAIN_MS.stale) };

  const recent = await deps.commands.recent(assetId, RECENT_COMMANDS);
  const given = { plan, recent, now, at };
  const { issue, withdraw, againAt } =
    load.kind === "heat" ? heatDifference({ ...load, ...given }) : chargeDifference({ ...load, ...given });
  if (!issue) return { news: [], againAt };

  const freed = await freePartners(load.partners, now, deps);
  if (!freed.all) return { news: freed.news, againAt: plusMs(now, AGAIN_MS.partnerBusy) };
  const command: Command = {
    commandId: commandIdOf(assetId, issue.windowStartsAt, issue.action),
    assetId,
    integration,
    action: issue.action,
    reason: issue.reason,
    status: "issued",
    issuedAt: now,
    notBefore: issue.notBefore,
    offsetSeconds: issue.offsetSeconds,
    notAfter: issue.notAfter,
    checkAt: issue.notAfter,
    attempts: 0,
  };
  const issued = await deps.commands.issue(command, [announcement(command)]);
  if (!issued) return { news: freed.news };
  const gone = await Promise.all(withdraw.map((old) => withdrawn(old, "overtaken by a newer plan", now, deps)));
  return { news: [...freed.news, ...gone.flat(), issued] };
}

/** Takes back what others were told that could act on the same load; `all` is false while one of them may be acting. */
async function freePartners(
  partners: readonly AssetId[],
  now: Instant,
  deps: FollowDeps,
): Promise<{ all: boolean; news: News[] }> {
  const lists = await Promise.all(partners.map((assetId) => deps.commands.recent(assetId, RECENT_COMMANDS)));
  const open = lists.flat().filter((command) => !isEnded(command.status));
  // What gives a partner back to its owner is waited for: without it no power may flow.
  const acting = open.filter(({ purpose }) => purpose !== "release");
  const gone = await Promise.all(acting.map((old) => withdrawn(old, "another asset acts for this one", now, deps)));
  const all = acting.length === open.length && gone.every((news) => news.length > 0);
  return { all, news: gone.flat() };
}

async function withdrawn(old: Command, evidence: string, now: Instant, deps: FollowDeps): Promise<News[]> {
  const { commandId, assetId, integration } = old;
  const gone = await deps.commands.transition(old, "withdrawn", { endedAt: now, evidence }, [
    { name: "CommandWithdrawn", detail: { commandId, assetId, integration } },
  ]);
  return gone ? [gone] : [];
}

export function announcement({ commandId, assetId, integration, action, notAfter }: Command): NewEvent {
  return { name: "CommandIssued", detail: { commandId, assetId, integration, action, notAfter } };
}

/** Sorts by window start, so that an asset's newest commands are read first; the same intent has the same id. */
export function commandIdOf(assetId: AssetId, windowStartsAt: Instant, action: Command["action"]): string {
  const hash = createHash("sha256")
    .update(commandIdentity(assetId, windowStartsAt, action))
    .digest("hex")
    .slice(0, 16);
  return `${windowStartsAt}-${hash}`;
}
