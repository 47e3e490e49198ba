import type { EnergyOf, Start } from "./carry-over.ts";
import { type Fleet, FleetInputError, type Numbers } from "./problem.ts";
import { noPrices, type Prices } from "./state.ts";

/** What a plan leaves for the next one: the packed fleet, its schedule and the prices that proved it. */
export type Memory = {
  fleet: Fleet;
  /** Place in the packed fleet of each asset of the input. */
  rankOf: Int32Array;
  /** The schedule before minimum powers, which the prices belong to, and the one that was given out. */
  linear: Int32Array;
  energy: Int32Array;
  prices: Prices;
};

/** An earlier plan as plain figures, for a caller that keeps plans in a table. Assets and slots as in the input of now. */
export type PlainStart = {
  /** Wh that the earlier plan gave an asset in a slot; null where it did not know the asset. */
  energyWh: EnergyOf;
  /** The earlier plan's `slotPrices` and `groupPrices`, for the slots and groups of now; left out: not known. */
  slotPrices?: Numbers;
  groupPrices?: Numbers;
};

/** The last plan itself. */
export type PlanStart = {
  plan: { memory: Memory };
  /** Which asset of the last input each asset was; -1 for a new one. */
  assets: Numbers;
  /** Slot t now was slot t + slotsPassed then. */
  slotsPassed?: number;
};

/** Keeps node prices whole numbers. */
const MAX_CAPACITY_PRICE = 2 ** 40;

/** @param order asset `order[i]` of the input is asset i of the packed fleet */
export function startFromFigures(fleet: Fleet, order: Int32Array, start: PlainStart): Start {
  const energyOf: EnergyOf = (asset, slot) => start.energyWh(order[asset]!, slot);
  let prices: Prices | null = null;
  if (start.slotPrices !== undefined || start.groupPrices !== undefined) {
    prices = noPrices(fleet);
    set("start.slotPrices", prices.fleet, start.slotPrices, fleet.fleetCap);
    if (fleet.twoLevel) set("start.groupPrices", prices.group, start.groupPrices, fleet.groupCap);
  }
  return { prices, linear: energyOf, givenOut: energyOf };
}

/** Capacity that nothing limits has no price. */
function set(field: string, into: Float64Array, given: Numbers | undefined, caps: Float64Array): void {
  if (given === undefined) return;
  if (given.length !== into.length) {
    throw new FleetInputError(field, `has ${given.length} values for ${into.length}`);
  }
  for (let cell = 0; cell < into.length; cell++) {
    const price = given[cell]!;
    if (!(price >= 0 && price <= MAX_CAPACITY_PRICE)) {
      throw new FleetInputError(field, `[${cell}] is ${price}: not a price from 0 to ${MAX_CAPACITY_PRICE}`);
    }
    into[cell] = caps[cell] === Number.POSITIVE_INFINITY ? 0 : Math.round(price);
  }
}

/** @param order asset `order[i]` of the input is asset i of the packed fleet */
export function startFromPlan(fleet: Fleet, order: Int32Array, { plan, assets, slotsPassed = 0 }: PlanStart): Start {
  const { memory } = plan;
  const then = memory.fleet;
  if (assets.length !== fleet.count) {
    throw new FleetInputError("previous.assets", `has ${assets.length} values for ${fleet.count}`);
  }
  if (!Number.isInteger(slotsPassed) || slotsPassed < 0) {
    throw new FleetInputError("previous.slotsPassed", `is ${slotsPassed}: not a whole number from 0`);
  }
  const rankOf = new Int32Array(fleet.count);
  for (let i = 0; i < fleet.count; i++) {
    const was = assets[order[i]!]!;
    if (!Number.isInteger(was) || was < -1 || was >= then.count) {
      const reason = `is ${was}: not -1, nor one of the last plan's ${then.count}`;
      throw new FleetInputError("previous.assets", reason, order[i]!);
    }
    rankOf[i] = was < 0 ? -1 : memory.rankOf[was]!;
  }
  const energiesIn =
    (energy: Int32Array): EnergyOf =>
    (asset, slot) => {
      const was = rankOf[asset]!;
      const t = slot + slotsPassed;
      if (was < 0) return null;
      return t >= then.from[was]! && t < then.to[was]! ? energy[then.base[was]! + t]! : 0;
    };
  return {
    prices: carriedPrices(fleet, memory, slotsPassed),
    linear: energiesIn(memory.linear),
    givenOut: energiesIn(memory.energy),
  };
}

/** The last plan's prices, moved in time; slots it did not know are free. */
function carriedPrices(fleet: Fleet, memory: Memory, slotsPassed: number): Prices {
  const prices = noPrices(fleet);
  const known = Math.min(fleet.slots, memory.fleet.slots - slotsPassed);
  for (let t = 0; t < known; t++) {
    prices.fleet[t] = fleet.fleetCap[t] === Number.POSITIVE_INFINITY ? 0 : memory.prices.fleet[t + slotsPassed]!;
    if (!fleet.twoLevel || memory.fleet.groups !== fleet.groups) continue;
    for (let g = 0; g < fleet.groups; g++) {
      const free = fleet.groupCap[g * fleet.slots + t] === Number.POSITIVE_INFINITY;
      prices.group[g * fleet.slots + t] = free ? 0 : memory.prices.group[g * memory.fleet.slots + t + slotsPassed]!;
    }
  }
  return prices;
}
