import type { Habits, PastStay } from "../../shared/domain/habits.ts";
import { epochMs, type Instant, later, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Plan } from "../../shared/domain/plan.ts";
import { daysBetween, isWorkingDay, localDate, localTime, localToInstant, plusDays } from "../../shared/zone.ts";

/** With fewer stays to go by, a habit is a guess. */
const FEWEST_STAYS = 8;
/** Of ten stays like this one, eight lasted longer. */
const EARLY_SHARE = 0.2;
/** What is asked of the energy of past stays: four of five took no more. */
const AMPLE_SHARE = 0.8;
const DAYS_OF_WEEK = 7;

/** How long before a deadline a plan is done, where that costs little. */
export const LAXITY_RESERVE_MS = 30 * MINUTE_MS;
/** 54 of 978 drivers who had said when they would leave left in the half hour before (the ACN sessions of docs/backtest.md). */
const LEAVES_IN_RESERVE = 0.055;
/** What a kWh that is not delivered is worth, in kWh at the usual price: that of `npm run backtest -- --missed`. */
export const MISSED_TIMES = 16;
const LEAST_PREMIUM_PENCE = 1;

export type Departure = {
  /** What the customer said: the deadline, by which alone shortfalls are told. */
  promisedBy: Instant;
  /** At most that: when the car has usually not left yet, or as soon after as it can be full. A wish, never a reason for a shortfall. */
  aimFor: Instant;
  note?: string;
};

/**
 * When a load should be ready: by the time stated, and if possible before the 20th percentile (nearest rank) of when cars
 * really left in stays like this one. Each past stay is laid over this one so that it ends at its own local time on the first
 * day of its kind (Monday to Friday, or weekend) after this plug-in; like this one are those that then begin before the time
 * stated. With fewer than eight of them, or when all would have left by now, the time stated stands alone. `chargeMs` is what
 * the need takes at full power: a plan is not asked to be done sooner.
 */
export function departureOf({
  statedReadyBy,
  habits,
  timeZone,
  now,
  chargeMs,
}: {
  statedReadyBy: Instant;
  habits: Habits | undefined;
  timeZone: string;
  now: Instant;
  chargeMs: number;
}): Departure {
  const stated = { promisedBy: statedReadyBy, aimFor: statedReadyBy };
  if (!habits) return stated;
  const since = habits.present?.pluggedInAt ?? now;
  const like = habits.stays.flatMap((stay) => {
    const { beginsAt, endsAt } = laidOver(stay, since, timeZone);
    return beginsAt < statedReadyBy ? [endsAt] : [];
  });
  const still = like.filter((endsAt) => endsAt > now).sort();
  const usual = still[Math.ceil(EARLY_SHARE * still.length) - 1];
  if (like.length < FEWEST_STAYS || usual === undefined || usual >= statedReadyBy) return stated;
  const reachable = later(usual, plusMs(now, chargeMs));
  return {
    promisedBy: statedReadyBy,
    aimFor: reachable < statedReadyBy ? reachable : statedReadyBy,
    note: `it often leaves by ${localTime(usual, timeZone)}, before the time stated: charged by then where possible`,
  };
}

/** The energy that four of five past stays took at most, kWh; undefined with fewer than eight whose energy is known. */
export function usualKwh(habits: Habits | undefined): number | undefined {
  const taken = (habits?.stays ?? []).flatMap(({ energyKwh }) => energyKwh ?? []).sort((a, b) => a - b);
  return taken.length < FEWEST_STAYS ? undefined : taken[Math.ceil(AMPLE_SHARE * taken.length) - 1];
}

type Answer = Pick<Plan, "windows" | "costPence" | "carbonGrams" | "shortfallKwh">;

/**
 * Keeps half an hour free before `aimFor`, unless that costs more than it insures: the chance that the car leaves in that half
 * hour, times the energy that would be placed there, times what a missed kWh is worth (16 kWh at the plan's mean cost), at
 * least 1 p. `planWith(reserveMs)` must give the best plan that is done `reserveMs` before `promisedBy` where there is room, as
 * `plan` does; it is called once or twice. `leastReserveMs` is kept in any case; `chargeMs` is what the need takes at full
 * power. Without a known cost the safer plan stands.
 */
export function withReserve<A extends Answer>(
  planWith: (reserveMs: number) => A,
  terms: {
    departure: Departure;
    now: Instant;
    chargeMs: number;
    leastReserveMs: number;
    carbonWeightPencePerKg: number;
  },
): A {
  const { departure, now, chargeMs, leastReserveMs, carbonWeightPencePerKg } = terms;
  const deadlineMs = epochMs(departure.promisedBy);
  const slackMs = deadlineMs - epochMs(now) - chargeMs;
  const aheadMs = deadlineMs - epochMs(departure.aimFor);
  const held = (ms: number) => Math.max(leastReserveMs, Math.min(ms, slackMs));
  const [safeMs, boldMs] = [held(aheadMs + LAXITY_RESERVE_MS), held(aheadMs)];
  const safe = planWith(safeMs);
  if (boldMs >= safeMs) return safe;
  const bold = planWith(boldMs);
  if (safe.shortfallKwh > bold.shortfallKwh) return bold;
  const [safePence, boldPence] = [safe, bold].map((one) => totalPence(one, carbonWeightPencePerKg));
  if (safePence === undefined || boldPence === undefined) return safe;
  const energyKwh = bold.windows.reduce((sum, window) => sum + window.energyKwh, 0);
  const meanPence = energyKwh > 0 ? Math.max(0, boldPence / energyKwh) : 0;
  const atRiskKwh = energyAfterKwh(bold.windows, deadlineMs - safeMs);
  const premiumPence = Math.max(LEAST_PREMIUM_PENCE, LEAVES_IN_RESERVE * MISSED_TIMES * meanPence * atRiskKwh);
  return safePence - boldPence > premiumPence ? bold : safe;
}

function totalPence({ costPence, carbonGrams }: Answer, carbonWeightPencePerKg: number): number | undefined {
  if (costPence === null) return undefined;
  return costPence + ((carbonGrams ?? 0) / 1000) * carbonWeightPencePerKg;
}

function energyAfterKwh(windows: Answer["windows"], fromMs: number): number {
  return windows.reduce((sum, { startsAt, endsAt, energyKwh }) => {
    const [startMs, endMs] = [epochMs(startsAt), epochMs(endsAt)];
    const share = (endMs - Math.max(startMs, fromMs)) / (endMs - startMs);
    return sum + energyKwh * Math.max(0, share);
  }, 0);
}

/** A past stay moved by whole local days so that it ends on the first day of its kind after `since`. */
function laidOver({ pluggedInAt, pluggedOutAt }: PastStay, since: Instant, timeZone: string) {
  const [inDate, outDate] = [localDate(pluggedInAt, timeZone), localDate(pluggedOutAt, timeZone)];
  const outTime = localTime(pluggedOutAt, timeZone);
  let date = localDate(since, timeZone);
  for (let days = 0; days < DAYS_OF_WEEK; days++, date = plusDays(date, 1)) {
    if (isWorkingDay(date) === isWorkingDay(outDate) && localToInstant(date, outTime, timeZone) > since) break;
  }
  const beginsOn = plusDays(date, -daysBetween(inDate, outDate));
  return {
    beginsAt: localToInstant(beginsOn, localTime(pluggedInAt, timeZone), timeZone),
    endsAt: localToInstant(date, outTime, timeZone),
  };
}
