import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/optimiser/handler.ts";
import { workItems } from "../../lambdas/optimiser/work.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant, plusMs } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { aCharger, aHeatPump, anAsset, aReading, at } from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { optimiserWorld, PRICE, signalUpdated, telemetryRecorded } from "../fakes/optimiser-world.ts";

const site = anAsset().site;
const carAt = (index: number, changes: Partial<Asset["site"]> = {}, fleetId = "main") =>
  anAsset({ assetId: `car-${String(index).padStart(4, "0")}`, fleetId, site: { ...site, ...changes } });
const EVENT: [Instant, Instant] = [at("2026-11-21T02:00Z"), at("2026-11-21T04:00Z")];
const eventOf = (kw: number): Slot => ({
  startsAt: EVENT[0],
  endsAt: EVENT[1],
  value: kw,
  kind: "forecast",
  issuedAt: at("2026-11-20T12:00Z"),
});

async function aWorld(assets: readonly Asset[]) {
  const world = optimiserWorld(assets);
  await world.read(
    ...assets.flatMap(({ assetId, kind }) => (kind === "car" ? [aReading({ assetId, storedKwh: 25 })] : [])),
  );
  const windowsOf = async (assetIds: readonly string[]) =>
    [...(await world.deps.plans.get([...assetIds])).values()].flatMap(({ windows }) => windows);
  return { ...world, windowsOf };
}

function peakKw(windows: readonly Window[], [from, to] = [at("2026-11-20T18:00Z"), at("2026-11-22T18:00Z")]): number {
  const moments = windows.map(({ startsAt }) => startsAt).filter((moment) => moment >= from && moment < to);
  const sums = [from, ...moments].map((moment) =>
    windows.reduce((kw, one) => kw + (one.startsAt <= moment && moment < one.endsAt ? one.powerKw : 0), 0),
  );
  return Math.max(...sums);
}

const kwhOf = (windows: readonly Window[]) =>
  windows.reduce((sum, one) => sum + (one.powerKw * (epochMs(one.endsAt) - epochMs(one.startsAt))) / HOUR_MS, 0);

describe("a site with a limit", () => {
  it("never has its cars draw more together, and every plan says how good it is", async () => {
    const home = [carAt(1, { importLimitKw: 9 }), carAt(2, { importLimitKw: 9 })];
    const { on, planOf, windowsOf } = await aWorld(home);
    await on(signalUpdated);
    const windows = await windowsOf(["car-0001", "car-0002"]);
    expect(peakKw(windows)).toBeLessThanOrEqual(9);
    expect(kwhOf(windows)).toBeCloseTo(2 * 25, 0);
    const proof = (await planOf("car-0001"))?.proof;
    expect(proof?.boundPence).toBeLessThanOrEqual(proof?.objectivePence ?? 0);
  });

  it("keeps what its heat pump may draw free: nobody decides when that runs", async () => {
    const home = [carAt(1, { importLimitKw: 9 }), aHeatPump({ site: { ...site, importLimitKw: 9 } })];
    const { on, windowsOf } = await aWorld(home);
    await on(signalUpdated);
    expect(peakKw(await windowsOf(["car-0001"]))).toBeLessThanOrEqual(6);
  });

  it("holds for one whose telemetry comes alone, beside the plans of the others", async () => {
    const home = [carAt(1, { importLimitKw: 9 }), carAt(2, { importLimitKw: 9 })];
    const { on, windowsOf } = await aWorld(home);
    await on(telemetryRecorded({ assetId: "car-0001", matters: true }));
    await on(telemetryRecorded({ assetId: "car-0002", matters: true }));
    const windows = await windowsOf(["car-0001", "car-0002"]);
    expect(kwhOf(windows)).toBeCloseTo(2 * 25, 0);
    expect(peakKw(windows)).toBeLessThanOrEqual(9);
  });
});

describe("a grid event", () => {
  const cars = [carAt(1, { siteId: "a" }), carAt(2, { siteId: "b" }), carAt(3, { siteId: "c", region: "J" })];

  it("is for its fleet and region only, and is heard by one whose telemetry comes alone", async () => {
    const { on, deps, windowsOf, planOf } = await aWorld(cars);
    const night = await deps.signals.slots(PRICE, at("2026-11-20T18:00Z"), at("2026-11-21T12:00Z"));
    await deps.signals.putSlots("octopus-agile#J", night);
    await deps.signals.putSlots("grid-event#main@C", [eventOf(2)]);
    await on(signalUpdated);
    expect(peakKw(await windowsOf(["car-0001", "car-0002"]), EVENT)).toBeLessThanOrEqual(2);
    expect(peakKw(await windowsOf(["car-0003"]), EVENT)).toBeGreaterThan(2);
    expect((await planOf("car-0001"))?.windows.map(({ reason }) => reason)).toContain("event");

    await deps.signals.putSlots("grid-event#main@C", [eventOf(0)]);
    await on(telemetryRecorded({ assetId: "car-0001", matters: true }));
    expect(peakKw(await windowsOf(["car-0001", "car-0002"]), EVENT)).toBe(0);
  });

  it("moves the plans of its whole portfolio when it is set and when it is withdrawn, and nobody else's", async () => {
    const { on, deps, windowsOf, planOf } = await aWorld(cars);
    const night = await deps.signals.slots(PRICE, at("2026-11-20T18:00Z"), at("2026-11-21T12:00Z"));
    await deps.signals.putSlots("octopus-agile#J", night);
    await on(signalUpdated);
    const before = await windowsOf(["car-0001", "car-0002"]);
    expect(peakKw(before, EVENT)).toBeGreaterThan(2);
    const elsewhere = await planOf("car-0003");

    await deps.signals.putSlots("grid-event#main@C", [eventOf(2)]);
    await on(gridEventChanged, telemetryRecorded({ assetId: "car-0001", matters: true }));
    expect(peakKw(await windowsOf(["car-0001", "car-0002"]), EVENT)).toBeLessThanOrEqual(2);
    expect((await planOf("car-0003"))?.version).toBe(elsewhere?.version);
    // Once with the signal for each region, and once with the event: what is named twice is planned once.
    expect(
      published(deps.bus, "PortfolioPlanned")
        .map(({ portfolioId }) => portfolioId)
        .sort(),
    ).toEqual(["main@C", "main@C", "main@J"]);

    await deps.signals.putSlots("grid-event#main@C", [eventOf(-1)]);
    await on(gridEventChanged);
    expect(peakKw(await windowsOf(["car-0001", "car-0002"]), EVENT)).toBe(peakKw(before, EVENT));
    expect((await deps.plans.portfolio("main@C", 0))?.limitKw.every((kw) => kw === null)).toBe(true);
  });

  it("is told with the portfolio's bound, load and limit", async () => {
    const { on, deps } = await aWorld(cars);
    await deps.signals.putSlots("grid-event#main@C", [eventOf(2)]);
    await on(signalUpdated);
    const told = published(deps.bus, "PortfolioPlanned");
    expect(told.map(({ portfolioId, assets }) => `${portfolioId} ${assets}`).sort()).toEqual(["main@C 2", "main@J 1"]);
    for (const { boundPence, objectivePence, isFinished } of told) {
      expect(boundPence).toBeLessThanOrEqual(objectivePence);
      expect(isFinished).toBe(true);
    }
    const stored = await deps.plans.portfolio("main@C", 0);
    const limited = stored?.limitKw.flatMap((kw, slot) => (kw === null ? [] : [slot])) ?? [];
    expect(limited).toHaveLength(4);
    for (const slot of limited) expect(stored?.loadKw[slot]).toBeLessThanOrEqual(2);
  });
});

describe("a site of many chargers under one limit", () => {
  const depot = { ...site, siteId: "depot", importLimitKw: 14 };
  const chargers = [1, 2, 3].map((index) => aCharger({ assetId: `charger-000${index}`, site: depot }));
  const plugged = (assetId: string, changes: object = {}) =>
    aReading({ assetId, socPercent: null, storedKwh: null, chargeLimitPercent: null, sessionKwh: 0, ...changes });
  const unplugged = { plugged: false, state: "disconnected" } as const;
  /** Evenings before this Friday on which two cars came at 22:00 for 60 kWh together and left at 06:00. */
  const visitorsAtTen = (assetId: string) => ({
    assetId,
    version: 1,
    stays: [16, 17, 18, 19].map((day) => ({
      pluggedInAt: at(`2026-11-${day}T22:00Z`),
      pluggedOutAt: at(`2026-11-${day + 1}T06:00Z`),
      energyKwh: 30,
    })),
    present: null,
  });
  const sooner = (windows: readonly Window[]) =>
    kwhOf(windows.filter(({ startsAt }) => startsAt < at("2026-11-20T22:00Z")));

  it("keeps room for cars that usually come later, and so charges who is there before them", async () => {
    const plan = async (habits: boolean) => {
      const world = optimiserWorld(chargers);
      if (habits) for (const one of ["charger-0002", "charger-0003"]) await world.deps.habits.put(visitorsAtTen(one));
      await world.read(plugged("charger-0001"), plugged("charger-0002", unplugged), plugged("charger-0003", unplugged));
      await world.on(signalUpdated);
      return (await world.planOf("charger-0001"))?.windows ?? [];
    };
    const [without, withHabits] = [await plan(false), await plan(true)];
    expect(kwhOf(withHabits)).toBeCloseTo(12, 0);
    expect(sooner(without)).toBe(0);
    expect(sooner(withHabits)).toBeGreaterThan(5);
  });

  it("lets nobody wait where not everybody can be served, least laxity first, and says so", async () => {
    const wants = (assetId: string, sessionEnergyKwh: number) =>
      aCharger({ assetId, site: depot, preferences: { ...aCharger().preferences, sessionEnergyKwh } });
    const all = [wants("charger-0001", 90), wants("charger-0002", 70), wants("charger-0003", 60)];
    const { read, on, windowsOf, planOf } = await aWorld(all);
    await read(...all.map(({ assetId }) => plugged(assetId)));
    await on(signalUpdated);
    const windows = await windowsOf(all.map(({ assetId }) => assetId));
    expect(peakKw(windows)).toBeLessThanOrEqual(14);
    expect(kwhOf(windows)).toBeGreaterThan(0.95 * 13 * 14);
    expect(windows.some(({ startsAt }) => startsAt === at("2026-11-20T18:00Z"))).toBe(true);
    expect((await planOf("charger-0001"))?.notes.join()).toContain("nobody waits");
  });

  it("remembers when cables go in and out", async () => {
    const { read, on, clock, deps } = optimiserWorld(chargers.slice(0, 1));
    await read(plugged("charger-0001"));
    await on(telemetryRecorded({ assetId: "charger-0001", matters: true }));
    clock.set(at("2026-11-20T23:00Z"));
    await read(plugged("charger-0001", { ...unplugged, observedAt: clock.now() }));
    await on(telemetryRecorded({ assetId: "charger-0001", matters: true }));
    expect((await deps.habits.get(["charger-0001"])).get("charger-0001")?.stays).toEqual([
      { pluggedInAt: at("2026-11-20T18:00Z"), pluggedOutAt: at("2026-11-20T23:00Z"), energyKwh: 0 },
    ]);
  });
});

describe("a car that usually leaves before the time stated", () => {
  it("is charged by when it usually leaves, and its owner's time stays the promise", async () => {
    const early = {
      assetId: "car-0001",
      version: 1,
      // Weekends, as tomorrow is a Saturday.
      stays: ["10-10", "10-11", "10-17", "10-18", "10-24", "10-31", "11-01", "11-07", "11-08", "11-14"].map((day) => ({
        pluggedInAt: plusMs(at(`2026-${day}T04:30Z`), -10 * HOUR_MS),
        pluggedOutAt: at(`2026-${day}T04:30Z`),
        energyKwh: 10,
      })),
      present: null,
    };
    const { deps, on, planOf } = await aWorld([anAsset()]);
    await deps.habits.put(early);
    await on(signalUpdated);
    const plan = await planOf("car-0001");
    expect(plan?.readyBy).toBe(at("2026-11-21T07:00Z"));
    expect(plan?.windows.every(({ endsAt }) => endsAt <= at("2026-11-21T04:30Z"))).toBe(true);
    expect(plan?.notes.join()).toContain("often leaves by");
  });
});

describe("more than one invocation can do", () => {
  const many = Array.from({ length: 7 }, (_, index) => carAt(index, { siteId: `home-${index >> 1}` }));

  it("is split by whole sites, each part with its share of the limit", () => {
    const items = workItems(many, () => "C", 3);
    expect(items.flatMap(({ assetIds }) => assetIds).sort()).toEqual(many.map(({ assetId }) => assetId));
    expect(items.every(({ assetIds, parts }) => assetIds.length <= 3 && parts === items.length)).toBe(true);
    expect(items.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    for (const siteId of ["home-0", "home-1", "home-2"]) {
      const there = many.flatMap((car) => (car.site.siteId === siteId ? [car.assetId] : []));
      expect(items.filter(({ assetIds }) => there.some((id) => assetIds.includes(id)))).toHaveLength(1);
    }
    expect(workItems([...many].reverse(), () => "C", 3).map(({ assetIds }) => [...assetIds].sort())).toEqual(
      items.map(({ assetIds }) => [...assetIds].sort()),
    );
  });

  it("goes back to the queue when little time is left, and is done from there", async () => {
    const { deps, on, later, windowsOf } = await aWorld(many);
    const short = { ...deps, remainingMs: () => 20_000 };
    const event = { Records: [{ messageId: "1", receiptHandle: "r", body: body(signalUpdated) }] };
    await run(event, short);
    expect(later).toHaveLength(1);
    expect(await windowsOf(many.map(({ assetId }) => assetId))).toEqual([]);
    await run(
      { Records: [{ messageId: "2", receiptHandle: "r", body: JSON.stringify({ workItem: later[0] }) }] },
      deps,
    );
    expect(new Set((await deps.plans.get(many.map(({ assetId }) => assetId))).keys()).size).toBe(7);
    await on(signalUpdated);
    expect(later).toHaveLength(1);
  });

  it("stores what it can before time runs out, and comes back for the rest, but not for ever", async () => {
    const { deps, later } = await aWorld(many);
    let calls = 0;
    const ending = { ...deps, remainingMs: () => (calls++ < 3 ? 60_000 : 1000) };
    await run({ Records: [{ messageId: "1", receiptHandle: "r", body: body(signalUpdated) }] }, ending);
    expect(later).toMatchObject([{ attempts: 1 }]);
    expect(deps.meter.counts.get("portfolios_given_up")).toBeUndefined();
    const last = { workItem: { ...later[0], attempts: 5 } };
    calls = 3;
    await run({ Records: [{ messageId: "2", receiptHandle: "r", body: JSON.stringify(last) }] }, ending);
    expect(later).toHaveLength(1);
    expect(deps.log.codes()).toContain("PORTFOLIO_GIVEN_UP");
    expect(deps.meter.counts.get("portfolios_given_up")).toBe(1);
  });
});

const gridEventChanged = {
  name: "GridEventChanged",
  detail: { portfolioId: "main@C", from: EVENT[0], to: EVENT[1] },
};

const body = ({ name, detail }: { name: string; detail: object }) =>
  JSON.stringify({
    "detail-type": name,
    detail: { version: 1, eventId: "event-0001", occurredAt: at("2026-11-20T18:00Z"), ...detail },
  });
