import { describe, expect, it } from "vitest";
import type { Asset } from "../../shared/domain/asset.ts";
import type { ProductionReading } from "../../shared/domain/reading.ts";
import {
  aCharger,
  aHeatPump,
  aHeatReading,
  aProductionReading,
  aReach,
  aReading,
  aSolarSite,
  at,
  slotDay,
} from "../builders.ts";
import { optimiserWorld, signalUpdated, telemetryRecorded } from "../fakes/optimiser-world.ts";

const NOW = "2026-11-20T18:00Z";
const PLUG = "charger-0001";
const PUMP = "heat-pump-0001";
const sun = (changes: Partial<ProductionReading> = {}) =>
  aProductionReading({
    observedAt: at("2026-11-20T17:45Z"),
    productionKw: 5,
    gridKw: -4,
    consumptionKw: 1,
    ...changes,
  });
const plug = (changes: object = {}) =>
  aReading({ assetId: PLUG, socPercent: null, storedKwh: null, chargeLimitPercent: null, sessionKwh: 2, ...changes });
/** Never below 20 p, so that selling for nothing is always worse than using. */
const DEAR = slotDay(
  { from: "2026-11-20T18:00Z", to: "2026-11-21T18:00Z", cheapFrom: "2026-11-21T02:00Z", cheapTo: "2026-11-21T05:00Z" },
  { dear: 40, cheap: 20 },
);

const world = (assets: Asset[] = [aCharger(), aSolarSite()], price = DEAR) => optimiserWorld(assets, price);

describe("a site's surplus", () => {
  it("is taken by what charges, for the hour after its measurement, and the rest is bought when cheap", async () => {
    const { on, read, planOf } = world();
    await read(plug(), sun());
    await on(signalUpdated);
    const { windows = [], proof } = (await planOf(PLUG)) ?? {};
    // 3 kWh for nothing, and 7 at 20 p.
    expect(proof).toEqual({
      objectivePence: expect.closeTo(140, 1),
      boundPence: expect.closeTo(140, 1),
      gap: expect.closeTo(0, 3),
    });
    expect(windows[0]).toMatchObject({
      startsAt: "2026-11-20T18:00:00.000Z",
      endsAt: "2026-11-20T18:45:00.000Z",
      powerKw: 4,
      reason: "surplus",
    });
    expect(windows.slice(1).every((window) => window.reason === "cheapest")).toBe(true);
    expect(windows.reduce((kwh, window) => kwh + window.energyKwh, 0)).toBeCloseTo(10, 2);
  });

  it("is what would leave the site if our own loads rested", async () => {
    const { on, read, planOf } = world();
    await read(plug({ state: "charging", powerKw: 3 }), sun({ gridKw: -1 }));
    await on(signalUpdated);
    expect((await planOf(PLUG))?.windows[0]).toMatchObject({ powerKw: 4, reason: "surplus" });
  });

  it("is worked out from production and consumption where the grid is not metered", async () => {
    const { on, read, planOf } = world();
    await read(plug(), sun({ gridKw: null, productionKw: 4, consumptionKw: 1 }));
    await on(signalUpdated);
    expect((await planOf(PLUG))?.windows[0]).toMatchObject({ powerKw: 3, reason: "surplus" });
  });

  it("is sold where that earns more than buying later costs", async () => {
    const site = { siteId: "home-1", timeZone: "Europe/London", exportPencePerKwh: 25 };
    const { on, read, planOf } = world([aCharger({ site }), aSolarSite({ site })]);
    await read(plug(), sun());
    await on(signalUpdated);
    expect((await planOf(PLUG))?.windows.some((window) => window.reason === "surplus")).toBe(false);
  });

  it("too small for the least current is weighed with what must be bought beside it", async () => {
    const cheapSun = world();
    await cheapSun.read(plug(), sun({ gridKw: -1 }));
    await cheapSun.on(signalUpdated);
    // 1 kW of 1.38 for nothing: 11 p for a kWh, against 20 at night.
    const plan = await cheapSun.planOf(PLUG);
    expect(plan?.windows[0]).toMatchObject({ powerKw: 1.38, reason: "surplus" });
    // What is bought beside the sun is bought at 40 p: no plan can do without that and take as much.
    const { objectivePence = 0, boundPence = 0 } = plan?.proof ?? {};
    expect(objectivePence).toBeCloseTo(0.75 * 0.38 * 40 + (10 - 0.75 * 1.38) * 20, 0);
    expect(boundPence).toBeCloseTo((10 - 0.75) * 20, 0);
    const hardlyAny = world();
    await hardlyAny.read(plug(), sun({ gridKw: -0.3 }));
    await hardlyAny.on(signalUpdated);
    expect((await hardlyAny.planOf(PLUG))?.windows[0]?.reason).toBe("cheapest");
  });

  it.each<[string, Partial<ProductionReading>, RegExp]>([
    ["is not metered", { gridKw: null, consumptionKw: null }, /neither .* metered/],
    ["is unknown at night", { gridKw: null, productionKw: null }, /neither .* metered/],
    ["was measured 46 minutes ago", { observedAt: at("2026-11-20T17:14Z") }, /last measured at/],
  ])("that %s is unknown, said so and not planned with", async (_, changes, note) => {
    const { on, read, planOf } = world();
    await read(plug(), sun(changes));
    await on(signalUpdated);
    const plan = await planOf(PLUG);
    expect(plan?.windows.every((window) => window.reason === "cheapest")).toBe(true);
    expect(plan?.notes).toEqual([expect.stringMatching(/^solar is unknown: /)]);
    expect(plan?.notes[0]).toMatch(note);
  });

  it("is unknown when the month's credits are gone, and when nobody knows what our own load draws", async () => {
    const { on, read, deps, planOf } = world();
    await read(plug(), sun({ observedAt: at("2026-11-20T16:00Z") }));
    await deps.readings.recordFailure(
      "solar-0001",
      "production",
      aReach(NOW, { failures: 1, online: null, faultClass: "quota-exhausted" }),
    );
    await on(signalUpdated);
    expect((await planOf(PLUG))?.notes).toEqual(["solar is unknown: the last look failed (quota-exhausted)"]);

    const other = world();
    await other.read(plug({ state: "charging", powerKw: null }), sun());
    await other.on(signalUpdated);
    expect((await other.planOf(PLUG))?.notes).toEqual(["solar is unknown: nobody knows what charger-0001 draws"]);
  });

  it("is handed out once: first to what charges, then to the tank what is left", async () => {
    const assets = [aHeatPump(), aCharger(), aSolarSite()];
    const readings = [plug(), aHeatReading({ compressorOn: false, powerKw: 0, hotWaterC: 50 })];
    const plenty = world(assets);
    await plenty.read(...readings, sun({ gridKw: -11 }));
    await plenty.on(signalUpdated);
    expect((await plenty.planOf(PLUG))?.windows[0]).toMatchObject({ powerKw: 7.36, reason: "surplus" });
    expect((await plenty.planOf(PUMP))?.windows[0]).toMatchObject({ heatMode: "boost", reason: "surplus" });

    const little = world(assets);
    await little.read(...readings, sun({ gridKw: -7 }));
    await little.on(signalUpdated);
    expect((await little.planOf(PUMP))?.windows.some((window) => window.reason === "surplus")).toBe(false);
    // Planned alone, the pump still leaves the charger what it has.
    await little.on(telemetryRecorded({ assetId: PUMP, matters: true }));
    expect((await little.planOf(PUMP))?.windows.some((window) => window.reason === "surplus")).toBe(false);
  });

  it("is news for every load of its site and for no other", async () => {
    const elsewhere = aCharger({ assetId: "charger-0009", site: { siteId: "home-9", timeZone: "Europe/London" } });
    const { on, read, planOf } = world([aCharger(), aHeatPump(), aSolarSite(), elsewhere]);
    await read(plug(), plug({ assetId: "charger-0009" }), aHeatReading(), sun());
    await on(telemetryRecorded({ assetId: "solar-0001", matters: true }));
    expect((await planOf(PLUG))?.windows[0]?.reason).toBe("surplus");
    expect(await planOf(PUMP)).toBeDefined();
    expect(await planOf("charger-0009")).toBeUndefined();
  });

  it("leaves a plan as it is while it is the same reading", async () => {
    const { on, read, clock, planOf } = world();
    await read(plug(), sun());
    await on(signalUpdated);
    await read(
      plug({ state: "charging", powerKw: 4, currentLimitA: 18, observedAt: at("2026-11-20T18:04Z") }),
      sun({ gridKw: 0, observedAt: at("2026-11-20T18:00Z") }),
    );
    clock.set("2026-11-20T18:05Z");
    await on(signalUpdated);
    expect((await planOf(PLUG))?.windows[0]).toMatchObject({ powerKw: 4, reason: "surplus" });
  });
});
