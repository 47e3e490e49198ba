import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { AssetId } from "../domain/asset.ts";
import { epochMs, type Instant } from "../domain/instant.ts";
import { Plan } from "../domain/plan.ts";
import { Portfolio, type PortfolioId } from "../domain/portfolio.ts";
import { batchGet, parseItem, queryAll, wins } from "./table.ts";

export type PlansStore = {
  get(assetIds: readonly AssetId[]): Promise<Map<AssetId, Plan>>;
  /** Replaces the plan of version `plan.version - 1` (or none); false when another worker was first. */
  put(plan: Plan, nextEdgeAt: Instant | undefined): Promise<boolean>;
  /** Assets whose wanted power changes at or before `at`. */
  dueEdges(at: Instant): Promise<AssetId[]>;
  /** Moves the next edge of a plan; false when that plan is not the one in force any more. */
  setNextEdge(plan: Plan, nextEdgeAt: Instant | undefined): Promise<boolean>;
  /** The last plan of a portfolio's part as a whole; one made earlier never replaces it. */
  portfolio(portfolioId: PortfolioId, part: number): Promise<Portfolio | undefined>;
  putPortfolio(portfolio: Portfolio): Promise<void>;
};

// One shard serves 1,000 plan writes a second; more are a matter of a suffix.
const EDGE_SHARD = "0";

const Row = z.object({ plan: Plan });
const EdgeRow = z.object({ assetId: AssetId });
const PortfolioRow = z.object({ portfolio: Portfolio });
/** No asset's id has a `#`. */
const portfolioKey = (portfolioId: PortfolioId, part: number) => ({ assetId: `portfolio#${portfolioId}#${part}` });

/** Table `plans`: the current plan of each asset, a sparse index of those with an edge ahead, and portfolios as a whole. */
export function plansStore(client: DynamoDBDocumentClient, table: string): PlansStore {
  /** Puts a plan and its next edge in place of the plan of a version; 0 is none. */
  const write = (plan: Plan, nextEdgeAt: Instant | undefined, replaced: number) =>
    wins(
      client.send(
        new PutCommand({
          TableName: table,
          Item: {
            assetId: plan.assetId,
            version: plan.version,
            plan,
            ...(nextEdgeAt ? { edgeShard: EDGE_SHARD, nextEdgeAtMs: epochMs(nextEdgeAt) } : {}),
          },
          ...(replaced === 0
            ? { ConditionExpression: "attribute_not_exists(assetId)" }
            : {
                ConditionExpression: "version = :replaced",
                ExpressionAttributeValues: { ":replaced": replaced },
              }),
        }),
      ),
    );

  return {
    async get(assetIds) {
      const items = await batchGet(
        client,
        table,
        assetIds.map((assetId) => ({ assetId })),
      );
      return new Map(
        items.map((item) => {
          const { plan } = parseItem(Row, item, "plans");
          return [plan.assetId, plan];
        }),
      );
    },
    put: (plan, nextEdgeAt) => write(plan, nextEdgeAt, plan.version - 1),
    setNextEdge: (plan, nextEdgeAt) => write(plan, nextEdgeAt, plan.version),
    async dueEdges(at) {
      const items = await queryAll(client, {
        TableName: table,
        IndexName: "byNextEdge",
        KeyConditionExpression: "edgeShard = :shard AND nextEdgeAtMs <= :at",
        ExpressionAttributeValues: { ":shard": EDGE_SHARD, ":at": epochMs(at) },
      });
      return items.map((item) => parseItem(EdgeRow, item, "plans").assetId);
    },
    async portfolio(portfolioId, part) {
      const [item] = await batchGet(client, table, [portfolioKey(portfolioId, part)]);
      return item && parseItem(PortfolioRow, item, "plans").portfolio;
    },
    async putPortfolio(portfolio) {
      const key = portfolioKey(portfolio.portfolioId, portfolio.part);
      await wins(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key, madeAtMs: epochMs(portfolio.madeAt), portfolio },
            ConditionExpression: "attribute_not_exists(assetId) OR madeAtMs <= :madeAtMs",
            ExpressionAttributeValues: { ":madeAtMs": epochMs(portfolio.madeAt) },
          }),
        ),
      );
    },
  };
}
