import type { Car, Charger } from "../../shared/domain/asset.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import type { Load } from "./loads.ts";

/** What a load needs from the grid, kWh; `nowKwh` is the part that must not wait. */
export type Need = { energyKwh: number; nowKwh: number; notes: string[] };

/** Of a car, by its state of charge; of a charger, by that of the car at it where known, else by the session's energy. */
export function need({ asset, reading, car, notes }: Load): Need | undefined {
  if (reading === undefined) return undefined;
  const found = asset.kind === "car" ? carNeed(asset, reading) : chargerNeed(asset, reading, car);
  return found && { ...found, notes: [...notes, ...found.notes] };
}

/**
 * From the last reading. Stored energy is used where the vendor gives it, else whole percents (which read low, so the
 * need errs on the side of a full car). Undefined when the state of charge is unknown.
 */
function carNeed(asset: Car, reading: ChargeReading): Need | undefined {
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

function chargerNeed(asset: Charger, reading: ChargeReading, car: Load["car"]): Need {
  const ofCar = car && carNeed(car.asset, car.reading);
  if (ofCar) return { ...ofCar, notes: [`the need is that of ${car.asset.assetId}`, ...ofCar.notes] };
  // A session that tells nothing has taken nothing as far as we know: rather too much than a car that is not full.
  const leftKwh = asset.preferences.sessionEnergyKwh - (reading.sessionKwh ?? 0);
  return { energyKwh: Math.max(0, leftKwh), nowKwh: 0, notes: [] };
}
