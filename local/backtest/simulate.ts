import { HOUR_MS } from "../../shared/domain/instant.ts";
import { type Grid, roomKwh, timeOf, windowOf } from "./grid.ts";
import type { Stay } from "./stays.ts";

/** A car at its charger while a run goes on. */
export type CarRun = {
  stay: Stay;
  from: number;
  to: number;
  gotKwh: number;
  /** kWh in each step of [from, to). */
  energyKwh: Float64Array;
};

/**
 * What each of the `deciding` cars shall take in this step, kWh. `cars` are all that are there and not full, deciding ones
 * included; the others have had their part of the step, and `capLeftKwh` is what they left.
 */
export type Decide = (
  now: number,
  deciding: readonly CarRun[],
  cars: readonly CarRun[],
  capLeftKwh: number,
) => number[];

const FULL_KWH = 1e-9;

/**
 * Plays the stays step by step. Cars that are there when a step begins are decided on together; one that arrives during it
 * is decided on then, within what the others left. A car takes no more than it needs, whatever is decided.
 */
export function simulate(
  grid: Grid,
  stays: readonly Stay[],
  capKw: number,
  decide: Decide,
  onStay: () => void = () => {},
): CarRun[] {
  const runs = stays.map((stay): CarRun => {
    const { from, to } = windowOf(grid, stay.arrivesAtMs, stay.departsAtMs);
    return { stay, from, to, gotKwh: 0, energyKwh: new Float64Array(to - from) };
  });
  const waiting = [...runs].sort((a, b) => a.stay.arrivesAtMs - b.stay.arrivesAtMs);
  const capKwh = (capKw * grid.stepMs) / HOUR_MS;
  let cars: CarRun[] = [];
  let next = 0;
  for (let now = waiting[0]?.from ?? 0; next < waiting.length || cars.length > 0; now++) {
    if (cars.length === 0) now = Math.max(now, waiting[next]?.from ?? now);
    let capLeftKwh = capKwh;
    const settle = (deciding: readonly CarRun[]) => {
      if (deciding.length === 0) return;
      const decided = decide(now, deciding, cars, capLeftKwh);
      for (const [index, car] of deciding.entries()) {
        const kwh = Math.max(0, Math.min(decided[index] ?? 0, trueRoom(grid, car, now), leftKwh(car), capLeftKwh));
        car.energyKwh[now - car.from] = kwh;
        car.gotKwh += kwh;
        capLeftKwh -= kwh;
      }
    };
    settle(cars);
    // One who comes on the very step is there when it begins.
    const punctual: CarRun[] = [];
    while (waiting[next]?.stay.arrivesAtMs === timeOf(grid, now)) punctual.push(waiting[next++] as CarRun);
    if (punctual.length > 0) {
      cars = [...cars, ...punctual];
      settle(punctual);
    }
    while ((waiting[next]?.from ?? Number.POSITIVE_INFINITY) <= now) {
      const arriving = waiting[next++] as CarRun;
      cars = [...cars, arriving];
      settle([arriving]);
      onStay();
    }
    for (const _ of punctual) onStay();
    cars = cars.filter((car) => car.to > now + 1 && leftKwh(car) > FULL_KWH);
  }
  return runs;
}

/** What the car would still take. */
function leftKwh(car: CarRun): number {
  return car.stay.energyKwh - car.gotKwh;
}

function trueRoom(grid: Grid, { stay }: CarRun, step: number): number {
  return roomKwh(grid, step, stay.maxPowerKw, stay.arrivesAtMs, stay.departsAtMs);
}
