import { expectedOn, type SiteStay, stillToCome } from "../../lambdas/optimiser/arrivals.ts";
import { instant } from "../../shared/domain/instant.ts";
import { localDate } from "../../shared/zone.ts";
import { type Grid, roomKwh, stepAt, timeOf, windowOf } from "./grid.ts";
import type { Sharer } from "./share.ts";
import type { Stay } from "./stays.ts";

/** Who may come after a step, as far as matters to cars that leave by `untilMs`; undefined when nobody can tell. */
export type LaterArrivals = (now: number, untilMs: number) => Sharer[] | undefined;

/** The platform's own expectation, made anew each local day of the stays that ended before. */
export function laterArrivals(grid: Grid, stays: readonly Stay[], timeZone: string): LaterArrivals {
  // Chargers are there before any car comes to them.
  const names = new Set(stays.map(({ station }) => station));
  const chargers = names.has(undefined) ? undefined : names.size;
  let known = { today: "", of: new Map<string, SiteStay[] | undefined>() };
  return (now, untilMs) => {
    const nowMs = timeOf(grid, now);
    const today = localDate(instant(nowMs), timeZone);
    if (known.today !== today) known = { today, of: new Map() };
    const expected = (date: string) => {
      if (!known.of.has(date)) {
        const ended = stays.filter(({ departsAtMs }) => departsAtMs <= nowMs);
        known.of.set(date, expectedOn(date, { stays: ended, chargers, timeZone }));
      }
      return known.of.get(date);
    };
    return stillToCome(expected, { nowMs, untilMs, timeZone })
      ?.filter(({ arrivesAtMs }) => stepAt(grid, arrivesAtMs) > now)
      .map(({ arrivesAtMs, departsAtMs, energyKwh, maxPowerKw }): Sharer => {
        const { from, to } = windowOf(grid, arrivesAtMs, departsAtMs);
        return {
          from,
          to: Math.min(to, grid.count),
          needKwh: energyKwh,
          roomKwh: (step) => roomKwh(grid, step, maxPowerKw, arrivesAtMs, departsAtMs),
        };
      });
  };
}
