import { Car, powerOfCurrent } from "../../shared/domain/asset.ts";
import { instant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import type { Random } from "../random.ts";
import type { Night } from "./night.ts";
import type { Session } from "./sessions.ts";

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
  options: { integration: string; carbonWeightPencePerKg: number },
): NightCar[] {
  return sessions.map((session, index) => {
    const storedKwh = session.energyKwh * EFFICIENCY;
    const fitting = CAPACITIES_KWH.filter((capacity) => storedKwh <= capacity * (TARGET_PERCENT / 100 - 0.05));
    const capacityKwh = fitting[Math.floor(random() * fitting.length)] ?? Math.ceil(storedKwh / 0.75);
    const socOnArrivalPercent = TARGET_PERCENT - (100 * storedKwh) / capacityKwh;
    const number = String(index + 1).padStart(4, "0");
    const asset = Car.parse({
      assetId: `car-${number}`,
      kind: "car",
      integration: options.integration,
      accountId: `customer-${number}`,
      // 17 characters without I, O and Q, as a VIN has; made up.
      vendorAssetId: `5YJ3E7EA9PF${String(100_000 + index)}`,
      fleetId: "main",
      site: { siteId: `home-${number}`, timeZone: night.zone },
      battery: { capacityKwh, chargeEfficiency: EFFICIENCY },
      supply: { voltageV: 230, phases: 1, maxCurrentA: 32, minCurrentA: 6 },
      preferences: {
        targetSocPercent: TARGET_PERCENT,
        chargeNowToPercent: random() < 0.3 ? 20 : 0,
        readyBy: "07:00",
        nextDepartureAt: instant(Math.min(session.departsAtMs, night.endsAtMs)),
        carbonWeightPencePerKg: options.carbonWeightPencePerKg,
      },
      consent: { control: true, givenAt: instant(night.startsAtMs - 86_400_000) },
    });
    return {
      asset,
      session,
      socOnArrivalPercent: round(socOnArrivalPercent, 6),
      readyByMs: Math.min(session.departsAtMs, night.endsAtMs),
    };
  });
}

/** The most a car can draw, kW. */
export function maxPowerKw(car: NightCar): number {
  return powerOfCurrent(car.asset.supply, car.asset.supply.maxCurrentA);
}
