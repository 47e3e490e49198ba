import { type Asset, type AssetId, type Charger, powerOfCurrent } from "../../shared/domain/asset.ts";
import type { Habits } from "../../shared/domain/habits.ts";
import { epochMs, HOUR_MS, type Instant, later } from "../../shared/domain/instant.ts";
import { groupBy } from "../../shared/group-by.ts";
import { expectedOn, keptFreeKwh, type SiteStay, stillToCome } from "./arrivals.ts";
import type { ChargeJob } from "./charge.ts";
import type { Limits } from "./portfolio/limits.ts";

/** A place that others come to later: fewer chargers are a home, whose cars are all known. */
const FROM_CHARGERS = 3;
const SLOT_MS = HOUR_MS / 2;

/**
 * What to keep free at sites of many chargers and one limit for those who usually come later, by the sites' own past: deferring
 * into hours that others will fill costs them their energy. Nothing where nobody can tell who comes.
 */
export function keptForVisitors(
  jobs: readonly ChargeJob[],
  assets: Iterable<Asset>,
  habits: ReadonlyMap<AssetId, Habits>,
  now: Instant,
): Limits["taken"] {
  const limited = [...assets].filter(
    (asset): asset is Charger => asset.kind === "charger" && asset.site.importLimitKw !== undefined,
  );
  const jobsAt = groupBy(jobs, ({ load }) => load.asset.site.siteId);
  return [...groupBy(limited, ({ site }) => site.siteId)].flatMap(([siteId, there]) => {
    const present = jobsAt.get(siteId) ?? [];
    if (there.length < FROM_CHARGERS || present.length === 0) return [];
    const timeZone = there[0]?.site.timeZone ?? "UTC";
    const until = present.map(({ readyBy }) => readyBy).reduce(later);
    const past = { stays: staysAt(there, habits), chargers: there.length, timeZone };
    const [nowMs, untilMs] = [epochMs(now), epochMs(until)];
    const visitors = stillToCome((date) => expectedOn(date, past), { nowMs, untilMs, timeZone });
    const startMs = Math.floor(nowMs / SLOT_MS) * SLOT_MS;
    const slots = Array.from({ length: Math.ceil((untilMs - startMs) / SLOT_MS) }, (_, index) => ({
      startMs: startMs + index * SLOT_MS,
      endMs: startMs + (index + 1) * SLOT_MS,
    }));
    const kwh = keptFreeKwh(visitors ?? [], slots);
    return slots.flatMap(({ startMs: fromMs, endMs: toMs }, index) => {
      const kw = ((kwh[index] ?? 0) * HOUR_MS) / SLOT_MS;
      return kw > 0 ? [{ siteId, fromMs, toMs, kw }] : [];
    });
  });
}

function staysAt(chargers: readonly Charger[], habits: ReadonlyMap<AssetId, Habits>): SiteStay[] {
  return chargers.flatMap((charger) => {
    const maxPowerKw = powerOfCurrent(charger.supply, charger.supply.maxCurrentA);
    return (habits.get(charger.assetId)?.stays ?? []).flatMap(({ pluggedInAt, pluggedOutAt, energyKwh }) =>
      energyKwh === null
        ? []
        : [{ arrivesAtMs: epochMs(pluggedInAt), departsAtMs: epochMs(pluggedOutAt), energyKwh, maxPowerKw }],
    );
  });
}

/** A job in which nobody waits for a better hour. */
export function atOnce(job: ChargeJob): ChargeJob {
  const hurry = <P extends { energyKwh: number }>(problem: P) => ({ ...problem, nowKwh: problem.energyKwh });
  const { alone: _, ...rest } = job;
  return {
    ...rest,
    isHurried: true,
    whole: hurry(job.whole),
    problem: hurry(job.problem),
    notes: [...job.notes, SCARCE],
  };
}

const SCARCE = "not everybody can be served here by their time: nobody waits for a better hour";
