import type { Asset, AssetId, Car, Charger, HeatPump } from "../../shared/domain/asset.ts";
import type { Instant } from "../../shared/domain/instant.ts";
import { asCharge, type ChargeReading, type HeatReading, isStale, seenAt } from "../../shared/domain/reading.ts";
import { nextLocalTime } from "../../shared/zone.ts";
import { actsThrough, type Battery, batteryAt, carsOf, ownActorNotes, type World } from "./actuator.ts";

/** A car or a charger that acts for what it charges. */
export type ChargeLoad = {
  kind: "charge";
  asset: Car | Charger;
  reading: ChargeReading;
  battery: Battery | undefined;
  /** Others that could act on the same load: none of them may have a command open beside one of ours. */
  partners: readonly AssetId[];
  /** When it was last known to be as it was read. */
  seenAt: Instant;
  /** Seen too long ago to be moved. */
  isStale: boolean;
  notes: readonly string[];
};

export type HeatLoad = {
  kind: "heat";
  asset: HeatPump;
  reading: HeatReading;
  partners: readonly AssetId[];
  isStale: boolean;
  notes: readonly string[];
};

/** A car that another asset acts for: it is read, and never commanded. */
type ReadOnly = { kind: "read-only"; asset: Car; actor: Charger };

export type Acting = ChargeLoad | HeatLoad;
export type Load = Acting | ReadOnly;

/** An asset as what is planned for it; undefined when nothing can be: no reading, no consent, or nothing to command. */
export function loadOf(asset: Asset, world: World, now: Instant): Load | undefined {
  return asset.consent.control ? anyLoadOf(asset, world, now) : undefined;
}

/** The same, though its owner may not let us command it: what we hold of it is to be given back. */
export function anyLoadOf(asset: Asset, world: World, now: Instant): Load | undefined {
  const latest = world.known.get(asset.assetId);
  if (!latest?.reading) return undefined;
  const reading = asCharge(latest.reading);
  switch (asset.kind) {
    case "car": {
      const actor = actsThrough(asset, world);
      if (actor) return { kind: "read-only", asset, actor };
      if (!reading) return undefined;
      const seen = seenAt(reading, latest.reach, true);
      return {
        kind: "charge",
        asset,
        reading,
        battery: { car: asset, reading, seenAt: seen },
        partners: asset.chargerId === undefined ? [] : [asset.chargerId],
        seenAt: seen,
        isStale: isStale(latest, true, now),
        notes: ownActorNotes(asset, world),
      };
    }
    case "charger": {
      if (!reading) return undefined;
      return {
        kind: "charge",
        asset,
        reading,
        partners: carsOf(asset, world).map((car) => car.assetId),
        seenAt: seenAt(reading, latest.reach, false),
        isStale: isStale(latest, false, now),
        ...batteryAt(asset, world, now),
      };
    }
    case "heat-pump":
      if (latest.reading.stream !== "heat") return undefined;
      return {
        kind: "heat",
        asset,
        reading: latest.reading,
        partners: [],
        isStale: isStale(latest, false, now),
        notes: [],
      };
    case "solar-site":
      return undefined;
  }
}

/** When a load must be ready: as its car's owner wants where the car is known, else as agreed for the charger. */
export function readyByOf({ asset, battery }: ChargeLoad, now: Instant): Instant {
  const { nextDepartureAt, readyBy } = (battery?.car ?? asset).preferences;
  return nextDepartureAt && nextDepartureAt > now ? nextDepartureAt : nextLocalTime(now, asset.site.timeZone, readyBy);
}

/** Those whose plans news of `named` may change: themselves, who acts for them, and the whole site where the sun is the news or a limit is shared. */
export function concerned(named: readonly Asset[], world: World): Asset[] {
  const all = new Set<Asset>();
  for (const one of named) {
    const asset = world.assets.get(one.assetId) ?? one;
    all.add(asset);
    if (asset.kind === "car") {
      const actor = actsThrough(asset, world);
      // One at another site does not see this car, nor is its own site known here.
      if (actor?.site.siteId === asset.site.siteId) all.add(actor);
    }
    if (asset.kind === "charger") for (const car of carsOf(asset, world)) all.add(car);
    // Who shares a limit makes room for each other.
    if (asset.kind === "solar-site" || asset.site.importLimitKw !== undefined) {
      for (const other of world.assets.values()) if (other.site.siteId === asset.site.siteId) all.add(other);
    }
  }
  return [...all];
}
