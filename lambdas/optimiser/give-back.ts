import type { Asset } from "../../shared/domain/asset.ts";
import { type Command, isEnded } from "../../shared/domain/command.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { groupBy } from "../../shared/group-by.ts";
import { mapLimited } from "../../shared/map-limited.ts";
import type { News } from "../../shared/outbox.ts";
import type { World } from "./actuator.ts";
import { IN_FLIGHT, type OptimiserDeps } from "./deps.ts";
import { announcement, commandIdOf, RECENT_COMMANDS } from "./follow.ts";
import { type Acting, loadOf } from "./loads.ts";
import { release } from "./release.ts";
import { releaseOffsetSeconds } from "./spread.ts";

/** A release that nobody could send by then is left to the device's owner. */
const VALID_MS = 120 * MINUTE_MS;

/** Gives back what we hold, each once since control was switched off; whoever is not held or not heard of is left alone. */
export async function giveBack(
  assets: readonly Asset[],
  world: World,
  since: Instant,
  deps: OptimiserDeps,
): Promise<News[]> {
  const now = deps.now();
  const loads = assets.flatMap((asset) => {
    const load = loadOf(asset, world, now);
    return load && load.kind !== "read-only" && !load.isStale ? load : [];
  });
  const sharing = groupBy(
    [...world.assets.values()].filter(({ kind }) => kind === "car" || kind === "charger"),
    ({ site }) => site.siteId,
  );
  const told = await mapLimited(loads, IN_FLIGHT, async (load): Promise<News[]> => {
    const recent = await deps.commands.recent(load.asset.assetId, RECENT_COMMANDS);
    if (recent.some(({ status, purpose }) => purpose === "release" && !isEnded(status))) return [];
    const action = release(load, recent, sharing.get(load.asset.site.siteId)?.length ?? 1);
    if (!action) return [];
    const command = releaseCommand(load, action, since, now);
    const issued = await deps.commands.issue(command, [announcement(command)]);
    return issued ? [issued] : [];
  });
  return told.flat();
}

function releaseCommand({ asset }: Acting, action: Command["action"], since: Instant, now: Instant): Command {
  const { assetId, integration } = asset;
  const offsetSeconds = releaseOffsetSeconds(asset, since);
  const notAfter = plusMs(now, VALID_MS);
  return {
    commandId: commandIdOf(assetId, since, action),
    assetId,
    integration,
    action,
    reason: "control is switched off",
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
