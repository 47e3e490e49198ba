import { describe, expect, it } from "vitest";
import { assetsOf, fleetFor } from "../../local/night/fleet.ts";
import { prepare } from "../../local/night/inputs.ts";
import { leftAlone } from "../../local/night/left-alone.ts";
import { nightOf } from "../../local/night/night.ts";
import { type ProductionSample, solarSiteReport } from "../../local/night/production.ts";
import { devicesOf, powerAtKw, startSimulations, stopAll } from "../../local/night/simulations.ts";
import { loadVendors, type Vendor } from "../../local/night/vendors.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { PowerInterval, Simulation, StartSimulation } from "../../shared/integration/simulation.ts";

const night = nightOf("2026-01-14", "Europe/London");
const request = {
  night: night.date,
  zone: night.zone,
  cars: 2,
  chargers: 2,
  heatPumps: 4,
  solarSites: 2,
  prices: undefined,
  carbon: undefined,
  sessions: undefined,
  faults: "none",
  seed: 3,
  carbonWeightPencePerKg: 0,
} as const;

/** A vendor whose every device draws this much in the night's first hour. */
function drawing(vendor: Vendor, powerKw: number, asked: Parameters<StartSimulation>[0][]): Vendor {
  const interval: PowerInterval = { startsAtMs: night.startsAtMs, endsAtMs: night.startsAtMs + HOUR_MS, powerKw };
  const startSimulation: StartSimulation = async (options) => {
    asked.push(options);
    return { intervals: () => [interval], stop: async () => {} } as unknown as Simulation;
  };
  return { ...vendor, startSimulation };
}

describe("the vendors' clouds", () => {
  it("get their own devices each, and the load of a site over all of them", async () => {
    const asked: Parameters<StartSimulation>[0][] = [];
    const inputs = await prepare(request);
    const vendors = inputs.vendors.map((vendor) => drawing(vendor, 2, asked));
    await startSimulations({ ...inputs, vendors }, { now: () => night.startsAtMs });
    const ids = asked.flatMap(({ cars, chargers, heatPumps, solarSites }) => [
      ...[...cars, ...chargers].map(({ asset }) => asset.assetId),
      ...[...heatPumps, ...solarSites].map(({ assetId }) => assetId),
    ]);
    expect(ids.toSorted()).toEqual(
      assetsOf(inputs)
        .map(({ assetId }) => assetId)
        .toSorted(),
    );
    const { siteLoadKw, fedBy } = asked[0] as (typeof asked)[number];
    expect(fedBy("charger-0001").map(({ powerKw }) => powerKw)).toEqual([2]);
    expect(fedBy("charger-0099")).toEqual([]);
    // A car or charger and a heat pump, at one home; the panels draw nothing.
    expect(siteLoadKw("home-0001", night.startsAtMs)).toBe(4);
    expect(siteLoadKw("home-0001", night.startsAtMs + HOUR_MS)).toBe(0);
    expect(siteLoadKw("home-9999", night.startsAtMs)).toBe(0);
  });

  it("count a car that is fed by a charger once, with its charger", async () => {
    const asked: Parameters<StartSimulation>[0][] = [];
    const inputs = await prepare({ ...request, heatPumps: 0 });
    const [charger] = inputs.chargers;
    const cars = inputs.cars.map((car) => ({
      ...car,
      asset: { ...car.asset, site: charger?.asset.site ?? car.asset.site, chargerId: charger?.asset.assetId },
    }));
    const vendors = inputs.vendors.map((vendor) => drawing(vendor, 2, asked));
    await startSimulations({ ...inputs, cars: cars as typeof inputs.cars, vendors }, { now: () => night.startsAtMs });
    expect(asked[0]?.siteLoadKw(charger?.asset.site.siteId ?? "", night.startsAtMs)).toBe(2);
  });

  it("are told of a charger what its car takes, and of both when they must be ready", async () => {
    const { fleet } = fleetFor(request, night, await loadVendors());
    const [charger] = fleet.chargers;
    const [told] = devicesOf(fleet, charger?.asset.integration ?? "").chargers;
    expect(told).toEqual({
      asset: charger?.asset,
      arrivesAtMs: charger?.session.arrivesAtMs,
      departsAtMs: charger?.session.departsAtMs,
      readyByMs: charger?.readyByMs,
      wantsKwh: charger?.asset.preferences.sessionEnergyKwh,
    });
  });
});

describe("power at a moment", () => {
  const intervals = [
    { startsAtMs: 10, endsAtMs: 20, powerKw: 1 },
    { startsAtMs: 30, endsAtMs: 40, powerKw: 2 },
  ];
  it.each([
    [9, 0],
    [10, 1],
    [20, 0],
    [29, 0],
    [39, 2],
    [40, 0],
  ])("%i is %i", (atMs, powerKw) => expect(powerAtKw(intervals, atMs)).toBe(powerKw));
});

describe("heat pumps left alone", () => {
  it("draw what the same pumps draw when they are looked at more often and not commanded", async () => {
    const inputs = await prepare(request);
    const fromMs = night.startsAtMs - 30 * MINUTE_MS;
    const alone = await leftAlone(inputs, fromMs);
    expect([...alone.keys()]).toEqual(expect.arrayContaining(inputs.heatPumps.map(({ assetId }) => assetId)));

    let nowMs = fromMs;
    const simulations = await startSimulations(inputs, { now: () => nowMs });
    const energyKwh = (intervals: readonly PowerInterval[]) =>
      intervals.reduce((sum, one) => sum + (one.powerKw * (one.endsAtMs - one.startsAtMs)) / HOUR_MS, 0);
    try {
      for (; nowMs < night.endsAtMs; nowMs += 7 * MINUTE_MS)
        for (const { integration, assetId } of inputs.heatPumps) simulations.get(integration)?.intervals(assetId);
      nowMs = night.endsAtMs;
      for (const { integration, assetId } of inputs.heatPumps) {
        const looked = energyKwh(simulations.get(integration)?.intervals(assetId) ?? []);
        expect(looked).toBeGreaterThan(0);
        expect(energyKwh(alone.get(assetId)?.intervals ?? [])).toBeCloseTo(looked, 6);
      }
    } finally {
      await stopAll(simulations);
    }
  });
});

describe("a solar site's night", () => {
  const site = { assetId: "solar-0001", integration: "sun", zone: "Europe/London" };
  const sample = (hours: number, productionKw: number | null, assetId = site.assetId): ProductionSample => ({
    assetId,
    atMs: night.startsAtMs + hours * HOUR_MS,
    productionKw,
  });

  it("knows the production for a share of the hours from nine to three, whatever is known in the dark", () => {
    const samples = [sample(1, 2), sample(2, null), sample(2.5, 1), sample(12, null), sample(22, 0)];
    expect(solarSiteReport(site, samples, []).knownPercent).toBe(75);
    expect(solarSiteReport(site, [...samples, sample(1, 9, "solar-0002")], []).knownPercent).toBe(75);
    expect(solarSiteReport(site, [sample(12, null)], []).knownPercent).toBeNull();
  });

  it("adds up what was read, and of that what the home's devices drew in the same half hour", () => {
    const drawn = (from: number, to: number, powerKw: number) => ({
      startsAtMs: night.startsAtMs + from * HOUR_MS,
      endsAtMs: night.startsAtMs + to * HOUR_MS,
      powerKw,
    });
    const samples = [sample(1, 2), sample(1.5, 2), sample(2, null), sample(2.5, 1)];
    const { producedKwh, usedByDevicesKwh } = solarSiteReport(site, samples, [
      drawn(0.75, 1, 1.6),
      drawn(1, 1.5, 7),
      drawn(1.5, 2, 7),
    ]);
    expect(producedKwh).toBe(2.5);
    // 0.4 of the first kWh, all of the second, nothing of what nobody knew.
    expect(usedByDevicesKwh).toBe(1.4);
  });
});
