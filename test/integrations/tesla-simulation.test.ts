import { afterEach, describe, expect, it } from "vitest";
import { manifest } from "../../lambdas/integrations/tesla/manifest.ts";
import { startSimulation, vendorAssetId } from "../../lambdas/integrations/tesla/simulation.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Simulation } from "../../shared/integration/simulation.ts";
import { anAsset, at } from "../builders.ts";

const STARTS_MS = epochMs(at("2026-11-20T12:00Z"));
const ENDS_MS = STARTS_MS + 24 * HOUR_MS;
const fleet = Array.from({ length: 12 }, (_, index) => ({
  asset: anAsset({
    assetId: `car-${1000 + index}`,
    vendorAssetId: vendorAssetId(index),
    accountId: `customer-${1000 + index}`,
  }),
  socOnArrivalPercent: 30,
  arrivesAtMs: STARTS_MS + 6 * HOUR_MS,
  departsAtMs: STARTS_MS + 20 * HOUR_MS,
  readyByMs: STARTS_MS + 20 * HOUR_MS,
}));

const running: Simulation[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulation) => simulation.stop()));
});

/** A day on which somebody looks at every car each hour, and tells it to charge. */
async function aDay(faults: "none" | "many", cars = fleet) {
  let nowMs = STARTS_MS;
  const simulation = await startSimulation({
    ...{
      clock: { now: () => nowMs },
      cars,
      chargers: [],
      heatPumps: [],
      solarSites: [],
      siteLoadKw: () => 0,
      fedBy: () => [],
    },
    ...{ seed: 1, faults, startsAtMs: STARTS_MS, endsAtMs: ENDS_MS },
  });
  running.push(simulation);
  for (; nowMs < ENDS_MS; nowMs += HOUR_MS) {
    for (const { asset } of cars) {
      const { accessToken } = simulation.issueTokens(asset.accountId);
      const headers = { authorization: `Bearer ${accessToken}` };
      const vehicle = `${simulation.endpoints.TESLA_API_URL}/api/1/vehicles/${asset.vendorAssetId}`;
      await fetch(`${vehicle}/vehicle_data`, { headers }).catch(() => undefined);
      await fetch(`${vehicle}/command/charge_start`, { method: "POST", headers }).catch(() => undefined);
    }
  }
  const injections = simulation.injections();
  return { simulation, injections, of: (wanted: string) => injections.filter(({ kind }) => kind === wanted) };
}

describe("a simulated day of Teslas", () => {
  it("without a fault tells each call and its price, and has only what shows to one who asks", async () => {
    const cars = fleet.slice(0, 3);
    const { simulation, injections, of } = await aDay("none", cars);
    const calls = simulation.calls();
    const known = new Set(cars.map(({ asset }) => `${asset.assetId} ${asset.accountId}`));
    expect(new Set(calls.map(({ assetId, accountId }) => `${assetId} ${accountId}`))).toEqual(known);
    for (const { kind, status, priceUsd } of calls)
      expect(priceUsd).toBe(kind === "token" || status >= 500 ? 0 : manifest.priceUsd[kind]);
    expect(calls).toHaveLength(2 * 24 * cars.length);

    expect(injections.every(({ onlyIfAsked }) => onlyIfAsked)).toBe(true);
    expect(
      of("asleep").every(({ faultClass, fromMs, toMs }) => faultClass === "device-offline" && fromMs === toMs),
    ).toBe(true);
    expect(of("asleep").length).toBeGreaterThan(0);
    const [{ asset } = {}] = cars;
    expect(of("not-plugged-in").filter(({ assetId }) => assetId === asset?.assetId)).toMatchObject([
      { faultClass: "customer-must-act", fromMs: STARTS_MS, toMs: STARTS_MS + 6 * HOUR_MS },
      { faultClass: "customer-must-act", fromMs: STARTS_MS + 20 * HOUR_MS, toMs: ENDS_MS },
    ]);
  });

  it("with many faults says what each truly was, and until when", async () => {
    const { injections, of } = await aDay("many");
    expect(of("vendor-outage")).toHaveLength(2);
    for (const { fromMs, toMs } of of("vendor-outage")) expect(toMs - fromMs).toBeGreaterThanOrEqual(20 * MINUTE_MS);
    for (const { fromMs, toMs } of of("no-power")) expect(toMs - fromMs).toBe(HOUR_MS);
    expect(of("no-power").length).toBeGreaterThan(0);
    // Once for all the calls that it befell.
    expect(of("unpaired-key")).toEqual([expect.objectContaining({ faultClass: "customer-must-act", toMs: ENDS_MS })]);
    expect(injections.every(({ fromMs, toMs }) => fromMs <= toMs && toMs <= ENDS_MS)).toBe(true);
  });
});
