import { isScarce } from "../../lambdas/optimiser/arrivals.ts";
import { plan } from "../../lambdas/optimiser/plan.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Belief, Believer } from "./belief.ts";
import type { Forecast } from "./forecast.ts";
import { type Grid, roomKwh, stepAt, timeOf, windowOf } from "./grid.ts";
import type { LaterArrivals } from "./later-arrivals.ts";
import { laxityMs, leastLaxityFirst } from "./policies.ts";
import { type Sharer, share } from "./share.ts";
import type { CarRun, Decide } from "./simulate.ts";

/** How a car is driven: at any power, or as one really can be, from 6 A and in runs of ten minutes. */
export type Execution = "any power" | "real";

const MIN_POWER_SHARE = 6 / 32;
const RUN_MS = 10 * MINUTE_MS;
/** A plan's windows are rounded; a need this close is the one it was made for. */
const SAME_KWH = 1e-4;

/**
 * Waiting has a risk: the car may go. A planner adds it to the signal, as the chance that the car is gone times what a kWh
 * not delivered is worth (`missedValue`, in the units of the signal).
 *
 * A site without a cap: every car has a plan of its own, made anew when its signal or what is believed of it changes.
 */
export function rollingAlone(
  grid: Grid,
  believe: Believer,
  forecast: Forecast,
  missedValue: number,
  execution: Execution,
): Decide {
  type Kept = { key: string; from: number; energyKwh: Float64Array };
  const kept = new Map<CarRun, Kept>();
  const planOf = execution === "real" ? realPlan : anyPowerPlan;
  return (now, deciding) =>
    deciding.map((car) => {
      const belief = believe(now, car.stay, car.gotKwh);
      const before = kept.get(car);
      const overdue = belief.departsAtMs <= timeOf(grid, now + 1);
      const key = `${forecast.issueAt(now)} ${overdue ? now : belief.departsAtMs}`;
      const ahead = before?.key === key ? aheadOf(before, now) : 0;
      // Within a plan the belief moves as the plan does; where it does not, the plan is of another need.
      if (before?.key === key && Math.abs(ahead - belief.needKwh) < SAME_KWH)
        return before.energyKwh[now - before.from] ?? 0;
      const valueAt = (step: number) =>
        forecast.valueAt(now, step) + missedValue * (belief.goneBy?.(timeOf(grid, step)) ?? 0);
      const energyKwh = planOf(grid, car, now, belief, valueAt);
      kept.set(car, { key, from: now, energyKwh });
      return energyKwh[0] ?? 0;
    });
}

function aheadOf({ from, energyKwh }: { from: number; energyKwh: Float64Array }, now: number): number {
  return energyKwh.subarray(now - from).reduce((sum, kwh) => sum + kwh, 0);
}

type PlanOf = (grid: Grid, car: CarRun, now: number, belief: Belief, valueAt: (step: number) => number) => Float64Array;

const anyPowerPlan: PlanOf = (grid, car, now, belief, valueAt) => {
  const sharer = sharerOf(grid, car, now, belief, true);
  const shared = share([sharer], () => Number.POSITIVE_INFINITY, valueAt);
  return new Float64Array(Math.max(1, sharer.to - now)).map((_, index) => shared.energyKwh(0, now + index));
};

/** The platform's own planner for one car, on slots of ten minutes or what the steps are. */
const realPlan: PlanOf = (grid, car, now, belief, valueAt) => {
  const fromMs = Math.max(timeOf(grid, now), car.stay.arrivesAtMs);
  const { to } = windowOf(grid, fromMs, belief.departsAtMs);
  const energyKwh = new Float64Array(Math.max(1, to - now));
  const slots: { startMs: number; endMs: number; sum: number; steps: number }[] = [];
  for (let step = now; step < to; step++) {
    const startMs = Math.max(fromMs, timeOf(grid, step));
    const value = valueAt(step);
    const last = slots.at(-1);
    if (last && startMs % RUN_MS !== 0) {
      last.endMs = Math.min(belief.departsAtMs, timeOf(grid, step + 1));
      last.sum += value;
      last.steps++;
    } else slots.push({ startMs, endMs: Math.min(belief.departsAtMs, timeOf(grid, step + 1)), sum: value, steps: 1 });
  }
  const { windows } = plan({
    energyKwh: belief.needKwh,
    nowKwh: 0,
    maxPowerKw: car.stay.maxPowerKw,
    minPowerKw: car.stay.maxPowerKw * MIN_POWER_SHARE,
    slots: slots.map(({ startMs, endMs, sum, steps }) => ({
      startMs,
      endMs,
      costPencePerKwh: sum / steps,
      pricePencePerKwh: sum / steps,
      carbonGramsPerKwh: null,
      estimated: false,
    })),
    reserveMs: 0,
    runMs: RUN_MS,
    isCharging: (car.energyKwh[now - car.from - 1] ?? 0) > 0,
  });
  for (const { startsAt, endsAt, powerKw } of windows) {
    const [startMs, endMs] = [epochMs(startsAt), epochMs(endsAt)];
    for (let step = Math.max(now, stepAt(grid, startMs)); step < to; step++) {
      const kwh = roomKwh(grid, step, powerKw, startMs, endMs);
      energyKwh[step - now] = (energyKwh[step - now] as number) + kwh;
    }
  }
  return energyKwh;
};

/**
 * A site under a cap: one exact plan for the cars that are there and those that history says will come, so that room is
 * kept for these. When even so not everything fits, or nobody can tell who comes or how far drivers are to be believed,
 * nobody waits for a better hour: least laxity first.
 */
export function rollingUnderCap(
  grid: Grid,
  capKw: number,
  believe: Believer,
  forecast: Forecast,
  missedValue: number,
  later: LaterArrivals,
  execution: Execution,
): Decide {
  const scarce = leastLaxityFirst(grid, believe);
  const capKwh = (capKw * grid.stepMs) / HOUR_MS;
  const ideal: Decide = (now, deciding, cars, capLeftKwh) => {
    const movable = new Set(deciding);
    const present = cars
      .map((car) => ({ car, laxityMs: laxityMs(grid, car, now, believe), belief: believe(now, car.stay, car.gotKwh) }))
      .sort((a, b) => a.laxityMs - b.laxityMs);
    const beliefs = present.map(({ belief }) => belief);
    const expected = later(now, Math.max(...beliefs.map(({ departsAtMs }) => departsAtMs)));
    if (!expected || beliefs.some(({ goneBy }) => goneBy === undefined)) return scarce(now, deciding, cars, capLeftKwh);
    const all = [...present.map(({ car, belief }) => sharerOf(grid, car, now, belief, movable.has(car))), ...expected];
    const shared = share(
      all,
      (step) => (step === now ? capLeftKwh : capKwh),
      (step) => forecast.valueAt(now, step) + missedValue * meanGoneBy(beliefs, timeOf(grid, step)),
    );
    const neededKwh = all.reduce((sum, { needKwh }) => sum + needKwh, 0);
    if (isScarce({ shortfallKwh: shared.shortfallKwh, neededKwh })) return scarce(now, deciding, cars, capLeftKwh);
    return deciding.map((car) =>
      shared.energyKwh(
        present.findIndex((one) => one.car === car),
        now,
      ),
    );
  };
  return execution === "real" ? inRealSteps(grid, ideal) : ideal;
}

/** One value of a step holds for all cars of a site: the risk is their mean, by energy, of those still expected there. */
function meanGoneBy(beliefs: readonly Belief[], ms: number): number {
  let [sum, kwh] = [0, 0];
  for (const { departsAtMs, needKwh, goneBy } of beliefs) {
    if (departsAtMs <= ms) continue;
    sum += needKwh * (goneBy?.(ms) ?? 0);
    kwh += needKwh;
  }
  return kwh === 0 ? 0 : sum / kwh;
}

/** Power from 6 A or none; a step of ten minutes or more is the run. */
function inRealSteps(grid: Grid, ideal: Decide): Decide {
  return (now, deciding, cars, capLeftKwh) => {
    let leftKwh = capLeftKwh;
    return ideal(now, deciding, cars, capLeftKwh).map((kwh, index) => {
      const { stay } = deciding[index] as CarRun;
      const fullKwh = roomKwh(grid, now, stay.maxPowerKw, stay.arrivesAtMs, timeOf(grid, now + 1));
      const leastKwh = fullKwh * MIN_POWER_SHARE;
      if (kwh <= 0 || leftKwh < leastKwh) return 0;
      const given = Math.min(Math.max(kwh, leastKwh), leftKwh);
      leftKwh -= given;
      return given;
    });
  };
}

function sharerOf(
  grid: Grid,
  { stay }: CarRun,
  now: number,
  { departsAtMs, needKwh }: Belief,
  movesNow: boolean,
): Sharer {
  const { to } = windowOf(grid, timeOf(grid, now), departsAtMs);
  const from = movesNow ? now : now + 1;
  const room = (step: number) => roomKwh(grid, step, stay.maxPowerKw, stay.arrivesAtMs, departsAtMs);
  let possibleKwh = 0;
  for (let step = from; step < to; step++) possibleKwh += room(step);
  return { from, to: Math.max(from, to), needKwh: Math.min(needKwh, possibleKwh), roomKwh: room };
}
