import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/optimiser/handler.ts";
import { workItems } from "../../lambdas/optimiser/work.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { epochMs, HOUR_MS, type Instant } from "../../shared/domain/instant.ts";
import type { Window } from "../../shared/domain/plan.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { aHeatPump, anAsset, aReading, at } from "../builders.ts";
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
    const last = { workItem: { ...later[0], attempts: 5 } };
    calls = 3;
    await run({ Records: [{ messageId: "2", receiptHandle: "r", body: JSON.stringify(last) }] }, ending);
    expect(later).toHaveLength(1);
    expect(deps.log.codes()).toContain("PORTFOLIO_GIVEN_UP");
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
