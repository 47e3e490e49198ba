import type { Window } from "../../../shared/domain/plan.ts";
import type { ChargeJob } from "../charge.ts";
import type { PlanAnswer } from "../plan.ts";
import type { Grid } from "./grid.ts";
import { type Room, TINY_KW, useOf } from "./limits.ts";

/**
 * Jobs as they are where all that runs on fits together under the portfolio's limits; else without their heads, for a grid
 * event does not wait until a price slot ends.
 */
export function freed(jobs: readonly ChargeJob[], grid: Grid, room: Room): ChargeJob[] {
  const heads = jobs.flatMap(({ head }) => head ?? []);
  const fits = useOf(heads, grid).meanKw.every((kw, slot) => kw <= (room.portfolioKw[slot] as number) + TINY_KW);
  return fits ? [...jobs] : jobs.map((job) => (job.head ? { ...job, head: undefined, problem: job.whole } : job));
}

/** The answer to what was left after a job's head, with the head. */
export function withHead({ head, whole }: ChargeJob, answered: PlanAnswer): PlanAnswer {
  if (!head) return answered;
  const [first, ...rest] = answered.windows;
  const goesOn = first?.startsAt === head.endsAt && first.powerKw === head.powerKw && first.reason === head.reason;
  const window: Window = goesOn ? { ...head, endsAt: first.endsAt, energyKwh: head.energyKwh + first.energyKwh } : head;
  const slot = whole.slots[0];
  const plus = (sum: number | null, each: number | null | undefined) =>
    sum === null || each === null || each === undefined ? null : sum + each * head.energyKwh;
  return {
    windows: [window, ...(goesOn ? rest : answered.windows)],
    shortfallKwh: answered.shortfallKwh,
    shortfallPercent: whole.energyKwh > 0 ? (100 * answered.shortfallKwh) / whole.energyKwh : 0,
    costPence: plus(answered.costPence, slot?.pricePencePerKwh),
    carbonGrams: plus(answered.carbonGrams, slot?.carbonGramsPerKwh),
  };
}
