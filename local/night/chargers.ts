import { Charger } from "../../shared/domain/asset.ts";
import { instant } from "../../shared/domain/instant.ts";
import { type Household, padded } from "./household.ts";
import type { Night } from "./night.ts";
import type { Session } from "./sessions.ts";
import { inTurn, type NamesDevices } from "./vendors.ts";

/** One simulated charge point and the car that comes to it, of which nothing is known but what it draws. */
export type NightCharger = {
  asset: Charger;
  session: Session;
  /** When the energy must be in: the departure, or the night's end if the car stays longer. */
  readyByMs: number;
};

/** A charge point for each session, wanted to give the energy that the car takes; single-phase 32 A, as cars have. */
export function chargersFor(
  sessions: readonly Session[],
  night: Night,
  options: {
    vendors: readonly NamesDevices[];
    household: (index: number) => Household;
    carbonWeightPencePerKg: number;
  },
): NightCharger[] {
  return inTurn(sessions, options.vendors).map(({ of: session, integration, vendorAssetId }, index) => {
    const readyByMs = Math.min(session.departsAtMs, night.endsAtMs);
    const asset = Charger.parse({
      ...options.household(index),
      assetId: `charger-${padded(index + 1)}`,
      kind: "charger",
      integration,
      vendorAssetId,
      supply: { voltageV: 230, phases: 1, maxCurrentA: 32, minCurrentA: 6 },
      preferences: {
        sessionEnergyKwh: session.energyKwh,
        readyBy: "07:00",
        nextDepartureAt: instant(readyByMs),
        carbonWeightPencePerKg: options.carbonWeightPencePerKg,
      },
    });
    return { asset, session, readyByMs };
  });
}
