import { describe, expect, it } from "vitest";
import { watchOutage } from "../../lambdas/scheduler/outage.ts";
import type { AssetId } from "../../shared/domain/asset.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Looks } from "../../shared/domain/outage.ts";
import { aPlan, at, aWindow } from "../builders.ts";
import { fakeBus, published } from "../fakes/bus.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakePlansStore } from "../fakes/plans-store.ts";

const START = at("2026-11-20T18:00Z");
const minute = (n: number) => plusMs(START, n * MINUTE_MS);
const FLEET: AssetId[] = ["car-0001", "car-0002", "car-0003", "car-0004"];

const down = (n: number): Looks => ({
  at: minute(n),
  ok: 0,
  faults: { transient: 2 },
  failedAccounts: [`customer-${n}`, `customer-${n + 1}`],
});
const up = (n: number): Looks => ({ at: minute(n), ok: 5, faults: {}, failedAccounts: [] });

function world() {
  const bus = fakeBus();
  const deps = { causes: fakeCausesStore(), plans: fakePlansStore(), bus, log: fakeLog() };
  let reads = 0;
  const fleet = async () => {
    reads += 1;
    return FLEET;
  };
  const watch = (looks: readonly Looks[], now: Instant, more: Partial<typeof deps> = {}) =>
    watchOutage("acme", looks, fleet, now, { ...deps, ...more });
  return { bus, deps, watch, reads: () => reads };
}

describe("a vendor that is down", () => {
  it("is announced once, with its assets and what they were to take in the next hours, and once more when it is back", async () => {
    const { bus, deps, watch, reads } = world();
    // 7.36 kW from 17:30 to 19:00 and from 21:30 to 23:30; the next four hours see an hour of one and half an hour of the other.
    const windows = [
      aWindow("2026-11-20T17:30Z", "2026-11-20T19:00Z", { energyKwh: 11.04 }),
      aWindow("2026-11-20T21:30Z", "2026-11-20T23:30Z", { energyKwh: 14.72 }),
    ];
    for (const assetId of ["car-0001", "car-0003"])
      await deps.plans.put(aPlan({ assetId, version: 1, windows }), undefined);

    const looks = [down(-4), down(-2), down(-1)];
    expect(await watch(looks, minute(0))).toMatchObject({ faultClass: "vendor-outage", since: minute(-4) });
    expect(published(bus, "VendorOutageBegan")).toEqual([
      {
        integration: "acme",
        faultClass: "vendor-outage",
        since: minute(-4),
        assetsAffected: 4,
        energyAtRiskKwh: 22.1,
      },
    ]);
    for (let n = 1; n < 10; n++) expect(await watch([...looks, down(n)], minute(n))).toBeDefined();
    expect(bus.published).toHaveLength(1);
    expect(reads()).toBe(1);

    expect(await watch([...looks, up(10)], minute(10))).toBeUndefined();
    expect(published(bus, "VendorOutageEnded")).toEqual([
      { integration: "acme", faultClass: "vendor-outage", since: minute(-4), endedAt: minute(10) },
    ]);
    await watch([...looks, up(10)], minute(11));
    expect(bus.published).toHaveLength(2);
  });

  it("is announced once by two ticks at the same time", async () => {
    const { bus, watch } = world();
    const looks = [down(-4), down(-2), down(-1)];
    await Promise.all([watch(looks, minute(0)), watch(looks, minute(0)), watch(looks, minute(0))]);
    expect(published(bus, "VendorOutageBegan")).toHaveLength(1);
    const back = [...looks, up(10)];
    await Promise.all([watch(back, minute(10)), watch(back, minute(10))]);
    expect(published(bus, "VendorOutageEnded")).toHaveLength(1);
  });

  it("is announced by the next tick when the bus refused", async () => {
    const { bus, deps, watch } = world();
    const looks = [down(-4), down(-2), down(-1)];
    const refusing = { publish: async () => Promise.reject(new Error("the bus is away")) };
    await expect(watch(looks, minute(0), { bus: { ...bus, ...refusing } })).rejects.toThrow(/away/);
    await watch([], minute(1));
    expect(published(bus, "VendorOutageBegan")).toMatchObject([{ assetsAffected: 4 }]);
    expect(deps.log.codes()).toContain("VENDOR_OUTAGE_BEGAN");
  });

  it("is announced as down before it is announced as back, however short it was, and as back before it is down anew", async () => {
    const { bus, watch } = world();
    const looks = [down(-4), down(-2), down(-1)];
    const dies = { bus: { ...bus, publish: async () => Promise.reject(new Error("died")) } };
    await expect(watch(looks, minute(0), dies)).rejects.toThrow("died");
    const back = [...looks, up(1)];
    expect(await watch(back, minute(1))).toMatchObject({ since: minute(-4) });
    await expect(watch(back, minute(2), dies)).rejects.toThrow("died");
    const anew = [...back, down(3), down(5), down(7)];
    expect(await watch(anew, minute(7))).toBeUndefined();
    expect(await watch(anew, minute(8))).toMatchObject({ since: minute(3) });
    expect(bus.published.map(({ name }) => name)).toEqual([
      "VendorOutageBegan",
      "VendorOutageEnded",
      "VendorOutageBegan",
    ]);
    expect(published(bus, "VendorOutageBegan")).toMatchObject([{ since: minute(-4) }, { since: minute(3) }]);
  });

  it("is announced under the same id again when the tick that told died before it noted that", async () => {
    const { bus, deps, watch } = world();
    const putOutage: typeof deps.causes.putOutage = async (row) => {
      if (row.untoldSince === undefined) throw new Error("died");
      return deps.causes.putOutage(row);
    };
    const causes = { ...deps.causes, putOutage };
    const looks = [down(-4), down(-2), down(-1)];
    await expect(watch(looks, minute(0), { causes })).rejects.toThrow("died");
    await watch(looks, minute(2));
    const back = [...looks, up(10)];
    await expect(watch(back, minute(10), { causes })).rejects.toThrow("died");
    await watch(back, minute(12));
    expect(bus.published.map(({ name }) => name)).toEqual([
      "VendorOutageBegan",
      "VendorOutageBegan",
      "VendorOutageEnded",
      "VendorOutageEnded",
    ]);
    expect(bus.ids[0]).toBe(bus.ids[1]);
    expect(bus.ids[2]).toBe(bus.ids[3]);
    expect(new Set(bus.ids).size).toBe(2);
  });

  it("is not announced where nothing is wrong, which reads no plan", async () => {
    const { bus, watch, reads } = world();
    for (let n = 0; n < 5; n++) expect(await watch([up(n)], minute(n))).toBeUndefined();
    expect(bus.published).toEqual([]);
    expect(reads()).toBe(0);
  });
});
