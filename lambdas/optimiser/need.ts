import type { Car } from "../../shared/domain/asset.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";

/** What a car needs from the grid, kWh; `nowKwh` is the part that must not wait. */
export type Need = { energyKwh: number; nowKwh: number; notes: string[] };

/**
 * From the last reading. Stored energy is used where the vendor gives it, else whole percents (which read low, so the
 * need errs on the side of a full car). Undefined when the state of charge is unknown.
 */
export function need(asset: Car, reading: ChargeReading): Need | undefined {
  const { capacityKwh, chargeEfficiency } = asset.battery;
  const { targetSocPercent, chargeNowToPercent } = asset.preferences;
  const storedKwh =
    reading.storedKwh ?? (reading.socPercent === null ? undefined : (reading.socPercent / 100) * capacityKwh);
  if (storedKwh === undefined) return undefined;
  const notes: string[] = [];
  const limitPercent = reading.chargeLimitPercent ?? 100;
  if (limitPercent < targetSocPercent) {
    notes.push(`the car's own limit of ${limitPercent} % is below the target of ${targetSocPercent} %`);
  }
  const gridKwh = (percent: number) =>
    Math.max(0, (Math.min(percent, limitPercent) / 100) * capacityKwh - storedKwh) / chargeEfficiency;
  return {
    energyKwh: gridKwh(targetSocPercent),
    nowKwh: gridKwh(Math.min(chargeNowToPercent, targetSocPercent)),
    notes,
  };
}
