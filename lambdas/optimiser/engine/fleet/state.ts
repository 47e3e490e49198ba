import { add, type ExactSum, exactSum } from "./exact-sum.ts";
import { type Fleet, placeIndex } from "./problem.ts";

/** Who charges when. Places are the slots, then "not served", then "optional and not taken". */
export type State = {
  /** Wh of (asset, place) at `placeIndex`. */
  energy: Int32Array;
  /** Bit masks per asset, word by word (`word * count + asset`): places with energy, places with room for more. */
  filled: Int32Array;
  room: Int32Array;
  /** Wh in a place of a group: `load[group * width + place]`. */
  load: Float64Array;
};

/** Prices of capacity, 1e-4 pence per kWh: of a slot for the fleet, and of `group * slots + slot` on top. */
export type Prices = { fleet: Float64Array; group: Float64Array };

export function emptyState(fleet: Fleet): State {
  return {
    energy: new Int32Array(fleet.cells),
    filled: new Int32Array(fleet.count * fleet.words),
    room: new Int32Array(fleet.count * fleet.words),
    load: new Float64Array(fleet.groups * fleet.width),
  };
}

export function noPrices(fleet: Fleet): Prices {
  return { fleet: new Float64Array(fleet.slots), group: new Float64Array(fleet.groups * fleet.slots) };
}

/** What the schedule costs and leaves undone, read from the energies alone. */
export function score(fleet: Fleet, energy: Int32Array): { cost: ExactSum; shortfallWh: number } {
  const { slots, width, classes, price, segment, from, to, base } = fleet;
  const cost = exactSum();
  let shortfallWh = 0;
  for (let s = 0; s < segment.length - 1; s++) {
    const row = (s % classes) * width;
    for (let i = segment[s]!; i < segment[s + 1]!; i++) {
      let paid = 0;
      for (let t = from[i]!, at = base[i]! + t; t < to[i]!; t++, at++) {
        if (energy[at] !== 0) paid += price[row + t]! * energy[at]!;
      }
      const missing = energy[placeIndex(fleet, i, slots)]!;
      if (missing !== 0) {
        shortfallWh += missing;
        paid += missing * price[row + slots]!;
      }
      add(cost, paid);
    }
  }
  return { cost, shortfallWh };
}
