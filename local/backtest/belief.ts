import { HOUR_MS } from "../../shared/domain/instant.ts";
import { type Grid, timeOf } from "./grid.ts";
import type { Stay } from "./stays.ts";

/** Which of two truths a planner is given: what really happened, or what it was told. */
export type Told = "true" | "stated";

/** What a planner takes for true of a car that is not full, now. */
export type Belief = {
  departsAtMs: number;
  needKwh: number;
  /** How likely the car has gone by a later moment, 0 to 1; undefined while too few stays have ended to tell. */
  goneBy: ((ms: number) => number) | undefined;
};

export type Believer = (now: number, stay: Stay, gotKwh: number) => Belief;

/** Stays that must have ended before drivers' words are measured by them. */
const FEWEST_STAYS = 20;

/**
 * With `stated`, departures are what drivers say, with the risk that they leave before, as the drivers of stays that ended
 * did; a car that overstays is charged at once. Needs are what drivers ask; a car that still draws after it is charged on,
 * and a driver who said nothing has a car that may need all and leave now. Where the data has no statements, the truth
 * stands in.
 */
export function believer(grid: Grid, stays: readonly Stay[], tells: { departure: Told; need: Told }): Believer {
  const keptBy = keptParts(stays);
  return (now, stay, gotKwh) => {
    const nowMs = Math.max(timeOf(grid, now), stay.arrivesAtMs);
    const stepEndMs = timeOf(grid, now + 1);
    const { stated } = stay;
    let { departsAtMs } = stay;
    let goneBy: Belief["goneBy"] = () => 0;
    if (tells.departure === "stated" && stated !== undefined) {
      const saidMs = (stated?.departsAtMs ?? 0) - stay.arrivesAtMs;
      departsAtMs = Math.max(stay.arrivesAtMs + saidMs, stepEndMs);
      const kept = keptBy(nowMs);
      const longer = (ms: number) => countAbove(kept, (ms - stay.arrivesAtMs) / saidMs);
      const longerThanNow = longer(nowMs);
      if (kept.length < FEWEST_STAYS) goneBy = undefined;
      else if (longerThanNow >= FEWEST_STAYS) goneBy = (ms) => 1 - longer(ms) / longerThanNow;
    }
    const possibleKwh = (stay.maxPowerKw * (departsAtMs - nowMs)) / HOUR_MS;
    let needKwh = stay.energyKwh - gotKwh;
    if (tells.need === "stated" && stated !== undefined) {
      const oneStepKwh = (stay.maxPowerKw * (stepEndMs - nowMs)) / HOUR_MS;
      needKwh = stated === null ? possibleKwh : Math.max(stated.energyKwh - gotKwh, oneStepKwh);
    }
    return { departsAtMs, needKwh: Math.max(0, Math.min(needKwh, possibleKwh)), goneBy };
  };
}

/** The parts of their stated stays that cars were really there, of all stays that ended before, in order. */
function keptParts(stays: readonly Stay[]): (nowMs: number) => readonly number[] {
  const ended = stays
    .flatMap(({ arrivesAtMs, departsAtMs, stated }) =>
      stated && stated.departsAtMs > arrivesAtMs
        ? [{ departsAtMs, kept: (departsAtMs - arrivesAtMs) / (stated.departsAtMs - arrivesAtMs) }]
        : [],
    )
    .sort((a, b) => a.departsAtMs - b.departsAtMs);
  const kept: number[] = [];
  let next = 0;
  return (nowMs) => {
    for (; next < ended.length && (ended[next]?.departsAtMs ?? 0) <= nowMs; next++) {
      const part = ended[next]?.kept ?? 1;
      kept.splice(kept.length - countAbove(kept, part), 0, part);
    }
    return kept;
  };
}

function countAbove(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return sorted.length - low;
}
