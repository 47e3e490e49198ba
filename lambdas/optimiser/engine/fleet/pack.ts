import { newClassOrder } from "./class-order.ts";
import {
  type Fleet,
  type FleetAssets,
  type FleetInput,
  FleetInputError,
  layRows,
  type Numbers,
  slotMinimum,
} from "./problem.ts";

/** Keeps every product of price and energy, and every node price, an exact integer. */
const MAX_PRICE = 20_000_000;
const MAX_ENERGY_WH = 100_000_000;
const MAX_FLEET_WH = 2 ** 43;
const MAX_TABLE = 60_000_000;

/** Asset `order[i]` of the input is asset i of the packed fleet. */
export type Packed = { fleet: Fleet; order: Int32Array };

/** Validates and packs. `minimumPower` raises a need below the minimum of a slot of its window to that minimum. */
export function packFleet(input: FleetInput, minimumPower: boolean): Packed {
  const { slots, assets } = input;
  const { count } = assets;
  whole("slots", slots, 1, 254);
  whole("assets.count", count, 0, 16_000_000);
  if (input.rampWh !== undefined) whole("rampWh", input.rampWh, 0, MAX_FLEET_WH);
  const classesGiven = input.price.length / slots;
  if (!Number.isInteger(classesGiven) || classesGiven === 0) {
    throw new FleetInputError("price", `has ${input.price.length} values: not whole rows of ${slots} slots`);
  }
  const givenPrice = column("price", input.price, input.price.length, -MAX_PRICE, MAX_PRICE);
  const groups = input.groupCapWh === undefined ? 1 : input.groupCapWh.length / slots;
  if (!Number.isInteger(groups) || groups === 0) {
    throw new FleetInputError("groupCapWh", `has ${input.groupCapWh?.length} values: not whole rows of ${slots} slots`);
  }
  const fleetCap = caps("fleetCapWh", input.fleetCapWh, slots);
  const groupCap = caps("groupCapWh", input.groupCapWh, groups * slots);

  const perAsset = (field: keyof FleetAssets, most: number, least = 0): Int32Array =>
    column(field, assets[field] as Numbers, count, least, most, assets.ids);
  const from = perAsset("fromSlot", slots);
  const to = perAsset("toSlot", slots);
  const limit = perAsset("limitWh", MAX_ENERGY_WH);
  const head = assets.headWh === undefined ? limit : perAsset("headWh", MAX_ENERGY_WH);
  const tail = assets.tailWh === undefined ? limit : perAsset("tailWh", MAX_ENERGY_WH);
  const energy = perAsset("energyWh", MAX_ENERGY_WH);
  const priceClass = perAsset("priceClass", classesGiven - 1);
  const shortfallPrice = perAsset("shortfallPrice", MAX_PRICE);
  const group = assets.group === undefined ? undefined : perAsset("group", groups - 1);
  const minimum = assets.minimumWh === undefined ? undefined : perAsset("minimumWh", MAX_ENERGY_WH);
  const maximum = assets.maximumWh === undefined ? undefined : perAsset("maximumWh", MAX_ENERGY_WH);
  for (let i = 0; i < count; i++) {
    const refuse = (field: string, reason: string) => new FleetInputError(field, reason, i, assets.ids?.[i]);
    if (to[i]! < from[i]!) throw refuse("toSlot", `is ${to[i]}: before its fromSlot ${from[i]}`);
    if (head[i]! > limit[i]!) throw refuse("headWh", `is ${head[i]}: above its limitWh ${limit[i]}`);
    if (tail[i]! > limit[i]!) throw refuse("tailWh", `is ${tail[i]}: above its limitWh ${limit[i]}`);
    if (minimum !== undefined && minimum[i]! > limit[i]!) {
      throw refuse("minimumWh", `is ${minimum[i]}: above its limitWh ${limit[i]}`);
    }
    if (maximum !== undefined && maximum[i]! < energy[i]!) {
      throw refuse("maximumWh", `is ${maximum[i]}: below its energyWh ${energy[i]}`);
    }
  }

  const { classOf, firstOfClass } = classesInUse(priceClass, shortfallPrice);
  const classes = firstOfClass.length;
  const width = slots + 2;
  if (classes * width * width > MAX_TABLE) {
    throw new FleetInputError("priceClass", `and shortfallPrice make ${classes} different price rows: too many`);
  }
  const price = new Int32Array(classes * width);
  firstOfClass.forEach((asset, index) => {
    const row = priceClass[asset]! * slots;
    price.set(givenPrice.subarray(row, row + slots), index * width);
    price[index * width + slots] = shortfallPrice[asset]!;
  });

  const { order, segment } = sortedBySegment(count, groups, classes, group, classOf);
  const packedLimit = new Int32Array(count);
  const fleet: Fleet = {
    count,
    slots,
    width,
    words: (width + 31) >> 5,
    groups,
    classes,
    price,
    classOrder: newClassOrder(classes, width),
    fleetCap,
    groupCap,
    twoLevel: groups > 1,
    segment,
    from: new Uint8Array(count),
    to: new Uint8Array(count),
    limit: packedLimit,
    head: head === limit ? packedLimit : new Int32Array(count),
    tail: head === limit && tail === limit ? packedLimit : new Int32Array(count),
    minimum: new Int32Array(count),
    total: new Int32Array(count),
    optional: new Int32Array(count),
    base: new Int32Array(count),
    cells: 0,
  };
  if (groups === 1) for (let t = 0; t < slots; t++) fleetCap[t] = Math.min(fleetCap[t]!, groupCap[t]!);
  for (let i = 0; i < count; i++) {
    const asset = order[i]!;
    const least = minimum === undefined ? 0 : minimum[asset]!;
    fleet.from[i] = from[asset]!;
    fleet.to[i] = to[asset]!;
    fleet.limit[i] = limit[asset]!;
    fleet.head[i] = head[asset]!;
    fleet.tail[i] = to[asset]! - from[asset]! === 1 ? head[asset]! : tail[asset]!;
    fleet.minimum[i] = least;
    const lifted = minimumPower && energy[asset]! > 0 && energy[asset]! < least;
    const need = lifted ? Math.max(energy[asset]!, largestMinimum(fleet, i)) : energy[asset]!;
    fleet.total[i] = maximum === undefined ? need : Math.max(need, maximum[asset]!);
    fleet.optional[i] = fleet.total[i]! - need;
  }
  let fleetWh = 0;
  for (let i = 0; i < count; i++) fleetWh += fleet.total[i]!;
  if (fleetWh > MAX_FLEET_WH)
    throw new FleetInputError("energyWh", `adds up to ${fleetWh} Wh: more than a fleet takes`);
  layRows(fleet);
  return { fleet, order };
}

function whole(field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new FleetInputError(field, `is ${value}: not a whole number from ${least} to ${most}`);
  }
}

function column(
  field: string,
  values: Numbers,
  count: number,
  least: number,
  most: number,
  ids?: readonly string[],
): Int32Array {
  if (values.length !== count) throw new FleetInputError(field, `has ${values.length} values for ${count}`);
  const packed = new Int32Array(values);
  const asGiven = values instanceof Int32Array ? packed : new Float64Array(values);
  for (let i = 0; i < count; i++) {
    // NaN, fractions and overflow are what an Int32 does not give back as it got it.
    if (packed[i] !== asGiven[i] || packed[i]! < least || packed[i]! > most) {
      throw new FleetInputError(field, `is ${values[i]}: not a whole number from ${least} to ${most}`, i, ids?.[i]);
    }
  }
  return packed;
}

function caps(field: string, values: Numbers | undefined, count: number): Float64Array {
  if (values === undefined) return new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  if (values.length !== count) throw new FleetInputError(field, `has ${values.length} values for ${count}`);
  const packed = new Float64Array(values);
  packed.forEach((cap, at) => {
    if (!(cap >= 0) || (cap !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(cap))) {
      throw new FleetInputError(field, `[${at}] is ${cap}: not a whole number from 0, nor Infinity`);
    }
  });
  return packed;
}

/** A class of the solver is a price row with a shortfall price: assets of one class differ in nothing that is paid. */
function classesInUse(priceClass: Int32Array, shortfallPrice: Int32Array) {
  const known = new Map<number, number>();
  const firstOfClass: number[] = [];
  const classOf = new Uint16Array(priceClass.length);
  let lastKey = -1;
  let last = 0;
  for (let i = 0; i < classOf.length; i++) {
    const key = priceClass[i]! * (MAX_PRICE + 1) + shortfallPrice[i]!;
    let found = key === lastKey ? last : known.get(key);
    if (found === undefined) {
      found = firstOfClass.length;
      if (found > 0xffff) throw new FleetInputError("priceClass", "and shortfallPrice make too many price rows");
      known.set(key, found);
      firstOfClass.push(i);
    }
    classOf[i] = found;
    lastKey = key;
    last = found;
  }
  return { classOf, firstOfClass };
}

function sortedBySegment(
  count: number,
  groups: number,
  classes: number,
  group: Int32Array | undefined,
  classOf: Uint16Array,
) {
  const key = new Int32Array(count);
  const next = new Int32Array(groups * classes + 1);
  for (let i = 0; i < count; i++) {
    const cell = (group === undefined ? 0 : group[i]!) * classes + classOf[i]!;
    key[i] = cell;
    next[cell + 1]!++;
  }
  for (let c = 1; c < next.length; c++) next[c]! += next[c - 1]!;
  const segment = next.slice();
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[next[key[i]!]!++] = i;
  return { order, segment };
}

/** What an asset needs at least if it may be on in any one slot of its window, Wh. */
function largestMinimum(fleet: Fleet, i: number): number {
  const { from, to, minimum } = fleet;
  const last = to[i]! - 1;
  if (last - from[i]! > 1 || last < from[i]!) return minimum[i]!;
  return Math.max(slotMinimum(fleet, i, from[i]!), slotMinimum(fleet, i, last));
}
