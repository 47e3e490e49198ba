import { describe, expect, it } from "vitest";
import { LoginWaits } from "../../shared/auth.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { batchKey } from "../../shared/store/schedule-rows.ts";
import { anAsset, at } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { aFault, anIntegration, aStart, fakeTokens, TWO } from "./job-bench.ts";

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
    await fleet.causes.putOutage({ outage: { ...down, since: TWO }, untoldSince: TWO, step: 1 });
    expect(await look()).toBe("vendor-outage");
    // It is announced for all of them at once.
    expect(published(fleet.bus, "FaultRaised")).toEqual([]);
  });

  it("counts an asset that is no longer there as failed, and reads the others", async () => {
    const fleet = anIntegration();
    await expect(fleet.poll(["car-0001", "car-gone"])).resolves.toMatchObject({ ok: 1, failed: 1 });
  });
});

describe("what a batch counts", () => {
  it("is its looks, whose fault the failed ones were, and the logins they went through", async () => {
    const fleet = anIntegration({ assets: cars(5) });
    fleet.vendor.next.look = [aFault("rate-limited"), new TypeError("undefined is not a function")];
    fleet.vendor.devices.set("car-0005", {
      awake: true,
      charging: false,
      reading: { observedAt: at("2099-01-01T00:00Z") },
    });
    await fleet.poll(["car-0003"]);
    await fleet.poll(["car-0001", "car-0004"], {
      batchId: batchKey({ minute: TWO, part: "charge#15", attempt: 1 }, 8),
    });
    await fleet.poll(["car-0005"], { batchId: batchKey({ minute: TWO, part: "charge#15", attempt: 1 }, 9) });
    expect(fleet.counts).toEqual(
      new Map([
        ["looks", 4],
        ["logins_used", 3],
        ["looks_failed_vendor", 1],
        ["looks_failed_ours", 1],
        ["readings_quarantined", 1],
      ]),
    );
  });

  it("is one login that is lost for all cars of an account", async () => {
    const fleet = anIntegration({ assets: cars(3) });
    fleet.vendor.next.look = [aFault("credentials-revoked"), aFault("credentials-revoked")];
    await fleet.poll(["car-0001", "car-0002", "car-0003"]);
    expect(fleet.counts.get("logins_lost")).toBe(1);
    expect(fleet.counts.get("looks_failed_ours")).toBeUndefined();
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
    expect(fleet.counts.get("vendor_words_unknown")).toBe(2);
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

describe("a reading that matters and could not be told of", () => {
  const lost = async () => {
    const world = anIntegration();
    world.bus.refuses = 1;
    await expect(world.poll()).rejects.toThrow("the bus is down");
    world.clock.advance(60_000);
    return world;
  };
  const told = (world: Awaited<ReturnType<typeof lost>>) =>
    published(world.bus, "TelemetryRecorded").map(({ matters, readings }) => [matters, readings[0]?.observedAt]);

  it("is told of by the next look, which found nothing new, and only by that", async () => {
    const world = await lost();
    await world.poll();
    expect(told(world)).toEqual([[true, world.clock.now()]]);
    world.clock.advance(60_000);
    await world.poll();
    expect(told(world)[1]?.[0]).toBe(false);
  });

  it("is told of by a look that failed, too", async () => {
    const world = await lost();
    world.vendor.next.look = [aFault("device-offline")];
    await world.poll();
    expect(told(world)).toEqual([[true, TWO]]);
  });
});

it("a reading of which nobody knows whether it was stored is told of", async () => {
  const fleet = anIntegration();
  const { record } = fleet.readings;
  fleet.readings.record = async (...given) => {
    await record(...given);
    throw new Error("no answer");
  };
  await expect(fleet.poll()).resolves.toMatchObject({ ok: 0, failed: 1 });
  expect(published(fleet.bus, "TelemetryRecorded")).toMatchObject([{ matters: true, readings: [{ observedAt: TWO }] }]);
});

it("a reading that was stored is told of although the look then fails", async () => {
  const fleet = anIntegration();
  const member = { integration: "tesla", assetId: "car-0001", accountId: "customer-0001", stream: "charge" } as const;
  await fleet.schedule.join({ ...member, periodMinutes: 15 });
  fleet.schedule.move = () => Promise.reject(new Error("throttled"));
  await expect(fleet.poll()).resolves.toMatchObject({ ok: 0, failed: 1 });
  expect(published(fleet.bus, "TelemetryRecorded")).toMatchObject([
    { matters: true, readings: [{ assetId: "car-0001", observedAt: TWO }] },
  ]);
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

  it("that is being renewed is no failure of the vendor's, and no evidence of an outage", async () => {
    const waits = new LoginWaits({ fault: "transient", operation: "token refresh", message: "refused once" });
    const tokens = { ...fakeTokens(), accessToken: () => Promise.reject(waits) };
    const fleet = anIntegration({ tokens: () => tokens });
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 0, failed: 0, notAttempted: 1 });
    expect([...fleet.schedule.finished.values()]).toMatchObject([{ faults: {}, failedAccounts: [] }]);
    expect(fleet.counts.get("looks")).toBe(1);
    expect(fleet.counts.get("looks_failed_vendor")).toBeUndefined();
  });

  it("that is refused again is not renewed again", async () => {
    const fleet = anIntegration();
    fleet.vendor.next.look = [aFault("token-expired"), aFault("token-expired")];
    await expect(fleet.poll()).resolves.toMatchObject({ ok: 0, failed: 1 });
    expect(fleet.vendor.calls).toHaveLength(2);
    expect(fleet.bus.published).toEqual([]);
  });
});

describe("after a look", () => {
  const places = (fleet: ReturnType<typeof anIntegration>) =>
    fleet.schedule.members().map(({ assetId, periodMinutes }) => [assetId, periodMinutes]);
  const asked = (fleet: ReturnType<typeof anIntegration>) =>
    fleet.schedule.looks().map(({ why, dueAt }) => [why, dueAt]);
  const member = { integration: "tesla", assetId: "car-0001", accountId: "customer-0001", stream: "charge" } as const;

  it("an asset that was plugged in is moved to the wheel of those", async () => {
    const fleet = anIntegration();
    await fleet.schedule.join({ ...member, periodMinutes: 15 });
    await fleet.poll();
    await fleet.poll();
    expect(places(fleet)).toEqual([["car-0001", 30]]);
  });

  it("one that charges is asked for again before its turn, and one that failed too", async () => {
    const fleet = anIntegration({ assets: cars(3) });
    fleet.vendor.devices.set("car-0001", { awake: true, charging: true });
    fleet.vendor.devices.set("car-0002", { awake: true, charging: false });
    await fleet.poll(["car-0001", "car-0002"]);
    expect(asked(fleet).map(([why]) => why)).toEqual(["charging"]);
    fleet.vendor.next.look = [aFault("transient")];
    await fleet.poll(["car-0003"]);
    expect(asked(fleet)[0]).toEqual(["backoff", plusMs(TWO, MINUTE_MS)]);
  });

  const accepted = aStart({ status: "accepted", acceptedAt: TWO, checkAt: plusMs(TWO, 11 * MINUTE_MS) });
  const forProof = (why: "command" | "routine") => ({
    assets: [{ assetId: "car-0001", expectAwake: true, why, periodMinutes: 30 }],
  });

  it("for the proof of a command the next is asked for, until it is in: then nobody is looked at in vain", async () => {
    const fleet = anIntegration({ commands: [accepted] });
    await fleet.poll(["car-0001"], forProof("command"));
    expect(asked(fleet)).toEqual([["command", plusMs(TWO, MINUTE_MS)]]);
    await fleet.commands.transition(accepted, "confirmed", { endedAt: TWO }, []);
    fleet.clock.advance(MINUTE_MS);
    await expect(fleet.poll(["car-0001"], forProof("command"))).resolves.toMatchObject({ ok: 1, failed: 0 });
    expect(fleet.vendor.calls).toEqual(["look car-0001"]);
    expect(asked(fleet)).toHaveLength(1);
  });

  it("a command that is taken is looked for in the next minute", async () => {
    const start = aStart();
    const fleet = anIntegration({ commands: [start] });
    await fleet.deliver(start);
    expect(asked(fleet)).toEqual([["command", plusMs(TWO, MINUTE_MS)]]);
  });
});

describe("a batch that cannot look at everybody", () => {
  const ids = ["car-0001", "car-0002", "car-0003", "car-0004", "car-0005", "car-0006", "car-0007"];
  const one = (fleet: ReturnType<typeof anIntegration>) => ({
    ...fleet,
    deps: Object.assign(fleet.deps, {
      manifest: { ...fleet.deps.manifest, limits: { batchSize: 25, concurrency: 1, batchesAtOnce: 1 } },
    }),
  });
  const askedFor = (fleet: ReturnType<typeof anIntegration>) =>
    fleet.schedule.looks().map(({ assetId, dueAt }) => [assetId, dueAt]);

  it("leaves all of it to their next turn when that has come, but for proofs", async () => {
    const fleet = anIntegration({ assets: cars(2) });
    const assets = [
      { assetId: "car-0001", expectAwake: false, why: "routine" as const, periodMinutes: 30 },
      { assetId: "car-0002", expectAwake: false, why: "command" as const, periodMinutes: 30 },
    ];
    await expect(fleet.poll([], { assets, notAfter: TWO })).resolves.toEqual({ ok: 0, failed: 0, notAttempted: 2 });
    expect(fleet.vendor.calls).toEqual([]);
    expect(fleet.log.codes()).toContain("POLL_BATCH_LATE");
    expect(askedFor(fleet)).toEqual([["car-0002", plusMs(TWO, MINUTE_MS)]]);
  });

  it("stops in time, and asks for the others in the next minute", async () => {
    const fleet = one(anIntegration({ assets: cars(3) }));
    let leftMs = 35_000;
    fleet.deps.remainingMs = () => {
      leftMs -= 11_000;
      return leftMs;
    };
    await expect(fleet.poll(ids.slice(0, 3))).resolves.toEqual({ ok: 1, failed: 0, notAttempted: 2 });
    expect(askedFor(fleet)).toEqual(["car-0002", "car-0003"].map((id) => [id, plusMs(TWO, MINUTE_MS)]));
  });

  it("stops at a 429, blocks everybody, and comes back when the vendor said", async () => {
    const fleet = one(anIntegration({ assets: cars(3) }));
    const blocked: unknown[] = [];
    fleet.deps.budget = { ...fleet.deps.budget, block: async (_, error) => void blocked.push(error) };
    const tooMany = aFault("rate-limited", { retryAfterMs: 4 * MINUTE_MS });
    fleet.vendor.next.look = [tooMany];
    await expect(fleet.poll(ids.slice(0, 3))).resolves.toEqual({ ok: 0, failed: 1, notAttempted: 2 });
    expect(blocked).toEqual([tooMany]);
    expect(askedFor(fleet).map(([, dueAt]) => dueAt)).toEqual(Array(3).fill(plusMs(TWO, 4 * MINUTE_MS)));
  });

  it("stops when the vendor is down, and leaves the others to the breaker", async () => {
    const fleet = one(anIntegration({ assets: cars(7) }));
    fleet.vendor.next.look = Array.from({ length: 7 }, () => aFault("vendor-outage"));
    await expect(fleet.poll(ids)).resolves.toEqual({ ok: 0, failed: 5, notAttempted: 2 });
    expect(
      askedFor(fleet)
        .map(([id]) => id)
        .sort(),
    ).toEqual(ids.slice(0, 5));
  });

  it("looks at whom the budget refuses when it says", async () => {
    const fleet = anIntegration({ assets: cars(3) });
    const { lease } = fleet.deps.budget;
    fleet.deps.budget = {
      ...fleet.deps.budget,
      lease: async (cls, assets) => ({
        granted: (await lease(cls, assets.slice(0, 1))).granted,
        refused: assets.slice(1).map((asset) => ({ asset, retryAfterMs: 90_000 })),
      }),
    };
    await expect(fleet.poll(ids.slice(0, 3))).resolves.toEqual({ ok: 1, failed: 0, notAttempted: 2 });
    expect(askedFor(fleet)).toEqual(["car-0002", "car-0003"].map((id) => [id, plusMs(TWO, 2 * MINUTE_MS)]));
  });

  it("does not look at whom somebody else has looked at since the tick", async () => {
    const fleet = anIntegration();
    await fleet.poll();
    await expect(fleet.poll(["car-0001"], { tickAt: plusMs(TWO, -1000) })).resolves.toMatchObject({ ok: 1 });
    expect(fleet.vendor.calls).toHaveLength(1);
  });
});
