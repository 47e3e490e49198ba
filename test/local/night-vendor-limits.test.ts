import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vendorCalls, vendorLoads } from "../../local/night/vendor-calls.ts";
import { type NightCall, overBudgets, overLimits, type VendorLimits } from "../../local/night/vendor-limits.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";

const T = Date.parse("2026-01-14T18:00Z");

function aCall(changes: Partial<NightCall> = {}): NightCall {
  return {
    integration: "acme",
    atMs: T,
    kind: "state",
    status: 200,
    priceUsd: 0.002,
    assetId: "car-0001",
    accountId: "customer-0001",
    ...changes,
  };
}

/** A call at each of these seconds after T. */
function callsAt(seconds: readonly number[], changes: Partial<NightCall> = {}): NightCall[] {
  return seconds.map((second) => aCall({ atMs: T + second * 1000, ...changes }));
}

function acme(...rateLimits: NonNullable<VendorLimits["rateLimits"]>): VendorLimits[] {
  return [{ name: "acme", rateLimits }, { name: "other" }];
}

const twoAMinute = acme({ scope: "device", calls: 2, perMinutes: 1 });

describe("a vendor's limit", () => {
  it("is held by as many calls as it allows, in any window", () => {
    expect(overLimits(callsAt([0, 30, 60, 90, 120]), twoAMinute)).toEqual([]);
  });

  it("is exceeded by one call more, wherever the minute begins, and the line says where, by how much and whose", () => {
    expect(overLimits(callsAt([0, 40, 70, 99.999]), twoAMinute)).toEqual([
      "acme car-0001: 3 calls from 2026-01-14T18:00:40.000Z, 2 are allowed in 1 min",
    ]);
  });

  it("counts a call at the window's very end to the next", () => {
    expect(overLimits(callsAt([0, 30, 60]), twoAMinute)).toEqual([]);
    expect(overLimits(callsAt([0, 30, 59.999]), twoAMinute)).toHaveLength(1);
  });

  it("of a device does not add up devices, of an account does not add up accounts, of an application adds up all", () => {
    const calls = [
      ...callsAt([0, 1]),
      ...callsAt([2, 3], { assetId: "car-0002" }),
      ...callsAt([4, 5], { assetId: "car-0003", accountId: "customer-0003" }),
    ];
    const over = (scope: "device" | "account" | "application") =>
      overLimits(calls, acme({ scope, calls: 2, perMinutes: 1 }));
    expect(over("device")).toEqual([]);
    expect(over("account")).toEqual([
      "acme customer-0001: 4 calls from 2026-01-14T18:00:00.000Z, 2 are allowed in 1 min",
    ]);
    expect(over("application")).toEqual([
      "acme application: 6 calls from 2026-01-14T18:00:00.000Z, 2 are allowed in 1 min",
    ]);
  });

  it("counts the kinds it names together; without names all but logins", () => {
    const calls = [...callsAt([0, 1]), ...callsAt([2], { kind: "data" }), ...callsAt([3, 4, 5], { kind: "token" })];
    const limit = { scope: "device", calls: 2, perMinutes: 1 } as const;
    expect(overLimits(calls, acme({ ...limit, kinds: ["state"] }))).toEqual([]);
    expect(overLimits(calls, acme({ ...limit, kinds: ["state", "data"] }))).toEqual([
      "acme car-0001 (state, data): 3 calls from 2026-01-14T18:00:00.000Z, 2 are allowed in 1 min",
    ]);
    expect(overLimits(calls, acme({ ...limit, calls: 3 }))).toEqual([]);
    expect(overLimits(calls, acme(limit))).toHaveLength(1);
  });

  it("counts a call that was refused or cut, for the vendor counts it too", () => {
    const calls = [aCall(), aCall({ status: 429 }), aCall({ status: 0 })];
    expect(overLimits(calls, twoAMinute)).toHaveLength(1);
  });

  it("of one vendor is not exceeded by calls to another", () => {
    expect(overLimits(callsAt([0, 1, 2], { integration: "other" }), twoAMinute)).toEqual([]);
  });

  it("is judged as by looking at the window that ends with each call", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (s, n) => {
          const calls = callsAt(s);
          const isOver = calls.some(
            ({ atMs }) => calls.filter((other) => other.atMs <= atMs && other.atMs > atMs - MINUTE_MS).length > n,
          );
          expect(overLimits(calls, acme({ scope: "device", calls: n, perMinutes: 1 })).length > 0).toBe(isOver);
        },
      ),
    );
  });
});

describe("a budget", () => {
  const night = { devices: { acme: 2, other: 1 }, lastsMs: 24 * HOUR_MS };
  const budget = (budgetUsdPerDeviceMonth: number): VendorLimits[] => [{ name: "acme", budgetUsdPerDeviceMonth }];

  it("is held as long as a month of 31 such nights would be paid by it, on average over the devices", () => {
    // Two devices spend 0.04 dollars together: 0.62 a device and month.
    const calls = callsAt(Array(20).fill(0));
    expect(overBudgets(calls, budget(0.63), night)).toEqual([]);
    expect(overBudgets(calls, budget(0.61), night)).toEqual([
      "acme: $0.62 a device and month at this night's pace, $0.61 allowed",
    ]);
  });

  it("is not spent at another vendor, and holds nobody who has none or no devices", () => {
    const calls = callsAt(Array(1000).fill(0));
    expect(overBudgets(callsAt(Array(1000).fill(0), { integration: "other" }), budget(0.1), night)).toEqual([]);
    expect(overBudgets(calls, [{ name: "acme" }], night)).toEqual([]);
    expect(overBudgets(calls, budget(0.1), { ...night, devices: {} })).toEqual([]);
  });
});

describe("the calls of a night", () => {
  const calls = [aCall(), aCall({ kind: "data", priceUsd: 0 }), aCall({ integration: "other" }), aCall()];

  it("are summed by vendor and kind, with what the vendor bills", () => {
    expect(vendorCalls(calls)).toEqual([
      { integration: "acme", kind: "state", calls: 2, priceUsd: 0.004 },
      { integration: "acme", kind: "data", calls: 1, priceUsd: 0 },
      { integration: "other", kind: "state", calls: 1, priceUsd: 0.002 },
    ]);
  });

  it("are shared out over a vendor's devices and a day, also in a night of 25 hours", () => {
    const [load, idle] = vendorLoads(calls, { acme: 2, still: 3 }, 25 * HOUR_MS);
    expect(load).toMatchObject({ integration: "acme", devices: 2 });
    expect(load?.callsPerDeviceDay).toBeCloseTo((3 / 2) * (24 / 25), 9);
    expect(load?.usdPerDeviceDay).toBeCloseTo((0.004 / 2) * (24 / 25), 9);
    expect(idle).toEqual({ integration: "still", devices: 3, callsPerDeviceDay: 0, usdPerDeviceDay: 0 });
  });
});
