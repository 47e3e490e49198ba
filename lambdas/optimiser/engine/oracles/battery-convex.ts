import { type Battery, type BatteryWorkspace, FILLS, WAYS, type Ways } from "./battery-model.ts";

/** Steeper than any price: a level below the final minimum costs more than all else. */
const MISSING = 1e12;
/** Steeper than any price but that: a way that must be gone to its end. */
const FORCED = 1e11;

/** `gap`: how much less it would cost by the convex slopes. With every way open, no use costs less than that. */
export type ConvexAnswer = { cost: number; gap: number; finalShortfallWh: number };

/**
 * The slopes of every slot's open run of ways, made to rise: where they fall, neighbours share their mean (the lower convex
 * hull of the slot's cost). The way there from rest is forced, and ways beyond the run are closed.
 */
export function convexWays(slots: number, { ways, convex, fromWay, toWay }: BatteryWorkspace): void {
  convex.slope.set(ways.slope);
  convex.length.set(ways.length);
  const { slope, length } = convex;
  for (let t = 0; t < slots; t++) {
    const first = t * WAYS;
    const from = first + (fromWay[t] as number);
    const to = first + (toWay[t] as number);
    for (let way = first; way < from; way++) {
      if (way < first + FILLS) length[way] = 0;
      else slope[way] = -FORCED;
    }
    for (let way = to; way < first + WAYS; way++) {
      if (way < first + FILLS) slope[way] = FORCED;
      else length[way] = 0;
    }
    for (let way = from + 1; way < to; way++) {
      if ((length[way] as number) > 0) poolBack(convex, from, way);
    }
  }
}

/** Pools a way with those before it for as long as they are steeper; ways of no length are passed over. */
function poolBack({ slope, length }: Ways, from: number, last: number): void {
  let span = length[last] as number;
  let mean = slope[last] as number;
  let first = last;
  for (let way = last - 1; way >= from; way--) {
    const more = length[way] as number;
    if (more <= 0) continue;
    // Of one pool already: they share a slope, so that either all of them join or none.
    if (!((slope[way] as number) > mean)) break;
    mean = (mean * span + (slope[way] as number) * more) / (span + more);
    span += more;
    first = way;
  }
  for (let way = first; way < last; way++) slope[way] = mean;
  slope[last] = mean;
}

/**
 * The cheapest use by the convex ways, exact and without a grid: value functions are sorted lists of slopes, a slot merges its
 * ways into the list and cuts it to the capacity, and the level to go up to for each way is where its slope enters. Writes
 * `change`; the cost is by the true slopes.
 */
export function useConvexWays(battery: Battery, slots: number, work: BatteryWorkspace): ConvexAnswer {
  thresholds(battery, slots, work);
  return followThresholds(battery, slots, work);
}

/** Backwards: the slopes of the value of a level, ascending, as a list of pieces that always spans [0, capacity]. */
function thresholds(battery: Battery, slots: number, work: BatteryWorkspace): void {
  const { upTo } = work;
  const { slope, length } = work.convex;
  let [value, next] = work.pieces;
  value.slope[0] = -MISSING;
  value.length[0] = Math.min(battery.finalMinWh, battery.capacityWh);
  value.slope[1] = 0;
  value.length[1] = battery.capacityWh - (value.length[0] as number);
  let count = 2;

  for (let t = slots - 1; t >= 0; t--) {
    const first = t * WAYS;
    let drop = 0; // what charging adds at the left of the list, beyond an empty battery
    for (let way = first + FILLS; way < first + WAYS; way++) drop += length[way] as number;
    let room = battery.capacityWh;
    let piece = 0;
    let level = 0;
    let made = 0;
    for (let way = first + WAYS - 1; way >= first - 1; way--) {
      if (way >= first && (length[way] as number) <= 0) continue;
      const limit = way >= first ? -(slope[way] as number) : Number.POSITIVE_INFINITY;
      while (piece < count && (value.slope[piece] as number) < limit) {
        const span = value.length[piece] as number;
        level += span;
        const kept = Math.min(Math.max(span - drop, 0), room);
        drop = Math.max(drop - span, 0);
        if (kept > 0) {
          next.slope[made] = value.slope[piece] as number;
          next.length[made++] = kept;
          room -= kept;
        }
        piece++;
      }
      if (way < first) break;
      upTo[way] = level;
      const span = length[way] as number;
      const kept = Math.min(Math.max(span - drop, 0), room);
      drop = Math.max(drop - span, 0);
      if (kept > 0) {
        next.slope[made] = limit;
        next.length[made++] = kept;
        room -= kept;
      }
    }
    count = made;
    [value, next] = [next, value];
  }
}

/** Forwards: from the deepest discharge up, each way is gone while the level stays below its threshold. */
function followThresholds(battery: Battery, slots: number, work: BatteryWorkspace): ConvexAnswer {
  const { upTo, ways, convex, change } = work;
  let level = battery.initialWh;
  let cost = 0;
  let gap = 0;
  for (let t = 0; t < slots; t++) {
    const first = t * WAYS;
    let reached = level;
    for (let way = first; way < first + FILLS; way++) {
      reached -= convex.length[way] as number;
      cost -= (convex.length[way] as number) * (ways.slope[way] as number);
    }
    for (let way = first; way < first + WAYS; way++) {
      const span = convex.length[way] as number;
      if (span <= 0) continue;
      const go = Math.min(span, Math.max((upTo[way] as number) - reached, 0));
      reached += go;
      cost += go * (ways.slope[way] as number);
      gap += go * ((ways.slope[way] as number) - (convex.slope[way] as number));
      if (go < span) break;
    }
    change[t] = Math.max(0, Math.min(reached, battery.capacityWh)) - level;
    level += change[t] as number;
  }
  return { cost, gap, finalShortfallWh: Math.max(battery.finalMinWh - level, 0) };
}
