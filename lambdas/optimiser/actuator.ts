import type { Asset, AssetId, Car, Charger } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { asCharge, type ChargeReading, isStale, seenAt } from "../../shared/domain/reading.ts";
import type { Latest } from "../../shared/store/readings.ts";

/** The assets that decisions are made on together, and what is known of each on its one stream. */
export type World = { assets: ReadonlyMap<AssetId, Asset>; known: ReadonlyMap<AssetId, Latest> };

/** The car whose battery says what a charger is to give, and when it was last known to be as it was read. */
export type Battery = { car: Car; reading: ChargeReading; seenAt: Instant };

/**
 * The charger that acts for a car: the one it names, if that is enrolled and may be controlled. Undefined when the car
 * acts for itself. This is the only place that decides it, so that a load never has two that act.
 */
export function actsThrough(car: Car, { assets }: World): Charger | undefined {
  const charger = car.chargerId === undefined ? undefined : assets.get(car.chargerId);
  return charger?.kind === "charger" && charger.consent.control ? charger : undefined;
}

/** The cars of its site that name a charger as theirs. */
export function carsOf(charger: Charger, { assets }: World): Car[] {
  return [...assets.values()].filter(
    (asset): asset is Car =>
      asset.kind === "car" && asset.chargerId === charger.assetId && asset.site.siteId === charger.site.siteId,
  );
}

/** The car that is plugged into a charger, if it can be told which, and in words why its need is or is not the car's. */
export function batteryAt(
  charger: Charger,
  world: World,
  now: Instant,
): { battery: Battery | undefined; notes: string[] } {
  const cars = carsOf(charger, world);
  if (cars.length === 0) return { battery: undefined, notes: [] };
  const plugged = cars.flatMap((car) => {
    const latest = world.known.get(car.assetId);
    const reading = asCharge(latest?.reading);
    return latest && reading?.plugged === true && !isStale(latest, true, now)
      ? [{ car, reading, seenAt: seenAt(reading, latest.reach, true) }]
      : [];
  });
  const [battery, another] = plugged;
  if (battery && !another) return { battery, notes: [`the need is that of ${battery.car.assetId}`] };
  const why = battery
    ? "more than one of its cars says that it is plugged in"
    : "none of its cars is known to be plugged in";
  return { battery: undefined, notes: [`${why}: the need is that of a session`] };
}

/** Why a car that names a charger acts for itself all the same. */
export function ownActorNotes(car: Car, world: World): string[] {
  if (car.chargerId === undefined) return [];
  const charger = world.assets.get(car.chargerId);
  const why = charger?.kind === "charger" ? "may not be controlled" : "is not enrolled";
  return [`its charger ${car.chargerId} ${why}: the car is commanded itself`];
}
