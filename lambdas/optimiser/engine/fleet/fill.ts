import { orderPlaces } from "./best-response.ts";
import { polish } from "./polish.ts";
import { type Fleet, placeIndex, slotLimit, slotMinimum } from "./problem.ts";
import type { Prices } from "./state.ts";

/** Laxity is sorted in quarters of a slot. */
const STEPS = 4;
/** Who keeps what it has when a cap is over, band after band: laxities from here to the next. */
const BANDS = [0, 4 * STEPS, 8 * STEPS, 12 * STEPS, 18 * STEPS];

/**
 * Completes a schedule under every cap: what is over a cap is taken away, then assets that miss something take it, the
 * tightest first, in their cheapest slots that have room left, and what room is left then is put to use. From every
 * asset's cheapest slots this is the answer that is always there in time; from a repair cut short it loses less. With
 * `minimumPower` no asset is left below its minimum in a slot.
 */
export function fill(fleet: Fleet, prices: Prices, energy: Int32Array, minimumPower: boolean): void {
  const room = fillMissing(fleet, prices, energy, minimumPower);
  polish(fleet, prices, energy, room, minimumPower);
}

/** The same without putting to use what room is left. */
export function fillMissing(fleet: Fleet, prices: Prices, energy: Int32Array, minimumPower: boolean): Room {
  const { count, slots, width, classes, segment } = fleet;
  const missing = new Uint8Array(count);
  const laxity = laxities(fleet);
  const room = roomLeft(fleet, energy, laxity, missing);
  if (minimumPower) clearBelowMinimum(fleet, energy, room, missing);
  const orders = new Uint8Array((segment.length - 1) * width);
  const keys = new Float64Array(width);
  for (let s = 0; s < segment.length - 1; s++) {
    if (segment[s] !== segment[s + 1]) orderPlaces(fleet, prices, s, keys, orders, s * width);
  }
  const { assets, segmentOf } = tightestFirst(fleet, laxity, missing);
  for (let n = 0; n < assets.length; n++) {
    const s = segmentOf[n]!;
    complete(fleet, energy, room, assets[n]!, Math.trunc(s / classes) * slots, orders, s * width, minimumPower);
  }
  return room;
}

/** Wh left under the caps per slot of the fleet, and per `group * slots + slot`. */
export type Room = { fleet: Float64Array; group: Float64Array };

/**
 * What the caps leave beside the schedule. Takes from assets what is over a cap, from those with time to spare first,
 * and flags who misses something.
 */
function roomLeft(fleet: Fleet, energy: Int32Array, laxity: Uint16Array, missing: Uint8Array): Room {
  const { slots, classes, segment, from, to, base } = fleet;
  const room = { fleet: fleet.fleetCap.slice(), group: fleet.groupCap.slice() };
  for (const [band, least] of BANDS.entries()) {
    const below = BANDS[band + 1] ?? Number.POSITIVE_INFINITY;
    for (let s = 0; s < segment.length - 1; s++) {
      const row = Math.trunc(s / classes) * slots;
      for (let i = segment[s]!; i < segment[s + 1]!; i++) {
        if (laxity[i]! < least || laxity[i]! >= below) continue;
        for (let t = from[i]!, at = base[i]! + t; t < to[i]!; t++, at++) {
          const wh = energy[at]!;
          if (wh === 0) continue;
          const fits = Math.min(wh, room.fleet[t]!, room.group[row + t]!);
          if (fits < wh) missing[i] = 1;
          energy[at] = fits;
          room.fleet[t]! -= fits;
          room.group[row + t]! -= fits;
        }
        if (energy[placeIndex(fleet, i, slots)]! > 0) missing[i] = 1;
      }
    }
  }
  return room;
}

/** How long an asset could wait, in steps: what its window has more than it needs. */
function laxities({ count, from, to, limit, head, tail, total }: Fleet): Uint16Array {
  const laxity = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const windowSlots = to[i]! - from[i]!;
    const goneWh = (windowSlots > 0 ? limit[i]! - head[i]! : 0) + (windowSlots > 1 ? limit[i]! - tail[i]! : 0);
    const spare = windowSlots - (limit[i]! === 0 ? 0 : (total[i]! + goneWh) / limit[i]!);
    laxity[i] = Math.max(0, Math.floor(spare * STEPS));
  }
  return laxity;
}

/** Empties what is below a minimum; the rest of its asset stays, for most of an optimum is whole. */
function clearBelowMinimum(fleet: Fleet, energy: Int32Array, room: Room, missing: Uint8Array): void {
  const { slots, classes, segment, from, to, base } = fleet;
  for (let s = 0; s < segment.length - 1; s++) {
    const row = Math.trunc(s / classes) * slots;
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      for (let t = from[i]!, at = base[i]! + t; t < to[i]!; t++, at++) {
        const wh = energy[at]!;
        if (wh === 0 || wh >= slotMinimum(fleet, i, t)) continue;
        missing[i] = 1;
        room.fleet[t]! += wh;
        room.group[row + t]! += wh;
        energy[at] = 0;
      }
    }
  }
}

/** The flagged assets by laxity, and the segment of each. */
function tightestFirst(fleet: Fleet, laxity: Uint16Array, flagged: Uint8Array) {
  const { count, slots, segment } = fleet;
  const next = new Int32Array(slots * STEPS + 2);
  let size = 0;
  for (let i = 0; i < count; i++) {
    if (flagged[i] === 0) continue;
    next[laxity[i]! + 1]!++;
    size++;
  }
  for (let l = 1; l < next.length; l++) next[l]! += next[l - 1]!;
  const assets = new Int32Array(size);
  const segmentOf = new Int32Array(size);
  for (let s = 0; s < segment.length - 1; s++) {
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      if (flagged[i] === 0) continue;
      const at = next[laxity[i]!]!++;
      assets[at] = i;
      segmentOf[at] = s;
    }
  }
  return { assets, segmentOf };
}

/** Gives one asset what it misses, cheapest slots with room first. */
function complete(
  fleet: Fleet,
  energy: Int32Array,
  room: Room,
  asset: number,
  row: number,
  orders: Uint8Array,
  order: number,
  minimumPower: boolean,
): void {
  const { slots, from, to, limit, total, optional, base } = fleet;
  const first = from[asset]!;
  const end = to[asset]!;
  const cells = base[asset]!;
  let wanted = total[asset]!;
  for (let t = first; t < end; t++) wanted -= energy[cells + t]!;
  // What is optional is wanted only where it costs less than nothing, which is before its own place in the order.
  let spared = 0;
  for (let p = order; wanted > spared && limit[asset]! > 0; p++) {
    const t = orders[p]!;
    if (t === slots) break;
    if (t > slots) {
      spared = optional[asset]!;
      continue;
    }
    if (t < first || t >= end) continue;
    const had = energy[cells + t]!;
    const least = minimumPower ? slotMinimum(fleet, asset, t) : 0;
    const open = Math.min(slotLimit(fleet, asset, t) - had, room.fleet[t]!, room.group[row + t]!);
    let take = Math.min(wanted - spared, open);
    if (take <= 0) continue;
    if (had + take < least) {
      if (had + open < least) continue;
      take += lift(fleet, energy, room, asset, row, orders, order, p, least - had - take, wanted - take);
      if (had + take < least) continue;
      wanted = total[asset]! - had - take;
      for (let other = first; other < end; other++) if (other !== t) wanted -= energy[cells + other]!;
    } else wanted -= take;
    energy[cells + t] = had + take;
    room.fleet[t]! -= take;
    room.group[row + t]! -= take;
  }
  const untaken = Math.min(wanted, optional[asset]!);
  energy[placeIndex(fleet, asset, slots)] = wanted - untaken;
  energy[placeIndex(fleet, asset, slots + 1)] = untaken;
}

/**
 * Finds `short` Wh to bring a slot up to the minimum: from the asset's dearer slots that stay at or above it, else from
 * energy that it may take beyond its need. Returns `short`, or 0 and changes nothing.
 */
function lift(
  fleet: Fleet,
  energy: Int32Array,
  room: Room,
  asset: number,
  row: number,
  orders: Uint8Array,
  order: number,
  before: number,
  short: number,
  optionalLeft: number,
): number {
  const { slots, from, to, base } = fleet;
  const cells = base[asset]!;
  const inWindow = (t: number) => t < slots && t >= from[asset]! && t < to[asset]!;
  let found = 0;
  for (let p = before - 1; p >= order && found < short; p--) {
    const t = orders[p]!;
    if (inWindow(t)) found += Math.max(0, energy[cells + t]! - slotMinimum(fleet, asset, t));
  }
  if (found < short) return optionalLeft >= short ? short : 0;
  let owed = short;
  for (let p = before - 1; p >= order && owed > 0; p--) {
    const t = orders[p]!;
    if (!inWindow(t)) continue;
    const give = Math.min(owed, Math.max(0, energy[cells + t]! - slotMinimum(fleet, asset, t)));
    energy[cells + t]! -= give;
    room.fleet[t]! += give;
    room.group[row + t]! += give;
    owed -= give;
  }
  return short;
}
