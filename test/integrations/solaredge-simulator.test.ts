import { describe, expect, it } from "vitest";
import * as z from "zod";
import { manifest } from "../../lambdas/integrations/solaredge/manifest.ts";
import { startSimulation } from "../../lambdas/integrations/solaredge/simulation.ts";
import type { FaultRule } from "../../lambdas/integrations/solaredge/simulator-faults.ts";
import { FaultClass, isTold } from "../../shared/domain/fault.ts";
import { epochMs, HOUR_MS, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { at } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { aSite } from "./solaredge-bench.ts";
import { aSolarWorld } from "./solaredge-world.ts";

const MIDSUMMER = at("2026-06-20T23:00Z");
const NOON = at("2026-06-21T11:05Z");
const Block = z.object({ unit: z.enum(["W", "KW", "WH"]), values: z.array(z.object({ value: z.number() })) });
const Powers = z.object({ importPower: Block, exportPower: Block, consumptionPower: Block });
const Meters = z.object({ meters: z.object({ "M-FEED-001": Powers }) });
const ALWAYS = { startsAtMs: 0, endsAtMs: Number.MAX_SAFE_INTEGER };

describe("reading the simulated sites", () => {
  it("tells what the panels gave in the newest quarter that is known", async () => {
    const world = await aSolarWorld({ from: NOON });
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
    const reading = world.history[0];
    const endMs = epochMs(reading?.observedAt ?? NOON);
    expect(epochMs(NOON) - endMs).toBeLessThanOrEqual(20 * MINUTE_MS);
    const truth = world.simulator.truth("1000001", endMs - 15 * MINUTE_MS, endMs);
    expect(reading?.productionKw).toBeGreaterThan(0.5);
    expect(reading?.productionKw).toBeCloseTo((truth.productionWh * 4) / 1000, 6);
    expect(reading).toMatchObject({ gridKw: null, consumptionKw: null });
  });

  it("tells what goes over the meter, whatever unit each metric has", async () => {
    const world = await aSolarWorld({ from: NOON, hasMeter: true });
    await world.poll();
    const reading = world.history[0];
    const endMs = epochMs(reading?.observedAt ?? NOON);
    const truth = world.simulator.truth("1000001", endMs - 15 * MINUTE_MS, endMs);
    expect(reading?.gridKw).toBeCloseTo(((truth.importWh - truth.exportWh) * 4) / 1000, 6);
    expect(reading?.consumptionKw).toBeCloseTo((truth.consumptionWh * 4) / 1000, 6);
  });

  it("knows nothing at night, and asks every three hours", async () => {
    const world = await aSolarWorld({ from: at("2026-11-20T20:05Z") });
    await world.live(at("2026-11-21T05:00Z"));
    const nights = world.history.filter(({ observedAt }) => observedAt > at("2026-11-20T20:00Z"));
    expect(nights.length).toBeGreaterThan(0);
    expect(nights.every(({ productionKw, producedKwh }) => productionKw === null && producedKwh === null)).toBe(true);
    // In its own three turns, and when it was enrolled.
    expect(world.simulator.calls().filter(({ kind }) => kind === "data")).toHaveLength(4);
    expect(await world.latest()).toMatchObject({ reach: { faultClass: null } });
  });

  it.each<[string, string, string, number]>([
    ["autumn", "Europe/London", "2026-10-24T23:00Z", 25],
    ["spring", "Europe/London", "2026-03-29T00:00Z", 23],
    ["autumn", "Australia/Sydney", "2026-04-04T13:00Z", 25],
  ])("counts each quarter of the day in %s on which clocks change in %s once", async (_, timeZone, midnight, hours) => {
    const from = at(midnight);
    const world = await aSolarWorld({ from, timeZone });
    await world.live(plusMs(from, hours * HOUR_MS));
    const { toldKwh, trueKwh } = world.accounted();
    expect(trueKwh).toBeGreaterThan(3);
    expect(toldKwh).toBeCloseTo(trueKwh, 6);
    // The first look reaches back into the day before.
    const dayKwh = world.history.reduce((sum, one) => sum + (one.observedAt > from ? (one.producedKwh ?? 0) : 0), 0);
    const truth = world.simulator.truth("1000001", epochMs(from), epochMs(from) + hours * HOUR_MS);
    expect(dayKwh).toBeCloseTo(truth.productionWh / 1000, 6);
    expect(world.simulator.calls().filter(({ status }) => status !== 200)).toEqual([]);
  });

  it("keeps the energy of a gateway that was lost by day, told once it is back", async () => {
    const [startsAtMs, endsAtMs] = [epochMs(at("2026-06-21T09:10Z")), epochMs(at("2026-06-21T14:40Z"))];
    const rules: FaultRule[] = [{ kind: "gateway-lost", siteId: "1000001", startsAtMs, endsAtMs }];
    const world = await aSolarWorld({ from: MIDSUMMER, rules });
    await world.live(at("2026-06-21T14:30Z"));
    expect(await world.latest()).toMatchObject({
      reading: { productionKw: null },
      reach: { online: false, faultClass: "device-offline" },
    });
    await world.live(plusMs(MIDSUMMER, 24 * HOUR_MS));
    expect(await world.latest()).toMatchObject({ reach: { faultClass: null } });
    const { toldKwh, trueKwh } = world.accounted();
    expect(toldKwh).toBeCloseTo(trueKwh, 6);
    expect(published(world.bus, "FaultRaised")).toEqual([]);
  });
});

describe("the credits of the simulated cloud", () => {
  const [perMinute, perMonth] = manifest.rateLimits ?? [];

  it("last a midsummer month at the manifest's cadence for the three sites it is made for", async () => {
    const world = await aSolarWorld({ from: at("2026-06-01T00:00Z"), sites: 3 });
    await world.live(at("2026-07-01T00:00Z"));
    const { callsPerMinute, creditsPerMonth } = world.simulator.peaks();
    expect(callsPerMinute).toBeLessThanOrEqual(perMinute?.calls ?? 0);
    // June has 30 days; the longest month has one more.
    expect((creditsPerMonth * 31) / 30).toBeLessThanOrEqual((perMonth?.calls ?? 0) - 40);
    expect(world.simulator.calls().filter(({ status }) => status !== 200)).toEqual([]);
    const { toldKwh, trueKwh } = world.accounted();
    expect(toldKwh).toBeCloseTo(trueKwh, 4);
    // Two thousand calls over HTTP.
  }, 180_000);

  it("are kept when everything fails all day", async () => {
    const rules: FaultRule[] = [{ kind: "html-502", ...ALWAYS }];
    const world = await aSolarWorld({ from: MIDSUMMER, sites: 3, rules });
    await world.live(plusMs(MIDSUMMER, 24 * HOUR_MS));
    const { callsPerMinute, creditsPerMonth } = world.simulator.peaks();
    expect(callsPerMinute).toBeLessThanOrEqual(10);
    expect(creditsPerMonth).toBeLessThanOrEqual(3 * 30);
    expect(published(world.bus, "VendorOutageBegan")).toMatchObject([{ assetsAffected: 3 }]);
    expect(published(world.bus, "FaultRaised")).toEqual([]);
  });

  it("are not exceeded by nine sites at once: the last wait a minute", async () => {
    const world = await aSolarWorld({ from: NOON, sites: 9, hasMeter: true });
    await world.live(plusMs(NOON, HOUR_MS));
    expect(world.simulator.peaks().callsPerMinute).toBeLessThanOrEqual(10);
    expect(new Set(world.history.map(({ assetId }) => assetId)).size).toBe(9);
    expect(world.simulator.calls().some(({ status }) => status === 429)).toBe(false);
  });

  it("that are gone on day 27 end all calls, raise one fault, and leave old values old", async () => {
    const from = at("2026-06-27T11:05Z");
    const world = await aSolarWorld({ from, sites: 2, limits: { creditsPerMonth: 4 } });
    await world.live(plusMs(from, 30 * MINUTE_MS));
    const before = await world.latest();
    await world.live(plusMs(from, 2 * HOUR_MS));
    const reads = () => world.simulator.calls().filter(({ kind }) => kind !== "token").length;
    const made = reads();
    expect(made).toBe(5);
    await world.live(at("2026-06-30T12:00Z"));
    expect(reads()).toBe(made);
    expect((await world.latest())?.reading).toEqual(before?.reading);
    expect(published(world.bus, "FaultRaised").map(({ faultClass }) => faultClass)).toEqual(["quota-exhausted"]);
    await world.live(at("2026-07-01T02:00Z"));
    expect(published(world.bus, "FaultCleared")).toHaveLength(1);
  });
});

describe("what goes wrong", () => {
  const anyFault: [FaultRule["kind"], string][] = [
    ["server-500", "transient"],
    ["server-503", "transient"],
    // At first it may be one site's; again and again at all there are it is the vendor's.
    // Of one customer alone: whether its vendor is down nobody can tell.
    ["html-502", "transient"],
    ["empty-200", "malformed-message"],
    ["cut-connection", "transient"],
    ["rate-limited", "rate-limited"],
    ["quota-exhausted", "quota-exhausted"],
    ["missing-scope", "customer-must-act"],
    ["unknown-unit", "malformed-message"],
    ["retired", "api-retired"],
  ];
  it.each(anyFault)("%s is %s, told once if somebody else has the move", async (kind, fault) => {
    const world = await aSolarWorld({ from: NOON, rules: [{ kind, ...ALWAYS } as FaultRule] });
    await world.live(plusMs(NOON, 2 * HOUR_MS));
    expect((await world.latest())?.reach.faultClass).toBe(fault);
    expect(published(world.bus, "FaultRaised")).toHaveLength(isTold(FaultClass.parse(fault)) ? 1 : 0);
    expect(world.log.codes()).toContain("POLL_FAILED");
  });

  it("reads megawatt-hours where watt-hours were asked for", async () => {
    const plain = await aSolarWorld({ from: NOON });
    const other = await aSolarWorld({ from: NOON, rules: [{ kind: "other-unit" }] });
    await plain.poll();
    await other.poll();
    expect(other.history[0]?.producedKwh).toBeCloseTo(plain.history[0]?.producedKwh ?? Number.NaN, 6);
  });

  it("renews a token that ended early, at once", async () => {
    const world = await aSolarWorld({ from: NOON, rules: [{ kind: "token-expired-early", times: 1 }] });
    await expect(world.poll()).resolves.toMatchObject({ ok: 1, failed: 0 });
  });

  it("asks only the customer whose rotation was lost to reconnect, once, and calls no more for them", async () => {
    const rules: FaultRule[] = [{ kind: "lost-rotation", accountIds: ["customer-0001"], times: 1 }];
    const world = await aSolarWorld({ from: MIDSUMMER, sites: 2, rules });
    await world.live(plusMs(MIDSUMMER, 12 * HOUR_MS));
    expect(published(world.bus, "FaultRaised")).toMatchObject([
      { assetId: "solar-0001", faultClass: "credentials-revoked" },
    ]);
    expect(await world.latest("solar-0002")).toMatchObject({ reach: { faultClass: null } });
    const refreshes = world.simulator.calls().filter((call) => call.kind === "token" && call.status === 400);
    expect(refreshes).toHaveLength(2);
  });

  it("asks a customer who withdrew the consent to reconnect", async () => {
    const rules: FaultRule[] = [{ kind: "consent-withdrawn", accountId: "customer-0001", atMs: epochMs(NOON) }];
    const world = await aSolarWorld({ from: NOON, rules });
    await world.live(plusMs(NOON, HOUR_MS));
    expect(published(world.bus, "FaultRaised")).toMatchObject([{ faultClass: "credentials-revoked" }]);
  });

  it("tells no customer anything in an outage, and reads again after it", async () => {
    const outage = {
      kind: "vendor-outage",
      startsAtMs: epochMs(NOON),
      endsAtMs: epochMs(NOON) + 10 * MINUTE_MS,
    } as const;
    const world = await aSolarWorld({ from: NOON, sites: 3, rules: [outage] });
    await world.live(plusMs(NOON, HOUR_MS));
    const classes = new Set(published(world.bus, "FaultRaised").map(({ faultClass }) => faultClass));
    expect([...classes].filter((name) => name !== "vendor-outage")).toEqual([]);
    expect(world.history.length).toBeGreaterThanOrEqual(3);
  });
});

describe("the simulated cloud itself", () => {
  it("answers 410 to the retired interface, 400 to a long span, and refuses a used refresh token", async () => {
    const { simulator } = await aSolarWorld({ from: NOON });
    const { accessToken, refreshToken } = simulator.issueTokens("customer-0001");
    const get = (path: string) => fetch(path, { headers: { authorization: `Bearer ${accessToken}` } });
    const retired = await get(`${new URL(simulator.url).origin}/site/1000001/overview?api_key=x`);
    expect(retired.status).toBe(410);
    const span = "resolution=QUARTER_HOUR&from=2026-06-20T22:00:00&to=2026-06-21T10:15:00";
    expect((await get(`${simulator.url}/sites/1000001/energy?${span}`)).status).toBe(400);
    const elsewhere = await get(`${simulator.url}/sites/1000002/energy?${span}`);
    expect(elsewhere.status).toBe(403);
    const refresh = () =>
      fetch(`${simulator.url}/oauth2/token`, {
        method: "POST",
        body: JSON.stringify({
          grant_type: "refresh_token",
          refresh_token: refreshToken,
          client_id: "us",
          client_secret: "secret",
        }),
      });
    expect((await refresh()).status).toBe(200);
    const again = await refresh();
    expect([again.status, await again.json()]).toEqual([400, { error: "Error", error_description: "Invalid code" }]);
  });

  it("sees at the meter what else draws at the site, and gives less sun in December", async () => {
    const run = async (day: string, loadKw: number) => {
      const noonMs = epochMs(at(`${day}T12:00Z`));
      const simulation = await startSimulation({
        clock: { now: () => noonMs },
        ...{ cars: [], chargers: [], heatPumps: [], solarSites: [aSite()], seed: 3, faults: "none" },
        siteLoadKw: (siteId, atMs) => (siteId === aSite().site.siteId && atMs < noonMs ? loadKw : 0),
        fedBy: () => [],
        ...{ startsAtMs: noonMs - 12 * HOUR_MS, endsAtMs: noonMs + 12 * HOUR_MS },
      });
      const headers = { authorization: `Bearer ${simulation.issueTokens("customer-0001").accessToken}` };
      const ask = async <T>(what: string, schema: z.ZodType<T>): Promise<T> => {
        const span = `resolution=QUARTER_HOUR&from=${day}T11:00:00&to=${day}T11:15:00`;
        const url = `${simulation.endpoints.SOLAREDGE_API_URL}/sites/1000001/${what}?${span}`;
        return schema.parse(await (await fetch(url, { headers })).json());
      };
      const { meters } = await ask("meters/telemetry", Meters);
      const production = await ask("energy", Block);
      await simulation.stop();
      const first = ({ unit, values }: z.infer<typeof Block>) =>
        (values[0]?.value ?? Number.NaN) / (unit === "KW" ? 1 : 1000);
      const { importPower, exportPower, consumptionPower } = meters["M-FEED-001"];
      const gridKw = first(importPower) - first(exportPower);
      return { gridKw, consumptionKw: first(consumptionPower), productionKw: first(production) * 4 };
    };
    const [idle, loaded, winter] = [await run("2026-06-21", 0), await run("2026-06-21", 3), await run("2026-12-21", 0)];
    expect(loaded.consumptionKw).toBeCloseTo(idle.consumptionKw + 3, 6);
    expect(loaded.productionKw).toBeCloseTo(idle.productionKw, 6);
    for (const one of [idle, loaded, winter]) expect(one.gridKw).toBeCloseTo(one.consumptionKw - one.productionKw, 6);
    expect(idle.gridKw).toBeLessThan(0);
    expect(winter.productionKw).toBeGreaterThan(0);
    expect(winter.productionKw).toBeLessThan(idle.productionKw / 2);
  });

  it("is the same for the same seed, and counts what it did", async () => {
    const night = { startsAtMs: epochMs(NOON), endsAtMs: epochMs(NOON) + 24 * HOUR_MS };
    const answers = await Promise.all(
      [1, 2].map(async () => {
        const clock = { now: () => epochMs(NOON) };
        const simulation = await startSimulation({
          clock,
          ...{ cars: [], chargers: [], heatPumps: [], siteLoadKw: () => 0, fedBy: () => [] },
          solarSites: [aSite()],
          seed: 3,
          faults: "none",
          ...night,
        });
        const { accessToken } = simulation.issueTokens("customer-0001");
        const headers = { authorization: `Bearer ${accessToken}` };
        const answer = await fetch(`${simulation.endpoints.SOLAREDGE_API_URL}/sites/1000001/overview`, { headers });
        const counted = [simulation.calls(), simulation.injections(), simulation.intervals("solar-0001")];
        await simulation.stop();
        return { body: await answer.text(), counted };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.counted).toEqual([
      [
        {
          ...{ atMs: epochMs(NOON), kind: "data", status: 200, priceUsd: 0 },
          ...{ assetId: "solar-0001", accountId: "customer-0001" },
        },
      ],
      [],
      [],
    ]);
  });
});
