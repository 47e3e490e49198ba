import { HeatPump } from "../../shared/domain/asset.ts";
import type { Random } from "../random.ts";
import { type Household, padded } from "./household.ts";
import { inTurn, type NamesDevices } from "./vendors.ts";

const RATED_POWERS_KW: readonly [number, ...number[]] = [2.5, 3, 4, 5];
type HotWaterBand = { hotWaterMinC: number; hotWaterMaxC: number };
/** Bands of hot water as owners set them, °C. */
const HOT_WATER_C: readonly [HotWaterBand, ...HotWaterBand[]] = [
  { hotWaterMinC: 42, hotWaterMaxC: 52 },
  { hotWaterMinC: 45, hotWaterMaxC: 55 },
  { hotWaterMinC: 45, hotWaterMaxC: 58 },
];
const ROOMS_C = { indoorMinC: 18.5, indoorMaxC: 22.5 };

/** Heat pumps of ordinary homes, by the vendors in turn; half of the owners say how warm the rooms must be. */
export function heatPumpsFor(
  count: number,
  random: Random,
  options: {
    vendors: readonly NamesDevices[];
    household: (index: number) => Household;
    carbonWeightPencePerKg: number;
  },
): HeatPump[] {
  return inTurn(Array(count).fill(null), options.vendors).map(({ integration, vendorAssetId }, index) =>
    HeatPump.parse({
      ...options.household(index),
      assetId: `pump-${padded(index + 1)}`,
      kind: "heat-pump",
      integration,
      vendorAssetId,
      ratedPowerKw: oneOf(RATED_POWERS_KW, random),
      preferences: {
        carbonWeightPencePerKg: options.carbonWeightPencePerKg,
        ...oneOf(HOT_WATER_C, random),
        ...(random() < 0.5 ? ROOMS_C : {}),
      },
    }),
  );
}

function oneOf<T>(items: readonly [T, ...T[]], random: Random): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}
