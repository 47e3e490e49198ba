import { createHash } from "node:crypto";
import type { Asset, AssetId } from "../../shared/domain/asset.ts";
import { type Command, commandIdentity, isEnded } from "../../shared/domain/command.ts";
import type { NewEvent } from "../../shared/domain/events.ts";
import { type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { nextEdge, type Plan } from "../../shared/domain/plan.ts";
import type { CommandsStore } from "../../shared/store/commands.ts";
import type { PlansStore } from "../../shared/store/plans.ts";
import { difference, nextRetry } from "./difference.ts";
import type { Wishes } from "./wishes.ts";

/** Somebody who is told what its plan wants. */
export type Actor = {
  asset: Asset;
  wishes: (recent: readonly Command[]) => Wishes;
  /** Who acts on the same load otherwise: one is told only when none of these has a command on its way. */
  partners: readonly AssetId[];
};

export type FollowDeps = {
  now: () => Instant;
  plans: Pick<PlansStore, "setNextEdge">;
  commands: Pick<CommandsStore, "issue" | "recent" | "transition">;
};

/** As many of the newest commands as any decision looks back on. */
export const RECENT_COMMANDS = 12;
const UNHEARD_AFTER_MS = 10 * MINUTE_MS;
const PARTNER_RETRY_MS = 5 * MINUTE_MS;

/** Issues what the plan wants at `at` and the asset does not do yet; gives the events that tell of it. */
export async function follow(actor: Actor, plan: Plan, at: Instant, deps: FollowDeps): Promise<NewEvent[]> {
  const { asset } = actor;
  const recent = await deps.commands.recent(asset.assetId, RECENT_COMMANDS);
  const now = deps.now();
  const { issue, withdraw } = difference({ wishes: actor.wishes(recent), plan, recent, now, at });
  if (!issue) {
    await lookAgainAt(nextRetry(recent, now), plan, at, deps);
    return recent.filter((command) => isUnheard(command, now)).map(announcement);
  }
  if (await anyoneOnTheWay(actor.partners, deps)) {
    await lookAgainAt(plusMs(now, PARTNER_RETRY_MS), plan, at, deps);
    return [];
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

async function lookAgainAt(retryAt: Instant | undefined, plan: Plan, at: Instant, deps: FollowDeps): Promise<void> {
  const edge = nextEdge(plan, at);
  if (retryAt && (!edge || retryAt < edge)) await deps.plans.setNextEdge(plan.assetId, plan.version, retryAt);
}

async function anyoneOnTheWay(partners: readonly AssetId[], deps: FollowDeps): Promise<boolean> {
  const theirs = await Promise.all(partners.map((assetId) => deps.commands.recent(assetId, RECENT_COMMANDS)));
  return theirs.flat().some(({ status }) => !isEnded(status));
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
