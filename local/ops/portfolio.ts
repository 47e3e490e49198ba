import { regionIn } from "../../lambdas/optimiser/deps.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Proof } from "../../shared/domain/plan.ts";
import { type Portfolio, type PortfolioId, portfolioIdOf } from "../../shared/domain/portfolio.ts";
import { round } from "../../shared/domain/units.ts";
import { groupBy } from "../../shared/group-by.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { Connection } from "./connection.ts";
import { halfHourOf } from "./half-hours.ts";
import type { Target } from "./target.ts";

/** A portfolio that has assets, with the time zone that all of them have (else UTC). */
export type FoundPortfolio = { portfolioId: PortfolioId; assets: Asset[]; zone: string };

/** Means over a half-hour; null where nothing limits the portfolio. */
export type HalfHour = { startsAt: Instant; loadKw: number; limitKw: number | null; capacityPencePerKwh: number };

/** The last plan of a portfolio, its parts taken together. */
export type LastPlan = Proof & {
  /** Of the part that was made first. */
  madeAt: Instant;
  parts: number;
  /** A part may not have been made yet since the portfolio was split anew. */
  partsMade: number;
  assets: number;
  shortfallKwh: number;
  isFinished: boolean;
  halfHours: HalfHour[];
};

/** Throws a BadInput that names the portfolios that there are. */
export async function findPortfolio(portfolioId: string, { name, connection }: Target): Promise<FoundPortfolio> {
  const fleets = await Promise.all(connection.fleets.map((fleet) => connection.assets.fleet(fleet)));
  const idOf = (asset: Asset) => portfolioIdOf(asset.fleetId, regionIn(asset, { region: connection.siteRegion }));
  const all = fleets.flat();
  const assets = all.filter((asset) => idOf(asset) === portfolioId);
  const zones = new Set(assets.map(({ site }) => site.timeZone));
  const [zone = "UTC"] = zones;
  if (assets.length > 0) return { portfolioId, assets, zone: zones.size === 1 ? zone : "UTC" };
  const there = [...new Set(all.map(idOf))].sort().join(", ");
  throw new BadInput(
    `There is no portfolio of that name on ${name}. A portfolio is <fleet>@<region>; ${there ? `there is: ${there}` : "no asset is enrolled yet"}.`,
  );
}

/** What the store has of a portfolio's last plan, from the half-hour of `now` on; undefined when there is none. */
export async function lastPlan(
  portfolioId: PortfolioId,
  { plans, now }: Pick<Connection, "plans" | "now">,
): Promise<LastPlan | undefined> {
  const first = await plans.portfolio(portfolioId, 0);
  if (!first) return undefined;
  const others = await Promise.all(
    Array.from({ length: first.parts - 1 }, (_, index) => plans.portfolio(portfolioId, index + 1)),
  );
  return together([first, ...others.flatMap((part) => (part?.parts === first.parts ? part : []))], now());
}

function together(made: readonly Portfolio[], now: Instant): LastPlan {
  const sum = (of: (part: Portfolio) => number) => made.reduce((total, part) => total + of(part), 0);
  const [objectivePence, boundPence] = [sum((part) => part.objectivePence), sum((part) => part.boundPence)];
  const rows = made.map(halfHoursOf);
  const starts = new Set(rows.flatMap((row) => [...row.keys()]).filter((startsAt) => startsAt >= halfHourOf(now)));
  return {
    madeAt: made.map(({ madeAt }) => madeAt).sort()[0] ?? now,
    parts: made[0]?.parts ?? 0,
    partsMade: made.length,
    assets: sum(({ assets }) => assets),
    objectivePence: round(objectivePence, 4),
    boundPence: round(boundPence, 4),
    gap: objectivePence === 0 ? 0 : round((objectivePence - boundPence) / Math.abs(objectivePence), 6),
    shortfallKwh: round(
      sum(({ shortfallKwh }) => shortfallKwh),
      3,
    ),
    isFinished: made.every(({ isFinished }) => isFinished),
    halfHours: [...starts].sort().map((startsAt) => {
      const there = rows.flatMap((row) => row.get(startsAt) ?? []);
      // A part that looks less far ahead draws nothing here and needs no share of the limit.
      const limits = there.flatMap(({ limitKw }) => limitKw ?? []);
      return {
        startsAt,
        loadKw: round(
          there.reduce((kw, { loadKw }) => kw + loadKw, 0),
          3,
        ),
        limitKw:
          limits.length === 0
            ? null
            : round(
                limits.reduce((kw, limit) => kw + limit, 0),
                3,
              ),
        capacityPencePerKwh: Math.max(...there.map(({ capacityPencePerKwh }) => capacityPencePerKwh)),
      };
    }),
  };
}

/** A part's slots, which may be shorter, gathered by half-hour. */
function halfHoursOf(part: Portfolio): Map<Instant, HalfHour> {
  const slots = groupBy(part.loadKw.keys(), (slot) =>
    halfHourOf(instant(epochMs(part.startsAt) + slot * part.stepMinutes * MINUTE_MS)),
  );
  // A plan that begins within a half-hour says nothing of what was before it.
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return new Map(
    [...slots].map(([startsAt, there]) => {
      const limits = there.flatMap((slot) => part.limitKw[slot] ?? []);
      return [
        startsAt,
        {
          startsAt,
          loadKw: mean(there.map((slot) => part.loadKw[slot] ?? 0)),
          limitKw: limits.length === 0 ? null : mean(limits),
          capacityPencePerKwh: Math.max(...there.map((slot) => part.capacityPencePerKwh[slot] ?? 0)),
        },
      ];
    }),
  );
}
