import { describe, expect, it } from "vitest";
import { fleetFor } from "../../local/night/fleet.ts";
import { nightOf } from "../../local/night/night.ts";
import { actsItself } from "../../local/night/pairs.ts";
import { loadVendors } from "../../local/night/vendors.ts";

const NIGHT = nightOf("2026-01-14", "Europe/London");
const fleet = async (cars: number, chargers: number) =>
  fleetFor(
    { cars, chargers, heatPumps: 0, solarSites: 0, sessions: undefined, seed: 1, carbonWeightPencePerKg: 0 },
    NIGHT,
    await loadVendors(),
  );

describe("cars at enrolled chargers", () => {
  it("are one for every fourth charger, at its home, with one stay for both", async () => {
    const { fleet: night, notes } = await fleet(10, 8);
    const paired = night.cars.filter((car) => !actsItself(car));
    expect(paired.map(({ asset }) => [asset.assetId, asset.chargerId])).toEqual([
      ["car-0009", "charger-0008"],
      ["car-0010", "charger-0004"],
    ]);
    for (const { asset, session, readyByMs } of paired) {
      const charger = night.chargers.find((one) => one.asset.assetId === asset.chargerId);
      expect(charger).toMatchObject({ session, readyByMs });
      expect(charger?.asset.site).toEqual(asset.site);
      expect(charger?.asset.preferences.sessionEnergyKwh).toBe(session.energyKwh);
    }
    expect(notes.some((note) => note.startsWith("2 cars plug into an enrolled charger"))).toBe(true);
  });

  it.each([
    [5, 3, 0],
    [0, 8, 0],
    [3, 8, 1],
    [40, 20, 5],
  ])("with %i cars and %i chargers are %i", async (cars, chargers, paired) => {
    const { fleet: night } = await fleet(cars, chargers);
    expect(night.cars.filter((car) => !actsItself(car))).toHaveLength(paired);
  });
});
