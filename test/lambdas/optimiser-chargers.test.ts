import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { World } from "../../lambdas/optimiser/actuator.ts";
import { loadOf } from "../../lambdas/optimiser/loads.ts";
import { sessionNeed } from "../../lambdas/optimiser/need.ts";
import type { Asset } from "../../shared/domain/asset.ts";
import { isEnded } from "../../shared/domain/command.ts";
import { plusMs } from "../../shared/domain/instant.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { aCharger, aCommand, anAsset, aReach, aReading, at, charging } from "../builders.ts";
import { optimiserWorld, signalUpdated, telemetryRecorded } from "../fakes/optimiser-world.ts";

const IN_WINDOW = at("2026-11-21T03:30Z");
const MINE = { chargerId: "charger-0001" };
const newsOf = (assetId: string) => telemetryRecorded({ assetId, matters: true });
/** What a charger tells: never a state of charge. */
const plug = (changes: Partial<ChargeReading> = {}) =>
  aReading({
    assetId: "charger-0001",
    socPercent: null,
    storedKwh: null,
    chargeLimitPercent: null,
    sessionKwh: 2,
    ...changes,
  });
const noControl = { consent: { control: false, givenAt: at("2026-01-01T00:00Z") } };

describe("a charger", () => {
  it("gets what its session lacks, at the cheapest time before it must be ready", async () => {
    const { on, read, planOf } = optimiserWorld([aCharger()]);
    await read(plug());
    await on(signalUpdated);
    const plan = await planOf("charger-0001");
    expect(plan).toMatchObject({
      energyNeededKwh: 10,
      shortfallKwh: 0,
      readyBy: "2026-11-21T07:00:00.000Z",
      notes: [],
    });
    expect((plan?.windows[0]?.startsAt ?? "") >= "2026-11-21T02:00").toBe(true);
  });

  it("has got nothing as far as anybody knows when the session's energy is unknown, and nothing more once it is full", () => {
    expect(sessionNeed(aCharger(), plug({ sessionKwh: null }))).toEqual({
      energyKwh: 12,
      nowKwh: 0,
      notes: [expect.stringContaining("unknown")],
    });
    expect(sessionNeed(aCharger(), plug({ sessionKwh: 12.4 })).energyKwh).toBe(0);
    expect(sessionNeed(aCharger(), plug({ sessionKwh: 2 }), 15)).toMatchObject({
      energyKwh: 13,
      notes: ["it usually takes 15 kWh, more than was agreed"],
    });
  });

  it("is started within its window and stopped at its end", async () => {
    const { on, read, tick, deps, planOf } = optimiserWorld([aCharger()]);
    await read(plug());
    await on(signalUpdated);
    const window = (await planOf("charger-0001"))?.windows[0];
    if (!window) throw new Error("no window");
    await tick(window.startsAt);
    const [start] = deps.commands.all();
    expect(start).toMatchObject({
      assetId: "charger-0001",
      integration: "acme-plugs",
      action: { kind: "charge.start" },
    });
    if (start) await deps.commands.transition(start, "withdrawn", {});
    await read(plug({ state: "charging", powerKw: 7.3, sessionKwh: 11.9, observedAt: plusMs(window.endsAt, -60_000) }));
    await tick(window.endsAt);
    expect(deps.commands.all().at(-1)?.action.kind).toBe("charge.stop");
  });

  it.each<[string, Partial<ChargeReading>]>([
    ["complete", { state: "complete" }],
    ["unplugged", { state: "disconnected", plugged: false }],
  ])("is left alone while %s", async (_, changes) => {
    const { on, read, commands } = optimiserWorld([aCharger()], []);
    await read(plug(changes));
    await on(signalUpdated);
    expect(commands()).toEqual([]);
  });

  it("is stopped anew when a stop has run out at the device and it charges again", async () => {
    const { on, read, clock, deps } = optimiserWorld([aCharger()]);
    await read(plug({ state: "charging", powerKw: 7.3, sessionKwh: 12 }));
    await on(newsOf("charger-0001"));
    const [stop] = deps.commands.all();
    if (!stop) throw new Error("no stop");
    for (const status of ["sending", "accepted", "confirmed"] as const)
      await deps.commands.transition({ assetId: stop.assetId, commandId: stop.commandId }, status, {});
    clock.set(plusMs(stop.notAfter, 60_000));
    await read(plug({ state: "charging", powerKw: 7.3, sessionKwh: 12.3, observedAt: clock.now() }));
    await on(newsOf("charger-0001"));
    expect(deps.commands.all().map(({ action, status }) => `${action.kind} ${status}`)).toEqual([
      "charge.stop confirmed",
      "charge.stop issued",
    ]);
  });
});

describe("a car at its charger", () => {
  const both = [anAsset(MINE), aCharger()];

  it("is only read: its charger acts, for the car's own need, and says so", async () => {
    const { on, read, planOf, deps } = optimiserWorld(both, []);
    await read(aReading(), plug());
    await on(newsOf("car-0001"));
    expect(await planOf("car-0001")).toBeUndefined();
    expect(await planOf("charger-0001")).toMatchObject({ energyNeededKwh: 19.565 });
    expect((await planOf("charger-0001"))?.notes).toContain("the need is that of car-0001");
    expect(deps.commands.all().map((command) => command.assetId)).toEqual(["charger-0001"]);
  });

  it("sets when the charger must be ready, and charges at once up to the level that its owner wants", async () => {
    const preferences = {
      ...anAsset().preferences,
      nextDepartureAt: at("2026-11-21T05:30Z"),
      chargeNowToPercent: 55,
    };
    const { on, read, planOf } = optimiserWorld([anAsset({ ...MINE, preferences }), aCharger()]);
    await read(aReading(), plug());
    await on(signalUpdated);
    const plan = await planOf("charger-0001");
    expect(plan?.readyBy).toBe("2026-11-21T05:30:00.000Z");
    expect(plan?.windows[0]?.reason).toBe("charge-now-minimum");
  });

  it.each<[string, Partial<ChargeReading>, string]>([
    ["not plugged in", { plugged: false, state: "disconnected" }, "none of its cars"],
    ["not known to be", { plugged: null }, "none of its cars"],
    ["of unknown charge", { socPercent: null, storedKwh: null }, "state of charge of car-0001 is unknown"],
  ])("gives its charger no need when it is %s: the session's counts", async (_, changes, note) => {
    const { on, read, planOf } = optimiserWorld(both);
    await read(aReading(changes), plug());
    await on(newsOf("charger-0001"));
    expect(await planOf("charger-0001")).toMatchObject({ energyNeededKwh: 10 });
    expect((await planOf("charger-0001"))?.notes).toContainEqual(expect.stringContaining(note));
  });

  it("shares it with another: the one that is plugged in counts, and neither when both say so", async () => {
    const cars = [anAsset(MINE), anAsset({ ...MINE, assetId: "car-0002" })];
    const { on, read, planOf } = optimiserWorld([...cars, aCharger()]);
    await read(aReading({ plugged: false, state: "disconnected" }), aReading({ assetId: "car-0002" }), plug());
    await on(signalUpdated);
    expect((await planOf("charger-0001"))?.notes).toContain("the need is that of car-0002");
    await read(aReading({ observedAt: at("2026-11-20T18:01Z") }));
    await on(newsOf("car-0001"));
    expect(await planOf("charger-0001")).toMatchObject({ energyNeededKwh: 10 });
    expect((await planOf("charger-0001"))?.notes).toContainEqual(expect.stringContaining("more than one"));
  });

  it.each<[string, Asset[], string]>([
    ["is not enrolled", [], "is not enrolled"],
    ["may not be controlled", [aCharger(noControl)], "may not be controlled"],
  ])("acts for itself when its charger %s, and says so", async (_, chargers, note) => {
    const { on, read, planOf, deps } = optimiserWorld([anAsset(MINE), ...chargers], []);
    await read(aReading(), plug());
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.notes).toContainEqual(expect.stringContaining(note));
    expect(deps.commands.all().map((command) => command.assetId)).toEqual(["car-0001"]);
  });

  it("is not commanded at the edges of its own plan once a charger is enrolled for it", async () => {
    const { on, read, tick, deps, planOf, commands } = optimiserWorld([anAsset(MINE)]);
    await read(aReading());
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.windows.length).toBeGreaterThan(0);
    await deps.assets.put(aCharger());
    await tick(IN_WINDOW);
    expect(commands()).toEqual([]);
    await read(plug({ observedAt: IN_WINDOW }));
    await on({ name: "AssetEnrolled", detail: { assetId: "charger-0001" } });
    expect(deps.commands.all().map((command) => command.assetId)).toEqual(["charger-0001"]);
  });

  it("has its open command taken back before its charger is told anything, which waits while one is being sent", async () => {
    for (const status of ["issued", "accepted", "sending", "unknown"] as const) {
      const { on, read, deps } = optimiserWorld(both, []);
      await read(aReading(), plug());
      await deps.commands.issue(aCommand({ status, commandId: "of-the-car-itself" }));
      await on(newsOf("charger-0001"));
      const isFree = status === "issued" || status === "accepted";
      expect(
        deps.commands
          .all()
          .map((one) => `${one.assetId} ${one.status}`)
          .sort(),
      ).toEqual(isFree ? ["car-0001 withdrawn", "charger-0001 issued"] : [`car-0001 ${status}`]);
    }
  });
});

describe("what nobody has heard of for two hours", () => {
  it("keeps its plan, says so, and is told nothing until it is heard of again", async () => {
    const { on, read, clock, blindTick, tick, planOf, commands } = optimiserWorld([anAsset()]);
    await read(aReading());
    await on(signalUpdated);
    const windows = (await planOf("car-0001"))?.windows;
    clock.set("2026-11-20T20:01Z");
    await on(signalUpdated);
    expect(await planOf("car-0001")).toMatchObject({ version: 2, windows });
    expect((await planOf("car-0001"))?.notes).toContainEqual(expect.stringContaining("nothing is commanded"));
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.version).toBe(2);
    await blindTick(IN_WINDOW);
    expect(commands()).toEqual([]);
    await tick(plusMs(IN_WINDOW, 600_000));
    expect(commands()).toEqual(["charge.start issued"]);
  });

  it("is thought of again soon, though whoever kept its plan died before it said so", async () => {
    const { on, read, clock, deps } = optimiserWorld([anAsset()]);
    await read(aReading());
    await on(signalUpdated);
    // The start's moment has passed, and the next edge of the plan is its end.
    clock.set(plusMs(IN_WINDOW, 60_000));
    const { setNextEdge } = deps.plans;
    deps.plans.setNextEdge = () => Promise.reject(new Error("died"));
    await expect(on(signalUpdated)).rejects.toThrow("died");
    deps.plans.setNextEdge = setNextEdge;
    await on(signalUpdated);
    expect(await deps.plans.dueEdges(plusMs(IN_WINDOW, 12 * 60_000))).toEqual(["car-0001"]);
  });

  it("is not a car that sleeps: a look that wakes nobody is enough", async () => {
    const { on, read, deps, clock, commands } = optimiserWorld([anAsset()], []);
    await read(aReading());
    clock.set("2026-11-20T22:00Z");
    await deps.readings.recordFailure("car-0001", "charge", aReach("2026-11-20T21:50Z", { online: false }));
    await on(signalUpdated);
    expect(commands()).toEqual(["charge.start issued"]);
  });

  it("is a charger without its cloud", async () => {
    const { on, read, deps, clock, commands } = optimiserWorld([aCharger()], []);
    await read(plug());
    clock.set("2026-11-20T22:00Z");
    await deps.readings.recordFailure("charger-0001", "charge", aReach("2026-11-20T21:50Z", { online: false }));
    await on(signalUpdated);
    expect(commands()).toEqual([]);
  });
});

describe("every fleet of cars and chargers", () => {
  const name = (kind: string, n: number) => `${kind}-000${n}`;
  const fleet = fc.record({
    cars: fc.array(
      fc.record({
        site: fc.integer({ min: 1, max: 2 }),
        charger: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        plugged: fc.constantFrom(true, false, null),
        control: fc.boolean(),
        isCharging: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    chargers: fc.array(fc.record({ site: fc.integer({ min: 1, max: 2 }), control: fc.boolean() }), { maxLength: 3 }),
  });
  type Fleet = typeof fleet extends fc.Arbitrary<infer T> ? T : never;

  function assetsOf({ cars, chargers }: Fleet): Asset[] {
    const common = (site: number, control: boolean) => ({
      site: { siteId: name("home", site), timeZone: "Europe/London" },
      consent: { control, givenAt: at("2026-01-01T00:00Z") },
    });
    return [
      ...cars.map(({ site, charger, control }, index) =>
        anAsset({
          ...common(site, control),
          assetId: name("car", index + 1),
          ...(charger === undefined ? {} : { chargerId: name("charger", charger) }),
        }),
      ),
      ...chargers.map(({ site, control }, index) =>
        aCharger({ ...common(site, control), assetId: name("charger", index + 1) }),
      ),
    ];
  }

  function readingsOf({ cars, chargers }: Fleet): ChargeReading[] {
    return [
      ...cars.map(({ plugged, isCharging }, index) =>
        (isCharging ? charging : aReading)({ assetId: name("car", index + 1), plugged }),
      ),
      ...chargers.map((_, index) => plug({ assetId: name("charger", index + 1) })),
    ];
  }

  it("has one that acts on each load: never a car and the charger that it names", () => {
    fc.assert(
      fc.property(fleet, (made) => {
        const assets = assetsOf(made);
        const known = new Map(
          readingsOf(made).map((reading) => [reading.assetId, { reading, reach: aReach("2026-11-20T18:00Z") }]),
        );
        const world: World = { assets: new Map(assets.map((asset) => [asset.assetId, asset])), known };
        const acting = new Set(
          assets.flatMap((asset) =>
            loadOf(asset, world, at("2026-11-20T18:00Z"))?.kind === "charge" ? [asset.assetId] : [],
          ),
        );
        for (const asset of assets) {
          if (asset.kind !== "car" || asset.chargerId === undefined) continue;
          expect(acting.has(asset.assetId) && acting.has(asset.chargerId)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("has never commands open for both, whoever's news came in whichever order and whatever was open before", async () => {
    const order = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 });
    const status = fc.constantFrom("issued", "accepted", "sending", "unknown", "confirmed");
    await fc.assert(
      fc.asyncProperty(fleet, order, status, async (made, turns, before) => {
        const assets = assetsOf(made);
        fc.pre(assets.length > 0);
        const { on, read, deps } = optimiserWorld(assets, []);
        await read(...readingsOf(made));
        const siteOf = (assetId: string) => assets.find((asset) => asset.assetId === assetId)?.site.siteId;
        // A charger of another site is a mistake of enrolment: it is not seen from there what its car was told before.
        const carWithPlug = assets.find(
          ({ kind, ...asset }) =>
            kind === "car" &&
            "chargerId" in asset &&
            asset.chargerId !== undefined &&
            (siteOf(asset.chargerId) ?? asset.site.siteId) === asset.site.siteId,
        );
        if (carWithPlug) await deps.commands.issue(aCommand({ assetId: carWithPlug.assetId, status: before }));
        for (const turn of turns) {
          const asset = assets[turn % assets.length];
          if (asset) await on(newsOf(asset.assetId));
          const open = new Set(
            deps.commands.all().flatMap((command) => (isEnded(command.status) ? [] : [command.assetId])),
          );
          for (const car of assets) {
            if (car.kind !== "car" || car.chargerId === undefined) continue;
            expect(open.has(car.assetId) && open.has(car.chargerId)).toBe(false);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is planned within the limits of every plug", async () => {
    await fc.assert(
      fc.asyncProperty(fleet, fc.integer({ min: 6, max: 32 }), async (made, maxCurrentA) => {
        const assets = assetsOf(made).map((asset) =>
          asset.kind === "charger" ? { ...asset, supply: { ...asset.supply, maxCurrentA } } : asset,
        );
        fc.pre(assets.length > 0);
        const { on, read, planOf } = optimiserWorld(assets);
        await read(...readingsOf(made));
        await on(signalUpdated);
        for (const asset of assets) {
          if (asset.kind !== "charger") continue;
          for (const { powerKw } of (await planOf(asset.assetId))?.windows ?? []) {
            expect(powerKw).toBeLessThanOrEqual((230 * maxCurrentA) / 1000 + 1e-3);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
