import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { batchKey } from "../../shared/store/schedule-rows.ts";
import { anAsset, at } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { aFault, anIntegration, fakeTokens, TWO } from "./job-bench.ts";

const cars = (count: number) =>
  Array.from({ length: count }, (_, index) => anAsset({ integration: "tesla", assetId: `car-000${index + 1}` }));

describe("a batch", () => {
  it("records each reading, tells of them in one event, and is written off in the run ledger", async () => {
    const fleet = anIntegration({ assets: cars(3) });
    const batchId = batchKey({ minute: TWO, part: "charge#15", attempt: 1 }, 7);
    await expect(fleet.poll(["car-0001", "car-0002", "car-0003"], { batchId })).resolves.toMatchObject({
      ok: 3,
      failed: 0,
    });
    const [event, ...others] = published(fleet.bus, "TelemetryRecorded");
    expect(others).toEqual([]);
    expect(event?.readings.map(({ assetId }) => assetId)).toEqual(["car-0001", "car-0002", "car-0003"]);
    expect(event?.matters).toBe(true);
    expect(fleet.schedule.finished.get(`tesla|${batchId}`)).toMatchObject({ ok: 3, notAttempted: 0, faults: {} });
  });

  it("that is delivered twice is read once", async () => {
    const fleet = anIntegration();
    const batchId = batchKey({ minute: TWO, part: "charge#15", attempt: 1 }, 7);
    await fleet.poll(["car-0001"], { batchId });
    await expect(fleet.poll(["car-0001"], { batchId })).resolves.toMatchObject({ ok: 0, failed: 0 });
    expect(fleet.vendor.calls).toEqual(["look car-0001"]);
    expect(fleet.log.codes()).toEqual(["POLL_BATCH_DUPLICATE"]);
  });

  it.each([
    ["a vendor's fault", aFault("api-retired"), "api-retired"],
    ["a bug of ours", new TypeError("undefined is not a function"), "our-fault"],
  ])("is not spoiled by one asset with %s", async (_, error, faultClass) => {
    const fleet = anIntegration({ assets: cars(3) });
    fleet.vendor.next.look = [error];
    await expect(fleet.poll(["car-0001", "car-0002", "car-0003"])).resolves.toMatchObject({ ok: 2, failed: 1 });
    expect(published(fleet.bus, "TelemetryRecorded")[0]?.readings).toHaveLength(2);
    const reaches = await Promise.all(["car-0001", "car-0002", "car-0003"].map((id) => fleet.reachOf(id)));
    expect(reaches.map((reach) => reach?.faultClass)).toEqual([faultClass, null, null]);
  });

  it("calls what looks like an outage one only when the vendor's other devices fail too", async () => {
    const fleet = anIntegration();
    const look = async () => {
      fleet.vendor.next.look = [aFault("vendor-outage")];
      await fleet.poll();
      return (await fleet.reachOf("car-0001"))?.faultClass;
    };
    for (const _ of [1, 2, 3]) expect(await look()).toBe("transient");
    const down = { integration: "tesla", faultClass: "vendor-outage", assetsAffected: 9, energyAtRiskKwh: 0 } as const;
    await fleet.causes.beginOutage({ ...down, since: TWO }, TWO);
    expect(await look()).toBe("vendor-outage");
    // It is announced for all of them at once.
    expect(published(fleet.bus, "FaultRaised")).toEqual([]);
  });

  it("counts an asset that is no longer there as failed, and reads the others", async () => {
    const fleet = anIntegration();
    await expect(fleet.poll(["car-0001", "car-gone"])).resolves.toMatchObject({ ok: 1, failed: 1 });
  });
});

describe("a reading", () => {
  it("that says what is known matters to nobody", async () => {
    const fleet = anIntegration();
    await fleet.poll();
    fleet.clock.advance(MINUTE_MS);
    await fleet.poll();
    expect(published(fleet.bus, "TelemetryRecorded").map(({ matters }) => matters)).toEqual([true, false]);
  });

  it("with something that nobody documents is stored, and what was said is logged and counted", async () => {
    const { client } = anIntegration().vendor;
    const unknown = ["chargingMode: 42", 'unit of power: "hp"'];
    const look: typeof client.look = async (...given) => ({ ...(await client.look(...given)), unknown });
    const fleet = anIntegration({ vendor: { ...client, look } });
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect((await fleet.readings.latest(["car-0001"], "charge")).get("car-0001")?.reading).toBeDefined();
    expect(fleet.log.of("VENDOR_WORD_UNKNOWN")).toMatchObject([
      { fields: { assetId: "car-0001", words: 'chargingMode: 42; unit of power: "hp"', count: 2 } },
    ]);
    expect(fleet.counts).toEqual(new Map([["vendor_words_unknown", 2]]));
    expect(published(fleet.bus, "FaultRaised")).toEqual([]);
  });

  it("made before the stored one is dropped, and told to nobody", async () => {
    const fleet = anIntegration();
    await fleet.poll();
    fleet.vendor.devices.set("car-0001", {
      awake: true,
      charging: true,
      reading: { observedAt: at("2026-11-21T01:40Z") },
    });
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect(published(fleet.bus, "TelemetryRecorded")).toHaveLength(1);
    expect(fleet.log.codes()).toEqual(["READING_OLDER"]);
  });

  it("that is delivered again unchanged is told to nobody", async () => {
    const fleet = anIntegration();
    await fleet.poll();
    await fleet.poll();
    expect(published(fleet.bus, "TelemetryRecorded")).toHaveLength(1);
  });

  it("from the future is refused and raised once, and a sound one clears it", async () => {
    const fleet = anIntegration();
    const ahead = {
      awake: true,
      charging: false,
      reading: { observedAt: at("2099-01-01T00:00Z"), receivedAt: at("2026-11-21T02:00Z") },
    };
    fleet.vendor.devices.set("car-0001", ahead);
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 0, failed: 1 });
    await fleet.poll();
    expect((await fleet.readings.latest(["car-0001"], "charge")).get("car-0001")?.reading).toBeUndefined();
    expect(published(fleet.bus, "FaultRaised")).toMatchObject([{ faultClass: "malformed-message" }]);
    expect(fleet.log.of("READING_FROM_FUTURE")).toHaveLength(2);
    fleet.vendor.devices.set("car-0001", { awake: true, charging: false });
    await fleet.poll();
    expect(fleet.names()).toEqual(["FaultRaised", "TelemetryRecorded", "FaultCleared"]);
  });

  it("a little ahead of us is a clock that is a little wrong", async () => {
    const fleet = anIntegration();
    const reading = { observedAt: at("2026-11-21T02:05Z"), receivedAt: at("2026-11-21T02:00Z") };
    fleet.vendor.devices.set("car-0001", { awake: true, charging: false, reading });
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
  });
});

describe("a fault", () => {
  it("is raised once for each change of class, with the next step, and cleared when it is over", async () => {
    const fleet = anIntegration();
    const faults = ["customer-must-act", "customer-must-act", "credentials-revoked", undefined, undefined] as const;
    for (const fault of faults) {
      if (fault) fleet.vendor.next.look = [aFault(fault)];
      await fleet.poll();
      fleet.clock.advance(MINUTE_MS);
    }
    const told = fleet.bus.published.filter(({ name }) => name.startsWith("Fault"));
    expect(told).toMatchObject([
      { name: "FaultRaised", detail: { faultClass: "customer-must-act", nextStep: expect.stringMatching(/customer/) } },
      { name: "FaultCleared", detail: { faultClass: "customer-must-act" } },
      {
        name: "FaultRaised",
        detail: { faultClass: "credentials-revoked", nextStep: expect.stringMatching(/reconnect/) },
      },
      { name: "FaultCleared", detail: { faultClass: "credentials-revoked" } },
    ]);
  });

  it("that the platform handles by itself is counted and not told", async () => {
    const fleet = anIntegration();
    for (const fault of ["transient", "rate-limited", "device-offline"] as const) {
      fleet.vendor.next.look = [aFault(fault)];
      await fleet.poll();
    }
    expect(fleet.bus.published).toEqual([]);
    expect(await fleet.reachOf()).toMatchObject({ failures: 3, faultClass: "device-offline", online: false });
    await fleet.poll();
    expect(await fleet.reachOf()).toMatchObject({ failures: 0, faultClass: null, online: true });
  });

  it("leaves the last reading as it was", async () => {
    const fleet = anIntegration();
    await fleet.poll();
    fleet.clock.advance(HOUR_MS);
    fleet.vendor.next.look = [aFault("transient")];
    await fleet.poll();
    const latest = (await fleet.readings.latest(["car-0001"], "charge")).get("car-0001");
    expect(latest?.reading?.observedAt).toBe("2026-11-21T02:00:00.000Z");
    expect(latest?.reach.lastFetchedAt).toBe("2026-11-21T03:00:00.000Z");
  });
});

describe("a sleeping car", () => {
  it("is no fault: it was reached, and its last values stand", async () => {
    const fleet = anIntegration();
    await fleet.poll();
    fleet.vendor.devices.set("car-0001", { awake: false, charging: false });
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect(await fleet.reachOf()).toMatchObject({ online: false, failures: 0, faultClass: null });
    expect((await fleet.readings.latest(["car-0001"], "charge")).get("car-0001")?.reading).toBeDefined();
  });
});

describe("an expired token", () => {
  it("is renewed once and the look repeated once", async () => {
    const tokens = fakeTokens();
    const fleet = anIntegration({ tokens: () => tokens });
    fleet.vendor.next.look = [aFault("token-expired")];
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect(tokens.asked).toEqual(["access customer-0001", "refused customer-0001", "access customer-0001"]);
    expect(fleet.vendor.calls).toHaveLength(2);
  });

  it("that is refused again is not renewed again", async () => {
    const fleet = anIntegration();
    fleet.vendor.next.look = [aFault("token-expired"), aFault("token-expired")];
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 0, failed: 1 });
    expect(fleet.vendor.calls).toHaveLength(2);
    expect(fleet.bus.published).toEqual([]);
  });
});
