import { describe, expect, it } from "vitest";
import type { FaultRule } from "../../lambdas/integrations/viessmann/simulator-faults.ts";
import { HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { published } from "../fakes/bus.ts";
import { aHeatPump, DEVICE } from "./viessmann-bench.ts";
import { aPump, aViessmannWorld, aWish, EVENING } from "./viessmann-world.ts";

const BOOST = aWish("boost");
const ACTIVATE = "heating.dhw.oneTimeCharge.activate";
const DEACTIVATE = "heating.dhw.oneTimeCharge.deactivate";
const SET = "heating.dhw.temperature.main.setTargetTemperature";

describe("looking at heat pumps", () => {
  it.each([
    ["watt", false, 2.667],
    ["kilowatt", false, 2.667],
    ["percent", true, 2.68],
    ["not-connected", true, 2.667],
    ["missing", true, 2.667],
  ] as const)("knows what one draws that tells its power as: %s", async (powerSensor, powerEstimated, powerKw) => {
    const world = await aViessmannWorld({ pumps: [aPump({ powerSensor, initialHotWaterC: 45 })] });
    world.clock.advance(5 * MINUTE_MS);
    await world.look();
    const told = (await world.latest())?.reading;
    expect(told).toMatchObject({ mode: "normal", compressorOn: true, powerEstimated });
    expect(told?.stream === "heat" ? told.powerKw : undefined).toBeCloseTo(powerKw, 2);
    expect(world.truth().powerKw).toBeCloseTo(2.667, 2);
  });

  it.each([
    ["device-offline", /does not answer its gateway/],
    ["gateway-offline", /check the internet box/],
  ] as const)("tells %s by its advice, keeps the last values, and asks nobody to reconnect", async (kind, advice) => {
    const from = Date.parse(plusMs(EVENING, 10 * MINUTE_MS));
    const world = await aViessmannWorld({ rules: [{ kind, startsAtMs: from }] });
    world.clock.advance(5 * MINUTE_MS);
    await world.look();
    world.clock.advance(10 * MINUTE_MS);
    await expect(world.look()).resolves.toMatchObject({ ok: 0, failed: 1 });
    expect(await world.latest()).toMatchObject({
      reading: { mode: "normal" },
      reach: { online: false, faultClass: "device-offline" },
    });
    expect(JSON.stringify(world.log.lines)).toMatch(advice);
    expect(published(world.bus, "FaultRaised")).toEqual([]);
  });

  it("tells nobody of a web page for ten minutes at one device: the scheduler sees whether others fail too", async () => {
    const startsAtMs = Date.parse(plusMs(EVENING, MINUTE_MS));
    const rules: FaultRule[] = [{ kind: "vendor-outage", startsAtMs, endsAtMs: startsAtMs + 10 * MINUTE_MS }];
    const world = await aViessmannWorld({ rules });
    for (let minute = 0; minute < 15; minute += 3) {
      world.clock.advance(3 * MINUTE_MS);
      await world.look();
    }
    expect(published(world.bus, "FaultRaised")).toEqual([]);
    expect(world.log.codes()).toContain("POLL_FAILED");
  });

  it("renews its login as a public client, hour after hour, with the one refresh token", async () => {
    const world = await aViessmannWorld();
    for (let hour = 0; hour < 5; hour++) {
      world.clock.advance(HOUR_MS);
      await expect(world.look()).resolves.toMatchObject({ ok: 1, failed: 0 });
    }
    const renewals = world.simulator.calls().filter(({ kind }) => kind === "token");
    expect(renewals.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it("follows a token that ended early, once", async () => {
    const world = await aViessmannWorld({ rules: [{ kind: "token-expired-early", times: 1 }] });
    await expect(world.look()).resolves.toMatchObject({ ok: 1, failed: 0 });
  });

  it("asks one customer to reconnect, once, and leaves the others alone", async () => {
    const neighbour = aHeatPump({
      assetId: "pump-0002",
      accountId: "kim",
      vendorAssetId: "1234568/7571381000000001/0",
    });
    const world = await aViessmannWorld({
      assets: [aHeatPump(), neighbour],
      pumps: [aPump(), aPump({ id: neighbour.vendorAssetId, accountId: "kim" })],
    });
    world.simulator.revoke("alex");
    for (let look = 0; look < 12; look++) {
      world.clock.advance(5 * MINUTE_MS);
      await world.look();
    }
    const reconnect = published(world.bus, "FaultRaised");
    expect(reconnect).toMatchObject([{ assetId: "pump-0001", faultClass: "credentials-revoked" }]);
    expect((await world.latest("pump-0002"))?.reach).toMatchObject({ online: true, faultClass: null });
    const refused = world.simulator.calls().filter(({ kind, status }) => kind === "token" && status === 400);
    expect(refused.length).toBeLessThanOrEqual(2);
  });
});

describe("shifting heat pumps", () => {
  it("boosts once, sees it, and the boost ends by itself while we are down", async () => {
    const world = await aViessmannWorld({ commands: [BOOST] });
    await world.look();
    await world.deliver(BOOST);
    expect(await world.judge(BOOST)).toBe("confirmed");
    expect(world.effective()).toEqual([ACTIVATE]);
    expect(world.truth().charging).toBe(true);
    world.clock.advance(2 * HOUR_MS);
    expect(world.truth()).toMatchObject({ charging: false, targetC: 55, starts: 1 });
    await world.look();
    expect((await world.latest())?.reading).toMatchObject({ mode: "normal" });
  });

  it("reduces within the band, sees it, and gives the owner's target back", async () => {
    const world = await aViessmannWorld();
    expect(await world.judge(await world.wish("reduced"))).toBe("confirmed");
    world.clock.advance(20 * HOUR_MS);
    expect(world.truth().targetC).toBe(50);
    expect(await world.judge(await world.wish("normal"))).toBe("confirmed");
    world.clock.advance(3 * HOUR_MS);
    const { lowestC, highestC, targetC } = world.truth();
    expect(targetC).toBe(55);
    expect(lowestC).toBeGreaterThanOrEqual(45);
    // A step's worth of heat.
    expect(highestC).toBeLessThanOrEqual(55.2);
    expect(world.effective()).toEqual([SET, SET]);
  });

  it("does nothing twice when a message comes twice, and nothing at all where the mode holds", async () => {
    const world = await aViessmannWorld({ commands: [BOOST] });
    await world.deliver(BOOST);
    await world.deliver(BOOST);
    expect(world.posts()).toBe(1);
    world.clock.advance(2 * MINUTE_MS);
    const again = await world.wish("boost");
    expect(await world.row(again)).toMatchObject({ status: "accepted", withoutEffect: true });
    expect(await world.judge(again)).toBe("confirmed");
    expect(world.posts()).toBe(1);
  });

  it("cannot see a boost that a full tank ends before the next look, and leaves nothing behind", async () => {
    const world = await aViessmannWorld({ pumps: [aPump({ initialHotWaterC: 54.9 })] });
    expect(await world.judge(await world.wish("boost"))).toBe("missed");
    expect(world.truth()).toMatchObject({ charging: false, targetC: 55 });
    expect(world.effective()).toEqual([ACTIVATE]);
  });

  it("ends a boost that the plan no longer wants", async () => {
    const world = await aViessmannWorld();
    await world.wish("boost");
    world.clock.advance(5 * MINUTE_MS);
    expect(await world.judge(await world.wish("normal"))).toBe("confirmed");
    expect(world.truth()).toMatchObject({ charging: false, targetC: 55 });
    expect(world.effective()).toEqual([ACTIVATE, DEACTIVATE]);
  });

  it.each(["cut-after-acting", "empty-200"] as const)("boosts once although the answer is lost (%s)", async (kind) => {
    const world = await aViessmannWorld({ commands: [BOOST], rules: [{ kind, calls: ["command"], times: 1 }] });
    await world.deliver(BOOST);
    expect(world.log.codes()).toContain("COMMAND_UNKNOWN");
    expect((await world.row(BOOST))?.status).toBe("accepted");
    expect(world.effective()).toEqual([ACTIVATE]);
  });

  it.each(["server-502", "backend-502", "html-502", "rate-limited", "device-offline", "refused"] as const)(
    "boosts in the end although the cloud says %s for a while",
    async (kind) => {
      const world = await aViessmannWorld({ commands: [BOOST], rules: [{ kind, calls: ["command"], times: 2 }] });
      await world.deliver(BOOST);
      expect((await world.row(BOOST))?.status).toBe("accepted");
      expect(world.effective()).toEqual([ACTIVATE]);
    },
  );

  it("misses a boost that the cloud took and the device never saw", async () => {
    const world = await aViessmannWorld({ commands: [BOOST], rules: [{ kind: "accepted-not-executed" }] });
    await world.deliver(BOOST);
    expect(await world.judge(BOOST)).toBe("missed");
    expect(world.truth().starts).toBe(0);
  });

  it("sends nothing that the device says it would not take", async () => {
    const world = await aViessmannWorld({ commands: [BOOST], rules: [{ kind: "not-executable" }] });
    await world.deliver(BOOST);
    expect(await world.row(BOOST)).toMatchObject({ status: "rejected", faultClass: "unsupported-by-device" });
    expect(world.posts()).toBe(0);
  });

  it("leaves alone what the owner turns on the wall", async () => {
    const world = await aViessmannWorld();
    expect(await world.judge(await world.wish("reduced"))).toBe("confirmed");
    world.clock.advance(5 * MINUTE_MS);
    world.simulator.setOnWall(DEVICE, 48);
    world.clock.advance(MINUTE_MS);
    await world.look();
    expect((await world.latest())?.reading).toMatchObject({ mode: "normal" });
    const normal = await world.wish("normal");
    expect(await world.row(normal)).toMatchObject({ status: "accepted", withoutEffect: true });
    expect(await world.judge(normal)).toBe("confirmed");
    expect(world.truth().targetC).toBe(48);
  });

  it("sends nothing after its time", async () => {
    const world = await aViessmannWorld({ commands: [BOOST] });
    world.clock.advance(4 * HOUR_MS);
    await world.deliver(BOOST);
    expect(world.posts()).toBe(0);
    expect(await world.verdictOf(BOOST)).toBe("expired");
  });

  it("gives up at once when the day's calls are gone", async () => {
    const world = await aViessmannWorld({ commands: [BOOST], rules: [{ kind: "quota-exhausted" }] });
    await world.deliver(BOOST);
    expect(await world.row(BOOST)).toMatchObject({ status: "rejected", faultClass: "quota-exhausted" });
  });
});
