import { describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { VendorError } from "../../shared/errors.ts";
import { vendorBudget } from "../../shared/integration/vendor-budget.ts";
import { aCharger, aHeatPump, anAsset } from "../builders.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { aManifest } from "../lib/templates.ts";

const PER_APPLICATION = { scope: "application", calls: 100, perMinutes: 9 } as const;
const PER_ACCOUNT = { scope: "account", calls: 25, perMinutes: 4 } as const;

/** Several processes of one integration under one clock; each look is two calls at most. */
function aWorld(changes: Partial<Manifest> = {}) {
  const clock = fakeClock("2026-11-21T18:00Z");
  const store = fakeBudgetsStore();
  const meter = fakeMeter();
  const log = fakeLog();
  const manifest = aManifest({
    callsPerLook: { state: 1, data: 1 },
    callsPerCommand: { state: 1, wake: 1, command: 1 },
    ...changes,
  });
  const process = () => vendorBudget({ manifest, store, now: clock.now, meter, log, rampKwPerMinute: 10 });
  return { clock, store, meter, log, process };
}

function cars(howMany: number, accountId?: string) {
  return Array.from({ length: howMany }, (_, i) =>
    anAsset({ assetId: `car-${1000 + i}`, accountId: accountId ?? `customer-${1000 + i}` }),
  );
}

const tooMany = (more: { fault?: "rate-limited" | "quota-exhausted"; retryAfterMs?: number } = {}) =>
  new VendorError({ fault: "rate-limited", operation: "test", message: "too many", ...more });

describe("a vendor's budget", () => {
  it("leases for as many as there is enough for, in one write, and tells each of the others when", async () => {
    const { process, store, meter, log } = aWorld({ rateLimits: [PER_APPLICATION] });
    // A burst of 20 calls, of which routine looks may use twelve.
    const all = cars(8);
    const { granted, refused } = await process().lease("routine", all);
    expect(store.leases()).toBe(1);
    expect(granted).toEqual(all.slice(0, 6));
    expect(refused.map(({ asset }) => asset)).toEqual(all.slice(6));
    // 80 calls flow in ten minutes, so two calls take 15 s.
    expect(refused.map(({ retryAfterMs }) => retryAfterMs)).toEqual([15_000, 30_000]);
    expect(meter.counts).toEqual(new Map([["budget_refused", 2]]));
    expect(log.of("BUDGET_REFUSED")).toMatchObject([
      { fields: { class: "routine", limit: "calls-100-per-9-min", times: 2 } },
    ]);
  });

  it("keeps the rest for what is more urgent, in every process", async () => {
    const { process } = aWorld({ rateLimits: [PER_APPLICATION] });
    const served = async (cls: "command" | "probe" | "fast" | "routine") =>
      (await process().lease(cls, cars(20))).granted.length;
    expect(await served("routine")).toBe(6);
    expect(await served("routine")).toBe(0);
    expect(await served("fast")).toBe(1);
    expect(await served("probe")).toBe(2);
    expect(await served("command")).toBe(0);
    expect((await process().lease("command", cars(1))).refused[0]?.retryAfterMs).toBeLessThanOrEqual(15_000);
  });

  it("holds each account to its own, and gives back to the vendor's what an account could not use", async () => {
    const { process, store } = aWorld({ rateLimits: [PER_APPLICATION, PER_ACCOUNT] });
    const one = process();
    // A burst of five calls for each account: of them three for routine looks, one look each.
    const first = await one.lease("routine", [
      ...cars(3, "customer-0001"),
      anAsset({ assetId: "car-2000", accountId: "customer-0002" }),
    ]);
    expect(first.granted.map(({ assetId }) => assetId)).toEqual(["car-1000", "car-2000"]);
    expect(first.refused).toHaveLength(2);
    const before = store.leases();
    // What the two others did not use serves another account's look: only that account's row is written.
    expect(
      (await one.lease("routine", [anAsset({ assetId: "car-3000", accountId: "customer-0003" })])).granted,
    ).toHaveLength(1);
    expect(store.leases() - before).toBe(2);
  });

  it("keeps what a look did not use for the next, and never hands out more than was leased", async () => {
    const { process, clock } = aWorld({ rateLimits: [PER_APPLICATION] });
    const one = process();
    const all = cars(6);
    expect((await one.lease("routine", all)).granted).toHaveLength(6);
    for (const car of all) await one.workingOn(car, async () => one.called("state"));
    await one.settle(all);
    // Six of twelve calls are left: three looks, and no more.
    expect((await one.lease("routine", cars(6))).granted).toHaveLength(3);
    expect((await process().lease("routine", cars(6))).granted).toHaveLength(0);
    await one.settle(cars(3));
    // In half a minute they are forgotten, and four calls have flowed in: two looks.
    clock.advance(30_000);
    expect((await one.lease("routine", cars(6))).granted).toHaveLength(2);
  });

  it("owes what was called beyond the lease, and pays it with the next", async () => {
    const { process, clock, store } = aWorld({ rateLimits: [PER_APPLICATION] });
    const one = process();
    const [car] = cars(1);
    if (!car) throw new Error("a car is expected");
    await one.lease("routine", [car]);
    await one.workingOn(car, async () => {
      for (const kind of ["state", "data", "state", "data"] as const) one.called(kind);
    });
    await one.settle([car]);
    clock.advance(10 * MINUTE_MS);
    await one.lease("routine", [car]);
    const { levels } = await store.lease("acme-cars#budget#vendor", [], 1, clock.now());
    const fullAtUs = Object.values(levels.fullAtUs)[0] ?? 0;
    expect(fullAtUs - Date.parse(clock.now()) * 1000).toBe(4 * 7_500_000);
  });

  it("counts a call for the asset that it is made for, whoever works at the same time", async () => {
    const { process } = aWorld({ rateLimits: [PER_ACCOUNT] });
    const one = process();
    const [a, b] = [
      anAsset({ assetId: "car-aaaa", accountId: "customer-aaaa" }),
      anAsset({ assetId: "car-bbbb", accountId: "customer-bbbb" }),
    ];
    await one.lease("routine", [a, b]);
    await Promise.all([
      one.workingOn(a, async () => {
        one.called("state");
        await Promise.resolve();
        one.called("data");
      }),
      one.workingOn(b, async () => one.called("state")),
    ]);
    one.called("wake");
    await one.settle([a, b]);
    // Customer a has one call left of three, b two.
    expect((await one.lease("routine", [a, b])).granted).toEqual([b]);
  });

  it("spends a month's money for each enrolled device and not more, a day of it at once", async () => {
    const { process, store, clock } = aWorld({
      budgetUsdPerDeviceMonth: 3.1,
      priceUsd: { state: 0, data: 0.01, command: 0.001, wake: 0.02 },
    });
    await store.countAsset("acme-cars");
    await store.countAsset("acme-cars");
    const one = process();
    // Two devices' day is 0.20 dollars, 0.12 of it for routine looks of a cent each.
    expect((await one.lease("routine", cars(50))).granted).toHaveLength(12);
    expect((await one.lease("command", cars(50))).granted).toHaveLength(3);
    let looks = 15;
    for (let hour = 0; hour < 31 * 24; hour += 8) {
      clock.advance(8 * 60 * MINUTE_MS);
      looks += (await one.lease("routine", cars(10))).granted.length;
    }
    expect(looks).toBeLessThanOrEqual(620);
    expect(looks).toBeGreaterThan(560);
  });

  it("gives back to every process what a look did not cost, where a vendor counts for long", async () => {
    const { process, store, meter } = aWorld({
      callsPerLook: { data: 2 },
      budgetUsdPerDeviceMonth: 3.1,
      priceUsd: { state: 0, data: 0.01, command: 0.001, wake: 0.02 },
    });
    await store.countAsset("acme-cars");
    const one = process();
    // A device's day is 0.10 dollars, 0.06 of it for routine looks of two cents at most.
    const { granted } = await one.lease("routine", cars(5));
    expect(granted).toHaveLength(3);
    for (const car of granted) await one.workingOn(car, async () => one.called("data"));
    await one.settle(granted);
    expect(meter.counts.get("budget_not_given_back")).toBeUndefined();
    const last = await process().lease("routine", cars(5));
    expect(last.granted).toHaveLength(1);
    store.giveBack = () => Promise.reject(new Error("the table is away"));
    const two = process();
    const { granted: more } = await two.lease("command", cars(1));
    await two.settle(more);
    expect(meter.counts.get("budget_not_given_back")).toBe(1);
  });

  it("holds a device to its own limits for commands, in every process, and gives back what one did not need", async () => {
    const { process, log } = aWorld({ rateLimits: [{ scope: "device", calls: 3, perMinutes: 1, kinds: ["wake"] }] });
    const [car, other] = cars(2);
    if (!car || !other) throw new Error("two cars are expected");
    const wake = async (isAsleep: boolean) => {
      const one = process();
      const { granted, refused } = await one.lease("command", [car]);
      for (const asset of granted) {
        if (isAsleep) await one.workingOn(asset, async () => one.called("wake"));
        await one.settle(granted);
      }
      return refused[0]?.retryAfterMs ?? 0;
    };
    // Two wakes at once, then one in two minutes; a car that was awake took none.
    expect([await wake(true), await wake(false), await wake(true), await wake(false)]).toEqual([0, 0, 0, 120_000]);
    expect(log.of("BUDGET_REFUSED")).toMatchObject([{ fields: { limit: "calls-3-per-1-min-wake", times: 1 } }]);
    expect((await process().lease("command", [other])).granted).toEqual([other]);
    // A look wakes nobody, nor does the one of a command that may have acted.
    for (const cls of ["routine", "read-back"] as const)
      expect((await process().lease(cls, [car])).granted).toEqual([car]);
  });

  it("takes from a device's limit what a read-back and the command after it need, each once", async () => {
    const { process } = aWorld({
      callsPerLook: { data: 1 },
      callsPerCommand: { wake: 1, command: 2 },
      rateLimits: [{ scope: "device", calls: 12, perMinutes: 1 }],
    });
    const [car] = cars(1);
    if (!car) throw new Error("a car is expected");
    const one = process();
    // Of twelve, two looks in a minute: ten are left, six at once.
    await one.lease("read-back", [car]);
    await one.workingOn(car, async () => one.called("data"));
    await one.lease("command", [car]);
    await one.workingOn(car, async () => one.called("command"));
    await one.settle([car]);
    await one.settle([car]);
    // Two were used, so that four are left: one command of three.
    expect((await process().lease("command", [car])).granted).toEqual([car]);
    expect((await process().lease("command", [car])).granted).toEqual([]);
  });

  it("says so when nobody has counted the devices that money is for, and lets them be looked at", async () => {
    const { process, meter } = aWorld({ budgetUsdPerDeviceMonth: 3.1 });
    expect((await process().lease("routine", cars(50))).granted).toHaveLength(50);
    expect(meter.counts.get("budget_without_assets")).toBe(1);
  });
});

describe("a vendor that says it is too much", () => {
  it("is called by nobody until its time is over", async () => {
    const { process, clock, meter } = aWorld({ rateLimits: [PER_APPLICATION] });
    const [one, other] = [process(), process()];
    const [car] = cars(1);
    if (!car) throw new Error("a car is expected");
    await one.block(car, tooMany({ retryAfterMs: 90_000 }));
    await one.block(car, tooMany({ retryAfterMs: 10_000 }));
    for (const cls of ["command", "routine"] as const)
      expect((await other.lease(cls, [car])).refused).toEqual([{ asset: car, retryAfterMs: 90_000 }]);
    expect(meter.counts.get("budget_refused")).toBe(2);
    expect(meter.counts.get("budget_blocked")).toBe(1);
    // Also not by what was leased before and is on its way.
    await expect(one.workingOn(car, async () => "called")).rejects.toMatchObject({
      fault: "rate-limited",
      retryAfterMs: 90_000,
    });
    clock.advance(90_000);
    expect((await other.lease("routine", [car])).granted).toEqual([car]);
    expect(await one.workingOn(car, async () => "called")).toBe("called");
  });

  it("is believed for a minute when it names no time, and for an hour at most when it does", async () => {
    for (const [error, waitMs] of [
      [tooMany(), MINUTE_MS],
      [tooMany({ retryAfterMs: 1e12 }), 60 * MINUTE_MS],
      [tooMany({ fault: "quota-exhausted", retryAfterMs: 1e12 }), 24 * 60 * MINUTE_MS],
    ] as const) {
      const { process } = aWorld();
      await process().block(anAsset(), error);
      expect((await process().lease("routine", [anAsset()])).refused[0]?.retryAfterMs).toBe(waitMs);
    }
  });

  it("means the account where it counts by account, and the device alone where by device", async () => {
    const [a, b] = [
      anAsset({ accountId: "customer-aaaa" }),
      anAsset({ assetId: "car-bbbb", accountId: "customer-bbbb" }),
    ];
    const byAccount = aWorld({ rateLimits: [PER_ACCOUNT] });
    await byAccount.process().block(a, tooMany());
    expect((await byAccount.process().lease("routine", [a, b])).granted).toEqual([b]);

    const byDevice = aWorld({ rateLimits: [{ scope: "device", calls: 1, perMinutes: 1 }] });
    await byDevice.process().block(a, tooMany());
    expect((await byDevice.process().lease("routine", [a, b])).granted).toEqual([a, b]);
  });

  it("is not meant by any other failure", async () => {
    const { process } = aWorld({ rateLimits: [PER_APPLICATION] });
    await process().block(anAsset(), new VendorError({ fault: "transient", operation: "test", message: "no" }));
    await process().block(anAsset(), new Error("ours"));
    expect((await process().lease("routine", [anAsset()])).granted).toHaveLength(1);
  });
});

describe("a fleet's ramp", () => {
  const START = { kind: "charge.start", currentA: 32 } as const;

  it("starts three minutes' worth at once, and the rest as it flows, whichever integration starts it", async () => {
    const { clock, store, meter, process } = aWorld();
    const other = vendorBudget({
      manifest: aManifest({ name: "bolt" }),
      store,
      now: clock.now,
      meter,
      log: fakeLog(),
      rampKwPerMinute: 10,
    });
    // 7.36 kW each of 30 kW.
    for (const budget of [process(), other, process(), other])
      expect(await budget.ramp(aCharger(), START)).toEqual({ granted: true });
    const late = await process().ramp(anAsset(), START);
    expect(late).toEqual({ granted: false, retryAfterMs: 40_800 });
    expect(meter.counts.get("ramp_refused")).toBe(1);
    clock.advance(40_800);
    expect(await process().ramp(anAsset(), START)).toEqual({ granted: true });
  });

  it("never limits a stop, another region or another fleet", async () => {
    const { process } = aWorld();
    const budget = process();
    for (let i = 0; i < 5; i++) await budget.ramp(anAsset(), START);
    expect((await budget.ramp(anAsset(), START)).granted).toBe(false);
    for (const action of [{ kind: "charge.stop" }, { kind: "heat.mode", mode: "reduced" }] as const) {
      const asset = action.kind === "heat.mode" ? aHeatPump() : anAsset();
      expect(await budget.ramp(asset, action)).toEqual({ granted: true });
    }
    expect((await budget.ramp(anAsset({ fleetId: "depot" }), START)).granted).toBe(true);
    const inWales = anAsset({ site: { siteId: "home-2", timeZone: "Europe/London", region: "K" } });
    expect((await budget.ramp(inWales, START)).granted).toBe(true);
  });

  it("counts a heat pump that goes back to its owner's settings: that is the rebound", async () => {
    const { process } = aWorld();
    const budget = process();
    const pump = aHeatPump({ ratedPowerKw: 30 });
    expect((await budget.ramp(pump, { kind: "heat.mode", mode: "normal" })).granted).toBe(true);
    expect((await budget.ramp(pump, { kind: "heat.mode", mode: "boost" })).granted).toBe(false);
  });

  it("lets a load that is larger than all that may start at once start, when nothing else has", async () => {
    const { process, clock } = aWorld();
    const pump = aHeatPump({ ratedPowerKw: 45 });
    expect((await process().ramp(pump, { kind: "heat.mode", mode: "boost" })).granted).toBe(true);
    expect(await process().ramp(anAsset(), START)).toMatchObject({ granted: false });
    clock.advance(MINUTE_MS);
    expect(await process().ramp(anAsset(), START)).toEqual({ granted: true });
  });
});
