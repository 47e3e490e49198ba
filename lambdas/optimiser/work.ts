import * as z from "zod";
import { type Asset, AssetId, powerOfCurrent } from "../../shared/domain/asset.ts";
import { hash } from "../../shared/domain/hash.ts";
import { PortfolioId, portfolioIdOf } from "../../shared/domain/portfolio.ts";
import { groupBy } from "../../shared/group-by.ts";

/** What one invocation plans: a portfolio, or the part of a large one that fits. */
export const WorkItem = z.strictObject({
  portfolioId: PortfolioId,
  part: z.number().int().nonnegative(),
  parts: z.number().int().positive(),
  /** What this part may draw of the portfolio's limit, of 1. */
  share: z.number().min(0).max(1),
  assetIds: z.array(AssetId).min(1),
  /** False where only some of a portfolio are planned anew, which need not hear the others. */
  isWhole: z.boolean(),
  /** How often it was begun and not ended in time. */
  attempts: z.number().int().nonnegative(),
});
export type WorkItem = z.infer<typeof WorkItem>;

/** Read, planned and stored well within a minute. Their names fit into one message. */
export const PART_ASSETS = 2000;

/**
 * Portfolios, each in parts of at most `most` assets. Sites stay whole, and come to a part by hash: parts of thousands then
 * are alike, and a share of the limit by what they may draw is close to what the whole would give them.
 */
export function workItems(
  assets: readonly Asset[],
  regionOf: (asset: Asset) => string,
  most = PART_ASSETS,
): WorkItem[] {
  const portfolios = groupBy(assets, (asset) => portfolioIdOf(asset.fleetId, regionOf(asset)));
  return [...portfolios].flatMap(([portfolioId, members]) => {
    const sites = groupBy(members, ({ site }) => site.siteId);
    const parts: Asset[][] = [];
    for (const [, there] of [...sites].sort(([a], [b]) => hash(a) - hash(b) || (a < b ? -1 : 1))) {
      const last = parts.at(-1);
      if (last && last.length + there.length <= most) last.push(...there);
      else parts.push([...there]);
    }
    const allKw = sum(parts.flat().map(mostKw));
    return parts.map((part, index) => ({
      portfolioId,
      part: index,
      parts: parts.length,
      share: parts.length === 1 ? 1 : sum(part.map(mostKw)) / Math.max(allKw, Number.MIN_VALUE),
      assetIds: part.map(({ assetId }) => assetId),
      isWhole: true,
      attempts: 0,
    }));
  });
}

function mostKw(asset: Asset): number {
  if (asset.kind === "heat-pump") return asset.ratedPowerKw;
  if (asset.kind === "solar-site") return 0;
  return powerOfCurrent(asset.supply, asset.supply.maxCurrentA);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
