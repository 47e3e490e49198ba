import { markRoom, orderPlaces, respond } from "./best-response.ts";
import { type Fleet, placeIndex, slotLimit } from "./problem.ts";
import { noPrices, type Prices, type State } from "./state.ts";

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

/** Which packed asset of the last plan each packed asset of this one was, -1 for none, and the slots gone since. */
export type Previous = { memory: Memory; rankOf: Int32Array; slotsPassed: number };

/** The last plan's prices, moved in time; slots it did not know are free. */
export function carriedPrices(fleet: Fleet, { memory, slotsPassed }: Previous): Prices {
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

/**
 * Starts from the last schedule: an asset whose old energies are possible and still its cheapest at these prices keeps
 * them, whatever else changed; the others respond anew. Returns how many did.
 */
export function carryOver(fleet: Fleet, state: State, prices: Prices, previous: Previous): number {
  const { count, slots, width, classes, segment } = fleet;
  const { energy, filled, room, load } = state;
  const order = new Uint8Array(width);
  const keys = new Float64Array(width);
  const value = new Float64Array(width);
  const anew = new Uint8Array(count);
  let responding = 0;
  for (let s = 0; s < segment.length - 1; s++) {
    if (segment[s] === segment[s + 1]) continue;
    const group = Math.trunc(s / classes);
    orderPlaces(fleet, prices, s, keys, order, 0);
    for (let t = 0; t < width; t++) {
      const capacity = t < slots ? prices.fleet[t]! + prices.group[group * slots + t]! : 0;
      value[t] = fleet.price[(s % classes) * width + t]! + capacity;
    }
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      const first = placeIndex(fleet, i, slots);
      const last = fleet.base[i]! + fleet.to[i]!;
      if (!(copied(fleet, energy, previous, previous.memory.linear, i) && isCheapest(fleet, energy, i, order, value))) {
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

/** Puts the asset's old energies where they are now; false where it cannot have them any more. */
function copied(fleet: Fleet, energy: Int32Array, previous: Previous, from: Int32Array, asset: number): boolean {
  const { memory, slotsPassed } = previous;
  const was = previous.rankOf[asset]!;
  if (was < 0) return false;
  const then = memory.fleet;
  let missing = fleet.total[asset]!;
  for (let t = Math.max(then.from[was]!, slotsPassed); t < then.to[was]!; t++) {
    const wh = from[then.base[was]! + t]!;
    if (wh === 0) continue;
    const now = t - slotsPassed;
    if (now < fleet.from[asset]! || now >= fleet.to[asset]! || wh > slotLimit(fleet, asset, now)) return false;
    energy[fleet.base[asset]! + now] = wh;
    missing -= wh;
  }
  if (missing < 0) return false;
  const untaken = Math.min(missing, fleet.optional[asset]!);
  energy[placeIndex(fleet, asset, fleet.slots)] = missing - untaken;
  energy[placeIndex(fleet, asset, fleet.slots + 1)] = untaken;
  return true;
}

function isCheapest(fleet: Fleet, energy: Int32Array, asset: number, order: Uint8Array, value: Float64Array): boolean {
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
  return paid === 0;
}

/** The schedule given out last where the linear one has not changed, so that a minimum power does not move twice. */
export function keepGivenOut(fleet: Fleet, energy: Int32Array, previous: Previous): void {
  const { memory } = previous;
  if (memory.linear === memory.energy) return;
  const row = new Int32Array(fleet.width);
  for (let i = 0; i < fleet.count; i++) {
    const first = placeIndex(fleet, i, fleet.slots);
    const length = 2 + fleet.to[i]! - fleet.from[i]!;
    for (let c = 0; c < length; c++) {
      row[c] = energy[first + c]!;
      energy[first + c] = 0;
    }
    const same =
      copied(fleet, energy, previous, memory.linear, i) &&
      energy.subarray(first, first + length).every((wh, c) => wh === row[c]);
    energy.fill(0, first, first + length);
    if (same && copied(fleet, energy, previous, memory.energy, i)) continue;
    for (let c = 0; c < length; c++) energy[first + c] = row[c]!;
  }
}
