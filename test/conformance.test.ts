import { afterEach, describe, expect, it } from "vitest";
import { Asset } from "../shared/domain/asset.ts";
import type { Action } from "../shared/domain/command.ts";
import { epochMs } from "../shared/domain/instant.ts";
import { Manifest } from "../shared/domain/manifest.ts";
import { TIERS } from "../shared/domain/quality.ts";
import { asCharge, type Reading } from "../shared/domain/reading.ts";
import { VendorError } from "../shared/errors.ts";
import { groupBy } from "../shared/group-by.ts";
import { EVIDENCE, uncoveredCapabilities, uncoveredFaults } from "./conformance/coverage.ts";
import { expectedReading, type Fixture, play, TOKEN } from "./conformance/fixture.ts";
import { actionsOf, type Folder, integrationNames, loadFolder } from "./conformance/folder.ts";
import { aWorld } from "./conformance/world.ts";

const DAYS_OF_MONTH = 31;
const PLACE = /latitude|longitude|"lat"|"lon"|"lng"/i;
const KIND_OF_FAMILY = { vehicle: "car", charger: "charger", "heat-pump": "heat-pump", "solar-site": "solar-site" };

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulation) => simulation.stop()));
});

async function start(folder: Folder, faults: "none" | "many") {
  const world = await aWorld(folder, faults);
  running.push(world.simulation);
  return world;
}

for (const folder of await Promise.all(integrationNames().map(loadFolder)))
  describe(folder.name, () => {
    const { name, manifest, asset, quality, fixtures } = folder;
    const actions = actionsOf(manifest);

    it("has a valid manifest with the folder's name, and an asset of its family", () => {
      expect(Manifest.parse(manifest).name).toBe(name);
      expect(asset).toMatchObject({ integration: name, kind: KIND_OF_FAMILY[manifest.family] });
      for (const action of actions)
        expect(manifest.confirmWithinMs[action], `confirmWithinMs of ${action}`).toBeDefined();
      const isBilled = Object.values(manifest.priceUsd).some((price) => price > 0);
      expect(manifest.budgetUsdPerDeviceMonth !== undefined, "a budget where the vendor bills").toBe(isBilled);
    });

    it("names as many made-up devices as a night may have", () => {
      const ids = Array.from({ length: 500 }, (_, index) => folder.vendorAssetId(index));
      expect(new Set(ids).size).toBe(ids.length);
      for (const vendorAssetId of ids) expect(Asset.safeParse({ ...asset, vendorAssetId }).success).toBe(true);
    });

    it("has a fixture for each capability and for each way to fail", () => {
      expect(uncoveredCapabilities(folder)).toEqual([]);
      expect(uncoveredFaults(folder)).toEqual([]);
    });

    for (const { file, text, fixture } of fixtures) {
      it(`${fixture.case} (${file})`, async () => {
        expect(text).not.toMatch(PLACE);
        expect(text).not.toMatch(/bearer [\w-]{8}|eyJ/i);
        await playAsExpected(fixture, folder);
      });
    }

    for (const tier of TIERS) {
      for (const [rule, status] of Object.entries(quality[tier])) {
        if (status !== "done") continue;
        it(`has evidence of "${rule}" (${tier})`, () => {
          expect(EVIDENCE[rule]?.(folder), `quality.ts says done, but the folder lacks this`).toBeUndefined();
        });
      }
    }

    it("renews logins as refreshSemantics says", async () => {
      const world = await start(folder, "none");
      const { accessToken, refreshToken } = world.simulation.issueTokens(asset.accountId);
      const renew = await world.renewal();
      const once = await renew({ accessToken, refreshToken });
      if (once.kind === "refused") throw new Error("a fresh login was refused");
      const next = { accessToken: once.accessToken, refreshToken: once.refreshToken ?? refreshToken };
      if (manifest.refreshSemantics === "static") expect(next.refreshToken).toBe(refreshToken);
      else expect(next.refreshToken).not.toBe(refreshToken);
      const isHonoured = manifest.refreshSemantics === "grace" || manifest.refreshSemantics === "static";
      expect((await renew({ accessToken, refreshToken })).kind).toBe(isHonoured ? "renewed" : "refused");
      if (isHonoured) return;
      const isRevoked = manifest.refreshSemantics === "reuse-revokes";
      expect((await renew(next)).kind).toBe(isRevoked ? "refused" : "renewed");
    });

    it("keeps within the vendor's limits and its budget for a day at its cadence, without a fault", async () => {
      const world = await start(folder, "none");
      const counts: number[][] = (manifest.rateLimits ?? []).map(() => [0]);
      await world.day(undefined, () => {
        for (const [index, { kinds, calls, perMinutes }] of (manifest.rateLimits ?? []).entries()) {
          const series = counts[index] ?? [];
          const now = world.callCount(kinds);
          const before = series[Math.max(0, series.length - perMinutes)] ?? 0;
          series.push(now);
          expect(now - before, `calls in ${perMinutes} minutes`).toBeLessThanOrEqual(calls);
        }
      });
      expect(world.lines.filter((line) => line.includes("POLL_FAILED"))).toEqual([]);
      expect(world.refusals(), "looks that the budget put off").toEqual([]);
      expect((await world.latest())?.reading).toBeDefined();
      expect(world.mostInFlight()).toBeLessThanOrEqual(manifest.limits.concurrency);
      const spentUsd = world.simulation.calls().reduce((sum, { priceUsd }) => sum + priceUsd, 0);
      expect(spentUsd, "dollars of a day").toBeLessThanOrEqual((manifest.budgetUsdPerDeviceMonth ?? 0) / DAYS_OF_MONTH);
    });

    it("tells no token, secret, vendor id or place, and fails only in known ways, when much goes wrong", async () => {
      const world = await start(folder, "many");
      const isReady = async () => isCommandable((await world.latest())?.reading);
      if (actions.length > 0 && (await world.day(isReady)))
        for (const action of inOrder(folder, (await world.latest())?.reading)) await world.carryOut(action);
      await world.day();
      const told = world.told();
      for (const secret of [...world.secrets, asset.vendorAssetId])
        expect(told.includes(secret), "a secret was told").toBe(false);
      expect(told).not.toMatch(PLACE);
      expect(world.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
      const injections = world.simulation.injections();
      expect(injections, "the simulation injects faults").not.toEqual([]);
      const now = epochMs(world.clock.now());
      for (const { fromMs, toMs, assetId, accountId } of injections) {
        expect(fromMs).toBeLessThanOrEqual(toMs);
        expect(toMs).toBeLessThanOrEqual(now);
        expect([asset.assetId, undefined]).toContain(assetId);
        expect([asset.accountId, undefined]).toContain(accountId);
      }
    });

    describe.runIf(actions.length > 0)("commands", () => {
      it("are proved by later readings, and change nothing the second time", async () => {
        const world = await start(folder, "none");
        const isReady = await world.day(async () => isCommandable((await world.latest())?.reading));
        expect(isReady, "the device can be commanded at some time of the day").toBe(true);
        for (const action of inOrder(folder, (await world.latest())?.reading)) {
          const { row, judged, reading } = await world.carryOut(action);
          expect(row, `${action.kind}: ${row.evidence}`).toMatchObject({ status: "accepted" });
          expect(judged, `${action.kind} after ${JSON.stringify(reading)}`).toMatchObject({ verdict: "confirmed" });

          const effects = world.simulation.effectiveCalls().length;
          const calls = world.callCount();
          expect((await world.deliver(row)).status, "the same message again").toBe("accepted");
          expect(world.callCount(), "calls for the same message again").toBe(calls);
          world.clock.advance(1000);
          const again = await world.deliver(await world.issue(action));
          expect(again.status, `${action.kind} once more: ${again.evidence}`).toBe("accepted");
          expect(world.simulation.effectiveCalls().length, `${action.kind} once more has no effect`).toBe(effects);
        }
      });

      it("are not sent when they are too late", async () => {
        const world = await start(folder, "none");
        const [action] = inOrder(folder, undefined);
        if (!action) throw new Error("no action");
        const late = await world.issue(action, { notAfter: world.clock.now() });
        expect((await world.deliver(late)).status).toBe("issued");
        expect(world.callCount()).toBe(0);
      });
    });
  });

async function playAsExpected(fixture: Fixture, folder: Folder): Promise<void> {
  const { calls, fetches, asset, ...played } = await play(fixture, { ...folder, endpoints: folder.manifest.endpoints });
  const { calls: expectedCalls, ...expected } = fixture.expected;
  if (expectedCalls) expect(calls).toEqual(expectedCalls);
  // What the budget and the bill know of is what was sent: nothing below repeats a call by itself.
  expect(fetches, "requests sent for the calls counted").toBe(calls.length);
  const { callsPerLook, callsPerCommand } = folder.manifest;
  const leased = fixture.call === "look" ? callsPerLook : callsPerCommand;
  for (const [kind, own] of groupBy(calls, (call) => call))
    expect(own.length, `${kind} calls of a ${fixture.call}`).toBeLessThanOrEqual(leased[kind] ?? 0);
  if ("fault" in expected) {
    if (!("thrown" in played)) throw new Error(`expected ${expected.fault}, got ${JSON.stringify(played.result)}`);
    expect(played.thrown).toBeInstanceOf(VendorError);
    expect(played.thrown).toMatchObject(expected);
    for (const secret of [TOKEN, asset.vendorAssetId]) expect(String(played.thrown)).not.toContain(secret);
    return;
  }
  if ("thrown" in played) throw played.thrown;
  if ("reading" in expected) {
    const reading = expectedReading(expected.reading, asset, fixture.now);
    const { unknown } = expected;
    expect(played.result).toEqual({ online: true, reading, ...(unknown ? { unknown } : {}) });
  } else if ("taken" in expected) expect(played.result).toEqual(expected.taken);
  else if ("prepared" in expected) expect(played.result).toEqual(expected.prepared);
  else expect(played.result).toEqual(expected);
}

function isCommandable(reading: Reading | undefined): boolean {
  if (reading?.stream !== "charge") return reading !== undefined;
  return reading.plugged === true && (reading.state === "stopped" || reading.state === "charging");
}

/** The declared actions so that each changes something: what the device does already comes last. */
function inOrder({ manifest, asset }: Folder, reading: Reading | undefined): Action[] {
  const actions = actionsOf(manifest).flatMap((kind): Action[] => {
    if (kind === "heat.mode") return (["boost", "reduced", "normal"] as const).map((mode) => ({ kind, mode }));
    if (kind === "charge.stop") return [{ kind }];
    return "supply" in asset ? [{ kind, currentA: asset.supply.maxCurrentA }] : [];
  });
  const isCharging = asCharge(reading)?.state === "charging";
  return actions.toSorted((a, b) => Number(isHeld(a, isCharging)) - Number(isHeld(b, isCharging)));
}

function isHeld(action: Action, isCharging: boolean): boolean {
  return action.kind === (isCharging ? "charge.start" : "charge.stop");
}
