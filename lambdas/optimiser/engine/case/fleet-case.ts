import { type FleetPlan, planFleet } from "../fleet/fleet.ts";
import type { FleetInput } from "../fleet/problem.ts";
import { carWorkspace, chargeCheapest } from "../oracles/car.ts";
import { hasRunRules } from "./asset-rows.ts";
import type { Problem, Schedule, Solution, Vehicle } from "./problem.ts";

/** From this many vehicles on the shift graph is quicker than the simplex, whose rows grow with them. */
const MANY = 150;
const PRICE_UNITS = 1e4;
const WH = 1000;

/**
 * A problem that is nothing but vehicles of any power under caps and a ramp goes to the fleet engine, which is exact at any size.
 * Null for any other, or where energies are no whole Wh.
 */
export function solveAsFleet(problem: Problem): Solution | null {
  const { slots, slotHours, assets } = problem;
  const vehicles = assets.filter((asset): asset is Vehicle => asset.kind === "ev");
  if (vehicles.length < MANY || vehicles.length < assets.length) return null;
  if (!vehicles.every(isPlain) || slots > 254) return null;

  const classes = new Map<readonly number[], number>();
  for (const { pricePence } of vehicles) {
    if (pricePence && !classes.has(pricePence)) classes.set(pricePence, classes.size);
  }
  // The last group has no cap: it is for vehicles of none.
  const groups = [...problem.groupCapsKw.keys()];
  const capsWh = (caps: readonly (number | null)[] | undefined) =>
    Array.from({ length: slots }, (_, t) => (caps?.[t] ?? Number.POSITIVE_INFINITY) * slotHours * WH);
  const fleetCap = capsWh(problem.fleetCapKw);
  const groupCap = [...groups.map((name) => problem.groupCapsKw.get(name)), undefined].flatMap(capsWh);
  const rampWh = problem.rampKw === undefined ? undefined : problem.rampKw * slotHours * WH;
  const wh = (kwh: number) => Math.round(kwh * WH);
  const exact = vehicles.flatMap(({ maxKw, minKwh, maxKwh }) => [maxKw * slotHours, minKwh, maxKwh]);
  if (exact.some((kwh) => Math.abs(kwh * WH - wh(kwh)) > 1e-6)) return null;

  const exactPrices = [...classes.keys()].flat().map((pence) => pence * PRICE_UNITS);
  const input: FleetInput = {
    slots,
    price: exactPrices.map(Math.round),
    fleetCapWh: fleetCap.map(wholeBelow),
    ...(rampWh === undefined ? {} : { rampWh: wholeBelow(rampWh) }),
    groupCapWh: groupCap.map(wholeBelow),
    assets: {
      count: vehicles.length,
      ids: vehicles.map(({ id }) => id),
      fromSlot: vehicles.map(({ fromSlot }) => fromSlot),
      toSlot: vehicles.map(({ toSlot }) => toSlot),
      limitWh: vehicles.map(({ maxKw }) => wh(maxKw * slotHours)),
      energyWh: vehicles.map(({ minKwh }) => wh(minKwh)),
      maximumWh: vehicles.map(({ maxKwh }) => wh(maxKwh)),
      priceClass: vehicles.map(({ pricePence }) => classes.get(pricePence as readonly number[]) as number),
      group: vehicles.map(({ group }) => (group === undefined ? groups.length : groups.indexOf(group))),
      shortfallPrice: vehicles.map(({ shortfallPenalty }) => Math.round(shortfallPenalty * PRICE_UNITS)),
    },
  };
  const plan = planFleet(input);

  const kw = new Map<string, Float64Array>();
  let costPence = 0;
  for (const [i, vehicle] of vehicles.entries()) {
    const energy = Float64Array.from({ length: slots }, (_, t) =>
      t >= vehicle.fromSlot && t < vehicle.toSlot ? plan.energyWh(i, t) / WH : 0,
    );
    let kwh = 0;
    for (const [t, one] of energy.entries()) {
      kwh += one;
      costPence += one * ((vehicle.pricePence as readonly number[])[t] as number);
    }
    costPence += vehicle.shortfallPenalty * Math.max(vehicle.minKwh - kwh, 0);
    kw.set(
      vehicle.id,
      energy.map((one) => one / slotHours),
    );
  }
  const schedule: Schedule = { kw, sites: new Map() };
  const boundPence = Math.min(boundAt(plan), costPence);
  const isProven = costPence - boundPence <= Math.max(1e-4, 1e-6 * Math.abs(costPence));
  return { schedule, costPence, boundPence, isProven, nodes: 1, pivots: plan.stats.pushes };

  /** The Lagrangian bound at the plan's slot prices, over prices and caps as given, not as rounded for the engine. */
  function boundAt({ slotPrices, groupPrices, rampPrices }: FleetPlan): number {
    const work = carWorkspace(slots);
    const price = new Float64Array(slots);
    const energyWh = new Int32Array(slots);
    let bound = -rent(slotPrices, fleetCap) - rent(groupPrices, groupCap);
    for (const each of rampPrices) bound -= (Math.abs(each) * (rampWh ?? 0)) / WH / PRICE_UNITS;
    for (const [i, vehicle] of vehicles.entries()) {
      const at = (input.assets.group?.[i] as number) * slots;
      for (let t = 0; t < slots; t++) {
        const steps = (rampPrices[t] as number) - (rampPrices[t + 1] ?? 0);
        const scarce = (slotPrices[t] as number) + (groupPrices[at + t] ?? 0) + steps;
        price[t] = ((vehicle.pricePence as readonly number[])[t] as number) * PRICE_UNITS + scarce;
      }
      const car = {
        id: vehicle.id,
        from: vehicle.fromSlot,
        to: vehicle.toSlot,
        needWh: wh(vehicle.minKwh),
        maxWh: wh(vehicle.maxKwh),
        minimumWh: 0,
        limitWh: wh(vehicle.maxKw * slotHours),
        penalty: vehicle.shortfallPenalty * PRICE_UNITS,
      };
      bound += chargeCheapest(car, price, energyWh, work).cost / WH / PRICE_UNITS;
    }
    return bound;
  }
}

/** What caps are worth at these prices, pence. */
function rent(prices: Float64Array, caps: readonly number[]): number {
  let sum = 0;
  for (const [i, cap] of caps.entries()) {
    if (Number.isFinite(cap)) sum += ((prices[i] ?? 0) * cap) / WH / PRICE_UNITS;
  }
  return sum;
}

function isPlain(vehicle: Vehicle): boolean {
  const anyPower = vehicle.power === "continuous" || (vehicle.power === "semi-continuous" && vehicle.minKw === 0);
  return anyPower && vehicle.pricePence !== undefined && vehicle.deadlines.length === 0 && !hasRunRules(vehicle);
}

function wholeBelow(wh: number): number {
  return Math.floor(wh + 1e-6);
}
