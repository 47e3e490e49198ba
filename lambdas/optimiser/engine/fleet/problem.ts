import type { ClassOrder } from "./class-order.ts";

/** Any list of numbers: typed arrays pack fastest. */
export type Numbers = ArrayLike<number>;

/**
 * One fleet over one horizon. Energies are whole Wh per slot at the meter, prices whole 1e-4 pence per kWh, so that a
 * cost (price x energy) is a whole number of 1e-7 pence and every comparison is exact.
 */
export type FleetInput = {
  /** Slots in the horizon, 1 to 254. */
  slots: number;
  /** Price of a slot for a price class, row by row: `price[class * slots + slot]`, 1e-4 pence per kWh, may be negative. */
  price: Numbers;
  /** What the whole fleet may take in a slot, Wh; `Infinity` where nothing limits it. Left out: no cap. */
  fleetCapWh?: Numbers;
  /** The same for each group (feeder or site), row by row: `groupCapWh[group * slots + slot]`. Left out: one group. */
  groupCapWh?: Numbers;
  /** Most that the load of the whole fleet may change from one slot to the next, Wh. Left out: no ramp. */
  rampWh?: number;
  assets: FleetAssets;
};

/** Struct of arrays, one entry per asset, in any order. */
export type FleetAssets = {
  count: number;
  /** Named in errors; nothing else reads it. */
  ids?: readonly string[];
  /** Window [from, to) in slots. */
  fromSlot: Numbers;
  toSlot: Numbers;
  /** Most it can take in one slot, Wh. */
  limitWh: Numbers;
  /** The same in its first slot and in its last, where these are partly gone; left out: `limitWh`. In a window of one slot `headWh` holds. */
  headWh?: Numbers;
  tailWh?: Numbers;
  /**
   * Least it can take in a slot when it is on, Wh; only read when `minimumPower` is asked for. A slot that is partly gone
   * has the same share of it, rounded up.
   */
  minimumWh?: Numbers;
  /** What it must get, Wh. */
  energyWh: Numbers;
  /** What it may get, Wh, at least `energyWh`: the rest is taken only where its price is negative. */
  maximumWh?: Numbers;
  priceClass: Numbers;
  group?: Numbers;
  /** Price of a kWh of `energyWh` not delivered, 1e-4 pence per kWh. */
  shortfallPrice: Numbers;
};

/** The packed fleet: sorted by group, then class; the solver's own shape. */
export type Fleet = {
  count: number;
  slots: number;
  /** `slots` and two places more: what is not served, and what was optional and not taken. */
  width: number;
  /** 32-bit words of a mask over `width`. */
  words: number;
  groups: number;
  classes: number;
  /** Price of each place: `price[class * width + place]`. */
  price: Int32Array;
  classOrder: ClassOrder;
  fleetCap: Float64Array;
  groupCap: Float64Array;
  /** True when group caps and the fleet cap are two levels; false when one cap per slot says it all. */
  twoLevel: boolean;
  /** Assets of (group, class) are `segment[group * classes + class]` up to the next entry. */
  segment: Int32Array;
  from: Uint8Array;
  to: Uint8Array;
  limit: Int32Array;
  /** What stands for `limit` in the first slot and in the last: the very same array where no asset has a partial one. */
  head: Int32Array;
  tail: Int32Array;
  minimum: Int32Array;
  /** Everything it may get, of which `optional` it need not. */
  total: Int32Array;
  optional: Int32Array;
  /** Where the energy of (asset, slot) is kept: `base[asset] + slot`; of the two other places: see `placeIndex`. */
  base: Int32Array;
  /** Length of the energy array. */
  cells: number;
};

/** A value that no fleet can have, and where it is. */
export class FleetInputError extends Error {
  readonly field: string;
  readonly asset: number | undefined;
  constructor(field: string, reason: string, asset?: number, id?: string) {
    const where = asset === undefined ? "" : ` of asset ${asset}${id === undefined ? "" : ` (${id})`}`;
    super(`${field}${where} ${reason}`);
    this.name = "FleetInputError";
    this.field = field;
    this.asset = asset;
  }
}

/** Position of what stands behind `slot` in an asset's row: the two other places come first, then its window. */
export function placeIndex(fleet: Fleet, asset: number, place: number): number {
  const { slots, base, from } = fleet;
  return place < slots ? base[asset]! + place : base[asset]! + from[asset]! - 2 + (place - slots);
}

/** Most the asset can take in a slot of its window, Wh. */
export function slotLimit({ from, to, limit, head, tail }: Fleet, asset: number, slot: number): number {
  if (slot === from[asset]) return head[asset]!;
  return slot === to[asset]! - 1 ? tail[asset]! : limit[asset]!;
}

/** Least the asset can take in a slot of its window when it is on, Wh. */
export function slotMinimum(fleet: Fleet, asset: number, slot: number): number {
  return partOf(fleet.minimum[asset]!, slotLimit(fleet, asset, slot), fleet.limit[asset]!);
}

/** The share of a minimum that falls to a slot with `roomWh` of a whole slot's `limitWh`: never below the same power. */
function partOf(minimumWh: number, roomWh: number, limitWh: number): number {
  return roomWh === limitWh ? minimumWh : Math.min(roomWh, Math.ceil((minimumWh * roomWh) / limitWh));
}

/** Gives every asset its row in the energy array: two places and its window. */
export function layRows(fleet: Fleet): void {
  let cells = 0;
  for (let i = 0; i < fleet.count; i++) {
    fleet.base[i] = cells + 2 - fleet.from[i]!;
    cells += 2 + fleet.to[i]! - fleet.from[i]!;
  }
  fleet.cells = cells;
}
