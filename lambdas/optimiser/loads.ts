import type { Asset, AssetId, Car, Charger } from "../../shared/domain/asset.ts";
import { asCharge, type ChargeReading, type Reading } from "../../shared/domain/reading.ts";

/** Something that is to be charged by a time: who acts on it, and the car behind it where that is known. */
export type Load = {
  asset: Car | Charger;
  reading: ChargeReading | undefined;
  /** The enrolled car that is plugged into the charger that acts; it is only read. */
  car?: { asset: Car; reading: ChargeReading };
  /** Cars that could be told instead: none may have a command on its way when the actor is told. */
  partners: readonly AssetId[];
  notes: readonly string[];
};

/**
 * The loads of one site, each with its one actuator: a car that names an enrolled charger which we may control is only
 * read, and the charger acts; any other car acts itself. Assets without consent to control are nobody's load.
 */
export function loadsOf(site: readonly Asset[], readings: ReadonlyMap<AssetId, Reading>): Load[] {
  const reading = (asset: Asset) => asCharge(readings.get(asset.assetId));
  const cars = site.filter((asset) => asset.kind === "car");
  const chargers = site.filter((asset) => asset.kind === "charger");
  const acting = new Set(chargers.filter(({ consent }) => consent.control).map(({ assetId }) => assetId));
  const actsFor = (car: Car) => car.chargerId !== undefined && acting.has(car.chargerId);

  const byCharger = chargers
    .filter(({ assetId }) => acting.has(assetId))
    .map((asset): Load => {
      const named = cars.filter((car) => car.chargerId === asset.assetId);
      const plugged = named.flatMap((car) => {
        const its = reading(car);
        return its?.plugged ? [{ asset: car, reading: its }] : [];
      });
      const [car] = plugged;
      return {
        asset,
        reading: reading(asset),
        ...(car && plugged.length === 1 ? { car } : {}),
        partners: named.map(({ assetId }) => assetId),
        notes: plugged.length > 1 ? ["several cars say they are plugged in here; the session's energy counts"] : [],
      };
    });
  const byThemselves = cars
    .filter((car) => car.consent.control && !actsFor(car))
    .map((asset): Load => {
      const notes =
        asset.chargerId === undefined ? [] : ["its charger is not enrolled for control; the car acts itself"];
      return { asset, reading: reading(asset), partners: [], notes };
    });
  return [...byCharger, ...byThemselves];
}

/** Whose plans news about an asset may change: its actuator, or all of the site for its solar power. */
export function concernedBy(asset: Asset, site: readonly Asset[], loads: readonly Load[]): AssetId[] {
  if (asset.kind === "solar-site")
    return site.filter(({ kind }) => kind !== "solar-site").map(({ assetId }) => assetId);
  const actor = loads.find(({ partners }) => partners.includes(asset.assetId));
  return [actor?.asset.assetId ?? asset.assetId];
}
