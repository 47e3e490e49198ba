import { describe, expect, it } from "vitest";
import { assetsOf, checkCounts, type FleetRequest, fleetFor } from "../../local/night/fleet.ts";
import { homeNumber } from "../../local/night/household.ts";
import { nightOf } from "../../local/night/night.ts";
import { loadVendors, type Vendor } from "../../local/night/vendors.ts";
import { Asset } from "../../shared/domain/asset.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";

const night = nightOf("2026-01-14", "Europe/London");
const request: FleetRequest = {
  cars: 4,
  chargers: 3,
  heatPumps: 3,
  solarSites: 4,
  sessions: undefined,
  seed: 1,
  carbonWeightPencePerKg: 5,
};

function aVendor(name: string, family: Manifest["family"]): Vendor {
  return {
    name,
    manifest: { name, family } as Manifest,
    startSimulation: () => Promise.reject(new Error("not here")),
    vendorAssetId: (index) => `${name}-${index}`,
    heatsRooms: name === "heat-a",
  };
}

const vendors = [
  aVendor("cars", "vehicle"),
  aVendor("plugs", "charger"),
  aVendor("heat-a", "heat-pump"),
  aVendor("heat-b", "heat-pump"),
  aVendor("sun", "solar-site"),
];

function theFleet(changes: Partial<FleetRequest> = {}) {
  return fleetFor({ ...request, ...changes }, night, vendors).fleet;
}

describe("a fleet", () => {
  it("is of assets that the platform takes, with a name, an account and a vendor's name of its own each", () => {
    const assets = assetsOf(theFleet());
    expect(assets.map(({ assetId, integration, vendorAssetId }) => [assetId, integration, vendorAssetId])).toEqual([
      ...["1", "2", "3", "4"].map((n, i) => [`car-000${n}`, "cars", `cars-${i}`]),
      ...["1", "2", "3"].map((n, i) => [`charger-000${n}`, "plugs", `plugs-${i}`]),
      ["pump-0001", "heat-a", "heat-a-0"],
      ["pump-0002", "heat-b", "heat-b-0"],
      ["pump-0003", "heat-a", "heat-a-1"],
      ...["1", "2", "3", "4"].map((n, i) => [`solar-000${n}`, "sun", `sun-${i}`]),
    ]);
    for (const asset of assets) expect(Asset.parse(asset)).toEqual(asset);
    expect(new Set(assets.map(({ integration, accountId }) => `${integration} ${accountId}`)).size).toBe(assets.length);
  });

  it("has homes: each with solar has a pump and either a car or a charger, as long as there are such", () => {
    const homes = new Map<string, string[]>();
    for (const { assetId, site } of assetsOf(theFleet()))
      homes.set(site.siteId, [...(homes.get(site.siteId) ?? []), assetId]);
    expect(Object.fromEntries(homes)).toEqual({
      "home-0001": ["car-0001", "pump-0001", "solar-0001"],
      "home-0002": ["charger-0001", "pump-0002", "solar-0002"],
      "home-0003": ["car-0002", "pump-0003", "solar-0003"],
      "home-0004": ["charger-0002", "solar-0004"],
      "home-0005": ["car-0003"],
      "home-0006": ["charger-0003"],
      "home-0007": ["car-0004"],
    });
  });

  it("gives all devices of a home the same site; some with solar are paid for what they feed in, nobody else", () => {
    const assets = assetsOf(theFleet({ solarSites: 6, cars: 8, chargers: 0 }));
    const sites = new Map(assets.map(({ site }) => [site.siteId, site]));
    for (const { site } of assets) expect(site).toEqual(sites.get(site.siteId));
    const paid = [...sites.values()].filter(({ exportPencePerKwh }) => exportPencePerKwh === 15);
    expect(paid.map(({ siteId }) => siteId)).toEqual(["home-0001", "home-0002", "home-0004", "home-0005"]);
  });

  it("wants of each charger the energy that its car takes, by its car's departure", () => {
    for (const { asset, session, readyByMs } of theFleet().chargers) {
      expect(asset.preferences.sessionEnergyKwh).toBe(session.energyKwh);
      expect(asset.preferences.nextDepartureAt).toBe(new Date(readyByMs).toISOString());
      expect(asset.preferences.carbonWeightPencePerKg).toBe(5);
    }
  });

  it("keeps its cars and its pumps for a seed, whatever else is there", () => {
    const [mixed, other] = [theFleet(), theFleet({ chargers: 0, solarSites: 0 })];
    const stays = ({ cars }: typeof mixed) =>
      cars.map(({ session, socOnArrivalPercent }) => ({ session, socOnArrivalPercent }));
    expect(stays(other)).toEqual(stays(mixed));
    expect(other.heatPumps.map(({ preferences }) => preferences)).toEqual(
      mixed.heatPumps.map(({ preferences }) => preferences),
    );
    expect(theFleet()).toEqual(mixed);
    expect(theFleet({ seed: 2 })).not.toEqual(mixed);
  });

  it("has bands with room in them, for every pump", () => {
    const pumps = theFleet({ heatPumps: 60 }).heatPumps;
    for (const { preferences: p } of pumps) {
      expect(p.hotWaterMinC).toBeLessThan(p.hotWaterMaxC);
      if (p.indoorMinC !== undefined) expect(p.indoorMinC).toBeLessThan(p.indoorMaxC ?? 0);
    }
    expect(new Set(pumps.map(({ preferences }) => preferences.indoorMinC === undefined)).size).toBe(2);
  });

  it("has a building and a band for its rooms wherever they can be turned down", () => {
    for (const { integration, rooms, preferences } of theFleet({ heatPumps: 20 }).heatPumps) {
      expect(rooms !== undefined).toBe(integration === "heat-a");
      if (rooms) expect(preferences.indoorMinC).toBe(18.5);
    }
  });

  it("needs no vendor of a kind that it has none of, and says which it lacks", () => {
    const onlyCars = vendors.slice(0, 1);
    const none = { ...request, chargers: 0, heatPumps: 0, solarSites: 0 };
    expect(fleetFor(none, night, onlyCars).fleet.cars).toHaveLength(4);
    expect(() => fleetFor({ ...none, heatPumps: 1 }, night, onlyCars)).toThrow("is of family heat-pump");
  });

  it("is five cars when nothing is said, and no car when none is wanted", () => {
    expect(theFleet({ cars: undefined }).cars).toHaveLength(5);
    expect(theFleet({ cars: 0 }).cars).toEqual([]);
  });
});

describe("the homes of cars and chargers", () => {
  it.each([
    [{ cars: 3, chargers: 0 }, [1, 2, 3], []],
    [{ cars: 0, chargers: 3 }, [], [1, 2, 3]],
    [{ cars: 4, chargers: 2 }, [1, 3, 5, 6], [2, 4]],
    [{ cars: 1, chargers: 3 }, [1], [2, 3, 4]],
  ])("of %o have numbers without a gap or a repetition", (counts, cars, chargers) => {
    const numbers = (kind: "car" | "charger", count: number) =>
      Array.from({ length: count }, (_, index) => homeNumber(index, kind, counts));
    expect([numbers("car", counts.cars), numbers("charger", counts.chargers)]).toEqual([cars, chargers]);
  });
});

describe("numbers of devices", () => {
  it("may be nought of cars beside another kind, and 2000 of each at most", () => {
    for (const cars of [0, 2000, undefined]) expect(() => checkCounts({ ...request, cars })).not.toThrow();
    const noOthers = { chargers: 0, heatPumps: 0, solarSites: 0 };
    expect(() => checkCounts({ ...request, ...noOthers, cars: undefined })).not.toThrow();
    expect(() => checkCounts({ ...request, ...noOthers, cars: 0 })).toThrow("or another kind of device beside it");
    expect(() => checkCounts({ ...request, cars: 2001 })).toThrow("--cars wants a whole number from 0 to 2000");
    expect(() => checkCounts({ ...request, solarSites: 2001 })).toThrow("--solar-sites wants");
  });
});

describe("the vendors of a night", () => {
  it("are the integrations by their folders, each naming its devices apart", async () => {
    const found = await loadVendors();
    expect(found.length).toBeGreaterThan(0);
    for (const { name, manifest, startSimulation, vendorAssetId } of found) {
      expect(manifest.name).toBe(name);
      expect(startSimulation).toBeTypeOf("function");
      const ids = Array.from({ length: 2000 }, (_, index) => vendorAssetId(index));
      expect(new Set(ids).size).toBe(2000);
      expect(ids.every((id) => id.length > 0 && id.length <= 64)).toBe(true);
    }
  });
});
