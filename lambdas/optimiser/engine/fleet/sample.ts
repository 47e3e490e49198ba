// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, every index is within bounds by construction
import { type Fleet, layRows } from "./problem.ts";

/**
 * Every `stride`-th asset, one drawn from each run of `stride` neighbours in the packed order (so that every group and
 * class keeps its share), with the caps scaled by the sampled share of the energy.
 */
export function sampleFleet(fleet: Fleet, stride: number, random: () => number): Fleet {
  const { count, segment } = fleet;
  const size = Math.floor(count / stride);
  const chosen = new Int32Array(size);
  let energyWh = 0;
  let sampledWh = 0;
  for (let i = 0; i < count; i++) energyWh += fleet.total[i]!;
  for (let c = 0; c < size; c++) {
    const i = c * stride + Math.floor(random() * stride);
    chosen[c] = i;
    sampledWh += fleet.total[i]!;
  }
  const share = energyWh === 0 ? 1 : sampledWh / energyWh;
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
  const picked: Fleet = {
    ...fleet,
    count: chosen.length,
    from: bytes(fleet.from),
    to: bytes(fleet.to),
    limit: words(fleet.limit),
    minimum: words(fleet.minimum),
    total: words(fleet.total),
    optional: words(fleet.optional),
    base: new Int32Array(chosen.length),
  };
  layRows(picked);
  return picked;
}
