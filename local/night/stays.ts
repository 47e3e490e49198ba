import { powerOfCurrent } from "../../shared/domain/asset.ts";
import type { NightCar } from "./cars.ts";
import type { NightCharger } from "./chargers.ts";

/** A car's stay at home, reached through the car or through the charge point that it plugs into. */
export type NightStay = NightCar | NightCharger;

/** The most that a stay can draw, kW. */
export function maxPowerKw({ asset }: NightStay): number {
  return powerOfCurrent(asset.supply, asset.supply.maxCurrentA);
}

/** What must not wait, kWh from the grid: a charger knows no state of charge and so no minimum. */
export function nowKwh(stay: NightStay): number {
  if (!("socOnArrivalPercent" in stay)) return 0;
  const { battery, preferences } = stay.asset;
  const lackingPercent = Math.max(0, preferences.chargeNowToPercent - stay.socOnArrivalPercent);
  return (lackingPercent / 100) * (battery.capacityKwh / battery.chargeEfficiency);
}
