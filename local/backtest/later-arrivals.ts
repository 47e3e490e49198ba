import { HOUR_MS, instant } from "../../shared/domain/instant.ts";
import { localDate } from "../../shared/zone.ts";
import { type Grid, roomKwh, stepAt, timeOf, windowOf } from "./grid.ts";
import type { Sharer } from "./share.ts";
import type { Stay } from "./stays.ts";

/** Days of the same kind that an expectation is made of. */
const MODEL_DAYS = 4;
/**
 * More than the mean day is kept free: days differ, and energy not delivered is worse than energy that saves less. At 1.2
 * one recorded site lost a point of its energy to waiting, at 1.5 another half a point; more than this only saves less.
 */
const SAFETY = 1.75;

/**
 * Who may still come today, from the site's own past: the stays of the last days of this kind (working day or not), each as
 * a car with its share of the energy and the charger, arriving today at the same time. Undefined while there is no such day.
 */
export type LaterArrivals = (now: number) => Sharer[] | undefined;

export function laterArrivals(grid: Grid, stays: readonly Stay[], zone: string): LaterArrivals {
  const dayOf = new Map<string, Stay[]>();
  const dates: string[] = [];
  for (let ms = timeOf(grid, 0); ms < timeOf(grid, grid.count); ms += HOUR_MS) {
    const date = localDate(instant(ms), zone);
    if (dates.at(-1) !== date) dates.push(date);
  }
  for (const stay of stays) {
    const date = localDate(instant(stay.arrivesAtMs), zone);
    dayOf.set(date, [...(dayOf.get(date) ?? []), stay]);
  }
  const firstDate = stays[0] === undefined ? "" : localDate(instant(stays[0].arrivesAtMs), zone);
  let today: { date: string; expected: { stay: Stay; share: number }[] | undefined } | undefined;

  const expectedOn = (date: string, nowMs: number) => {
    const before = dates.filter((one) => one < date && one >= firstDate && isWorkday(one) === isWorkday(date));
    const models = before.slice(-MODEL_DAYS);
    if (models.length === 0) return undefined;
    return models.flatMap((model) => {
      const shiftMs = Date.parse(date) - Date.parse(model);
      return (dayOf.get(model) ?? [])
        .filter((stay) => stay.departsAtMs <= nowMs)
        .map((stay) => ({
          stay: { ...stay, arrivesAtMs: stay.arrivesAtMs + shiftMs, departsAtMs: stay.departsAtMs + shiftMs },
          share: SAFETY / models.length,
        }));
    });
  };

  return (now) => {
    const nowMs = timeOf(grid, now);
    const date = localDate(instant(nowMs), zone);
    if (today?.date !== date) today = { date, expected: expectedOn(date, nowMs) };
    return today.expected
      ?.filter(({ stay }) => stepAt(grid, stay.arrivesAtMs) > now)
      .map(({ stay, share }): Sharer => {
        const { from, to } = windowOf(grid, stay.arrivesAtMs, stay.departsAtMs);
        return {
          from,
          to: Math.min(to, grid.count),
          needKwh: stay.energyKwh * share,
          roomKwh: (step) => roomKwh(grid, step, stay.maxPowerKw * share, stay.arrivesAtMs, stay.departsAtMs),
        };
      });
  };
}

function isWorkday(date: string): boolean {
  const day = new Date(date).getUTCDay();
  return day !== 0 && day !== 6;
}
