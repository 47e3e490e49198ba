import { describe, expect, it } from "vitest";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import {
  aCharger,
  aCommand,
  aHeatPump,
  aHeatReading,
  anAsset,
  aPlan,
  aProductionReading,
  aReading,
  aSolarSite,
  at,
  charging,
  slotsFrom,
} from "../builders.ts";
import { optimiserWorld, signalUpdated, telemetryRecorded } from "../fakes/optimiser-world.ts";

const EVENING = at("2026-11-20T18:00Z");
const ONE_AM = at("2026-11-21T01:59Z");
const CHARGER = aCharger();
const AT_CHARGER = anAsset({ chargerId: "charger-0001" });
const session = (changes: object = {}) => aReading({ assetId: "charger-0001", sessionKwh: 0, ...changes });

describe("a charger", () => {
  it("is planned by its session's energy and told at its plan's edge", async () => {
    const { on, read, tick, planOf, commands } = optimiserWorld([CHARGER]);
    await read(session());
    await on(signalUpdated);
    expect(await planOf("charger-0001")).toMatchObject({ energyNeededKwh: 12, shortfallKwh: 0 });
    await tick(ONE_AM);
    expect(commands()).toEqual(["charge.start issued"]);
  });

  it("is stopped when it charges outside its windows", async () => {
    const { on, read, commands } = optimiserWorld([CHARGER]);
    await read({ ...charging(), assetId: "charger-0001", sessionKwh: 1 });
    await on(telemetryRecorded({ assetId: "charger-0001", matters: true }));
    expect(commands()).toEqual(["charge.stop issued"]);
  });
});

describe("a car at an enrolled charger", () => {
  const both = () => optimiserWorld([AT_CHARGER, CHARGER]);

  it("is never commanded: its charger is, for what the car needs", async () => {
    const { on, read, tick, planOf, deps } = both();
    await read(aReading(), session());
    await on(signalUpdated);
    expect(await planOf("car-0001")).toBeUndefined();
    expect(await planOf("charger-0001")).toMatchObject({
      energyNeededKwh: 19.565,
      notes: ["the need is that of car-0001"],
    });
    await tick(ONE_AM);
    expect(deps.commands.all().map(({ assetId }) => assetId)).toEqual(["charger-0001"]);
  });

  it("plans its charger again when the car has news", async () => {
    const { on, read, planOf } = both();
    await read(aReading(), session());
    await on(telemetryRecorded({ assetId: "car-0001", matters: true }));
    expect(await planOf("car-0001")).toBeUndefined();
    expect((await planOf("charger-0001"))?.version).toBe(1);
  });

  it("is not told by a plan from the time when it acted itself", async () => {
    const { read, tick, deps, commands } = both();
    await read(aReading(), session());
    await deps.plans.put(aPlan({ assetId: "car-0001" }), at("2026-11-21T02:00Z"));
    await tick(ONE_AM);
    expect(commands()).toEqual([]);
  });

  it("ends what it was told before its charger is told anything", async () => {
    const { on, read, tick, deps } = both();
    await read(aReading(), session());
    await on(signalUpdated);
    const before = aCommand({ assetId: "car-0001", status: "accepted", issuedAt: EVENING });
    await deps.commands.issue({ ...before, status: "issued" });
    await tick(ONE_AM);
    expect(deps.commands.all().filter(({ assetId }) => assetId === "charger-0001")).toEqual([]);
    await deps.commands.transition(before, "withdrawn", { endedAt: ONE_AM });
    await tick(plusMs(ONE_AM, 5 * MINUTE_MS));
    expect(deps.commands.all().filter(({ assetId }) => assetId === "charger-0001")).toHaveLength(1);
  });
});

describe("a heat pump", () => {
  /** Cheap now, dear from seven to ten. */
  const PRICES = slotsFrom("2026-11-20T18:00Z", [...Array(2).fill(10), ...Array(6).fill(50), ...Array(20).fill(25)]);
  const world = (...more: Parameters<typeof optimiserWorld>[0]) => optimiserWorld([aHeatPump(), ...more], PRICES);
  const resting = aHeatReading({ mode: "normal", hotWaterC: 56, compressorOn: false });

  it("is boosted before dear hours and given back to its owner's control after", async () => {
    const { on, read, tick, deps, planOf } = world();
    await read(resting);
    await on(signalUpdated);
    const modes = () => deps.commands.all().map(({ action }) => (action.kind === "heat.mode" ? action.mode : "?"));
    const [boost] = (await planOf("heat-pump-0001"))?.windows ?? [];
    expect(boost).toMatchObject({ heatMode: "boost", reason: "cheapest" });
    if (boost && boost.startsAt > EVENING) await tick(boost.startsAt);
    expect(modes()).toEqual(["boost"]);

    const [command] = deps.commands.all();
    if (!command || !boost) throw new Error("no boost");
    for (const status of ["sending", "accepted", "confirmed"] as const)
      await deps.commands.transition(deps.commands.all()[0] ?? command, status, {});
    const boosted = aHeatReading({ mode: "boost", hotWaterC: 57, observedAt: boost.endsAt, receivedAt: boost.endsAt });
    await read(boosted);
    await tick(boost.endsAt);
    expect(modes()).toEqual(["boost", expect.stringMatching(/normal|reduced/)]);
  });

  it("is left alone without consent", async () => {
    const asset = aHeatPump({ consent: { control: false, givenAt: EVENING } });
    const { on, read, planOf, commands } = optimiserWorld([asset], PRICES);
    await read(resting);
    await on(signalUpdated);
    expect(await planOf("heat-pump-0001")).toBeUndefined();
    expect(commands()).toEqual([]);
  });
});

describe("a site with a roof", () => {
  const noon = slotsFrom("2026-11-20T18:00Z", Array(30).fill(30));

  it("gives its sun once: to a car first, and what is left to the heat pump", async () => {
    const { on, read, planOf } = optimiserWorld([anAsset(), aHeatPump(), aSolarSite()], noon);
    await read(
      aReading(),
      aHeatReading({ mode: "normal", hotWaterC: 56, compressorOn: false, powerKw: 0 }),
      aProductionReading({ gridKw: -4, observedAt: EVENING, receivedAt: EVENING }),
    );
    await on(telemetryRecorded({ assetId: "solar-0001", matters: true }));
    expect((await planOf("car-0001"))?.windows[0]).toMatchObject({ reason: "surplus", powerKw: 4 });
    expect(await planOf("heat-pump-0001")).toBeUndefined();
  });

  it("plans without it when the roof's power is unknown, and says so", async () => {
    const { on, read, planOf } = optimiserWorld([anAsset(), aSolarSite()], noon);
    await read(
      aReading(),
      aProductionReading({
        gridKw: null,
        productionKw: null,
        consumptionKw: null,
        observedAt: EVENING,
        receivedAt: EVENING,
      }),
    );
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.notes).toContain("solar power is unknown: the site's meter tells no grid power");
  });

  it("has no plan of its own", async () => {
    const { on, read, planOf, news } = optimiserWorld([aSolarSite()], noon);
    await read(aProductionReading());
    await on(telemetryRecorded({ assetId: "solar-0001", matters: true }), signalUpdated);
    expect(await planOf("solar-0001")).toBeUndefined();
    expect(news()).toEqual([]);
  });
});
