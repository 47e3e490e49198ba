import { SolarSite } from "../../shared/domain/asset.ts";
import type { Random } from "../random.ts";
import { type Household, padded } from "./household.ts";
import { inTurn, type NamesDevices } from "./vendors.ts";

/** Roofs of 3 to 7 kW, by the vendors in turn. */
export function solarSitesFor(
  count: number,
  random: Random,
  options: {
    vendors: readonly NamesDevices[];
    household: (index: number) => Household;
  },
): SolarSite[] {
  return inTurn(Array(count).fill(null), options.vendors).map(({ integration, vendorAssetId }, index) =>
    SolarSite.parse({
      ...options.household(index),
      assetId: `solar-${padded(index + 1)}`,
      kind: "solar-site",
      integration,
      vendorAssetId,
      peakPowerKw: 3 + Math.floor(random() * 9) / 2,
    }),
  );
}
