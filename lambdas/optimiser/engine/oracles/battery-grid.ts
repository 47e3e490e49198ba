import { type Battery, type BatteryWorkspace, GRID_LEVELS, WAYS } from "./battery-model.ts";

/**
 * The battery on a grid of levels, for costs that are not convex: values backwards, every action of whole levels tried, the
 * best action kept. Writes level changes.
 */
export function batteryOnGrid(battery: Battery, slots: number, work: BatteryWorkspace, change: Float64Array): void {
  const { value, step } = work.grid;
  const width = GRID_LEVELS + 1;
  const grain = battery.capacityWh / GRID_LEVELS;
  change.fill(0, 0, slots);
  if (grain === 0) return;
  const initial = Math.floor(battery.initialWh / grain + 1e-9);
  const offset = battery.initialWh - initial * grain; // level i of the grid stands for i grains and this
  const top = Math.floor((battery.capacityWh - offset) / grain + 1e-9);
  const finalMin = Math.ceil((battery.finalMinWh - offset) / grain - 1e-9);
  let next = 0;
  let here = width;
  for (let level = 0; level <= top; level++) value[level] = level >= finalMin ? 0 : (finalMin - level) * grain * 1e9;

  const cost = new Float64Array(2 * width);
  for (let t = slots - 1; t >= 0; t--) {
    const first = t * WAYS;
    const down = levels(work.length, first, first + 2, grain);
    const up = levels(work.length, first + 2, first + WAYS, grain);
    for (let go = -down; go <= up; go++) cost[go + width] = costOf(work, first, go * grain);
    for (let level = 0; level <= top; level++) {
      let best = value[next + level] as number;
      let chosen = 0;
      const most = Math.min(up, top - level);
      for (let go = -Math.min(down, level); go <= most; go++) {
        const total = (cost[go + width] as number) + (value[next + level + go] as number);
        if (total < best) {
          best = total;
          chosen = go;
        }
      }
      value[here + level] = best;
      step[t * width + level] = chosen;
    }
    [here, next] = [next, here];
  }
  for (let t = 0, level = initial; t < slots; t++) {
    const go = step[t * width + level] as number;
    change[t] = go * grain;
    level += go;
  }
}

function levels(length: Float64Array, from: number, to: number, grain: number): number {
  let sum = 0;
  for (let way = from; way < to; way++) sum += length[way] as number;
  return Math.min(Math.floor(sum / grain + 1e-9), GRID_LEVELS);
}

function costOf(work: BatteryWorkspace, first: number, change: number): number {
  const { slope, length } = work;
  let cost = 0;
  let left = Math.abs(change);
  const ways = change >= 0 ? [first + 2, first + 3, first + 4] : [first + 1, first];
  for (const way of ways) {
    const go = Math.min(left, length[way] as number);
    cost += (change >= 0 ? go : -go) * (slope[way] as number);
    left -= go;
  }
  return cost;
}
