import { laxityMs as laxityOf, servedInTurn } from "../../lambdas/optimiser/arrivals.ts";
import { HOUR_MS } from "../../shared/domain/instant.ts";
import type { Believer } from "./belief.ts";
import { type Grid, roomKwh, timeOf, windowOf } from "./grid.ts";
import { type Sharer, share } from "./share.ts";
import type { CarRun, Decide } from "./simulate.ts";
import type { Stay } from "./stays.ts";

/** Full power from plug-in; under a cap whoever came first. */
export function chargeNow(grid: Grid): Decide {
  return (now, deciding, _cars, capLeftKwh) =>
    inTurn(
      deciding,
      (car) => car.stay.arrivesAtMs,
      (car) => fullKwh(grid, car, now),
      capLeftKwh,
    );
}

/** Full power to whoever can wait least: the time a car has beyond the time it needs at full power. */
export function leastLaxityFirst(grid: Grid, believe: Believer): Decide {
  return (now, deciding, _cars, capLeftKwh) =>
    inTurn(
      deciding,
      (car) => laxityMs(grid, car, now, believe),
      (car) => Math.min(fullKwh(grid, car, now), believe(now, car.stay, car.gotKwh).needKwh),
      capLeftKwh,
    );
}

/** The cheapest of all that deliver the most, knowing everything. */
export function cheapest(grid: Grid, stays: readonly Stay[], capKw: number): CarRun[] {
  const sharers = stays.map((stay): Sharer => {
    const { from, to } = windowOf(grid, stay.arrivesAtMs, stay.departsAtMs);
    const room = (step: number) => roomKwh(grid, step, stay.maxPowerKw, stay.arrivesAtMs, stay.departsAtMs);
    return { from, to, needKwh: stay.energyKwh, roomKwh: room };
  });
  const capKwh = (capKw * grid.stepMs) / HOUR_MS;
  const value = (step: number) => grid.value[step] as number;
  const outcome = (shared: ReturnType<typeof share>, index: number, at: number): CarRun => {
    const { from, to } = sharers[index] as Sharer;
    const energyKwh = new Float64Array(to - from).map((_, step) => shared.energyKwh(at, from + step));
    const gotKwh = energyKwh.reduce((sum, kwh) => sum + kwh, 0);
    return { stay: stays[index] as Stay, from, to, gotKwh, energyKwh };
  };
  if (!Number.isFinite(capKw)) {
    return sharers.map((sharer, index) =>
      outcome(
        share([sharer], () => capKwh, value),
        index,
        0,
      ),
    );
  }
  const shared = share(sharers, () => capKwh, value);
  return sharers.map((_, index) => outcome(shared, index, index));
}

/** Time a car has beyond what it needs at full power, as far as is known. */
export function laxityMs(grid: Grid, car: CarRun, now: number, believe: Believer): number {
  return laxityOf({ ...believe(now, car.stay, car.gotKwh), maxPowerKw: car.stay.maxPowerKw }, timeOf(grid, now));
}

function fullKwh(grid: Grid, { stay }: CarRun, now: number): number {
  return roomKwh(grid, now, stay.maxPowerKw, stay.arrivesAtMs, timeOf(grid, now + 1));
}

function inTurn(
  cars: readonly CarRun[],
  rank: (car: CarRun) => number,
  wish: (car: CarRun) => number,
  capLeftKwh: number,
): number[] {
  // What is given to a car that is nearly full comes back to the others: it takes no more than it needs.
  const wishes = cars.map((car) => ({
    rank: rank(car),
    wishKwh: Math.min(wish(car), car.stay.energyKwh - car.gotKwh),
  }));
  return servedInTurn(wishes, capLeftKwh);
}
