import type { Fleet } from "./problem.ts";

/** The largest loads at or below these whose steps keep the ramp. */
export function withinRamp(loadWh: Float64Array, rampWh: number): Float64Array {
  const within = loadWh.slice();
  for (let t = 1; t < within.length; t++) within[t] = Math.min(within[t]!, within[t - 1]! + rampWh);
  for (let t = within.length - 2; t >= 0; t--) within[t] = Math.min(within[t]!, within[t + 1]! + rampWh);
  return within;
}

export function fleetLoad(fleet: Fleet, energy: Int32Array): Float64Array {
  const loadWh = new Float64Array(fleet.slots);
  for (let i = 0; i < fleet.count; i++) {
    for (let t = fleet.from[i]!; t < fleet.to[i]!; t++) loadWh[t]! += energy[fleet.base[i]! + t]!;
  }
  return loadWh;
}

export const keepsRamp = (loadWh: Float64Array, rampWh: number): boolean =>
  loadWh.every((wh, t) => t === 0 || Math.abs(wh - loadWh[t - 1]!) <= rampWh);

/** Whole Wh beside a mix of loads: caps and ramp hold, and the sum is that of the mix if there is a way. */
export function wholeLoad(mixWh: Float64Array, capWh: Float64Array, rampWh: number): Float64Array {
  const loadWh = withinRamp(
    mixWh.map((wh, t) => Math.min(Math.round(wh), capWh[t]!)),
    rampWh,
  );
  const { length } = loadWh;
  let missing = Math.round(mixWh.reduce((a, b) => a + b, 0)) - loadWh.reduce((a, b) => a + b, 0);
  const step = Math.sign(missing);
  const lack = (t: number) => step * (mixWh[t]! - loadWh[t]!);
  const byLack = Array.from(loadWh.keys()).sort((a, b) => lack(b) - lack(a) || a - b);
  for (let passed = 0; missing !== 0 && passed < length; passed++) {
    for (const t of byLack) {
      if (missing === 0) break;
      const wh = loadWh[t]! + step;
      const tooFar = (other: number) => Math.abs(wh - (loadWh[other] ?? wh)) > rampWh;
      if (mixWh[t]! < 1 || wh > capWh[t]! || tooFar(t - 1) || tooFar(t + 1)) continue;
      loadWh[t] = wh;
      missing -= step;
    }
  }
  return loadWh;
}

/** The most each slot may take while its neighbours stay where they are. */
export function roomUnderRamp(loadWh: Float64Array, capWh: Float64Array, rampWh: number): Float64Array {
  return loadWh.map((_, t) =>
    Math.min(capWh[t]!, neighbour(loadWh, t - 1) + rampWh, neighbour(loadWh, t + 1) + rampWh),
  );
}

const neighbour = (loadWh: Float64Array, t: number): number => loadWh[t] ?? Number.POSITIVE_INFINITY;
