import { RECENT_COMMANDS } from "../../lambdas/optimiser/follow.ts";
import { anyLoadOf } from "../../lambdas/optimiser/loads.ts";
import { lastHeard, release, sharersOf } from "../../lambdas/optimiser/release.ts";
import { withSites, worldOf } from "../../lambdas/optimiser/world.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import type { Action, Command } from "../../shared/domain/command.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Connection } from "./connection.ts";

/** A sleeping car is woken, and may not answer at once. */
export const GIVE_BACK_MS = 5 * MINUTE_MS;
const LOOK_MS = 5_000;

/** An asset that follows what we told it last, and will until its owner or vendor says otherwise. */
export type Held = {
  assetId: AssetId;
  action: Action;
  /** Heard of lately, so that it can be given back. */
  isReachable: boolean;
};
type Parts = Pick<Connection, "assets" | "readings" | "commands" | "bus" | "now">;

/** Those of some assets that we hold. */
export async function heldOf(
  assetIds: readonly AssetId[],
  { assets, readings, commands, now }: Parts,
): Promise<Held[]> {
  const world = await worldOf(await withSites(await assets.get(assetIds), { assets }), { assets, readings });
  const sharers = sharersOf(world);
  const held: Held[] = [];
  for (const assetId of assetIds) {
    const recent = await commands.recent(assetId, RECENT_COMMANDS);
    const action = lastHeard(recent)?.action;
    if (!action || !holds(action)) continue;
    const asset = world.assets.get(assetId);
    const load = asset && anyLoadOf(asset, world, now());
    if (load?.kind === "read-only") continue;
    if (load && !release(load, recent, sharers.get(load.asset.site.siteId)?.length ?? 1)) continue;
    held.push({ assetId, action, isReachable: load !== undefined && !load.isStale });
  }
  return held;
}

function holds(action: Action): boolean {
  return action.kind === "charge.stop" || (action.kind === "heat.mode" && action.mode !== "normal");
}

/**
 * Takes back the leave to command assets that we hold, so that the optimiser gives them back to their owners, and waits until
 * their vendors have taken that, or for `GIVE_BACK_MS`. Another call does the same again. Returns who is held still.
 */
export async function handBack(
  held: readonly Held[],
  to: Parts,
  wait: (forMs: number) => Promise<void>,
): Promise<Held[]> {
  const assetIds = held.filter(({ isReachable }) => isReachable).map(({ assetId }) => assetId);
  for (const asset of await to.assets.get(assetIds)) {
    if (asset.consent.control) await to.assets.put({ ...asset, consent: { control: false, givenAt: to.now() } });
    await to.bus.publish([{ name: "AssetEnrolled", detail: { assetId: asset.assetId, fleetId: asset.fleetId } }]);
  }
  const until = plusMs(to.now(), GIVE_BACK_MS);
  const isUnderWay = async (assetId: AssetId) => {
    const recent = await to.commands.recent(assetId, RECENT_COMMANDS);
    return recent.some(isGivingBack) || (await heldOf([assetId], to)).length > 0;
  };
  for (const assetId of assetIds) while (to.now() < until && (await isUnderWay(assetId))) await wait(LOOK_MS);
  return heldOf(
    held.map(({ assetId }) => assetId),
    to,
  );
}

/** Its vendor may not have taken it yet. */
function isGivingBack({ purpose, status }: Command): boolean {
  return purpose === "release" && (status === "issued" || status === "sending" || status === "unknown");
}
