import { type Asset, powerOfCurrent } from "../../shared/domain/asset.ts";
import { type Action, type Command, lastIssued } from "../../shared/domain/command.ts";
import { groupBy } from "../../shared/group-by.ts";
import type { World } from "./actuator.ts";
import type { Acting } from "./loads.ts";

/**
 * What gives a load back to its owner once we may not control it any more: a car that we hold back may charge, a heat pump goes back
 * to normal. Undefined where we hold nothing, so that whoever does as its owner set it is left alone. `recent` holds its newest
 * commands in any order; `sharing` counts the loads of a site with a limit, who get equal parts of it.
 */
export function release(load: Acting, recent: readonly Command[], sharing: number): Action | undefined {
  const held = lastHeard(recent)?.action;
  if (!held) return undefined;
  if (load.kind === "heat") {
    const isHeld = held.kind === "heat.mode" && held.mode !== "normal" && load.reading.mode !== "normal";
    return isHeld ? { kind: "heat.mode", mode: "normal" } : undefined;
  }
  const { asset, reading } = load;
  const isIdle = reading.plugged === true && reading.state !== "charging" && reading.state !== "starting";
  if (held.kind !== "charge.stop" || !isIdle || reading.state === "complete") return undefined;
  const currentA = currentOf(asset, sharing);
  return currentA === undefined ? undefined : { kind: "charge.start", currentA };
}

/** Those who share each site's limit. */
export function sharersOf({ assets }: World): Map<string, Asset[]> {
  const loads = [...assets.values()].filter(({ kind }) => kind === "car" || kind === "charger");
  return groupBy(loads, ({ site }) => site.siteId);
}

/** The newest command that the device may have heard. */
export function lastHeard(recent: readonly Command[]): Command | undefined {
  const heard = recent.filter(({ status, attempts }) => attempts > 0 && status !== "rejected" && status !== "expired");
  return lastIssued(heard);
}

/** Undefined where a load's part of its site's limit is less than it can run at. */
function currentOf({ supply, site }: Extract<Asset, { kind: "car" | "charger" }>, sharing: number): number | undefined {
  if (site.importLimitKw === undefined) return supply.maxCurrentA;
  const partA = Math.floor(site.importLimitKw / Math.max(1, sharing) / powerOfCurrent(supply, 1));
  return partA < supply.minCurrentA ? undefined : Math.min(supply.maxCurrentA, partA);
}
