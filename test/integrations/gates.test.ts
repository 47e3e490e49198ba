import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadManifests } from "../../lib/manifests.ts";
import { instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Manifest } from "../../shared/domain/manifest.ts";
import { ConfigError } from "../../shared/errors.ts";
import { accountGates, costOf, deviceGates, type Gate, SHARES, vendorGates } from "../../shared/integration/gates.ts";
import { fakeBudgetsStore } from "../fakes/budgets-store.ts";
import { aManifest } from "../lib/templates.ts";

const START_MS = 1_795_000_000_000;

describe("the gates of a manifest", () => {
  it("count calls by the limits of a scope, and money by the assets enrolled", () => {
    const manifest = aManifest({
      rateLimits: [
        { scope: "application", calls: 600, perMinutes: 5 },
        { scope: "account", calls: 25, perMinutes: 1, kinds: ["command"] },
        { scope: "device", calls: 20, perMinutes: 1 },
      ],
      budgetUsdPerDeviceMonth: 3.1,
    });
    const names = (gates: readonly Gate[]) => gates.map(({ bucket }) => bucket.name);
    expect(names(vendorGates(manifest, 10))).toEqual(["calls-600-per-5-min", "usd"]);
    expect(names(accountGates(manifest))).toEqual(["calls-25-per-1-min-command"]);
    expect(names(deviceGates(manifest))).toEqual(["calls-20-per-1-min"]);
    // Nobody has counted: what the money is for is not known.
    expect(names(vendorGates(manifest, undefined))).toEqual(["calls-600-per-5-min"]);

    const [calls, money] = vendorGates(manifest, 10);
    if (!calls || !money) throw new Error("two gates are expected");
    expect(calls.bucket).toMatchObject({ burst: 120, perMinute: 480 / 6 });
    // 31 dollars a month for ten: a day's dollar at once.
    expect(money.bucket.burst).toBe(1_000_000);
    expect(money.bucket.perMinute * 60 * 24 * 31).toBeCloseTo(30_000_000, -4);
    expect(costOf(calls, { data: 1, wake: 2 })).toBe(3);
    expect(costOf(money, { data: 1, wake: 2 })).toBeCloseTo(42_000);
  });

  it("are refused by name when a limit is less than one look and one command may take", () => {
    const manifest = aManifest({ rateLimits: [{ scope: "application", calls: 3, perMinutes: 1 }] });
    expect(() => vendorGates(manifest, 1)).toThrow(ConfigError);
    expect(() => vendorGates(manifest, 1)).toThrow(/calls-3-per-1-min of acme-cars/);
  });

  it("of every integration let a routine look and a command through", async () => {
    for (const manifest of await loadManifests()) {
      const shared = [...vendorGates(manifest, 1), ...accountGates(manifest)];
      for (const gate of shared)
        expect(costOf(gate, manifest.callsPerLook)).toBeLessThanOrEqual(gate.bucket.burst * SHARES.routine);
      for (const gate of [...shared, ...deviceGates(manifest)])
        expect(costOf(gate, manifest.callsPerCommand)).toBeLessThanOrEqual(gate.bucket.burst * SHARES.command);
    }
  });

  it("of a device leave to looks what they may take, and to the client what looks could use up by themselves", async () => {
    const manifests = await loadManifests();
    const gates = (name: string) =>
      deviceGates(manifests.find((one) => one.name === name) ?? aManifest()).map(({ bucket }) => bucket);
    expect(gates("tesla")).toEqual([
      // Of 60, two looks in a minute of two calls each.
      { name: "calls-60-per-1-min-state-data", burst: 28, perMinute: 14 },
      { name: "calls-30-per-1-min-command", burst: 15, perMinute: 7.5 },
      { name: "calls-3-per-1-min-wake", burst: 2, perMinute: 0.5 },
    ]);
    // One report in three minutes, which each look may ask for.
    expect(gates("easee")).toEqual([]);
  });

  it("of a device are refused by name when looks leave less than a command may take", () => {
    const manifest = aManifest({
      callsPerLook: { data: 1 },
      callsPerCommand: { data: 1, command: 2 },
      rateLimits: [{ scope: "device", calls: 5, perMinutes: 1 }],
    });
    expect(() => deviceGates(manifest)).toThrow(/calls-5-per-1-min of acme-cars/);
    // Where nothing is commanded, cadence is enough.
    expect(deviceGates({ ...manifest, callsPerCommand: {} })).toEqual([]);
    // Nor is anything to lease of a limit, however small, that a command takes nothing of.
    const rateLimits: Manifest["rateLimits"] = [{ scope: "device", calls: 1, perMinutes: 3, kinds: ["wake"] }];
    expect(deviceGates({ ...manifest, rateLimits })).toEqual([]);
  });

  it("keep every window of the vendor's limit, also when calls are made up to a minute after their lease", async () => {
    const limits = fc.record({
      calls: fc.integer({ min: 6, max: 2000 }),
      perMinutes: fc.integer({ min: 1, max: 2000 }),
    });
    const asks = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 3 * MINUTE_MS }),
        calls: fc.integer({ min: 1, max: 200 }),
        lateMs: fc.integer({ min: 0, max: MINUTE_MS }),
      }),
      { minLength: 20, maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(limits, asks, async (limit, wanted) => {
        const manifest = aManifest({ rateLimits: [{ scope: "application", ...limit }] });
        const [gate] = vendorGates(manifest, undefined);
        if (!gate) throw new Error("a gate is expected");
        const store = fakeBudgetsStore();
        const made: { atMs: number; calls: number }[] = [];
        let atMs = START_MS;
        for (const ask of wanted) {
          atMs += ask.afterMs;
          const calls = Math.min(ask.calls, Math.floor(gate.bucket.burst));
          const lease = await store.lease("row", [{ bucket: gate.bucket, amount: calls }], 1, instant(atMs));
          if (lease.granted) made.push({ atMs: atMs + ask.lateMs, calls });
        }
        const windowMs = limit.perMinutes * MINUTE_MS;
        for (const { atMs: from } of made) {
          const within = made.filter((one) => one.atMs >= from && one.atMs < from + windowMs);
          expect(within.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(limit.calls);
        }
      }),
    );
  });
});
