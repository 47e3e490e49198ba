import * as z from "zod";

/** Electrical power, kW. A load is positive; a site's grid power is positive on import. */
export const PowerKw = z.number().finite();
/** Energy, kWh, over a stated period. */
export const EnergyKwh = z.number().finite();
/** State of charge or a charge limit, percent 0–100, never a fraction. */
export const SocPercent = z.number().min(0).max(100);
/** Carbon intensity, grams CO2 equivalent per kWh. */
export const CarbonGramsPerKwh = z.number().finite().nonnegative();

/** Rounds to `digits` decimals, for stored and printed figures only. */
export function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
