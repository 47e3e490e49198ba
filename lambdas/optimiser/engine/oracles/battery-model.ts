/** A battery; charging and discharging are at the meter, levels inside. Energies in Wh (fractions allowed). */
export type Battery = {
  id: string;
  capacityWh: number;
  initialWh: number;
  finalMinWh: number;
  /** Most energy in one slot, at the meter. */
  maxChargeWh: number;
  maxDischargeWh: number;
  /** Stored per charged, and delivered per taken from store. */
  chargeEfficiency: number;
  dischargeEfficiency: number;
  /** Price of wear per Wh through the meter, either way, in the unit of the prices. */
  cyclingCost: number;
};

/** What the rest of the site does, by slot. Prices share one unit. */
export type SiteSlots = {
  /** Use less generation before the battery, Wh; below zero is a surplus, curtailed only above the export limit. */
  netWh: Float64Array;
  importPrice: Float64Array;
  exportPrice: Float64Array;
  /** The battery never charges above the one nor discharges above the other, Wh per slot. */
  importLimitWh: number;
  exportLimitWh: number;
};

/**
 * Cost against a battery that rests, price unit times Wh; what no use of it can cost less than; energy that is missing from
 * `finalMinWh` at the end, never more than must be; and whether cost and bound have met.
 */
export type BatteryAnswer = { cost: number; bound: number; finalShortfallWh: number; isExact: boolean };

/**
 * Five ways to change the level in a slot, from emptying to filling: discharge to export, discharge to use, charge from what
 * would be curtailed, from what would be exported, from import. Slope is cost per Wh stored, length in Wh stored.
 */
export const WAYS = 5;
/** The first of them that fills. */
export const FILLS = 2;

export type Ways = { slope: Float64Array; length: Float64Array };

export type BatteryWorkspace = {
  ways: Ways;
  /** The ways as the list method sees them: slopes rise, and only a run of ways may be open. */
  convex: Ways;
  /** The run of ways that is open in each slot, half-open. */
  fromWay: Uint8Array;
  toWay: Uint8Array;
  /** The level up to which each way is worth going in each slot. */
  upTo: Float64Array;
  pieces: [Ways, Ways];
  /** Changes of the level by slot: of the pass at hand, and the best so far. */
  change: Float64Array;
  best: Float64Array;
  grid: { value: Float64Array; minima: Float64Array };
};

/** Steps of the grid of levels on which runs of ways are chosen. */
export const LEVELS = 64;

export function batteryWorkspace(slots: number): BatteryWorkspace {
  const ways = (count: number) => ({ slope: new Float64Array(count), length: new Float64Array(count) });
  return {
    ways: ways(WAYS * slots),
    convex: ways(WAYS * slots),
    fromWay: new Uint8Array(slots),
    toWay: new Uint8Array(slots),
    upTo: new Float64Array(WAYS * slots),
    pieces: [ways(WAYS * (slots + 1) + 2), ways(WAYS * (slots + 1) + 2)],
    change: new Float64Array(slots),
    best: new Float64Array(slots),
    grid: {
      value: new Float64Array((slots + 1) * (LEVELS + 1)),
      minima: new Float64Array(3 * (LEVELS + 1)),
    },
  };
}
