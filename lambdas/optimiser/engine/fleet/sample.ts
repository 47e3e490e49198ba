import { type Fleet, layRows } from "./problem.ts";

/**
 * Every `stride`-th asset, one drawn from each run of `stride` neighbours in the packed order (so that every group and
 * class keeps its share), with the caps scaled by the sampled share of the energy.
 */
export function sampleFleet(fleet: Fleet, stride: number, random: () => number): Fleet {
  const { count, segment } = fleet;
  const size = Math.floor(count / stride);
  const chosen = new Int32Array(size);
  for (let c = 0; c < size; c++) chosen[c] = c * stride + Math.floor(random() * stride);
  const share = shareOfEnergy(fleet, chosen);
  const scaled = (caps: Float64Array) => caps.map((cap) => Math.round(cap * share));
  const segments = new Int32Array(segment.length);
  for (let s = 1, c = 0; s < segment.length; s++) {
    while (c < size && chosen[c]! < segment[s]!) c++;
    segments[s] = c;
  }
  return {
    ...pick(fleet, chosen),
    fleetCap: scaled(fleet.fleetCap),
    groupCap: scaled(fleet.groupCap),
    segment: segments,
  };
}

/** One group of each run of `stride`, whole and under its own caps; the fleet's caps by its share of the energy. */
export function sampleGroups(fleet: Fleet, stride: number, random: () => number): Fleet {
  const { slots, classes, segment } = fleet;
  const groups = Math.floor(fleet.groups / stride);
  const groupCap = new Float64Array(groups * slots);
  const segments = new Int32Array(groups * classes + 1);
  const picked: number[] = [];
  for (let g = 0; g < groups; g++) {
    const from = g * stride + Math.floor(random() * stride);
    groupCap.set(fleet.groupCap.subarray(from * slots, (from + 1) * slots), g * slots);
    for (let k = 0; k < classes; k++) {
      for (let i = segment[from * classes + k]!; i < segment[from * classes + k + 1]!; i++) picked.push(i);
      segments[g * classes + k + 1] = picked.length;
    }
  }
  const chosen = Int32Array.from(picked);
  const share = shareOfEnergy(fleet, chosen);
  const fleetCap = fleet.fleetCap.map((cap) => Math.round(cap * share));
  return { ...pick(fleet, chosen), groups, groupCap, fleetCap, segment: segments };
}

function shareOfEnergy({ count, total }: Fleet, chosen: Int32Array): number {
  let energyWh = 0;
  let sampledWh = 0;
  for (let i = 0; i < count; i++) energyWh += total[i]!;
  for (let c = 0; c < chosen.length; c++) sampledWh += total[chosen[c]!]!;
  return energyWh === 0 ? 1 : sampledWh / energyWh;
}

/** The same assets with the groups forgotten, and where each was: `from[i]` is its number in the grouped fleet. */
export function withoutGroups(fleet: Fleet): { flat: Fleet; from: Int32Array } {
  const { count, groups, classes, segment } = fleet;
  const from = new Int32Array(count);
  const segments = new Int32Array(classes + 1);
  let next = 0;
  for (let k = 0; k < classes; k++) {
    for (let g = 0; g < groups; g++) {
      for (let i = segment[g * classes + k]!; i < segment[g * classes + k + 1]!; i++) from[next++] = i;
    }
    segments[k + 1] = next;
  }
  const groupCap = new Float64Array(fleet.slots).fill(Number.POSITIVE_INFINITY);
  return { flat: { ...pick(fleet, from), groups: 1, groupCap, twoLevel: false, segment: segments }, from };
}

function pick(fleet: Fleet, chosen: Int32Array): Fleet {
  const bytes = (of: Uint8Array) => new Uint8Array(chosen.length).map((_, c) => of[chosen[c]!]!);
  const words = (of: Int32Array) => new Int32Array(chosen.length).map((_, c) => of[chosen[c]!]!);
  const limit = words(fleet.limit);
  const picked: Fleet = {
    ...fleet,
    count: chosen.length,
    from: bytes(fleet.from),
    to: bytes(fleet.to),
    limit,
    head: fleet.head === fleet.limit ? limit : words(fleet.head),
    tail: fleet.tail === fleet.limit ? limit : words(fleet.tail),
    minimum: words(fleet.minimum),
    total: words(fleet.total),
    optional: words(fleet.optional),
    base: new Int32Array(chosen.length),
  };
  layRows(picked);
  return picked;
}
