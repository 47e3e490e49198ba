import { instant } from "../../shared/domain/instant.ts";
import type { NightCar } from "./cars.ts";
import type { NightCharger } from "./chargers.ts";

/** Of how many chargers one has its car enrolled too. */
const ONE_IN = 4;

/**
 * The last cars move to every fourth charger's home and plug in there: one load, known from two clouds. The charger's stay
 * becomes the car's. At most half of the cars do.
 */
export function pair(
  cars: readonly NightCar[],
  chargers: readonly NightCharger[],
): { cars: NightCar[]; chargers: NightCharger[] } {
  const pairs = Math.min(Math.floor(chargers.length / ONE_IN), Math.floor(cars.length / 2));
  const ofCharger = new Map<number, NightCar>();
  for (let k = 0; k < pairs; k++) {
    const car = cars[cars.length - 1 - k];
    if (car) ofCharger.set((k + 1) * ONE_IN - 1, car);
  }
  const chargerOf = new Map([...ofCharger].map(([index, { asset }]) => [asset.assetId, chargers[index]?.asset]));
  return {
    cars: cars.map((car) => {
      const charger = chargerOf.get(car.asset.assetId);
      if (!charger) return car;
      const { assetId: chargerId, site, accountId } = charger;
      return { ...car, asset: { ...car.asset, chargerId, site, accountId } };
    }),
    chargers: chargers.map((charger, index) => {
      const car = ofCharger.get(index);
      if (!car) return charger;
      const { session, readyByMs } = car;
      const preferences = {
        ...charger.asset.preferences,
        sessionEnergyKwh: session.energyKwh,
        nextDepartureAt: instant(readyByMs),
      };
      return { asset: { ...charger.asset, preferences }, session, readyByMs };
    }),
  };
}

/** False for a car whose charger acts: its energy is that charger's. */
export function actsItself({ asset }: NightCar): boolean {
  return asset.chargerId === undefined;
}
