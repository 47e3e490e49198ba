import { HOUR_MS } from "../../shared/domain/instant.ts";
import { type Grid, timeOf } from "./grid.ts";
import type { Stay } from "./stays.ts";

/** Which of two truths a planner is given: what really happened, or what it was told. */
export type Told = "true" | "stated";

/** What a planner takes for true of a car that is not full, now. */
export type Belief = { departsAtMs: number; needKwh: number };

export type Believer = (now: number, stay: Stay, gotKwh: number) => Belief;

/** Stays that must have ended before drivers' words are measured by them. */
const FEWEST_STAYS = 20;
/** One stay in five was shorter than this part of what its driver said. */
const QUANTILE = 0.2;

/**
 * With `stated`, departures are what drivers say, cut by how early one in five of those before them left; a car that
 * overstays that is charged at once. Needs are what drivers ask; a car that still draws after it is charged on, and a
 * driver who said nothing has a car that may need all and leave now. Where the data has no statements, the truth stands in.
 */
export function believer(grid: Grid, stays: readonly Stay[], tells: { departure: Told; need: Told }): Believer {
  const trust = trustInDepartures(stays);
  return (now, stay, gotKwh) => {
    const nowMs = Math.max(timeOf(grid, now), stay.arrivesAtMs);
    const stepEndMs = timeOf(grid, now + 1);
    const { stated } = stay;
    let departsAtMs = stay.departsAtMs;
    if (tells.departure === "stated" && stated !== undefined) {
      const saidMs = stated === null ? 0 : stated.departsAtMs - stay.arrivesAtMs;
      departsAtMs = Math.max(stay.arrivesAtMs + saidMs * trust(stay.arrivesAtMs), stepEndMs);
    }
    let needKwh = stay.energyKwh - gotKwh;
    if (tells.need === "stated" && stated !== undefined) {
      const oneStepKwh = (stay.maxPowerKw * (stepEndMs - nowMs)) / HOUR_MS;
      needKwh =
        stated === null
          ? (stay.maxPowerKw * (departsAtMs - nowMs)) / HOUR_MS
          : Math.max(stated.energyKwh - gotKwh, oneStepKwh);
    }
    const possibleKwh = (stay.maxPowerKw * (departsAtMs - nowMs)) / HOUR_MS;
    return { departsAtMs, needKwh: Math.max(0, Math.min(needKwh, possibleKwh)) };
  };
}

/** How much of the stay that drivers state can be counted on, from stays that ended before. */
function trustInDepartures(stays: readonly Stay[]): (nowMs: number) => number {
  const ended = stays
    .flatMap(({ arrivesAtMs, departsAtMs, stated }) =>
      stated && stated.departsAtMs > arrivesAtMs
        ? [{ departsAtMs, kept: (departsAtMs - arrivesAtMs) / (stated.departsAtMs - arrivesAtMs) }]
        : [],
    )
    .sort((a, b) => a.departsAtMs - b.departsAtMs);
  const kept: number[] = [];
  let next = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    // Cars are asked about in turn, older ones again: what is known by the latest of them holds for all.
    lastMs = Math.max(lastMs, nowMs);
    for (; next < ended.length && (ended[next]?.departsAtMs ?? 0) <= lastMs; next++) insert(kept, ended[next]?.kept ?? 1);
    return kept.length < FEWEST_STAYS ? 1 : Math.min(1, kept[Math.floor(kept.length * QUANTILE)] as number);
  };
}

function insert(sorted: number[], value: number): void {
  const at = sorted.findIndex((other) => other > value);
  sorted.splice(at < 0 ? sorted.length : at, 0, value);
}
