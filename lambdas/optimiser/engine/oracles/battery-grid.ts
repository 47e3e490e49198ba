import { type Battery, type BatteryWorkspace, FILLS, LEVELS, WAYS } from "./battery-model.ts";

const WIDTH = LEVELS + 1;
/** Price of a Wh below the final minimum, dearer than any energy. */
const MISSING = 1e9;
/** Part of a level that rounding may cost. */
const ROUNDING = 1e-9;

/**
 * Chooses a run of ways with rising slopes for every slot: the one that the cheapest path on a grid of levels takes. Values
 * backwards, linear between levels, where a slot goes to the end of a way or to a level within it; then forwards from the
 * true level. The grid decides only which runs; how far to go on them is for the exact method.
 */
export function chooseRuns(battery: Battery, slots: number, work: BatteryWorkspace): void {
  const grain = battery.capacityWh / LEVELS;
  const { value } = work.grid;
  const least = Math.floor(battery.finalMinWh / grain + ROUNDING); // the exact method makes up for the rest of a level
  for (let level = 0; level <= LEVELS; level++) {
    value[slots * WIDTH + level] = Math.max(least - level, 0) * grain * MISSING;
  }
  for (let t = slots - 1; t >= 0; t--) {
    const next = (t + 1) * WIDTH;
    value.copyWithin(t * WIDTH, next, next + WIDTH);
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let level = next; level < next + LEVELS; level++) {
      const rise = (value[level + 1] as number) - (value[level] as number);
      if (rise < least) least = rise;
      if (rise > most) most = rise;
    }
    goOneSide(t, -1, -most, grain, work);
    goOneSide(t, 1, -least, grain, work);
  }
  follow(battery, slots, grain, work);
}

/**
 * Ways from rest outwards. One is passed over where no level is worth it: filling costs more than a level ever adds to the
 * value (`worth`), emptying earns less than a level ever takes from it.
 */
function goOneSide(t: number, side: -1 | 1, worth: number, grain: number, work: BatteryWorkspace): void {
  const { slope, length } = work.ways;
  let at = 0;
  let cost = 0;
  const end = side < 0 ? t * WAYS - 1 : (t + 1) * WAYS;
  for (let way = t * WAYS + (side < 0 ? FILLS - 1 : FILLS); way !== end; way += side) {
    const span = (length[way] as number) / grain;
    if (span <= 0) continue;
    const perLevel = (slope[way] as number) * grain;
    const before = at;
    const offset = cost - perLevel * at;
    at += side * span;
    cost += side * perLevel * span;
    if (side * perLevel >= side * worth) continue;
    toLevels(t, Math.min(before, at), Math.max(before, at), perLevel, offset, work);
    toEnd(t, at, cost, work);
  }
}

/** From every level to the end of a way, `change` levels away. */
function toEnd(t: number, change: number, cost: number, { grid: { value } }: BatteryWorkspace): void {
  const whole = Math.floor(change);
  const share = change - whole;
  const here = t * WIDTH;
  const there = here + WIDTH + whole;
  const last = Math.min(LEVELS, LEVELS - 1 - whole);
  for (let level = Math.max(-whole, 0); level <= last; level++) {
    const below = value[there + level] as number;
    const total = cost + below + share * ((value[there + level + 1] as number) - below);
    if (total < (value[here + level] as number)) value[here + level] = total;
  }
}

/**
 * From every level to the cheapest of the levels within a way: what is gone costs the same a level, so that it is a minimum
 * over windows of one width. Minima of widths 1, 2, 4 and so on come from each other, and two of them cover a window; beyond
 * the grid all is dearer than anything.
 */
function toLevels(t: number, from: number, to: number, slope: number, cost: number, { grid }: BatteryWorkspace): void {
  const { value, minima } = grid;
  const least = Math.max(Math.ceil(from - ROUNDING), -LEVELS);
  const most = Math.min(Math.floor(to + ROUNDING), LEVELS);
  const width = most - least + 1;
  if (width <= 0) return;
  const here = t * WIDTH;
  const next = here + WIDTH;
  const end = WIDTH + 2 * width;
  minima.fill(Number.POSITIVE_INFINITY, 0, width);
  for (let level = 0; level <= LEVELS; level++) minima[width + level] = (value[next + level] as number) + slope * level;
  minima.fill(Number.POSITIVE_INFINITY, width + WIDTH, end);
  let covered = 1;
  for (; covered * 2 <= width; covered *= 2) {
    for (let i = 0; i < end - covered; i++) minima[i] = Math.min(minima[i] as number, minima[i + covered] as number);
  }
  const rest = width - covered;
  const first = Math.max(-most, 0);
  const last = Math.min(LEVELS - least, LEVELS);
  for (let level = first; level <= last; level++) {
    const i = width + level + least;
    const total = cost - slope * level + Math.min(minima[i] as number, minima[i + rest] as number);
    if (total < (value[here + level] as number)) value[here + level] = total;
  }
}

/** Forwards from the true level; opens the run of the way that each slot takes. */
function follow(battery: Battery, slots: number, grain: number, work: BatteryWorkspace): void {
  const { ways, grid } = work;
  let level = battery.initialWh / grain;
  for (let t = 0; t < slots; t++) {
    const first = t * WAYS;
    const next = (t + 1) * WIDTH;
    let best = valueAt(grid.value, next, level);
    let taken = -1;
    let reached = level;
    for (let side = -1; side <= 1; side += 2) {
      let at = level;
      let cost = 0;
      const end = side < 0 ? first - 1 : first + WAYS;
      for (let way = side < 0 ? first + FILLS - 1 : first + FILLS; way !== end; way += side) {
        const span = (ways.length[way] as number) / grain;
        if (span <= 0) continue;
        const slope = (ways.slope[way] as number) * grain;
        const offset = cost - slope * at;
        const to = at + side * span;
        const low = Math.max(Math.min(at, to), 0);
        const high = Math.min(Math.max(at, to), LEVELS);
        const stop = Math.max(0, Math.min(to, LEVELS));
        const ending = offset + slope * stop + valueAt(grid.value, next, stop);
        if (low <= high && ending < best) {
          best = ending;
          taken = way;
          reached = stop;
        }
        for (let node = Math.ceil(low); node <= high; node++) {
          const total = offset + slope * node + (grid.value[next + node] as number);
          if (total >= best) continue;
          best = total;
          taken = way;
          reached = node;
        }
        at = to;
        cost += side * slope * span;
      }
    }
    level = reached;
    openRun(t, taken < 0 ? first + FILLS : taken, work);
  }
}

function valueAt(value: Float64Array, row: number, level: number): number {
  const low = Math.max(0, Math.min(Math.floor(level), LEVELS - 1));
  const below = value[row + low] as number;
  return below + (level - low) * ((value[row + low + 1] as number) - below);
}

/** A way, or at rest the next that is open, and those to both sides of it for as long as slopes rise from way to way. */
function openRun(t: number, taken: number, { ways: { slope, length }, fromWay, toWay }: BatteryWorkspace): void {
  const first = t * WAYS;
  const end = first + WAYS;
  let from = taken;
  while (from < end - 1 && (length[from] as number) <= 0) from++;
  while (from > first && (length[from] as number) <= 0) from--;
  let to = from;
  for (let way = to + 1; way < end; way++) {
    if ((length[way] as number) <= 0) continue;
    if ((slope[way] as number) < (slope[to] as number)) break;
    to = way;
  }
  for (let way = from - 1; way >= first; way--) {
    if ((length[way] as number) <= 0) continue;
    if ((slope[way] as number) > (slope[from] as number)) break;
    from = way;
  }
  fromWay[t] = from - first;
  toWay[t] = to + 1 - first;
}
