import type { Car, Charger } from "../../shared/domain/asset.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { round } from "../../shared/domain/units.ts";
import type { ChargeLoad } from "./loads.ts";

/** What a load needs from the grid, kWh; `nowKwh` is the part that must not wait. */
export type Need = { energyKwh: number; nowKwh: number; notes: string[] };

/** What a load needs: what its battery lacks where a car tells, else what its session was agreed to get or usually takes. */
export function loadNeed({ asset, reading, battery }: ChargeLoad, usualKwh?: number): Need | undefined {
  const known = battery && need(battery.car, battery.reading);
  if (known || asset.kind === "car") return known;
  const session = sessionNeed(asset, reading, usualKwh);
  if (!battery) return session;
  return { ...session, notes: [`the state of charge of ${battery.car.assetId} is unknown`, ...session.notes] };
}

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

/** What a session still lacks. One whose energy is unknown has had nothing yet, as far as anybody knows. */
export function sessionNeed(asset: Charger, reading: ChargeReading, usualKwh = 0): Need {
  const { sessionEnergyKwh } = asset.preferences;
  const notes = reading.sessionKwh === null ? ["the session's energy is unknown and taken for none"] : [];
  if (usualKwh > sessionEnergyKwh) notes.push(`it usually takes ${round(usualKwh, 1)} kWh, more than was agreed`);
  return { energyKwh: Math.max(0, Math.max(sessionEnergyKwh, usualKwh) - (reading.sessionKwh ?? 0)), nowKwh: 0, notes };
}
