import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/optimiser/handler.ts";
import { ownSeconds } from "../../lambdas/optimiser/spread.ts";
import { type Instant, plusMs } from "../../shared/domain/instant.ts";
import {
  aCommand,
  anAsset,
  aPlan,
  aProductionReading,
  aReading,
  aSolarSite,
  at,
  charging,
  queued,
  slotDay,
} from "../builders.ts";
import { published } from "../fakes/bus.ts";
import { optimiserWorld, signalUpdated, telemetryRecorded } from "../fakes/optimiser-world.ts";

const CARS = ["car-0001", "car-0002", "car-0003"];
const ONE = [anAsset()];

describe("a re-plan", () => {
  it("is for everybody of every fleet when a signal changed", async () => {
    const assets = [anAsset(), anAsset({ assetId: "car-0002" }), anAsset({ assetId: "car-0003", fleetId: "depot" })];
    const { on, read, deps, planOf } = optimiserWorld([
      ...assets,
      anAsset({ assetId: "car-0009", fleetId: "not-ours" }),
    ]);
    await read(...[...CARS, "car-0009"].map((assetId) => aReading({ assetId })));
    expect(await on(signalUpdated)).toEqual({ batchItemFailures: [] });
    for (const assetId of CARS) expect((await planOf(assetId))?.windows.length).toBeGreaterThan(0);
    expect(await planOf("car-0009")).toBeUndefined();
    expect(published(deps.bus, "PlanUpdated")[0]).toMatchObject({
      assetId: "car-0001",
      planVersion: 1,
      energyNeededKwh: 19.565,
      shortfallKwh: 0,
    });
    expect(deps.log.of("PLAN_MADE").map((line) => line.fields.assetId)).toEqual(CARS);
  });

  it("of everybody counts who stood plugged in for an hour with no plan: the news of them was lost", async () => {
    const seen = aReading({ observedAt: at("2026-11-20T18:00Z") });
    const stale = async (replanAt: string, ...earlier: ("news" | "switched on")[]) => {
      const { clock, deps, on, read, planOf } = optimiserWorld(ONE);
      await read(seen);
      if (earlier.includes("news")) await on(telemetryRecorded({ assetId: "car-0001", matters: true }));
      if (earlier.includes("switched on"))
        await deps.killSwitch.set({ isOn: false, since: at("2026-11-20T18:40Z"), by: "ops", reason: "done" });
      clock.set(at(replanAt));
      await on(signalUpdated);
      expect((await planOf("car-0001"))?.windows.length).toBeGreaterThan(0);
      return deps.meter.counts.get("plans_stale");
    };
    expect(await stale("2026-11-20T19:01Z")).toBe(1);
    expect(await stale("2026-11-20T18:59Z")).toBeUndefined();
    expect(await stale("2026-11-20T19:01Z", "news")).toBeUndefined();
    expect(await stale("2026-11-20T19:01Z", "switched on")).toBeUndefined();
  });

  it("is only for those whose telemetry matters", async () => {
    const { on, read, planOf } = optimiserWorld(CARS.map((assetId) => anAsset({ assetId })));
    await read(...CARS.map((assetId) => aReading({ assetId })));
    await on(
      telemetryRecorded({ assetId: "car-0001", matters: false }, { assetId: "car-0002", matters: true }),
      telemetryRecorded({ assetId: "car-0003", matters: false }),
    );
    expect(await Promise.all(CARS.map(async (id) => (await planOf(id)) !== undefined))).toEqual([false, true, false]);
  });

  it.each(["CommandMissed", "CommandRejected", "CommandExpired", "AssetEnrolled"])(
    "is for the asset that %s names",
    async (name) => {
      const { on, read, planOf } = optimiserWorld(ONE);
      await read(aReading());
      await on({ name, detail: { assetId: "car-0001" } });
      expect((await planOf("car-0001"))?.version).toBe(1);
    },
  );

  it("is one, however many records of a batch name the asset", async () => {
    const { on, read, planOf } = optimiserWorld(ONE);
    await read(aReading());
    const twice = telemetryRecorded({ assetId: "car-0001", matters: true });
    await on(twice, twice, { name: "CommandMissed", detail: { assetId: "car-0001" } });
    expect((await planOf("car-0001"))?.version).toBe(1);
  });

  it("stores, tells and commands nothing when nothing changed", async () => {
    const { on, read, planOf, news } = optimiserWorld(ONE);
    await read(aReading());
    await on(signalUpdated);
    expect(news()).toEqual(["PlanUpdated"]);
    await on(signalUpdated);
    expect(news()).toEqual([]);
    expect((await planOf("car-0001"))?.version).toBe(1);
  });

  it("does nothing in an empty world", async () => {
    const { on, news } = optimiserWorld([]);
    expect(await on(signalUpdated, telemetryRecorded({ assetId: "car-0001", matters: true }))).toEqual({
      batchItemFailures: [],
    });
    expect(news()).toEqual([]);
  });

  it("leaves a roof alone: it is planned with, not for", async () => {
    const { on, read, tick, deps, planOf, commands, news } = optimiserWorld([aSolarSite()]);
    await read(aProductionReading());
    await on(signalUpdated, telemetryRecorded({ assetId: "solar-0001", matters: true }));
    expect(await planOf("solar-0001")).toBeUndefined();
    await deps.plans.put(aPlan({ assetId: "solar-0001" }), at("2026-11-21T02:00Z"));
    await tick(at("2026-11-21T02:00Z"));
    expect(commands()).toEqual([]);
    expect(news()).toEqual([]);
  });

  it("waits for the first reading of a car", async () => {
    const { on, planOf } = optimiserWorld(ONE);
    await on(signalUpdated);
    expect(await planOf("car-0001")).toBeUndefined();
  });

  it("leaves a record that does not fit on the queue while the others go on", async () => {
    const { read, deps, planOf } = optimiserWorld(ONE);
    await read(aReading());
    const batch = queued(
      { name: "CommandMissed", detail: { assetId: "NOT AN ID" } },
      { name: "NobodyKnowsThis", detail: {} },
      telemetryRecorded({ assetId: "car-0001", matters: true }),
    );
    const [first, second] = batch.Records;
    const broken = { Records: [...batch.Records, { messageId: "broken", receiptHandle: "r", body: "{" }] };
    expect(await run(broken, deps)).toEqual({
      batchItemFailures: [first, second, { messageId: "broken" }].map((one) => ({ itemIdentifier: one?.messageId })),
    });
    expect((await planOf("car-0001"))?.version).toBe(1);
    expect(deps.log.codes().filter((code) => code === "RECORD_REFUSED")).toHaveLength(3);
  });

  it("plans nothing and commands nothing without the customer's consent", async () => {
    const { on, read, planOf, commands, news } = optimiserWorld([
      anAsset({ consent: { control: false, givenAt: at("2026-01-01T00:00Z") } }),
    ]);
    await read(charging());
    await on(signalUpdated);
    expect(await planOf("car-0001")).toBeUndefined();
    expect(commands()).toEqual([]);
    expect(news()).toEqual([]);
  });

  it("estimates a missing price feed from the day before, and says so in the plan", async () => {
    const span = { from: "2026-11-19T18:00Z", to: "2026-11-20T18:00Z" };
    const yesterday = slotDay({ ...span, cheapFrom: "2026-11-20T02:00Z", cheapTo: "2026-11-20T05:00Z" });
    const { on, read, planOf } = optimiserWorld(ONE, yesterday);
    await read(aReading());
    await on(signalUpdated);
    const plan = await planOf("car-0001");
    expect(plan?.notes).toEqual([expect.stringContaining("priced by the same time of an earlier day")]);
    expect(plan?.windows.every((window) => window.priceEstimated)).toBe(true);
    expect((plan?.windows[0]?.startsAt ?? "") >= "2026-11-21T02:00").toBe(true);
  });

  it("charges at once when no price was ever known, and says why", async () => {
    const { on, read, planOf, commands } = optimiserWorld(ONE, []);
    await read(aReading());
    await on(signalUpdated);
    const plan = await planOf("car-0001");
    expect(plan?.windows[0]).toMatchObject({ startsAt: "2026-11-20T18:00:00.000Z", reason: "no-signal" });
    expect(plan?.notes).toEqual([expect.stringContaining("have no price")]);
    expect(commands()).toEqual(["charge.start issued"]);
  });

  it("empties the plan of a car that was unplugged, and commands nothing", async () => {
    const { on, read, tick, planOf, commands, news } = optimiserWorld(ONE);
    await read(aReading());
    await on(signalUpdated);
    news();
    await read(aReading({ observedAt: at("2026-11-20T20:00Z"), plugged: false, state: "disconnected" }));
    await on(telemetryRecorded({ assetId: "car-0001", matters: true }));
    expect(await planOf("car-0001")).toMatchObject({
      version: 2,
      windows: [],
      notes: [expect.stringMatching(/plugged/)],
    });
    expect(news()).toEqual(["PlanUpdated"]);
    await tick(at("2026-11-21T02:00Z"));
    expect(commands()).toEqual([]);
  });

  it("plans for a one-off departure while it lies ahead, else for the daily hour at the site", async () => {
    const preferences = { ...anAsset().preferences, nextDepartureAt: at("2026-11-21T04:00Z") };
    const { on, read, clock, planOf } = optimiserWorld([anAsset({ preferences })]);
    await read(aReading());
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.readyBy).toBe("2026-11-21T04:00:00.000Z");
    clock.set("2026-11-21T04:00Z");
    await read(aReading({ observedAt: at("2026-11-21T03:59Z") }));
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.readyBy).toBe("2026-11-21T07:00:00.000Z");
  });

  it("stops at once a car that charges before its window", async () => {
    const { on, read, deps, news } = optimiserWorld(ONE);
    await read(charging());
    await on(signalUpdated);
    expect(news()).toEqual(["PlanUpdated", "CommandIssued"]);
    expect(deps.commands.all()[0]).toMatchObject({ action: { kind: "charge.stop" }, attempts: 0, status: "issued" });
  });
});

describe("an edge of a plan", () => {
  async function planned() {
    const world = optimiserWorld(ONE);
    await world.read(aReading());
    await world.on(signalUpdated);
    const startsAt = (await world.planOf("car-0001"))?.windows[0]?.startsAt ?? at("1970-01-01T00:00Z");
    world.news();
    const offsetMs = 1000 * ownSeconds("car-0001", at("2026-11-21T07:00Z"));
    return { ...world, startsAt, offsetMs };
  }

  it("issues its command a minute ahead, to act at the asset's own moment after the edge, and not before", async () => {
    const { tick, startsAt, offsetMs, deps, news } = await planned();
    await tick(plusMs(startsAt, -120_000));
    expect(news()).toEqual([]);
    await tick(plusMs(startsAt, -60_000));
    expect(news()).toEqual(["CommandIssued"]);
    expect(deps.commands.all()[0]).toMatchObject({
      action: { kind: "charge.start", currentA: 32 },
      status: "issued",
      issuedAt: plusMs(startsAt, -60_000),
      notBefore: plusMs(startsAt, offsetMs),
      offsetSeconds: offsetMs / 1000,
      reason: "cheapest",
    });
    expect(deps.commands.all()[0]?.checkAt).toBe(deps.commands.all()[0]?.notAfter);
  });

  it("issues it once, when the tick runs twice or both ticks run at the same time", async () => {
    const { tick, startsAt, commands, news } = await planned();
    await Promise.all([tick(startsAt), tick(startsAt)]);
    await tick(startsAt);
    await tick(plusMs(startsAt, 60_000));
    expect(commands()).toEqual(["charge.start issued"]);
    expect(news()).toEqual(["CommandIssued"]);
  });

  it("issues it late when the ticks were late", async () => {
    const { tick, startsAt, commands } = await planned();
    await tick(plusMs(startsAt, 20 * 60_000));
    expect(commands()).toEqual(["charge.start issued"]);
  });

  it("issues nothing to a car whose owner took the consent back, or that does it already", async () => {
    const { tick, deps, startsAt, commands } = await planned();
    await deps.assets.put(anAsset({ consent: { control: false, givenAt: startsAt } }));
    await tick(startsAt);
    expect(commands()).toEqual([]);
    const other = await planned();
    await other.read(charging({ observedAt: startsAt }));
    await other.tick(startsAt);
    expect(other.commands()).toEqual([]);
  });

  it("stops the car after the window's end, as much later as it began", async () => {
    const { tick, read, planOf, startsAt, offsetMs, deps } = await planned();
    const endsAt = (await planOf("car-0001"))?.windows.at(-1)?.endsAt ?? startsAt;
    await tick(startsAt);
    for (const command of deps.commands.all()) await deps.commands.transition(command, "sending", {});
    for (const command of deps.commands.all()) await deps.commands.transition(command, "accepted", {});
    for (const command of deps.commands.all()) await deps.commands.transition(command, "confirmed", {});
    await read(charging({ observedAt: plusMs(endsAt, -300_000) }));
    await tick(plusMs(endsAt, -60_000));
    expect(deps.commands.all().at(-1)).toMatchObject({
      action: { kind: "charge.stop" },
      notBefore: plusMs(endsAt, offsetMs),
    });
  });
});

describe("a command that a newer plan overtakes", () => {
  it("is withdrawn when the new one is issued, and both are told", async () => {
    const { on, read, deps, commands, news } = optimiserWorld(ONE);
    await read(aReading());
    const start = aCommand({ issuedAt: at("2026-11-20T17:50Z"), notBefore: at("2026-11-20T17:50Z") });
    await deps.commands.issue(start);
    await on(signalUpdated);
    expect(commands().sort()).toEqual(["charge.start withdrawn", "charge.stop issued"]);
    expect(news()).toEqual(["PlanUpdated", "CommandWithdrawn", "CommandIssued"]);
    expect(await deps.commands.get(start)).toMatchObject({
      endedAt: "2026-11-20T18:00:00.000Z",
      evidence: "overtaken by a newer plan",
    });
  });

  it("is left alone while it is being sent: nobody knows yet what it did", async () => {
    const { on, read, deps, commands } = optimiserWorld(ONE);
    await read(aReading());
    const sending = {
      status: "sending",
      issuedAt: at("2026-11-20T17:59Z"),
      notBefore: at("2026-11-20T17:59Z"),
    } as const;
    await deps.commands.issue(aCommand(sending));
    await on(signalUpdated);
    expect(commands().sort()).toEqual(["charge.start sending", "charge.stop issued"]);
  });
});

describe("after a rejection", () => {
  it("holds the same command back for as long as the fault needs, then issues it anew though the plan is the same", async () => {
    const { on, read, clock, deps, commands } = optimiserWorld(ONE, []);
    await read(aReading());
    await on(signalUpdated);
    const [first] = deps.commands.all();
    if (!first) throw new Error("no command was issued");
    const sending = await deps.commands.transition(first, "sending", {});
    await deps.commands.transition(sending ?? expect.fail(), "rejected", {
      endedAt: clock.now(),
      faultClass: "our-fault",
    });

    clock.advance(59 * 60_000);
    await on({ name: "CommandRejected", detail: { assetId: "car-0001" } });
    expect(commands()).toEqual(["charge.start rejected"]);
    clock.advance(60_000);
    await on(signalUpdated);
    expect(commands().sort()).toEqual(["charge.start issued", "charge.start rejected"]);
  });
});

describe("a plan", () => {
  it("is not told and not followed by the worker that lost the race to store it", async () => {
    const { on, read, deps, news, later } = optimiserWorld(ONE, []);
    await read(aReading());
    deps.plans.put = async () => false;
    await on(signalUpdated);
    expect(news()).toEqual([]);
    expect(deps.commands.all()).toEqual([]);
    expect(later).toMatchObject([{ assetIds: ["car-0001"], isWhole: false }]);
  });

  it("is made once more where another came first, which may have known less", async () => {
    const { on, read, deps, planOf, later } = optimiserWorld(ONE);
    await read(aReading());
    const { put } = deps.plans;
    deps.plans.put = async (plan, edge) => {
      deps.plans.put = put;
      await put({ ...plan, windows: [] }, undefined);
      return put(plan, edge);
    };
    await on(signalUpdated);
    expect((await planOf("car-0001"))?.windows).toEqual([]);
    const [workItem] = later;
    await run({ Records: [{ messageId: "2", receiptHandle: "r", body: JSON.stringify({ workItem }) }] }, deps);
    expect((await planOf("car-0001"))?.windows.length).toBeGreaterThan(0);
  });
});

describe("a look before an edge", () => {
  const looksAt = ({ deps }: ReturnType<typeof optimiserWorld>, minute: Instant) =>
    deps.schedule.dueLooks("acme-cars", minute);

  it("is asked for when the plan is made, and for the next edge when one is followed", async () => {
    const world = optimiserWorld([anAsset()]);
    await world.read(aReading());
    await world.on(signalUpdated);
    const [window] = (await world.planOf("car-0001"))?.windows ?? [];
    if (!window) throw new Error("nothing was planned");
    expect(await looksAt(world, plusMs(window.startsAt, -240_000))).toMatchObject([
      { assetId: "car-0001", accountId: "customer-0001", stream: "charge", why: "edge" },
    ]);
    expect(await looksAt(world, plusMs(window.endsAt, -240_000))).toEqual([]);
    await world.tick(plusMs(window.startsAt, -60_000));
    expect(await looksAt(world, plusMs(window.endsAt, -240_000))).toMatchObject([{ why: "edge" }]);
  });

  it("is not asked for an edge just ahead", async () => {
    const world = optimiserWorld([anAsset()]);
    world.clock.set("2026-11-21T01:51Z");
    await world.read(aReading({ observedAt: at("2026-11-21T01:50Z"), receivedAt: at("2026-11-21T01:50Z") }));
    await world.on(signalUpdated);
    const [window] = (await world.planOf("car-0001"))?.windows ?? [];
    expect(window?.startsAt).toBe("2026-11-21T02:00:00.000Z");
    for (const minute of ["01:51", "01:52", "01:55", "01:56", "01:57"])
      expect(await looksAt(world, at(`2026-11-21T${minute}Z`))).toEqual([]);
  });
});

describe("an edge that was taken up and not followed to its end", () => {
  it("falls due again two minutes later, and is followed once", async () => {
    const world = optimiserWorld([anAsset()]);
    await world.read(aReading());
    await world.on(signalUpdated);
    const startsAt = (await world.planOf("car-0001"))?.windows[0]?.startsAt ?? at("1970-01-01T00:00Z");
    const { recent } = world.deps.commands;
    world.deps.commands.recent = () => Promise.reject(new Error("the table is away"));
    await expect(world.tick(plusMs(startsAt, -60_000))).rejects.toThrow("the table is away");
    world.deps.commands.recent = recent;

    await world.tick(startsAt);
    expect(world.commands()).toEqual(["charge.start issued"]);
    await world.tick(plusMs(startsAt, 60_000));
    expect(world.commands()).toEqual(["charge.start issued"]);
  });

  it("is told by the ledger when the bus refused it: its row goes on owing", async () => {
    const world = optimiserWorld([anAsset()]);
    await world.read(charging({ socPercent: 50, storedKwh: 30 }));
    world.deps.bus.publish = () => Promise.reject(new Error("EventBridge is away"));
    await expect(world.on(signalUpdated)).rejects.toThrow("EventBridge is away");
    const [command] = world.deps.commands.all();
    const row = command && (await world.deps.commands.get(command));
    expect(row?.untold?.map(({ name }) => name)).toEqual(["CommandIssued"]);
  });
});
