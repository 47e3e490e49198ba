import { type Instant, instant } from "../../shared/domain/instant.ts";
import type { Night } from "./night.ts";

/** What all devices of a home have in common. Its owner has a login of the same name at each vendor. */
export type Household = {
  accountId: string;
  fleetId: string;
  site: { siteId: string; timeZone: string; exportPencePerKwh?: number };
  consent: { control: boolean; givenAt: Instant };
};

/** The home of each number, from 1. Solar site k is on home k; two of three homes are paid for what they feed in. */
export function households(night: Night, solarSites: number): (number: number) => Household {
  return (number) => {
    const isPaid = number <= solarSites && number % 3 !== 0;
    return {
      accountId: `customer-${padded(number)}`,
      fleetId: "main",
      site: {
        siteId: `home-${padded(number)}`,
        timeZone: night.zone,
        ...(isPaid ? { exportPencePerKwh: 15 } : {}),
      },
      consent: { control: true, givenAt: instant(night.startsAtMs - 86_400_000) },
    };
  };
}

/** Homes of the n-th car and charger: in turn as long as there are both, so that homes with solar have either. */
export function homeNumber(index: number, kind: "car" | "charger", counts: { cars: number; chargers: number }): number {
  const both = Math.min(counts.cars, counts.chargers);
  if (index < both) return 2 * index + (kind === "car" ? 1 : 2);
  return both + index + 1;
}

/** A number as it stands in names: four digits. */
export function padded(number: number): string {
  return String(number).padStart(4, "0");
}
