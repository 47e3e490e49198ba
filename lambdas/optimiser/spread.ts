import type { Asset } from "../../shared/domain/asset.ts";
import { hash } from "../../shared/domain/hash.ts";
import { epochMs, type Instant } from "../../shared/domain/instant.ts";
import type { Plan, Window, WindowReason } from "../../shared/domain/plan.ts";

/** The longest that a planned change is put off, so that a price edge moves a fleet over minutes and not at once. */
export const SPREAD_SECONDS = 600;

/** A plan ends this long before its deadline however little room there is, s. */
const KEPT_SECONDS = 60;
/** Somebody waits for it, or only now is there sun. */
const AT_ONCE: readonly WindowReason[] = ["charge-now-minimum", "impossible-target", "deadline", "surplus"];

/**
 * How long after a plan's edge an asset follows it, s: always the same for an asset in one night, from 0 to 600, and no more
 * than its plan leaves room for before the deadline. Both ends of a
 * window are put off alike, so that its energy stays. Loads that share a limit of their site hand over to each other at the
 * edge itself; a grid event is kept to the second.
 */
export function spreadSeconds(
  { assetId, site }: Asset,
  plan: Pick<Plan, "readyBy" | "isTimed" | "windows">,
  window?: Window,
): number {
  if (plan.isTimed || site.importLimitKw !== undefined) return 0;
  if (window && AT_ONCE.includes(window.reason)) return 0;
  const endsMs = Math.max(0, ...plan.windows.map(({ endsAt }) => epochMs(endsAt)));
  const roomSeconds = Math.floor((epochMs(plan.readyBy) - endsMs) / 1000) - KEPT_SECONDS;
  return Math.min(ownSeconds(assetId, plan.readyBy), Math.max(0, roomSeconds));
}

/** What `spreadSeconds` is where a plan leaves room for it, s. */
export function ownSeconds(assetId: string, readyBy: Instant): number {
  return hash(`${assetId} ${readyBy}`) % (SPREAD_SECONDS + 1);
}

/** The same for loads that are given back when control is switched off: not all at once either. */
export function releaseOffsetSeconds({ assetId }: Pick<Asset, "assetId">, since: Instant): number {
  return hash(`${assetId} ${since}`) % (SPREAD_SECONDS + 1);
}
