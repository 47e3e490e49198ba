import { markRoom, orderPlaces, respond } from "./best-response.ts";
import { type Fleet, placeIndex, slotLimit } from "./problem.ts";
import type { Prices, State } from "./state.ts";

/** What a plan starts from instead of from nothing. Assets are numbered as in the packed fleet, slots as they are now. */
export type Start = {
  /** Prices of capacity at which the earlier schedule was the cheapest; null where nobody kept them. */
  prices: Prices | null;
  /** The earlier schedule before minimum powers, and the one that was given out: Wh, null where there was none. */
  linear: EnergyOf;
  givenOut: EnergyOf;
};

export type EnergyOf = (asset: number, slot: number) => number | null;

/**
 * Starts from an earlier schedule: an asset whose old energies are possible and still its cheapest at these prices keeps
 * them, whatever else changed; the others respond anew. Returns how many did.
 */
export function carryOver(fleet: Fleet, state: State, prices: Prices, start: Start): number {
  const { count, slots, width, classes, segment } = fleet;
  const { energy, filled, room, load } = state;
  const market = newMarket(fleet, prices);
  const anew = new Uint8Array(count);
  let responding = 0;
  for (let s = 0; s < segment.length - 1; s++) {
    if (segment[s] === segment[s + 1]) continue;
    const group = Math.trunc(s / classes);
    enter(market, s);
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      const first = placeIndex(fleet, i, slots);
      const last = fleet.base[i]! + fleet.to[i]!;
      if (!(laid(fleet, energy, i, start.linear) && excess(market, energy, i) === 0)) {
        energy.fill(0, first, last);
        anew[i] = 1;
        responding++;
        continue;
      }
      for (let at = first; at < last; at++) {
        if (energy[at] === 0) continue;
        const t = at < first + 2 ? slots + at - first : at - fleet.base[i]!;
        filled[(t >> 5) * count + i]! |= 1 << (t & 31);
        load[group * width + t]! += energy[at]!;
      }
      markRoom(fleet, energy, room, i);
    }
  }
  respond(fleet, state, prices, anew);
  return responding;
}

/**
 * Where minimum powers hold, gives an asset the schedule it was given out before, if that loses no more against its
 * cheapest at these prices than it lost at its own: so a minimum power does not move twice.
 */
export function keepGivenOut(fleet: Fleet, energy: Int32Array, prices: Prices, start: Start): void {
  const { slots, segment, from, to, base } = fleet;
  const now = newMarket(fleet, prices);
  const then = start.prices === null ? null : newMarket(fleet, start.prices);
  const row = new Int32Array(fleet.width);
  for (let s = 0; s < segment.length - 1; s++) {
    if (segment[s] === segment[s + 1]) continue;
    enter(now, s);
    if (then !== null) enter(then, s);
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      const first = placeIndex(fleet, i, slots);
      const length = 2 + to[i]! - from[i]!;
      for (let c = 0; c < length; c++) row[c] = energy[first + c]!;
      energy.fill(0, first, base[i]! + to[i]!);
      const kept =
        laid(fleet, energy, i, start.givenOut) &&
        excess(now, energy, i) <= (then === null ? 0 : excess(then, energy, i));
      if (!kept) for (let c = 0; c < length; c++) energy[first + c] = row[c]!;
    }
  }
}

/** A schedule with the earlier energies wherever an asset can still have them, whether or not they are its cheapest. */
export function resumed(fleet: Fleet, energy: Int32Array, { linear }: Start): Int32Array {
  const mixed = energy.slice();
  for (let i = 0; i < fleet.count; i++) {
    const first = placeIndex(fleet, i, fleet.slots);
    const end = fleet.base[i]! + fleet.to[i]!;
    mixed.fill(0, first, end);
    if (!laid(fleet, mixed, i, linear)) mixed.set(energy.subarray(first, end), first);
  }
  return mixed;
}

/** Puts an asset's old energies where they are now; false where it cannot have them any more, its row is spoilt then. */
function laid(fleet: Fleet, energy: Int32Array, asset: number, energyOf: EnergyOf): boolean {
  const { slots, from, to, total, optional, base } = fleet;
  let missing = total[asset]!;
  for (let t = 0; t < slots; t++) {
    const wh = energyOf(asset, t);
    if (wh === 0) continue;
    if (wh === null || !Number.isInteger(wh) || wh < 0) return false;
    if (t < from[asset]! || t >= to[asset]! || wh > slotLimit(fleet, asset, t)) return false;
    energy[base[asset]! + t] = wh;
    missing -= wh;
  }
  if (missing < 0) return false;
  const untaken = Math.min(missing, optional[asset]!);
  energy[placeIndex(fleet, asset, slots)] = missing - untaken;
  energy[placeIndex(fleet, asset, slots + 1)] = untaken;
  return true;
}

/** What the places of one segment at a time cost, and from cheapest to dearest. */
type Market = { fleet: Fleet; prices: Prices; order: Uint8Array; keys: Float64Array; value: Float64Array };

function newMarket(fleet: Fleet, prices: Prices): Market {
  const { width } = fleet;
  const keys = new Float64Array(width);
  return { fleet, prices, order: new Uint8Array(width), keys, value: new Float64Array(width) };
}

function enter({ fleet, prices, order, keys, value }: Market, segment: number): void {
  const { slots, width, classes } = fleet;
  const group = Math.trunc(segment / classes);
  orderPlaces(fleet, prices, segment, keys, order, 0);
  for (let t = 0; t < width; t++) {
    const capacity = t < slots ? prices.fleet[t]! + prices.group[group * slots + t]! : 0;
    value[t] = fleet.price[(segment % classes) * width + t]! + capacity;
  }
}

/** How much more an asset's energies cost than its cheapest. */
function excess({ fleet, order, value }: Market, energy: Int32Array, asset: number): number {
  const { slots, from, to, total, optional, base } = fleet;
  const first = from[asset]!;
  const end = to[asset]!;
  let paid = energy[placeIndex(fleet, asset, slots)]! * value[slots]!;
  for (let t = first; t < end; t++) paid += energy[base[asset]! + t]! * value[t]!;
  let need = total[asset]!;
  for (let p = 0; need > 0; p++) {
    const t = order[p]!;
    if (t < slots && (t < first || t >= end)) continue;
    const most = t < slots ? slotLimit(fleet, asset, t) : t === slots ? need : optional[asset]!;
    const take = Math.min(need, most);
    paid -= take * value[t]!;
    need -= take;
  }
  return paid;
}
