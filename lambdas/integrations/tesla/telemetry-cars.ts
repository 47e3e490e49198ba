import type { Car } from "../../../shared/domain/asset.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../../shared/domain/instant.ts";
import type { AssetsStore } from "../../../shared/store/assets.ts";

const KNOWN_FOR_MS = 10 * MINUTE_MS;
/** A car just enrolled is found this soon; one that is not ours does not make us look at every record. */
const ASKS_AGAIN_MS = MINUTE_MS;

/**
 * Our cars by VIN, which is also who may push: any car whose owner configured it can connect to a telemetry server. The
 * fleets are read whole, because nothing else is keyed by VIN, and kept for a while.
 */
export function carsByVin(deps: {
  integration: string;
  fleets: readonly string[];
  assets: Pick<AssetsStore, "fleet">;
  now: () => Instant;
}) {
  let cars = new Map<string, Car>();
  let readAtMs = Number.NEGATIVE_INFINITY;

  return async (vin: string): Promise<Car | undefined> => {
    const ageMs = epochMs(deps.now()) - readAtMs;
    if (ageMs >= (cars.has(vin) ? KNOWN_FOR_MS : ASKS_AGAIN_MS)) {
      readAtMs = epochMs(deps.now());
      const fleets = await Promise.all(deps.fleets.map((fleet) => deps.assets.fleet(fleet)));
      cars = new Map(
        fleets.flat().flatMap((asset): [string, Car][] => {
          const isOurs = asset.kind === "car" && asset.integration === deps.integration;
          return isOurs ? [[asset.vendorAssetId, asset]] : [];
        }),
      );
    }
    return cars.get(vin);
  };
}
