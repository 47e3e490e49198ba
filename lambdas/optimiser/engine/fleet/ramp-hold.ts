import { type Fleet, placeIndex, slotMinimum } from "./problem.ts";
import { fleetLoad, withinRamp } from "./ramp-load.ts";

/**
 * Takes energy away until the load keeps the ramp: the last resort where minimum powers, or too little time, have left
 * holes in it. What is taken is shortfall.
 */
export function holdRamp(fleet: Fleet, energy: Int32Array, rampWh: number, minimumPower: boolean): void {
  for (;;) {
    const loadWh = fleetLoad(fleet, energy);
    const within = withinRamp(loadWh, rampWh);
    const over = loadWh.map((wh, t) => wh - within[t]!);
    if (over.every((wh) => wh === 0)) return;
    for (let i = fleet.count - 1; i >= 0; i--) give(fleet, energy, i, over, minimumPower);
  }
}

/** Takes from one asset what is over in its slots: down to its minimum, or all of a slot. */
function give(fleet: Fleet, energy: Int32Array, asset: number, over: Float64Array, minimumPower: boolean): void {
  const { slots, from, to, total, optional, base } = fleet;
  let given = 0;
  for (let t = from[asset]!; t < to[asset]!; t++) {
    const at = base[asset]! + t;
    if (energy[at] !== 0 && over[t]! > 0) {
      const least = minimumPower ? slotMinimum(fleet, asset, t) : 0;
      const left = energy[at]! - Math.min(energy[at]!, over[t]!);
      const kept = left < least ? 0 : left;
      over[t]! -= energy[at]! - kept;
      energy[at] = kept;
    }
    given += energy[at]!;
  }
  const missing = total[asset]! - given;
  const untaken = Math.min(missing, optional[asset]!);
  energy[placeIndex(fleet, asset, slots)] = missing - untaken;
  energy[placeIndex(fleet, asset, slots + 1)] = untaken;
}
