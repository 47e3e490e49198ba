import type { Room } from "./fill.ts";
import { type Fleet, slotLimit, slotMinimum } from "./problem.ts";
import type { Prices } from "./state.ts";

/** How much of the price of a slot a move into it must save, pass by pass: the moves that lose least come first. */
const SHARES = [0.8, 0.3];
/** Minimum powers leave more room, in smaller pieces. */
const SHARES_WITH_MINIMUM = [0.95, 0.8, 0.5, 0.01];

/** Room for less than this part of what an asset takes in a slot is left alone. */
const CRUMBS = 16;

/**
 * Uses the room that a fill has left in slots that have a price: energy moves there from dearer slots of the same asset,
 * never below a minimum. Each move makes the schedule cheaper.
 */
export function polish(fleet: Fleet, prices: Prices, energy: Int32Array, room: Room, minimumPower: boolean): void {
  const { slots, width, classes, segment } = fleet;
  const worth = new Float64Array(slots);
  for (const share of minimumPower ? SHARES_WITH_MINIMUM : SHARES) {
    for (let s = 0; s < segment.length - 1; s++) {
      const group = Math.trunc(s / classes);
      const price = fleet.price.subarray((s % classes) * width, (s % classes) * width + slots);
      for (let t = 0; t < slots; t++) worth[t] = share * (prices.fleet[t]! + prices.group[group * slots + t]!);
      for (let i = segment[s]!; i < segment[s + 1]!; i++) {
        improve(fleet, energy, room, i, group * slots, price, worth, minimumPower);
      }
    }
  }
}

function improve(
  fleet: Fleet,
  energy: Int32Array,
  room: Room,
  asset: number,
  row: number,
  price: Int32Array,
  worth: Float64Array,
  minimumPower: boolean,
): void {
  const cells = fleet.base[asset]!;
  const first = fleet.from[asset]!;
  const end = fleet.to[asset]!;
  let dearest = Number.NEGATIVE_INFINITY;
  for (let t = first; t < end; t++) if (energy[cells + t] !== 0 && price[t]! > dearest) dearest = price[t]!;
  for (let t = first; t < end; t++) {
    if (worth[t]! <= 0 || dearest - price[t]! < worth[t]!) continue;
    const had = energy[cells + t]!;
    const most = slotLimit(fleet, asset, t);
    const open = Math.min(most - had, room.fleet[t]!, room.group[row + t]!);
    if (open * CRUMBS < most || open === 0) continue;
    const least = minimumPower ? slotMinimum(fleet, asset, t) : 0;
    if (had + open < least) continue;
    let best = -1;
    let bestGain = 0;
    let bestWh = 0;
    for (let s = first; s < end; s++) {
      const there = energy[cells + s]!;
      const each = price[s]! - price[t]!;
      if (there === 0 || each <= 0 || each < worth[t]! || s === t) continue;
      const wh = there <= open ? there : Math.min(open, there - (minimumPower ? slotMinimum(fleet, asset, s) : 0));
      if (wh <= 0 || had + wh < least || each * wh <= bestGain) continue;
      best = s;
      bestGain = each * wh;
      bestWh = wh;
    }
    if (best < 0) continue;
    energy[cells + best]! -= bestWh;
    energy[cells + t]! += bestWh;
    room.fleet[best]! += bestWh;
    room.group[row + best]! += bestWh;
    room.fleet[t]! -= bestWh;
    room.group[row + t]! -= bestWh;
  }
}
