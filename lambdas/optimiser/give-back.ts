import type { Asset } from "../../shared/domain/asset.ts";
import { type Command, isEnded } from "../../shared/domain/command.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import type { News } from "../../shared/outbox.ts";
import type { World } from "./actuator.ts";
import { IN_FLIGHT, type OptimiserDeps } from "./deps.ts";
import { announcement, commandIdOf, RECENT_COMMANDS } from "./follow.ts";
import { type Acting, anyLoadOf } from "./loads.ts";
import { release, sharersOf } from "./release.ts";
import { releaseOffsetSeconds } from "./spread.ts";

/** A release that nobody could send by then is left to the device's owner. */
const VALID_MS = 120 * MINUTE_MS;

/** Since when an asset is not ours to command any more, and why. */
type Ended = { since: Instant; reason: string; offsetSeconds: number };

/** Gives everybody back, not all at once. */
export function giveAllBack(assets: readonly Asset[], world: World, since: Instant, deps: OptimiserDeps) {
  return giveBack(assets, world, deps, (asset) => ({
    since,
    reason: "control is switched off",
    offsetSeconds: releaseOffsetSeconds(asset, since),
  }));
}

/** Gives back at once who may not be commanded any more. */
export function giveUnwillingBack(assets: readonly Asset[], world: World, deps: OptimiserDeps) {
  const unwilling = assets.filter(({ consent }) => !consent.control);
  return giveBack(unwilling, world, deps, ({ consent }) => ({
    since: consent.givenAt,
    reason: "its owner took control back",
    offsetSeconds: 0,
  }));
}

/** Gives back what we hold, each once since then; whoever is not held or not heard of is left alone. */
async function giveBack(
  assets: readonly Asset[],
  world: World,
  deps: OptimiserDeps,
  endOf: (asset: Asset) => Ended,
): Promise<News[]> {
  if (assets.length === 0) return [];
  const now = deps.now();
  const loads = assets.flatMap((asset) => {
    const load = anyLoadOf(asset, world, now);
    return load && load.kind !== "read-only" && !load.isStale ? load : [];
  });
  const sharers = sharersOf(world);
  const told = await mapLimited(loads, IN_FLIGHT, async (load): Promise<News[]> => {
    const recent = await deps.commands.recent(load.asset.assetId, RECENT_COMMANDS);
    if (recent.some(({ status, purpose }) => purpose === "release" && !isEnded(status))) return [];
    const action = release(load, recent, sharers.get(load.asset.site.siteId)?.length ?? 1);
    if (!action) return [];
    const command = releaseCommand(load, action, endOf(load.asset), now);
    const issued = await deps.commands.issue(command, [announcement(command)]);
    return issued ? [issued] : [];
  });
  return told.flat();
}

function releaseCommand(
  { asset: { assetId, integration } }: Acting,
  action: Command["action"],
  { since, reason, offsetSeconds }: Ended,
  now: Instant,
): Command {
  const notAfter = plusMs(now, VALID_MS);
  return {
    commandId: commandIdOf(assetId, since, action),
    assetId,
    integration,
    action,
    reason,
    purpose: "release",
    status: "issued",
    issuedAt: now,
    notBefore: plusMs(now, 1000 * offsetSeconds),
    ...(offsetSeconds > 0 && { offsetSeconds }),
    notAfter,
    checkAt: notAfter,
    attempts: 0,
  };
}
