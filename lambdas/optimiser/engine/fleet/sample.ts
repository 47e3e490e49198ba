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
  const bytes = (of: Uint8Array) => new Uint8Array(size).map((_, c) => of[chosen[c]!]!);
  const words = (of: Int32Array) => new Int32Array(size).map((_, c) => of[chosen[c]!]!);
  const sample: Fleet = {
    ...fleet,
    count: size,
    fleetCap: scaled(fleet.fleetCap),
    groupCap: scaled(fleet.groupCap),
    segment: segments,
    from: bytes(fleet.from),
    to: bytes(fleet.to),
    limit: words(fleet.limit),
    minimum: words(fleet.minimum),
    total: words(fleet.total),
    optional: words(fleet.optional),
    base: new Int32Array(size),
    cells: 0,
  };
  layRows(sample);
  return sample;
}
