import { batteryOnGrid } from "./battery-grid.ts";
import { type Battery, type BatteryAnswer, type BatteryWorkspace, type SiteSlots, WAYS } from "./battery-model.ts";
import { checkPrices, PlanInputError } from "./input-error.ts";

/** Steeper than any price: a level below the final minimum costs more than all else. */
const MISSING = 1e12;

/**
 * The cheapest use of one battery, written to `chargeWh` and `dischargeWh` (at the meter, never both in a slot).
 *
 * Where export never earns more than import costs, cost is convex in the level: value functions are sorted lists of slopes, a
 * slot merges its five ways into the list and cuts it to the capacity, and the level to go up to for each way is where its
 * slope enters. Exact, and without a grid. Elsewhere (export above import, or import below zero with losses) a grid of
 * levels answers, and says so.
 */
export function useBattery(
  battery: Battery,
  site: SiteSlots,
  chargeWh: Float64Array,
  dischargeWh: Float64Array,
  work: BatteryWorkspace,
): BatteryAnswer {
  const slots = site.netWh.length;
  checkBattery(battery, site, work);
  const isConvex = waysOf(battery, site, work);
  work.answer.isExact = isConvex;
  if (!isConvex) batteryOnGrid(battery, slots, work, chargeWh);
  else {
    thresholds(battery, slots, work);
    followThresholds(battery, slots, work, chargeWh);
  }
  settle(battery, slots, work, chargeWh, dischargeWh);
  return work.answer;
}

/** Fills slopes and lengths; says whether slopes rise in every slot. */
function waysOf(battery: Battery, site: SiteSlots, work: BatteryWorkspace): boolean {
  const { slope, length } = work;
  const { chargeEfficiency: into, dischargeEfficiency: out, cyclingCost } = battery;
  let isConvex = true;
  for (let t = 0; t < site.netWh.length; t++) {
    const netWh = site.netWh[t] as number;
    const importPrice = site.importPrice[t] as number;
    const exportPrice = site.exportPrice[t] as number;
    const discharge = clamp(netWh + site.exportLimitWh, 0, battery.maxDischargeWh);
    const charge = clamp(site.importLimitWh - netWh, 0, battery.maxChargeWh);
    const used = clamp(netWh, 0, discharge);
    const curtailed = clamp(-netWh - site.exportLimitWh, 0, charge);
    const surplus = clamp(-netWh, 0, charge) - curtailed;
    const at = t * WAYS;
    length[at] = (discharge - used) / out;
    length[at + 1] = used / out;
    length[at + 2] = curtailed * into;
    length[at + 3] = surplus * into;
    length[at + 4] = (charge - curtailed - surplus) * into;
    slope[at] = (exportPrice - cyclingCost) * out;
    slope[at + 1] = (importPrice - cyclingCost) * out;
    slope[at + 2] = cyclingCost / into;
    slope[at + 3] = (exportPrice + cyclingCost) / into;
    slope[at + 4] = (importPrice + cyclingCost) / into;
    let last = Number.NEGATIVE_INFINITY;
    for (let way = at; way < at + WAYS; way++) {
      if ((length[way] as number) <= 0) continue;
      if ((slope[way] as number) < last) isConvex = false;
      last = slope[way] as number;
    }
  }
  return isConvex;
}

/** Backwards: the slopes of the value of a level, ascending, as a list of pieces that always spans [0, capacity]. */
function thresholds(battery: Battery, slots: number, work: BatteryWorkspace): void {
  const { slope, length, upTo } = work;
  let [value, next] = work.pieces;
  value.slope[0] = -MISSING;
  value.length[0] = Math.min(battery.finalMinWh, battery.capacityWh);
  value.slope[1] = 0;
  value.length[1] = battery.capacityWh - (value.length[0] as number);
  let count = 2;

  for (let t = slots - 1; t >= 0; t--) {
    const first = t * WAYS;
    let drop = 0; // what charging adds at the left of the list, beyond an empty battery
    for (let way = first + 2; way < first + WAYS; way++) drop += length[way] as number;
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

/** Forwards: from the deepest discharge up, each way is gone while the level stays below its threshold. Writes level changes. */
function followThresholds(battery: Battery, slots: number, work: BatteryWorkspace, change: Float64Array): void {
  const { length, upTo } = work;
  let level = battery.initialWh;
  for (let t = 0; t < slots; t++) {
    const first = t * WAYS;
    let reached = level - (length[first] as number) - (length[first + 1] as number);
    for (let way = first; way < first + WAYS; way++) {
      const span = length[way] as number;
      if (span <= 0) continue;
      const go = Math.min(span, Math.max((upTo[way] as number) - reached, 0));
      reached += go;
      if (go < span) break;
    }
    change[t] = clamp(reached, 0, battery.capacityWh) - level;
    level += change[t] as number;
  }
}

/** Level changes to energies at the meter, and their cost along the ways. */
function settle(
  battery: Battery,
  slots: number,
  work: BatteryWorkspace,
  chargeWh: Float64Array,
  dischargeWh: Float64Array,
): void {
  const { slope, length, answer } = work;
  answer.cost = 0;
  let level = battery.initialWh;
  for (let t = 0; t < slots; t++) {
    const change = chargeWh[t] as number;
    const first = t * WAYS;
    level += change;
    if (change >= 0) {
      let left = change;
      for (let way = first + 2; way < first + WAYS; way++) {
        const go = Math.min(left, length[way] as number);
        answer.cost += go * (slope[way] as number);
        left -= go;
      }
      chargeWh[t] = change / battery.chargeEfficiency;
      dischargeWh[t] = 0;
    } else {
      const used = Math.min(-change, length[first + 1] as number);
      answer.cost -= used * (slope[first + 1] as number) + (-change - used) * (slope[first] as number);
      chargeWh[t] = 0;
      dischargeWh[t] = -change * battery.dischargeEfficiency;
    }
  }
  answer.finalShortfallWh = Math.max(battery.finalMinWh - level, 0);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

function checkBattery(battery: Battery, site: SiteSlots, work: BatteryWorkspace): void {
  const { id } = battery;
  const slots = site.netWh.length;
  for (const field of [
    "capacityWh",
    "initialWh",
    "finalMinWh",
    "maxChargeWh",
    "maxDischargeWh",
    "cyclingCost",
  ] as const) {
    if (!(battery[field] >= 0)) throw new PlanInputError(id, field, "must be 0 or more");
  }
  if (battery.initialWh > battery.capacityWh) throw new PlanInputError(id, "initialWh", "is above the capacity");
  if (battery.finalMinWh > battery.capacityWh) throw new PlanInputError(id, "finalMinWh", "is above the capacity");
  for (const field of ["chargeEfficiency", "dischargeEfficiency"] as const) {
    if (!(battery[field] > 0 && battery[field] <= 1)) throw new PlanInputError(id, field, "must be above 0, at most 1");
  }
  if (!(site.importLimitWh >= 0)) throw new PlanInputError(id, "importLimitWh", "must be 0 or more");
  if (!(site.exportLimitWh >= 0)) throw new PlanInputError(id, "exportLimitWh", "must be 0 or more");
  if (work.slope.length < slots * WAYS) throw new PlanInputError(id, "workspace", "is too small for these slots");
  checkPrices(id, site.netWh, 0, slots);
  checkPrices(id, site.importPrice, 0, slots);
  checkPrices(id, site.exportPrice, 0, slots);
}
