import { convexWays, useConvexWays } from "./battery-convex.ts";
import { chooseRuns } from "./battery-grid.ts";
import { type Battery, type BatteryAnswer, type BatteryWorkspace, type SiteSlots, WAYS } from "./battery-model.ts";
import { checkPrices, PlanInputError } from "./input-error.ts";

/** Share of the cost that is not worth looking for. */
const CLOSE = 5e-4;
/** Share of the cost that is rounding. */
const ROUNDING = 1e-9;

/**
 * The cheapest use of one battery, written to `chargeWh` and `dischargeWh` (at the meter, never both in a slot), with a bound.
 *
 * Where export never earns more than import costs, cost is convex in the level, and the list method is exact. Elsewhere
 * (export above import, or import below zero with losses) the convex hull of every slot's cost gives the bound, and its
 * answer is often at the hull's corners, where hull and cost are one. Where it is not, a grid of levels says which convex
 * part of its cost each slot is on, and the list method is exact for that choice.
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
  waysOf(battery, site, work);
  work.fromWay.fill(0);
  work.toWay.fill(WAYS);
  convexWays(slots, work);
  const { cost, gap, finalShortfallWh } = useConvexWays(battery, slots, work);
  const answer = { cost, bound: cost - gap, finalShortfallWh, isExact: true };
  work.best.set(work.change);
  if (gap > CLOSE * Math.abs(cost) && battery.capacityWh > 0) {
    chooseRuns(battery, slots, work);
    convexWays(slots, work);
    const chosen = useConvexWays(battery, slots, work);
    if (chosen.cost < cost && chosen.finalShortfallWh <= finalShortfallWh + ROUNDING * battery.capacityWh) {
      answer.cost = chosen.cost;
      work.best.set(work.change);
    }
    if (answer.cost > 0 && battery.initialWh >= battery.finalMinWh) {
      answer.cost = 0; // to rest is always possible
      work.best.fill(0);
    }
  }
  answer.bound = Math.min(answer.bound, answer.cost);
  answer.isExact = answer.cost - answer.bound <= ROUNDING * Math.abs(answer.cost);
  atMeter(battery, slots, work.best, chargeWh, dischargeWh);
  return answer;
}

/** Slope and length of every way. */
function waysOf(battery: Battery, site: SiteSlots, { ways }: BatteryWorkspace): void {
  const { slope, length } = ways;
  const { chargeEfficiency: into, dischargeEfficiency: out, cyclingCost } = battery;
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
  }
}

/** Level changes to energies at the meter. */
function atMeter(
  { chargeEfficiency, dischargeEfficiency }: Battery,
  slots: number,
  change: Float64Array,
  chargeWh: Float64Array,
  dischargeWh: Float64Array,
): void {
  for (let t = 0; t < slots; t++) {
    const one = change[t] as number;
    chargeWh[t] = Math.max(one, 0) / chargeEfficiency;
    dischargeWh[t] = Math.max(-one, 0) * dischargeEfficiency;
  }
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
  if (work.ways.slope.length < slots * WAYS) throw new PlanInputError(id, "workspace", "is too small for these slots");
  checkPrices(id, site.netWh, 0, slots);
  checkPrices(id, site.importPrice, 0, slots);
  checkPrices(id, site.exportPrice, 0, slots);
}
