import { afterEach, describe, expect, it, vi } from "vitest";
import { handler } from "../../lambdas/integrations/tesla/handler.ts";
import { ingest, type TelemetryDeps } from "../../lambdas/integrations/tesla/telemetry-batch.ts";
import { carsByVin } from "../../lambdas/integrations/tesla/telemetry-cars.ts";
import { TelemetryBatch } from "../../lambdas/integrations/tesla/telemetry-handler.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Reachability } from "../../shared/domain/reading.ts";
import { anAsset, charging } from "../builders.ts";
import { fakeAssetsStore } from "../fakes/assets-store.ts";
import { fakeBus, published } from "../fakes/bus.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { aRecord, connection, RECEIVED_AT, VIN } from "./tesla-telemetry-bench.ts";

const OTHER_VIN = "TESTVIN0000000002";
const AN_HOUR_AGO = plusMs(RECEIVED_AT, -60 * MINUTE_MS);
const FAULTY: Reachability = { lastFetchedAt: AN_HOUR_AGO, online: null, failures: 3, faultClass: "customer-must-act" };
const WHOLE = { DetailedChargeState: "Charging", ACChargingPower: "11", BatteryLevel: "60" };

/** The ingestion of a platform with two cars, its stores in memory. */
function aPlatform(assets: Asset[] = []) {
  const clock = fakeClock(RECEIVED_AT);
  const store = fakeAssetsStore([
    anAsset({ integration: "tesla", vendorAssetId: VIN }),
    anAsset({ assetId: "car-0002", integration: "tesla", vendorAssetId: OTHER_VIN }),
    ...assets,
  ]);
  const removed = new Set<string>();
  let fleetsRead = 0;
  const meter = fakeMeter();
  const [log, bus, readings] = [fakeLog(), fakeBus(), fakeReadingsStore()];
  const deps: TelemetryDeps = {
    integration: "tesla",
    carOf: carsByVin({
      integration: "tesla",
      fleets: ["main"],
      assets: {
        fleet: (fleetId) => {
          fleetsRead += 1;
          return store.fleet(fleetId);
        },
      },
      now: clock.now,
    }),
    assets: { get: async (ids) => (await store.get(ids)).filter(({ assetId }) => !removed.has(assetId)) },
    readings,
    bus,
    log,
    now: clock.now,
    meter,
  };
  return {
    ...{ clock, log, bus, readings, metrics: meter.counts, store, removed },
    fleetsRead: () => fleetsRead,
    push: (...records: unknown[]) =>
      ingest(
        records.map((record) => (typeof record === "string" ? record : JSON.stringify(record))),
        deps,
      ),
    latest: async (assetId = "car-0001") => (await readings.latest([assetId], "charge")).get(assetId),
    news: () => published(bus, "TelemetryRecorded"),
  };
}

describe("a batch of pushes", () => {
  it("is one reading and one news for each car, by the order of making", async () => {
    const platform = aPlatform();
    const result = await platform.push(
      aRecord({ BatteryLevel: "61" }, "2026-11-20T23:00:00.5Z"),
      aRecord(WHOLE, "2026-11-20T22:59:58Z"),
      aRecord({ BatteryLevel: "20", DetailedChargeState: "Stopped" }, "2026-11-20T23:00:00Z", OTHER_VIN),
      aRecord({ ACChargingPower: "10.8" }, "2026-11-20T22:59:59Z"),
    );
    expect(result).toEqual({ cars: 2, news: 2 });
    expect(await platform.latest()).toMatchObject({
      reading: { observedAt: "2026-11-20T23:00:00.500Z", state: "charging", powerKw: 10.8, socPercent: 61 },
      reach: { lastFetchedAt: RECEIVED_AT, online: true, failures: 0, faultClass: null },
    });
    expect(platform.news()).toMatchObject([
      { integration: "tesla", matters: true, readings: [{ assetId: "car-0001" }, { assetId: "car-0002" }] },
    ]);
  });

  it("delivered twice is stored and told once", async () => {
    const platform = aPlatform();
    const batch = [aRecord(WHOLE), aRecord(WHOLE), connection("CONNECTED")];
    await platform.push(...batch);
    const before = await platform.latest();
    await platform.push(...batch);
    expect(await platform.latest()).toEqual(before);
    expect(platform.news()).toHaveLength(1);
  });

  it("never overwrites what is newer, and tells nothing then", async () => {
    const platform = aPlatform();
    await platform.push(aRecord(WHOLE));
    const before = await platform.latest();
    await platform.push({ ...aRecord({ DetailedChargeState: "Stopped" }, "2026-11-20T22:59:00Z"), isResend: true });
    expect((await platform.latest())?.reading).toEqual(before?.reading);
    expect(platform.news()).toHaveLength(1);
    expect(platform.metrics.get("readings_quarantined")).toBeUndefined();
  });

  it("loses against a look that was stored meanwhile", async () => {
    const platform = aPlatform();
    const look = charging({ observedAt: plusMs(RECEIVED_AT, 1000), receivedAt: plusMs(RECEIVED_AT, 1000) });
    const latest = platform.readings.latest;
    // Read before the look, written after it.
    platform.readings.latest = async (...asked) => {
      const known = await latest(...asked);
      await platform.readings.record(look, { ...FAULTY, failures: 0, faultClass: null });
      return known;
    };
    await platform.push(aRecord({ ...WHOLE, BatteryLevel: "1" }));
    platform.readings.latest = latest;
    expect((await platform.latest())?.reading).toEqual(look);
    expect(platform.news()).toEqual([]);
  });

  it("says that nothing changed that matters", async () => {
    const platform = aPlatform();
    await platform.push(aRecord(WHOLE, "2026-11-20T22:59:58Z"));
    await platform.push(aRecord({ ACChargingPower: "10.9" }));
    expect(platform.news().map(({ matters }) => matters)).toEqual([true, false]);
  });

  it("is stored but for what cannot be read, which is counted", async () => {
    const platform = aPlatform();
    const strange = aRecord({ ...WHOLE, ChargeLimitSoc: "lots" });
    await platform.push("<html>", { vin: VIN, hello: "world" }, aRecord(WHOLE, "yesterday"), strange);
    expect((await platform.latest())?.reading).toMatchObject({ socPercent: 60, chargeLimitPercent: null });
    expect(Object.fromEntries(platform.metrics)).toMatchObject({ telemetry_refused: 3, vendor_words_unknown: 1 });
    expect(platform.log.of("TELEMETRY_UNKNOWN").map(({ fields }) => fields)).toEqual([
      { assetId: "car-0001", word: "ChargeLimitSoc: lots", times: 1 },
    ]);
  });

  it("from the future is refused and told", async () => {
    const platform = aPlatform();
    await platform.push(aRecord(WHOLE, "2026-11-21T23:00:00Z"));
    expect(await platform.latest()).toBeUndefined();
    expect(platform.log.codes()).toEqual(["READING_FROM_FUTURE"]);
    expect(platform.metrics.get("readings_quarantined")).toBe(1);
  });

  it("is counted by what the vendor bills", async () => {
    const platform = aPlatform();
    await platform.push(aRecord(WHOLE), aRecord({ Odometer: "1", Locked: "true" }));
    expect(platform.metrics.get("vendor_cost_usd")).toBeCloseTo(5 / 150_000, 12);
  });
});

describe("how a car is reached", () => {
  it("is told by its connection, whose end is no stop of charging", async () => {
    const platform = aPlatform();
    await platform.push(aRecord(WHOLE));
    platform.clock.advance(MINUTE_MS);
    await platform.push(connection("DISCONNECTED", "2026-11-20T23:00:30Z"));
    expect(await platform.latest()).toMatchObject({
      reading: { state: "charging", powerKw: 11 },
      reach: { online: false },
    });
    expect(platform.news()).toHaveLength(1);
  });

  it("leaves the failures of calls to calls", async () => {
    const platform = aPlatform();
    await platform.readings.recordFailure("car-0001", "charge", FAULTY);
    await platform.push(aRecord(WHOLE));
    expect((await platform.latest())?.reach).toEqual({ ...FAULTY, lastFetchedAt: RECEIVED_AT, online: true });
  });

  it("makes the next look wait only when the push told all that matters", async () => {
    const platform = aPlatform();
    await platform.readings.recordFailure("car-0001", "charge", FAULTY);
    await platform.push(aRecord({ BatteryLevel: "60" }));
    expect((await platform.latest())?.reach.lastFetchedAt).toBe(AN_HOUR_AGO);
  });
});

describe("who may push", () => {
  it("is an enrolled car of ours only, and no VIN is told of any", async () => {
    const charger = anAsset({ assetId: "car-0003", integration: "other", vendorAssetId: "TESTVIN0000000003" });
    const platform = aPlatform([charger]);
    await platform.push(
      aRecord(WHOLE, undefined, "TESTVIN0000000003"),
      aRecord(WHOLE, undefined, "TESTVIN0000000004"),
      aRecord({ ...WHOLE, BatteryLevel: "strange" }),
    );
    expect(await platform.latest("car-0003")).toBeUndefined();
    expect(platform.metrics.get("telemetry_refused")).toBe(2);
    expect(JSON.stringify([platform.log.lines, platform.bus.published])).not.toContain("TESTVIN");
  });

  it("is nobody any more once the car was removed, though its VIN is still remembered", async () => {
    const platform = aPlatform();
    await platform.push(aRecord({ ...WHOLE }, undefined, OTHER_VIN));
    platform.removed.add("car-0001");
    await platform.push(aRecord(WHOLE));
    expect(await platform.latest()).toBeUndefined();
    expect(platform.metrics.get("telemetry_refused")).toBe(1);
  });

  it("is read at most once a minute for strangers, and seen soon after enrolment", async () => {
    const platform = aPlatform();
    const stranger = aRecord(WHOLE, undefined, "TESTVIN0000000004");
    await platform.push(stranger, stranger, aRecord(WHOLE));
    expect(platform.fleetsRead()).toBe(1);
    await platform.store.put(
      anAsset({ assetId: "car-0004", integration: "tesla", vendorAssetId: "TESTVIN0000000004" }),
    );
    platform.clock.advance(MINUTE_MS);
    await platform.push(stranger);
    expect((await platform.latest("car-0004"))?.reading).toMatchObject({ state: "charging" });
    expect(platform.fleetsRead()).toBe(2);
  });
});

describe("the deployed function", () => {
  afterEach(() => void vi.unstubAllEnvs());
  const context = { awsRequestId: "test", getRemainingTimeInMillis: () => 30_000 } as never;
  const data = Buffer.from(JSON.stringify(aRecord(WHOLE))).toString("base64");
  const batch = {
    Records: [{ eventSource: "aws:kinesis", eventID: "shardId-0:1", kinesis: { partitionKey: "x", data } }],
  };

  it("takes a stream's batch apart", () => {
    expect(TelemetryBatch.parse(batch).Records.map((text) => JSON.parse(text))).toEqual([aRecord(WHOLE)]);
  });

  it("tells the batch from a poll and a command by its shape", async () => {
    for (const name of ["ASSETS_TABLE", "READINGS_TABLE", "BUS_NAME"]) vi.stubEnv(name, "x");
    await expect(handler(batch, context)).rejects.toThrow(/missing or wrong: FLEETS/);
    await expect(handler({ Records: [{ body: "{}" }] }, context)).rejects.toThrow(/missing or wrong: SCHEDULE_TABLE/);
  });
});
