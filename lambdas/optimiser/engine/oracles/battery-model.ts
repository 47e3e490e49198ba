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
 * Cost against a battery that rests, price unit times Wh; energy that is missing from `finalMinWh` at the end; and whether
 * the answer is exact or of a grid of levels.
 */
export type BatteryAnswer = { cost: number; finalShortfallWh: number; isExact: boolean };

/**
 * Five ways to change the level in a slot, from emptying to filling: discharge to export, discharge to use, charge from what
 * would be curtailed, from what would be exported, from import. Slope is cost per Wh stored, length in Wh stored.
 */
export const WAYS = 5;

export type BatteryWorkspace = {
  slope: Float64Array;
  length: Float64Array;
  /** The level up to which each way is worth going in each slot. */
  upTo: Float64Array;
  pieces: [PieceList, PieceList];
  answer: BatteryAnswer;
  grid: { value: Float64Array; step: Int16Array };
};

type PieceList = { slope: Float64Array; length: Float64Array };

export const GRID_LEVELS = 200;

export function batteryWorkspace(slots: number): BatteryWorkspace {
  const list = () => ({
    slope: new Float64Array(WAYS * (slots + 1) + 2),
    length: new Float64Array(WAYS * (slots + 1) + 2),
  });
  return {
    slope: new Float64Array(WAYS * slots),
    length: new Float64Array(WAYS * slots),
    upTo: new Float64Array(WAYS * slots),
    pieces: [list(), list()],
    answer: { cost: 0, finalShortfallWh: 0, isExact: true },
    grid: { value: new Float64Array(2 * (GRID_LEVELS + 1)), step: new Int16Array(slots * (GRID_LEVELS + 1)) },
  };
}
