import type { AssetId } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { Plan } from "../../shared/domain/plan.ts";
import { Portfolio } from "../../shared/domain/portfolio.ts";
import type { PlansStore } from "../../shared/store/plans.ts";
import { uniqueKeys } from "./unique-keys.ts";

/** Table `plans` in memory: a plan replaces only the version before it. */
export function fakePlansStore(): PlansStore {
  const rows = new Map<AssetId, { plan: Plan; nextEdgeAt: Instant | undefined }>();
  const portfolios = new Map<string, Portfolio>();
  return {
    async get(assetIds) {
      return new Map(
        uniqueKeys(assetIds).flatMap((assetId) => {
          const row = rows.get(assetId);
          return row ? [[assetId, structuredClone(row.plan)] as const] : [];
        }),
      );
    },
    async put(plan, nextEdgeAt) {
      if ((rows.get(plan.assetId)?.plan.version ?? 0) !== plan.version - 1) return false;
      rows.set(plan.assetId, { plan: Plan.parse(plan), nextEdgeAt });
      return true;
    },
    async dueEdges(at) {
      return [...rows]
        .flatMap(([assetId, { nextEdgeAt }]) => (nextEdgeAt && nextEdgeAt <= at ? [{ assetId, nextEdgeAt }] : []))
        .sort((a, b) => (a.nextEdgeAt < b.nextEdgeAt ? -1 : 1))
        .map(({ assetId }) => assetId);
    },
    async setNextEdge(plan, nextEdgeAt) {
      const row = rows.get(plan.assetId);
      if (row?.plan.version !== plan.version) return false;
      row.nextEdgeAt = nextEdgeAt;
      return true;
    },
    async portfolio(portfolioId, part) {
      return structuredClone(portfolios.get(`${portfolioId}#${part}`));
    },
    async putPortfolio(portfolio) {
      const key = `${portfolio.portfolioId}#${portfolio.part}`;
      const known = portfolios.get(key);
      if (!known || known.madeAt <= portfolio.madeAt) portfolios.set(key, Portfolio.parse(portfolio));
    },
  };
}
