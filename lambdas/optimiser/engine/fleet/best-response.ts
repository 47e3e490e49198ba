import { type Fleet, placeIndex } from "./problem.ts";
import type { Prices, State } from "./state.ts";

const RANK = 2 ** 10;

/**
 * Places of one (group, class) from cheapest to dearest at capacity prices, into `into` from `at`. Of equally cheap
 * slots those with `full` set come last.
 */
export function orderPlaces(
  fleet: Fleet,
  prices: Prices,
  segment: number,
  keys: Float64Array,
  into: Uint8Array,
  at: number,
  full?: Uint8Array,
): void {
  const { slots, width, classes, price } = fleet;
  const group = Math.trunc(segment / classes);
  const row = (segment % classes) * width;
  for (let t = 0; t < width; t++) {
    const capacityPrice = t < slots ? prices.fleet[t]! + prices.group[group * slots + t]! : 0;
    // What must be served is served where that costs the same as not serving it.
    const last = t === slots ? 512 : full !== undefined && full[group * width + t] === 1 ? 256 : 0;
    keys[t] = (price[row + t]! + capacityPrice) * RANK + last + t;
  }
  keys.sort();
  for (let p = 0; p < width; p++) into[at + p] = keys[p]! & 255;
}

/**
 * Every asset of segments [fromSegment, toSegment) takes its cheapest places at these prices, caps unheard: the state
 * the repair starts from. Where places cost the same, those whose cap is already reached come last, which saves the
 * repair most of its work on flat tariffs. `only` restricts it to flagged assets; the others keep what they have.
 */
export function respond(fleet: Fleet, state: State, prices: Prices, only?: Uint8Array): void {
  const { count, slots, width, classes, segment, from, to, total, optional, base, groupCap, fleetCap } = fleet;
  const { limit, head, tail } = fleet;
  const { energy, filled, room, load } = state;
  const order = new Uint8Array(width);
  const keys = new Float64Array(width);
  const full = new Uint8Array(fleet.groups * width);
  const fleetLoad = new Float64Array(slots);
  for (let g = 0; g < fleet.groups; g++) {
    for (let t = 0; t < slots; t++) fleetLoad[t]! += load[g * width + t]!;
  }
  const isFull = (g: number, t: number) =>
    (fleet.twoLevel && load[g * width + t]! >= groupCap[g * slots + t]!) || fleetLoad[t]! >= fleetCap[t]!;
  for (let g = 0; g < fleet.groups; g++) for (let t = 0; t < slots; t++) full[g * width + t] = isFull(g, t) ? 1 : 0;

  for (let s = 0; s < segment.length - 1; s++) {
    if (segment[s] === segment[s + 1]) continue;
    const group = Math.trunc(s / classes);
    const loads = group * width;
    orderPlaces(fleet, prices, s, keys, order, 0, full);
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      if (only !== undefined && only[i] === 0) continue;
      const first = from[i]!;
      const end = to[i]!;
      const most = limit[i]!;
      const row = base[i]!;
      let need = total[i]!;
      let reorder = false;
      for (let p = 0; need > 0; p++) {
        const t = order[p]!;
        let take = need;
        let at = row + t;
        if (t < slots) {
          if (t < first || t >= end) continue;
          const open = t === first ? head[i]! : t === end - 1 ? tail[i]! : most;
          if (open === 0) continue;
          if (take > open) take = open;
        } else {
          at = placeIndex(fleet, i, t);
          if (t > slots) take = Math.min(need, optional[i]!);
          if (take === 0) continue;
        }
        energy[at] = take;
        need -= take;
        load[loads + t]! += take;
        filled[(t >> 5) * count + i]! |= 1 << (t & 31);
        if (t < slots) {
          fleetLoad[t]! += take;
          if (full[loads + t] === 0 && isFull(group, t)) {
            for (let g = 0; g < fleet.groups; g++) full[g * width + t] = isFull(g, t) ? 1 : 0;
            reorder = true;
          }
        }
      }
      markRoom(fleet, energy, room, i);
      if (reorder) orderPlaces(fleet, prices, s, keys, order, 0, full);
    }
  }
}

/** Sets the mask of places where the asset could take more. */
export function markRoom(fleet: Fleet, energy: Int32Array, room: Int32Array, asset: number): void {
  const { count, slots, words, from, to, limit, head, tail, optional, base } = fleet;
  const most = limit[asset]!;
  const end = to[asset]!;
  const row = base[asset]!;
  for (let w = 0; w < words; w++) {
    let mask = 0;
    if (most > 0) {
      const stop = Math.min(end, (w + 1) << 5);
      for (let t = Math.max(from[asset]!, w << 5); t < stop; t++) {
        if (energy[row + t]! < most) mask |= 1 << (t & 31);
      }
      // The ends of the window may have less room than the rest of it.
      const first = from[asset]!;
      if (first >> 5 === w && first < end && energy[row + first]! >= head[asset]!) mask &= ~(1 << (first & 31));
      const last = end - 1;
      if (last >> 5 === w && last > first && energy[row + last]! >= tail[asset]!) mask &= ~(1 << (last & 31));
    }
    if (slots >> 5 === w) mask |= 1 << (slots & 31);
    if ((slots + 1) >> 5 === w && energy[placeIndex(fleet, asset, slots + 1)]! < optional[asset]!) {
      mask |= 1 << ((slots + 1) & 31);
    }
    room[w * count + asset] = mask;
  }
}
