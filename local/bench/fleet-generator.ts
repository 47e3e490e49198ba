import type { FleetInput } from "../../lambdas/optimiser/engine/fleet/problem.ts";
import { seededRandom } from "../random.ts";

/** A synthetic night of charging: 48 half-hours from 16:00, 16 price classes, the shapes of GB tariffs. */
export type FleetOptions = {
  vehicles: number;
  feeders?: number;
  seed?: number;
  /** Fleet cap as a multiple of the peak of the even spread. */
  tight?: number;
  feederTight?: number;
  negative?: boolean;
  /** Turn-down: slots [from, to) capped at a share of the even spread's peak. */
  event?: readonly [fromSlot: number, toSlot: number, share: number];
  flat?: boolean;
};

const SLOTS = 48;
const HOURS = 0.5;
const CLASSES = 16;
const SHORTFALL_PRICE = 1_000_000;

function normal(random: () => number): number {
  let first = 0;
  while (first === 0) first = random();
  return Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * random());
}

const rounded = (value: number, scale: number) => Math.round(value * scale) / scale;
const bump = (x: number, middle: number, width: number) => Math.exp(-((x - middle) ** 2) / width);

function prices(random: () => number, options: FleetOptions): Int32Array {
  const price = new Int32Array(CLASSES * SLOTS);
  const carbonWeight = options.flat ? 0 : 0.02;
  for (let index = 0; index < CLASSES; index++) {
    const kind = index % 4;
    const region = Math.floor(index / 4);
    for (let slot = 0; slot < SLOTS; slot++) {
      const hour = (16 + slot * HOURS) % 24;
      const demand =
        14 + 8 * bump(hour, 18, 4.5) + 5 * bump(hour, 8, 5) - 7 * bump(hour, 3.5, 9) - 4 * bump(hour, 13, 8);
      let pence: number;
      if (kind === 0 || kind === 3) {
        pence = demand * (1 + 0.06 * region) + 1.6 * (random() - 0.5);
        if (hour >= 16 && hour < 19) pence += 11;
        if (options.negative && hour >= 2 && hour < 5) pence -= 14;
      } else if (kind === 1) {
        pence = hour >= 0.5 && hour < 5.5 ? 8.5 + 0.1 * region : 29 + 0.2 * region;
      } else {
        pence = 27 + 0.3 * region;
      }
      if (options.flat) pence = 27;
      const carbon =
        160 +
        70 * bump(hour, 18.5, 8) -
        50 * bump(hour, 13, 10) -
        30 * bump(hour, 4, 8) +
        25 * region +
        12 * (random() - 0.5);
      price[index * SLOTS + slot] = Math.round((pence + carbonWeight * carbon) * 10_000);
    }
  }
  return price;
}

/** Draws a fleet as packed arrays, no object per vehicle, so that a million costs memory only for what they are. */
export function generateFleet(options: FleetOptions): FleetInput {
  const { vehicles, feeders = 1, seed = 1, tight = 1.15, feederTight = 1.3 } = options;
  const random = seededRandom(seed);
  const price = prices(random, options);
  const drawn = {
    priceClass: new Uint16Array(vehicles),
    group: new Uint16Array(vehicles),
    fromSlot: new Uint16Array(vehicles),
    toSlot: new Uint16Array(vehicles),
    limitWh: new Int32Array(vehicles),
    minimumWh: new Int32Array(vehicles),
    energyWh: new Int32Array(vehicles),
  };
  for (let i = 0; i < vehicles; i++) {
    drawn.priceClass[i] = Math.min(CLASSES - 1, Math.floor(random() * CLASSES));
    drawn.group[i] = Math.floor(random() * feeders);
    let arrival = 18 + 2.2 * normal(random);
    if (arrival < 16) arrival = 16 + random() * 0.5;
    let departure = 31.5 + 1.3 * normal(random);
    if (random() < 0.08) {
      arrival = 22 + 3 * random();
      departure = 33 + 4 * random();
    }
    const from = Math.max(0, Math.min(SLOTS - 4, Math.floor((arrival - 16) / HOURS)));
    const to = Math.max(from + 3, Math.min(SLOTS, Math.floor((departure - 16) / HOURS)));
    const which = random();
    let powerKw = 7.4;
    let minimumKw = 1.38;
    if (which < 0.15) powerKw = 3.68;
    else if (which > 0.95) [powerKw, minimumKw] = [22, 4.14];
    else if (which > 0.85) [powerKw, minimumKw] = [11, 4.14];
    const wantedKwh = Math.max(1, -Math.log(1 - random() * 0.999) * 6 + 3 * random() + 1) / 0.9;
    const needKwh = Math.min(wantedKwh, powerKw * HOURS * (to - from) * 0.98, 70);
    drawn.fromSlot[i] = from;
    drawn.toSlot[i] = to;
    drawn.limitWh[i] = Math.round(rounded(powerKw * HOURS, 1000) * 1000);
    drawn.minimumWh[i] = Math.round(rounded(minimumKw * HOURS, 1000) * 1000);
    drawn.energyWh[i] = Math.round(rounded(needKwh, 100) * 1000);
  }
  const order = sortedByFeederAndClass(drawn.group, drawn.priceClass, feeders);
  const assets = {
    count: vehicles,
    priceClass: drawn.priceClass.map((_, i) => drawn.priceClass[order[i] as number] as number),
    group: drawn.group.map((_, i) => drawn.group[order[i] as number] as number),
    fromSlot: drawn.fromSlot.map((_, i) => drawn.fromSlot[order[i] as number] as number),
    toSlot: drawn.toSlot.map((_, i) => drawn.toSlot[order[i] as number] as number),
    limitWh: drawn.limitWh.map((_, i) => drawn.limitWh[order[i] as number] as number),
    minimumWh: drawn.minimumWh.map((_, i) => drawn.minimumWh[order[i] as number] as number),
    energyWh: drawn.energyWh.map((_, i) => drawn.energyWh[order[i] as number] as number),
    shortfallPrice: new Int32Array(vehicles).fill(SHORTFALL_PRICE),
  };
  // The published caps come from a sum of kWh as doubles in this very order.
  const even = new Float64Array(SLOTS);
  const evenByFeeder = new Float64Array(feeders * SLOTS);
  for (let i = 0; i < vehicles; i++) {
    const from = assets.fromSlot[i] as number;
    const to = assets.toSlot[i] as number;
    const shareKwh = (assets.energyWh[i] as number) / 1000 / (to - from);
    const row = (assets.group[i] as number) * SLOTS;
    for (let slot = from; slot < to; slot++) {
      even[slot] = (even[slot] as number) + shareKwh;
      evenByFeeder[row + slot] = (evenByFeeder[row + slot] as number) + shareKwh;
    }
  }
  const peakKwh = Math.max(...even);
  const fleetCapWh = new Float64Array(SLOTS).fill(Math.round(peakKwh * tight * 1000));
  if (options.event) {
    const [from, to, share] = options.event;
    fleetCapWh.fill(Math.round(peakKwh * share * 1000), from, to);
  }
  const problem = { slots: SLOTS, price, fleetCapWh, assets };
  if (feeders === 1) return problem;
  const groupCapWh = new Float64Array(feeders * SLOTS);
  for (let g = 0; g < feeders; g++) {
    const row = evenByFeeder.subarray(g * SLOTS, g * SLOTS + SLOTS);
    groupCapWh.fill(Math.round(Math.max(...row) * feederTight * 1000), g * SLOTS, g * SLOTS + SLOTS);
  }
  return { ...problem, groupCapWh };
}

function sortedByFeederAndClass(group: Uint16Array, priceClass: Uint16Array, feeders: number): Int32Array {
  const start = new Int32Array(feeders * CLASSES + 1);
  const cell = (i: number) => (group[i] as number) * CLASSES + (priceClass[i] as number);
  for (let i = 0; i < group.length; i++) start[cell(i) + 1] = (start[cell(i) + 1] as number) + 1;
  for (let c = 0; c < feeders * CLASSES; c++) start[c + 1] = (start[c + 1] as number) + (start[c] as number);
  const order = new Int32Array(group.length);
  for (let i = 0; i < group.length; i++) {
    const at = start[cell(i)] as number;
    order[at] = i;
    start[cell(i)] = at + 1;
  }
  return order;
}
