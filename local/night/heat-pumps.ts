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
/** What an installer's calculation says of a house for each kW of its pump: 0.18 kW/K, or 4.5 kW at -5 °C, for 3 kW. */
const HEAT_LOSS_KW_PER_K_AND_KW = 0.06;

/**
 * Heat pumps of ordinary homes, by the vendors in turn. Half of the owners say how warm the rooms must be, and every one
 * whose rooms can be turned down.
 */
export function heatPumpsFor(
  count: number,
  random: Random,
  options: {
    vendors: readonly (NamesDevices & { heatsRooms: boolean })[];
    household: (index: number) => Household;
    carbonWeightPencePerKg: number;
  },
): HeatPump[] {
  const withRooms = new Set(options.vendors.flatMap(({ name, heatsRooms }) => (heatsRooms ? name : [])));
  return inTurn(Array(count).fill(null), options.vendors).map(({ integration, vendorAssetId }, index) => {
    const heatsRooms = withRooms.has(integration);
    const ratedPowerKw = oneOf(RATED_POWERS_KW, random);
    const hotWaterC = oneOf(HOT_WATER_C, random);
    const saysRooms = random() < 0.5;
    return HeatPump.parse({
      ...options.household(index),
      assetId: `pump-${padded(index + 1)}`,
      kind: "heat-pump",
      integration,
      vendorAssetId,
      ratedPowerKw,
      ...(heatsRooms ? { rooms: { heatLossKwPerK: HEAT_LOSS_KW_PER_K_AND_KW * ratedPowerKw } } : {}),
      preferences: {
        carbonWeightPencePerKg: options.carbonWeightPencePerKg,
        ...hotWaterC,
        ...(heatsRooms || saysRooms ? ROOMS_C : {}),
      },
    });
  });
}

function oneOf<T>(items: readonly [T, ...T[]], random: Random): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}
