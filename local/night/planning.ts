import type { EventDetail } from "../../shared/domain/events.ts";
import { epochMs, instant } from "../../shared/domain/instant.ts";
import type { Proof } from "../../shared/domain/plan.ts";
import type { Portfolio } from "../../shared/domain/portfolio.ts";
import { round } from "../../shared/domain/units.ts";
import { percent } from "./bill.ts";
import { count, wrap } from "./lines.ts";

/** One plan of one asset with its proof. */
export type AssetPlan = { atMs: number; assetId: string; proof: Proof };

/** One time that the optimiser planned a portfolio as a whole, as it told on the bus. */
export type PortfolioPlan = { atMs: number } & Pick<
  Portfolio,
  "assets" | "objectivePence" | "boundPence" | "gap" | "shortfallKwh" | "isFinished"
>;

/** How good the night's plans were when they were made: what they cost, and what no plan could be below. */
export type Planning = {
  portfolioPlans: number;
  /** Not to the end, for lack of time. */
  unfinished: number;
  objectivePence: number;
  boundPence: number;
  /** Of the sums. */
  gapPercent: number;
  /** Plans of single assets that had something to choose, and what all of them cost above their bounds, of what they cost. */
  assetPlans: number;
  assetGapPercent: number;
  /** The plan furthest above its bound, in pence. */
  widest: { at: string; assets: number; objectivePence: number; boundPence: number; gapPercent: number } | null;
};

export function planningOf(plans: readonly PortfolioPlan[], assetPlans: readonly AssetPlan[]): Planning {
  const sum = (of: (plan: PortfolioPlan) => number) => plans.reduce((total, plan) => total + of(plan), 0);
  const [objectivePence, boundPence] = [sum((plan) => plan.objectivePence), sum((plan) => plan.boundPence)];
  const above = (plan: PortfolioPlan) => plan.objectivePence - plan.boundPence;
  const each = (of: (proof: Proof) => number) => assetPlans.reduce((total, { proof }) => total + of(proof), 0);
  const widest = plans.reduce<PortfolioPlan | undefined>((a, b) => (a && above(a) >= above(b) ? a : b), undefined);
  return {
    portfolioPlans: plans.length,
    unfinished: plans.filter((plan) => !plan.isFinished).length,
    objectivePence: round(objectivePence, 3),
    boundPence: round(boundPence, 3),
    gapPercent: percent(
      objectivePence - boundPence,
      sum((plan) => Math.abs(plan.objectivePence)),
    ),
    assetPlans: assetPlans.length,
    assetGapPercent: percent(
      each(({ objectivePence, boundPence }) => objectivePence - boundPence),
      each(({ objectivePence }) => Math.abs(objectivePence)),
    ),
    widest: widest
      ? {
          at: instant(widest.atMs),
          assets: widest.assets,
          objectivePence: widest.objectivePence,
          boundPence: widest.boundPence,
          gapPercent: percent(above(widest), Math.abs(widest.objectivePence)),
        }
      : null,
  };
}

/** The plans of an event archive, in order. */
export function portfolioPlans(events: readonly { "detail-type"?: unknown; detail?: unknown }[]): PortfolioPlan[] {
  return events.flatMap((event) => {
    if (event["detail-type"] !== "PortfolioPlanned") return [];
    const { occurredAt, ...plan } = event.detail as Portfolio & { occurredAt: Portfolio["madeAt"] };
    return [{ ...plan, atMs: epochMs(occurredAt) }];
  });
}

/** The same of single assets. */
export function assetPlans(events: readonly { "detail-type"?: unknown; detail?: unknown }[]): AssetPlan[] {
  return events.flatMap((event) => {
    if (event["detail-type"] !== "PlanUpdated") return [];
    const { occurredAt, assetId, proof } = event.detail as EventDetail<"PlanUpdated">;
    return proof ? [{ atMs: epochMs(occurredAt), assetId, proof }] : [];
  });
}

export function planningLines({ portfolioPlans, unfinished, gapPercent, widest, ...sum }: Planning): string[] {
  const pounds = (value: number) => `£${(value / 100).toFixed(2)}`;
  const sums = `together ${pounds(sum.objectivePence)}, lower bound ${pounds(sum.boundPence)}, gap ${gapPercent.toFixed(2)} %`;
  const worst = widest
    ? `; widest ${pounds(widest.objectivePence)} over ${pounds(widest.boundPence)} for ${count(widest.assets, "asset")} at ${widest.at.slice(11, 16)}Z`
    : "";
  const ended = unfinished === 0 ? "" : `; ${unfinished} ended early`;
  return [
    ...wrap(
      `Plans: ${sum.assetPlans} of single assets, ${sum.assetGapPercent.toFixed(2)} % above their lower bounds; ` +
        `${portfolioPlans} of the whole portfolio${portfolioPlans > 0 ? `, ${sums}${worst}${ended}` : ""}`,
      { hanging: 2 },
    ),
  ];
}
