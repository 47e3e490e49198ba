import { afterEach, describe, expect, it } from "vitest";
import { startSimulation, vendorAssetId } from "../../lambdas/integrations/easee/simulation.ts";
import { epochMs, HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { Simulation } from "../../shared/integration/simulation.ts";
import { aCharger } from "./easee-bench.ts";
import { EVENING } from "./easee-world.ts";

const running: Simulation[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulation) => simulation.stop()));
});

const START_MS = epochMs(EVENING);
const chargers = Array.from({ length: 6 }, (_, index) =>
  aCharger({ assetId: `charger-000${index}`, vendorAssetId: vendorAssetId(index), accountId: `owner-${index}` }),
);
const stays = chargers.map((asset, index) => ({
  asset,
  arrivesAtMs: START_MS + index * 15 * MINUTE_MS,
  departsAtMs: START_MS + 13 * HOUR_MS,
  readyByMs: START_MS + 12 * HOUR_MS,
  wantsKwh: 22,
}));
const OTHERS = { cars: [], heatPumps: [], solarSites: [], siteLoadKw: () => 0, fedBy: () => [] };

async function aNight(faults: "none" | "some" | "many", seed = 3) {
  const clock = { ms: START_MS };
  const simulation = await startSimulation({
    clock: { now: () => clock.ms },
    ...OTHERS,
    chargers: stays,
    seed,
    faults,
    startsAtMs: START_MS,
    endsAtMs: START_MS + 13 * HOUR_MS,
  });
  running.push(simulation);
  const base = simulation.endpoints.EASEE_API_URL ?? "";
  /** Looks and commands of a client that knows nothing, every quarter of an hour. */
  const play = async () => {
    const said: string[] = [];
    for (; clock.ms < START_MS + 12 * HOUR_MS; clock.ms += 15 * MINUTE_MS) {
      for (const { vendorAssetId, accountId } of chargers) {
        const { accessToken } = simulation.issueTokens(accountId);
        const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
        const look = fetch(`${base}/state/${vendorAssetId}/observations?ids=109,120,121,250`, { headers });
        const amps = clock.ms % HOUR_MS === 0 ? 0 : 16;
        const command = fetch(`${base}/api/chargers/${vendorAssetId}/commands/set_dynamic_charger_current`, {
          method: "POST",
          headers,
          body: JSON.stringify({ amps, minutes: 20 }),
        });
        for (const work of [look, command]) said.push(await work.then((answer) => answer.text()).catch(() => "cut"));
      }
    }
    return said;
  };
  return { simulation, play, clock };
}

describe("a simulated night of Easee's chargers", () => {
  it("charges every car by itself when nobody commands it", async () => {
    const { simulation, clock } = await aNight("none");
    clock.ms = START_MS + 12 * HOUR_MS;
    const energies = chargers.map(({ assetId }) =>
      simulation
        .intervals(assetId)
        .reduce((sum, { startsAtMs, endsAtMs, powerKw }) => sum + (powerKw * (endsAtMs - startsAtMs)) / HOUR_MS, 0),
    );
    // What the cars want is a little above what their owners asked for; some wait to be authorised.
    const charged = energies.filter((kwh) => kwh > 0);
    expect(charged.length).toBeGreaterThan(3);
    for (const kwh of charged) expect(kwh).toBeGreaterThanOrEqual(20 - 1e-6);
    expect(simulation.effectiveCalls()).toEqual([]);
  });

  it("is the same for the same seed, whatever goes wrong", async () => {
    const [first, second] = [await aNight("many"), await aNight("many")];
    expect(await first.play()).toEqual(await second.play());
    expect(first.simulation.injections()).toEqual(second.simulation.injections());
    for (const { assetId } of chargers)
      expect(first.simulation.intervals(assetId)).toEqual(second.simulation.intervals(assetId));
  });

  it("has no faults, some or many", async () => {
    const counts = [];
    for (const level of ["none", "some", "many"] as const) {
      const { simulation, play } = await aNight(level);
      await play();
      counts.push(simulation.injections().filter(({ onlyIfAsked }) => !onlyIfAsked).length);
    }
    expect(counts[0]).toBe(0);
    expect(counts[1]).toBeGreaterThan(0);
    expect(counts[2]).toBeGreaterThan(counts[1] ?? 0);
  });

  it("tells which calls changed what a charger does", async () => {
    const { simulation, play } = await aNight("none");
    await play();
    const kinds = new Set(simulation.effectiveCalls().map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["charge.start", "charge.stop"]);
    expect(simulation.calls().every(({ priceUsd }) => priceUsd === 0)).toBe(true);
  });

  it("says what each trouble truly was, and whose", async () => {
    const { simulation, play, clock } = await aNight("many");
    await play();
    const injections = simulation.injections();
    const of = (wanted: string) => injections.filter(({ kind }) => kind === wanted);
    const [outage] = of("vendor-outage");
    expect(outage).toMatchObject({ faultClass: "vendor-outage" });
    expect(outage && "assetId" in outage).toBe(false);
    expect((outage?.toMs ?? 0) - (outage?.fromMs ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    // One for the whole night, though each call is refused.
    expect(of("access-withdrawn")).toEqual([
      expect.objectContaining({ faultClass: "customer-must-act", toMs: clock.ms, assetId: expect.any(String) }),
    ]);
    const [offline] = of("charger-offline");
    expect(offline).toMatchObject({ faultClass: "device-offline", assetId: expect.any(String) });
    expect((offline?.toMs ?? 0) - (offline?.fromMs ?? 0)).toBeGreaterThanOrEqual(20 * MINUTE_MS);
    expect(of("not-plugged-in")).toHaveLength(chargers.length);
    expect(injections.every(({ kind, onlyIfAsked }) => kind !== "not-plugged-in" || onlyIfAsked)).toBe(true);
  });

  it("knows which cars could have what their owners want", async () => {
    const { simulation } = await aNight("none");
    expect(chargers.map(({ assetId }) => simulation.couldBeReady(assetId))).toEqual(chargers.map(() => true));
    // 20 kWh at 7.36 kW are 2 h 43 min.
    const short = stays.map((stay) => ({ ...stay, readyByMs: stay.arrivesAtMs + 2.7 * HOUR_MS }));
    const other = await startSimulation({
      ...OTHERS,
      ...{ chargers: short, clock: { now: () => START_MS }, seed: 3, faults: "none" },
      ...{ startsAtMs: START_MS, endsAtMs: START_MS + HOUR_MS },
    });
    running.push(other);
    expect(chargers.map(({ assetId }) => other.couldBeReady(assetId))).toEqual(chargers.map(() => false));
  });

  it("tells whose each call was, in the manifest's kinds", async () => {
    const { simulation, play } = await aNight("none");
    await play();
    const known = new Set(chargers.map(({ assetId, accountId }) => `${assetId} ${accountId}`));
    const calls = simulation.calls();
    expect(new Set(calls.map(({ assetId, accountId }) => `${assetId} ${accountId}`))).toEqual(known);
    expect(new Set(calls.map(({ kind }) => kind))).toEqual(new Set(["data", "command"]));
  });

  it("starts without any charger", async () => {
    const options = { ...OTHERS, chargers: [], seed: 1, startsAtMs: START_MS, endsAtMs: START_MS + HOUR_MS };
    running.push(await startSimulation({ clock: { now: () => START_MS }, faults: "many", ...options }));
    expect(running[0]?.injections()).toEqual([]);
  });
});
