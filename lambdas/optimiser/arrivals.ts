import { epochMs, HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { groupBy } from "../../shared/group-by.ts";
import { isWorkingDay, localDate, localTime, localToInstant, plusDays } from "../../shared/zone.ts";

/** One car's stay at a charger of a site, epoch ms, grid-side kWh, and what the charger gives, kW. */
export type SiteStay = { arrivesAtMs: number; departsAtMs: number; energyKwh: number; maxPowerKw: number };

export type SitePast = {
  /** Stays that ended; those of the last two weeks are enough. */
  stays: readonly SiteStay[];
  /** How many chargers the site has; undefined where nobody can tell. */
  chargers: number | undefined;
  /** IANA zone. */
  timeZone: string;
};

/** Days of the same kind that an expectation is made of. */
const MODEL_DAYS = 4;
/**
 * More than the mean day is kept free: days differ, and energy not delivered is worse than energy that saves less. The margin,
 * as a part of the mean, is that of a forecast from n days, in proportion to √(1 + 1/n): three quarters for four days. On the
 * recorded sites of docs/backtest.md half a mean lost up to 0.4 points of the energy to waiting, and 1.2 saved half as much.
 */
const MARGIN = 0.67;
/** The mean stay of three recorded sites took 12.6, 13.1 and 13.9 kWh: what a car takes where none was seen yet. */
const USUAL_KWH = 13;
const HOURS_OF_DAY = 24;
/** A plan short of no more than this part of its need is short by rounding. */
const ROUNDING_SHARE = 0.001;

/**
 * Who comes to a site on a local date (`YYYY-MM-DD`): every stay of its last four days of that kind (Monday to Friday, or
 * weekend), at the same local time, as a car with its part of the energy and of the charger, 1.75 times the mean day in all.
 * While fewer than four are known, a day on which every charger gets one car, at any hour alike, counts as one of them, and
 * the margin is wider.
 * Undefined when neither such a day nor the number of chargers is known: nobody can tell who comes.
 */
export function expectedOn(date: string, { stays, chargers, timeZone }: SitePast): SiteStay[] | undefined {
  const days = modelDays(date, stays, timeZone);
  const guesses = days.length < MODEL_DAYS && chargers !== undefined ? 1 : 0;
  const count = days.length + guesses;
  if (count === 0) return undefined;
  const share = (1 + MARGIN * Math.sqrt(1 + 1 / count)) / count;
  const visitors = days.flat().map(({ stay, time }): SiteStay => {
    const arrivesAtMs = epochMs(localToInstant(date, time, timeZone));
    return {
      arrivesAtMs,
      departsAtMs: arrivesAtMs + stay.departsAtMs - stay.arrivesAtMs,
      energyKwh: stay.energyKwh * share,
      maxPowerKw: stay.maxPowerKw * share,
    };
  });
  if (guesses > 0) {
    const energyKwh = (share * (chargers ?? 0) * meanKwh(stays)) / HOURS_OF_DAY;
    const endMs = midnightMs(plusDays(date, 1), timeZone);
    for (let ms = midnightMs(date, timeZone); ms < endMs; ms += HOUR_MS)
      visitors.push({ arrivesAtMs: ms, departsAtMs: ms + HOUR_MS, energyKwh, maxPowerKw: energyKwh });
  }
  return visitors;
}

/**
 * Of those expected, who may still come after `nowMs`: for the rest of the local day, and on later days before `untilMs`, when
 * the last car that is there leaves. Undefined when of one of these days nobody can tell. Plan them beside the cars that are
 * there, so that room is kept for them, or take `keptFreeKwh` of them from future caps.
 */
export function stillToCome(
  expected: (date: string) => readonly SiteStay[] | undefined,
  { nowMs, untilMs, timeZone }: { nowMs: number; untilMs: number; timeZone: string },
): SiteStay[] | undefined {
  const today = localDate(instant(nowMs), timeZone);
  const result: SiteStay[] = [];
  for (let date = today; date === today || midnightMs(date, timeZone) < untilMs; date = plusDays(date, 1)) {
    const visitors = expected(date);
    if (!visitors) return undefined;
    result.push(
      ...visitors.filter(({ arrivesAtMs }) => arrivesAtMs > nowMs && (date === today || arrivesAtMs < untilMs)),
    );
  }
  return result;
}

/** What visitors need in each slot, kWh, spread evenly over their stays: for planners that know no other cars, only caps. */
export function keptFreeKwh(
  visitors: readonly SiteStay[],
  slots: readonly { startMs: number; endMs: number }[],
): Float64Array {
  return new Float64Array(slots.length).map((_, index) => {
    const { startMs, endMs } = slots[index] as { startMs: number; endMs: number };
    let kwh = 0;
    for (const { arrivesAtMs, departsAtMs, energyKwh } of visitors) {
      const overlapMs = Math.min(endMs, departsAtMs) - Math.max(startMs, arrivesAtMs);
      if (overlapMs > 0) kwh += (energyKwh * overlapMs) / (departsAtMs - arrivesAtMs);
    }
    return kwh;
  });
}

/**
 * True when a site's best plan, for the cars that are there and those expected, is short by more than rounding. Then nobody
 * waits for a better hour: least laxity first.
 */
export function isScarce({ shortfallKwh, neededKwh }: { shortfallKwh: number; neededKwh: number }): boolean {
  return shortfallKwh > ROUNDING_SHARE * neededKwh;
}

/** The time that a car has beyond what it needs at full power, ms; negative when it cannot be full in time. */
export function laxityMs(
  { departsAtMs, needKwh, maxPowerKw }: { departsAtMs: number; needKwh: number; maxPowerKw: number },
  nowMs: number,
): number {
  return departsAtMs - nowMs - (needKwh / maxPowerKw) * HOUR_MS;
}

/** What each gets of `leftKwh` when all are served in order of rank, smallest first: with laxity as rank, least laxity first. */
export function servedInTurn(wishes: readonly { rank: number; wishKwh: number }[], leftKwh: number): number[] {
  const result = wishes.map(() => 0);
  let openKwh = leftKwh;
  const order = [...wishes.entries()].sort(([, a], [, b]) => a.rank - b.rank);
  for (const [index, { wishKwh }] of order) {
    const kwh = Math.max(0, Math.min(wishKwh, openKwh));
    result[index] = kwh;
    openKwh -= kwh;
  }
  return result;
}

type Visit = { stay: SiteStay; date: string; time: string };

/** The stays of the last days of the kind of `date` before it, from the first day that any stay is known of. */
function modelDays(date: string, stays: readonly SiteStay[], timeZone: string): Visit[][] {
  const visits = stays.map((stay): Visit => {
    const at = instant(stay.arrivesAtMs);
    return { stay, date: localDate(at, timeZone), time: localTime(at, timeZone) };
  });
  const byDate = groupBy(visits, (visit) => visit.date);
  const first = [...byDate.keys()].sort()[0];
  const days: Visit[][] = [];
  if (first === undefined) return days;
  for (let day = plusDays(date, -1); day >= first && days.length < MODEL_DAYS; day = plusDays(day, -1))
    if (isWorkingDay(day) === isWorkingDay(date)) days.unshift(byDate.get(day) ?? []);
  return days;
}

function meanKwh(stays: readonly SiteStay[]): number {
  if (stays.length === 0) return USUAL_KWH;
  return stays.reduce((sum, { energyKwh }) => sum + energyKwh, 0) / stays.length;
}

function midnightMs(date: string, timeZone: string): number {
  return epochMs(localToInstant(date, "00:00", timeZone));
}
