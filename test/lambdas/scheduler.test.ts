import { describe, expect, it } from "vitest";
import { run } from "../../lambdas/scheduler/handler.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import { aCommand, aHeatReading, aProductionReading, aReach, aReading, at, charging } from "../builders.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeCommandsStore } from "../fakes/commands-store.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeMeter } from "../fakes/meter.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";

const START = at("2026-11-20T18:00Z");
const minute = (count: number) => plusMs(START, count * MINUTE_MS);
const FACTS = {
  streams: [
    {
      stream: "charge" as const,
      cadence: { idleMinutes: 15, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 },
    },
  ],
  limits: { batchSize: 2, concurrency: 5, reservedConcurrency: 3 },
};

/** A fleet of one vendor, and what was sent out to it. */
async function world(...assetIds: string[]) {
  const clock = fakeClock(START);
  const sent: { functionName: string; request: PollRequest }[] = [];
  const deps = {
    now: clock.now,
    log: fakeLog(),
    integrations: [{ name: "acme-cars", functionName: "fn-acme", ...FACTS }],
    schedule: fakeScheduleStore(),
    readings: fakeReadingsStore(),
    commands: fakeCommandsStore(),
    meter: fakeMeter(),
    send: async (functionName: string, request: PollRequest) => void sent.push({ functionName, request }),
  };
  for (const assetId of assetIds)
    await deps.schedule.addMember({ integration: "acme-cars", assetId, stream: "charge" });
  return {
    deps,
    sent,
    tick: (tickAt = START) => run({ tickAt }, deps),
    /** The asset ids of every batch sent since the last look. */
    batches: () => sent.splice(0).map(({ request }) => request.assets.map((asset) => asset.assetId)),
    /** What an integration's Lambda leaves behind. */
    fetched: (assetId: string, reading = aReading(), lastFetchedAt = START) =>
      deps.readings.record({ ...reading, assetId }, aReach(lastFetchedAt)),
  };
}

describe("a tick of the scheduler", () => {
  it("sends whoever was never fetched, in batches of the size that the vendor takes", async () => {
    const { tick, sent } = await world("car-0001", "car-0002", "car-0003");
    expect(await tick()).toEqual({ sent: 3 });
    expect(sent).toEqual([
      {
        functionName: "fn-acme",
        request: {
          kind: "poll",
          batchId: "2026-11-20T18:00:00.000Z#charge#0",
          stream: "charge",
          assets: [
            { assetId: "car-0001", expectAwake: false },
            { assetId: "car-0002", expectAwake: false },
          ],
        },
      },
      {
        functionName: "fn-acme",
        request: {
          kind: "poll",
          batchId: "2026-11-20T18:00:00.000Z#charge#1",
          stream: "charge",
          assets: [{ assetId: "car-0003", expectAwake: false }],
        },
      },
    ]);
  });

  it("does nothing in an empty world, and claims nothing", async () => {
    const { tick, deps, sent } = await world();
    expect(await tick()).toEqual({ sent: 0 });
    expect(sent).toEqual([]);
    expect(await deps.schedule.runs("acme-cars", minute(-60))).toEqual([]);
  });

  it("fetches nothing twice when the same minute is ticked twice", async () => {
    const { tick, batches, deps } = await world("car-0001");
    await tick();
    expect(batches()).toEqual([["car-0001"]]);
    expect(await tick()).toEqual({ sent: 0 });
    expect(batches()).toEqual([]);
    expect(deps.log.codes()).toEqual([]);
  });

  it("fetches nothing twice when two ticks of a minute run at the same time", async () => {
    const { tick, batches, deps } = await world("car-0001");
    const counts = await Promise.all([tick(), tick()]);
    expect(counts.map((count) => count.sent).sort()).toEqual([0, 1]);
    expect(batches()).toEqual([["car-0001"]]);
    expect(deps.log.of("TICK_DUPLICATE").map((line) => line.fields)).toEqual([
      { integration: "acme-cars", tickAt: START },
    ]);
  });

  it("does not send again who is on the way, but sends who became due meanwhile", async () => {
    const { tick, batches, deps } = await world("car-0001");
    await tick();
    await deps.schedule.addMember({ integration: "acme-cars", assetId: "car-0002", stream: "charge" });
    batches();
    await tick(minute(1));
    expect(batches()).toEqual([["car-0002"]]);
    await tick(minute(2));
    expect(batches()).toEqual([]);
  });

  it("sends a batch again that was lost, five minutes later and not before", async () => {
    const { tick, batches } = await world("car-0001");
    await tick();
    batches();
    for (const later of [1, 2, 3, 4]) await tick(minute(later));
    expect(batches()).toEqual([]);
    await tick(minute(5));
    expect(batches()).toEqual([["car-0001"]]);
  });

  it("claims the minute before it sends: an invoke that fails is not repeated at once, but as a lost one", async () => {
    const { tick, batches, deps } = await world("car-0001");
    const down = { ...deps, send: async () => Promise.reject(new Error("Lambda is throttled")) };
    await expect(run({ tickAt: START }, down)).rejects.toThrow("Lambda is throttled");
    expect(await tick()).toEqual({ sent: 0 });
    await tick(minute(5));
    expect(batches()).toEqual([["car-0001"]]);
  });

  it("looks at its own pace at who stands and who charges", async () => {
    const { tick, batches, fetched } = await world("car-0001", "car-0002");
    await fetched("car-0001", aReading());
    await fetched("car-0002", charging());
    await tick(minute(9));
    expect(batches()).toEqual([]);
    await tick(minute(10));
    expect(batches()).toEqual([["car-0002"]]);
    await tick(minute(30));
    expect(batches()).toEqual([["car-0001", "car-0002"]]);
  });

  it("looks each minute while a taken command waits for its proof, and expects the car awake", async () => {
    const { tick, sent, fetched, deps } = await world("car-0001");
    await fetched("car-0001");
    await deps.commands.issue(aCommand({ status: "accepted" }));
    await tick(minute(1));
    expect(sent.map(({ request }) => request.assets)).toEqual([[{ assetId: "car-0001", expectAwake: true }]]);
  });

  it.each(["issued", "sending", "unknown"] as const)("looks no sooner for a command that is %s", async (status) => {
    const { tick, batches, fetched, deps } = await world("car-0001");
    await fetched("car-0001");
    await deps.commands.issue(aCommand({ status }));
    await tick(minute(1));
    expect(batches()).toEqual([]);
  });

  it("looks no sooner for a command of another vendor or one that has ended", async () => {
    const { tick, batches, fetched, deps } = await world("car-0001");
    await fetched("car-0001");
    await deps.commands.issue(aCommand({ commandId: "other-vendor", status: "accepted", integration: "bolt" }));
    await deps.commands.issue(aCommand({ commandId: "has-ended", status: "confirmed" }));
    await tick(minute(1));
    expect(batches()).toEqual([]);
  });

  it("backs off from an asset that fails, by the kind of failure", async () => {
    const { tick, batches, fetched, deps } = await world("car-0001", "car-0002");
    for (const [assetId, faultClass] of [
      ["car-0001", "transient"],
      ["car-0002", "credentials-revoked"],
    ] as const) {
      await fetched(assetId);
      await deps.readings.recordFailure(assetId, "charge", aReach(START, { online: null, failures: 3, faultClass }));
    }
    await tick(minute(3));
    expect(batches()).toEqual([]);
    await tick(minute(4));
    expect(batches()).toEqual([["car-0001"]]);
    await tick(minute(60));
    expect(batches()).toEqual([["car-0001", "car-0002"]]);
  });

  it.each([
    ["heat", "heat-pump-0001", aHeatReading(), aHeatReading({ compressorOn: false }), 30],
    ["production", "solar-0001", aProductionReading(), aProductionReading({ productionKw: 0 }), 15],
  ] as const)("polls the stream %s by its own readings and cadence", async (stream, assetId, busy, quiet, minutes) => {
    const { deps, sent } = await world();
    const [facts] = FACTS.streams;
    if (!facts) throw new Error("no stream");
    const other = { name: "other", functionName: "fn-other", ...FACTS, streams: [{ ...facts, stream }] };
    const only = { ...deps, integrations: [other] };
    await deps.schedule.addMember({ integration: "other", assetId, stream });
    const sentAt = async (later: number) => {
      await run({ tickAt: minute(later) }, only);
      return sent.splice(0).map(({ request }) => request);
    };
    await deps.readings.record(busy, aReach(START));
    expect(await sentAt(9)).toEqual([]);
    expect(await sentAt(10)).toEqual([
      {
        kind: "poll",
        batchId: `2026-11-20T18:10:00.000Z#${stream}#0`,
        stream,
        assets: [{ assetId, expectAwake: true }],
      },
    ]);
    await deps.readings.record({ ...quiet, observedAt: minute(10) }, aReach(minute(10)));
    expect(await sentAt(10 + minutes - 1)).toEqual([]);
    expect(await sentAt(10 + minutes)).toMatchObject([{ stream, assets: [{ assetId, expectAwake: false }] }]);
  });

  it("lets one vendor's duplicate not stop another's run", async () => {
    const { deps, sent } = await world("car-0001");
    await deps.schedule.addMember({ integration: "bolt", assetId: "car-0009", stream: "charge" });
    await deps.schedule.claimRun("acme-cars", { tickAt: START, assetIds: [] });
    const both = [...deps.integrations, { name: "bolt", functionName: "fn-bolt", ...FACTS }];
    expect(await run({ tickAt: START }, { ...deps, integrations: both })).toEqual({ sent: 1 });
    expect(sent.map(({ functionName }) => functionName)).toEqual(["fn-bolt"]);
  });

  it("measures how many of each vendor's assets it could not read", async () => {
    const { deps, tick } = await world("car-0001", "car-0002", "car-0003", "car-0004");
    await deps.schedule.addMember({ integration: "bolt", assetId: "car-0009", stream: "charge" });
    for (const assetId of ["car-0001", "car-0002", "car-0003"])
      await deps.readings.record({ ...aReading(), assetId }, aReach(START));
    await tick();
    expect(deps.meter.gauges).toEqual([
      { name: "assets_not_read_percent", value: 25, dimensions: { integration: "acme-cars" } },
    ]);
  });
});
