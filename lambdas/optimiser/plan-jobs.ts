import type { AssetId } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { isScarce } from "./arrivals.ts";
import { type ChargeJob, plannedAlone, upToDeadline, windowsFrom } from "./charge.ts";
import { kwhOf, SHORT_KWH } from "./keep.ts";
import type { Limits } from "./portfolio/limits.ts";
import { planPortfolio } from "./portfolio/portfolio.ts";
import type { JobAnswer, PortfolioAnswer } from "./portfolio/together.ts";
import type { Scene } from "./replan.ts";
import { atOnce, keptForVisitors } from "./visitors.ts";

/** The answer, and the jobs as it was found for them. */
type Planned = { portfolio: PortfolioAnswer; asPlanned: ReadonlyMap<AssetId, ChargeJob> };

/**
 * Plans jobs together, and once more those of sites that it leaves short: where room was kept for who comes later, nobody
 * waits for a better hour; elsewhere nobody need be done before the time that the customer said.
 */
export function planJobs(
  jobs: readonly ChargeJob[],
  limits: Limits,
  { world, habits, now, stop }: Pick<Scene, "world" | "habits" | "now" | "stop">,
): Planned {
  const kept = keptForVisitors(jobs, world.assets.values(), habits, now);
  const first = planPortfolio(jobs, { ...limits, taken: [...limits.taken, ...kept] }, now, stop);
  const visited = new Set(kept.map(({ siteId }) => siteId));
  const [scarce, late] = [new Set<string>(), new Set<string>()];
  for (const job of jobs) {
    const { siteId } = job.load.asset.site;
    const answer = first.answers.get(job.load.asset.assetId);
    const isShort = (shortfallKwh: number) => isScarce({ shortfallKwh, neededKwh: job.whole.energyKwh });
    if (visited.has(siteId)) {
      if (isShort(answer?.shortfallKwh ?? 0)) scarce.add(siteId);
    } else if (limits.siteKw.has(siteId) || limits.portfolio.length > 0) {
      const shortKwh = missingKwh(job, answer, now);
      // What it would lack though it had everything to itself is not the limit's doing; that is asked only where something lacks.
      if (isShort(shortKwh) && isShort(shortKwh - plannedAlone(job).shortfallKwh)) late.add(siteId);
    }
  }
  const again = jobs.map((job) => {
    const { siteId } = job.load.asset.site;
    if (scarce.has(siteId)) return atOnce(job);
    return late.has(siteId) ? upToDeadline(job) : job;
  });
  const isSettled = again.every((job, index) => job === jobs[index]) || stop?.();
  if (isSettled) return { portfolio: first, asPlanned: named(jobs) };
  const taken = [...limits.taken, ...kept.filter(({ siteId }) => !scarce.has(siteId))];
  return { portfolio: planPortfolio(again, { ...limits, taken }, now, stop), asPlanned: named(again) };
}

/** What an answer leaves undelivered, kWh; where the plan in force stands, what that leaves beyond what readings are rounded by. */
function missingKwh({ whole, previous }: ChargeJob, answer: JobAnswer | undefined, now: Instant): number {
  if (answer) return answer.shortfallKwh;
  return Math.max(0, whole.energyKwh - SHORT_KWH - kwhOf(windowsFrom(now, previous?.windows ?? [])));
}

function named(jobs: readonly ChargeJob[]): Map<AssetId, ChargeJob> {
  return new Map(jobs.map((job) => [job.load.asset.assetId, job]));
}
