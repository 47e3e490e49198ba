import { Car } from "../../shared/domain/asset.ts";
import { instant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import type { Random } from "../random.ts";
import { type Household, padded } from "./household.ts";
import type { Night } from "./night.ts";
import type { Session } from "./sessions.ts";
import { inTurn, type NamesDevices } from "./vendors.ts";

/** One simulated car: what the platform is told of it, and what is really true. */
export type NightCar = {
  asset: Car;
  session: Session;
  socOnArrivalPercent: number;
  /** When it must be ready: its departure, or the night's end if it stays longer. */
  readyByMs: number;
};

/** Usable capacities of common cars, kWh. */
const CAPACITIES_KWH = [57.5, 60, 75, 79, 95] as const;
const EFFICIENCY = 0.92;
const TARGET_PERCENT = 80;

/**
 * A car for each session: the smallest-risk battery that its energy fits into, empty enough on arrival that the recorded
 * energy fills it to the target. Supplies are single-phase 32 A, as in most British homes.
 */
export function carsFor(
  sessions: readonly Session[],
  night: Night,
  random: Random,
  options: {
    vendors: readonly NamesDevices[];
    household: (index: number) => Household;
    carbonWeightPencePerKg: number;
  },
): NightCar[] {
  const named = inTurn(sessions, options.vendors);
  return named.map(({ of: session, integration, vendorAssetId }, index) => {
    const storedKwh = session.energyKwh * EFFICIENCY;
    const fitting = CAPACITIES_KWH.filter((capacity) => storedKwh <= capacity * (TARGET_PERCENT / 100 - 0.05));
    const capacityKwh = fitting[Math.floor(random() * fitting.length)] ?? Math.ceil(storedKwh / 0.75);
    const socOnArrivalPercent = TARGET_PERCENT - (100 * storedKwh) / capacityKwh;
    const readyByMs = Math.min(session.departsAtMs, night.endsAtMs);
    const asset = Car.parse({
      ...options.household(index),
      assetId: `car-${padded(index + 1)}`,
      kind: "car",
      integration,
      vendorAssetId,
      battery: { capacityKwh, chargeEfficiency: EFFICIENCY },
      supply: { voltageV: 230, phases: 1, maxCurrentA: 32, minCurrentA: 6 },
      preferences: {
        targetSocPercent: TARGET_PERCENT,
        chargeNowToPercent: random() < 0.3 ? 20 : 0,
        readyBy: "07:00",
        nextDepartureAt: instant(readyByMs),
        carbonWeightPencePerKg: options.carbonWeightPencePerKg,
      },
    });
    return { asset, session, socOnArrivalPercent: round(socOnArrivalPercent, 6), readyByMs };
  });
}
