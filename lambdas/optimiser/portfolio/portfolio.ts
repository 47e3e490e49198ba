import { epochMs, type Instant } from "../../../shared/domain/instant.ts";
import type { Window } from "../../../shared/domain/plan.ts";
import type { ChargeJob } from "../charge.ts";
import { isNotable, kwhOf, SHORT_KWH, standing, totalPence } from "../keep.ts";
import { proofOf, SHORTFALL_PENCE } from "../objective.ts";
import { isHerd } from "./herd.ts";
import { change, fromNow, holds, type Limits, roomOn, takenBy, useOf } from "./limits.ts";
import { type JobAnswer, type PortfolioAnswer, planTogether } from "./together.ts";

/**
 * Plans jobs together, and moves no more of them than is worth it: where limits are shared, those whose plans in force still
 * serve stay as they are and the others are fitted in beside them, unless planning everybody anew saves notably. The bound is
 * that of everybody in any case.
 */
export function planPortfolio(
  jobs: readonly ChargeJob[],
  limits: Limits,
  now: Instant,
  stop?: () => boolean,
): PortfolioAnswer {
  const together = planTogether(jobs, limits, now, stop);
  const isLimited = limits.siteKw.size > 0 || limits.portfolio.length > 0;
  if (!isLimited || isHerd(jobs.length)) return together;
  const stays = new Map(jobs.flatMap((job) => stayOf(job, now)));
  const others = jobs.filter((job) => !stays.has(job));
  const moved = jobs.filter((job) => together.answers.get(job.load.asset.assetId) !== null).length;
  if (others.length === 0 || moved <= others.length || !fits(stays, limits, together.grid, now)) return together;

  const taken = [...stays].flatMap(([job, windows]) => takenBy(job.load.asset.site.siteId, windows));
  const beside = planTogether(others, { ...limits, taken: [...limits.taken, ...taken] }, now, stop);
  const stayPence = [...stays].reduce((sum, [job, windows]) => sum + totalPence(job, windows, SHORT_KWH), 0);
  const objectivePence = beside.certificate.objectivePence + stayPence;
  const pence = (shortfallKwh: number, objective: number) => objective + SHORTFALL_PENCE * shortfallKwh;
  const { certificate } = together;
  const whole = pence(certificate.shortfallKwh, certificate.objectivePence);
  const { shortfallKwh, isFinished } = beside.certificate;
  if (isNotable(pence(shortfallKwh, objectivePence), whole)) return together;

  const answers = new Map<string, JobAnswer>([...stays].map(([job]) => [job.load.asset.assetId, null]));
  for (const [assetId, answer] of beside.answers) answers.set(assetId, answer);
  const windows = [...stays.values()].flat().concat(beside.windows);
  // The bound is of all energy; what is not delivered is left out of it as it is of the objective.
  const bound = certificate.boundPence + SHORTFALL_PENCE * (certificate.shortfallKwh - shortfallKwh);
  return {
    ...together,
    answers,
    certificate: { ...proofOf(objectivePence, bound), shortfallKwh, isFinished: isFinished && certificate.isFinished },
    windows,
    loadKw: fromNow([...useOf(windows, together.grid).meanKw], together.grid, epochMs(now)),
  };
}

/** Whether plans in force keep limits that may be newer than they are. */
function fits(
  stays: ReadonlyMap<ChargeJob, readonly Window[]>,
  limits: Limits,
  grid: PortfolioAnswer["grid"],
  now: Instant,
): boolean {
  const room = roomOn(grid, limits, epochMs(now));
  const uses = [...stays].map(([{ load }, windows]) => ({
    site: room.sites.get(load.asset.site.siteId),
    use: useOf(windows, grid),
  }));
  for (const { site, use } of uses) change(room, site, use, "take");
  return uses.every(({ site, use }) => holds(room, site, use));
}

/** A job with the windows ahead of its plan in force, if that still serves it. */
function stayOf(job: ChargeJob, now: Instant): [ChargeJob, Window[]][] {
  const ahead = standing(job, now);
  return ahead && kwhOf(ahead) >= job.whole.energyKwh - SHORT_KWH ? [[job, ahead]] : [];
}
