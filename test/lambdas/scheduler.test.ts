import { describe, expect, it } from "vitest";
import type { FaultClass } from "../../shared/domain/fault.ts";
import { type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { minuteNumber, slotOf } from "../../shared/domain/wheel.ts";
import type { PollRequest } from "../../shared/integration/poll-request.ts";
import type { DueLook } from "../../shared/store/schedule.ts";
import { batchKey } from "../../shared/store/schedule-rows.ts";
import { aReach, aReading, at, charging } from "../builders.ts";
import { fakeCausesStore } from "../fakes/causes-store.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeLog } from "../fakes/log.ts";
import { fakeReadingsStore } from "../fakes/readings-store.ts";
import { fakeScheduleStore } from "../fakes/schedule-store.ts";
import { aPoll, aScheduler } from "../fakes/scheduler.ts";

const START = at("2026-11-20T18:00Z");
const minute = (count: number) => plusMs(START, count * MINUTE_MS);
const PERIOD = 15;
const CADENCE = { idleMinutes: PERIOD, pluggedMinutes: 30, chargingMinutes: 10, openCommandMinutes: 1 };
const ACME = {
  name: "acme-cars",
  streams: [{ stream: "charge" as const, cadence: CADENCE }],
  limits: { batchSize: 2, concurrency: 5, reservedConcurrency: 3 },
};
const NEVER = at("2026-11-01T00:00Z");

/** Cars that all have the slot whose turn it is at 18:00. */
const cars = Array.from({ length: 2000 }, (_, index) => `car-${String(index).padStart(4, "0")}`).filter(
  (assetId) => slotOf(assetId, 30) === minuteNumber(START) % 30 && slotOf(assetId, PERIOD) === 0,
);
const [A = "", B = "", C = ""] = cars;

/** A fleet of one vendor on the wheel, and what is sent out to it. */
async function world(assetIds: readonly string[] = [A], manifests = [ACME]) {
  const clock = fakeClock(START);
  const log = fakeLog();
  const [schedule, readings] = [fakeScheduleStore(), fakeReadingsStore()];
  const scheduler = aScheduler({ now: clock.now, log, schedule, readings }, manifests);
  const member = (assetId: string, integration = "acme-cars") => ({
    integration,
    assetId,
    accountId: "customer-0001",
    stream: "charge" as const,
    periodMinutes: PERIOD,
  });
  for (const assetId of assetIds) await schedule.join(member(assetId));
  const requests = async (tickAt: Instant) => (await scheduler.tick(tickAt)).map(({ request }) => request);
  return {
    scheduler,
    schedule,
    readings,
    log,
    member,
    requests,
    /** The asset ids of every batch that a tick sends. */
    tick: async (tickAt = START) => (await requests(tickAt)).map(({ assets }) => assets.map(({ assetId }) => assetId)),
    /** Ticks each minute, and tells the first asset of each look with its minute. */
    async ticks(from: number, to: number, back: (request: PollRequest, at: Instant) => Promise<void> = async () => {}) {
      const looks: [number, string, string][] = [];
      for (let count = from; count <= to; count++) {
        for (const request of await requests(minute(count))) {
          for (const { assetId, why } of request.assets) looks.push([count, assetId, why]);
          await back(request, minute(count));
        }
      }
      return looks;
    },
    lookAt: (assetId: string, dueAt: Instant, changes: Partial<DueLook> = {}) =>
      schedule.lookAt({ ...member(assetId), dueAt, setAt: plusMs(dueAt, -5 * MINUTE_MS), why: "charging", ...changes }),
    /** What an integration's Lambda leaves behind. */
    fetched: (assetId: string, lastFetchedAt = START, reading = aReading()) =>
      readings.record({ ...reading, assetId }, aReach(lastFetchedAt)),
    failed: (assetId: string, faultClass: FaultClass, lastFetchedAt: Instant, failures = 1) =>
      readings.recordFailure(assetId, "charge", aReach(lastFetchedAt, { online: null, failures, faultClass })),
    /** Ends a batch as a worker does. */
    async finish(
      { batchId, assets }: PollRequest,
      finishedAt: Instant,
      faults: Partial<Record<FaultClass, number>> = {},
    ) {
      await schedule.claimBatch("acme-cars", batchId, { assets: assets.length, startedAt: finishedAt });
      const failed = Object.values(faults).reduce((sum, count) => sum + count, 0);
      await schedule.finishBatch("acme-cars", batchId, {
        ok: assets.length - failed,
        notAttempted: 0,
        faults,
        failedAccounts: assets.slice(0, failed).map(({ assetId }) => `owner of ${assetId}`),
        finishedAt,
      });
    },
  };
}

describe("a tick of the scheduler", () => {
  it("sends those whose turn it is, in batches of the size that the vendor takes", async () => {
    const { requests } = await world([A, B, C]);
    const asset = (assetId: string) => ({ assetId, expectAwake: false, why: "routine", periodMinutes: PERIOD });
    const common = { kind: "poll", stream: "charge", tickAt: START, notAfter: minute(PERIOD) };
    expect(await requests(START)).toEqual([
      { ...common, batchId: "2026-11-20T18:00:00.000Z#charge#15#1#0", assets: [asset(A), asset(B)] },
      { ...common, batchId: "2026-11-20T18:00:00.000Z#charge#15#1#1", assets: [asset(C)] },
    ]);
  });

  it("does nothing in an empty world, and writes nothing", async () => {
    const { tick, schedule } = await world([]);
    expect(await tick()).toEqual([]);
    expect(await schedule.ledger("acme-cars", NEVER)).toEqual([]);
    expect(await schedule.cursors(["acme-cars"])).toEqual(new Map());
  });

  it("looks at each once a period, and reads nobody else's row", async () => {
    const { ticks, readings, fetched, finish } = await world([A]);
    const asked: string[] = [];
    const { latest } = readings;
    readings.latest = async (ids, stream) => {
      asked.push(...ids);
      return latest(ids, stream);
    };
    const back = async (request: PollRequest, now: Instant) => {
      await fetched(A, now);
      await finish(request, now);
    };
    expect(await ticks(0, 44, back)).toEqual([0, 15, 30].map((count) => [count, A, "routine"]));
    expect(asked).toEqual([A, A, A]);
  });

  it("fetches nothing twice when the same minute is ticked twice, one after the other or at the same time", async () => {
    const { tick, log } = await world([A]);
    const both = await Promise.all([tick(), tick()]);
    expect(both.flat(2)).toEqual([A]);
    expect(await tick()).toEqual([]);
    expect(log.of("TICK_DUPLICATE")).toHaveLength(2);
  });

  it("does not fetch again who was just fetched, for whatever reason, and leaves the rest to its own turn", async () => {
    const { tick, fetched } = await world([A, B]);
    await fetched(A, minute(-7));
    await fetched(B, minute(-8));
    expect(await tick()).toEqual([[B]]);
  });

  it("believes no clock that ran ahead", async () => {
    const { tick, fetched } = await world([A]);
    await fetched(A, minute(120));
    expect(await tick()).toEqual([[A]]);
  });

  it.each<[FaultClass, number]>([
    ["credentials-revoked", 60],
    ["transient", 15],
  ])("looks at who failed with %s every %i minutes", async (fault, minutes) => {
    const { ticks, failed } = await world([A]);
    const looks = await ticks(0, 120, (_, now) => failed(A, fault, plusMs(now, 5000), 6));
    expect(looks.map(([count]) => count)).toEqual(Array.from({ length: 120 / minutes + 1 }, (_, n) => n * minutes));
  });

  it("reads a member on a wheel that its cadence no longer has", async () => {
    const { tick, schedule } = await world([A]);
    await tick(minute(-1));
    const slower = { ...ACME, streams: [{ stream: "charge" as const, cadence: { ...CADENCE, idleMinutes: 20 } }] };
    const clock = fakeClock(START);
    const renewed = aScheduler({ now: clock.now, log: fakeLog(), schedule, readings: fakeReadingsStore() }, [slower]);
    expect((await renewed.tick(START)).map(({ request }) => request.assets[0]?.assetId)).toEqual([A]);
  });
});

describe("looks that were asked for", () => {
  it("are sent in their minute, with their reason, once for an asset whose own turn it is too", async () => {
    const { requests, lookAt, fetched } = await world([A]);
    await fetched(A, minute(-10), charging());
    await lookAt(A, START);
    await lookAt(B, START, { why: "command" });
    expect((await requests(START)).flatMap(({ assets }) => assets)).toEqual([
      { assetId: B, expectAwake: true, why: "command", periodMinutes: PERIOD },
      { assetId: A, expectAwake: true, why: "charging", periodMinutes: PERIOD },
    ]);
  });

  it("are forgotten when the asset was looked at since, except for the proof of a command", async () => {
    const { tick, schedule, member, lookAt, fetched } = await world([]);
    await schedule.join({ ...member(C), periodMinutes: 7 });
    for (const assetId of [A, B]) {
      await fetched(assetId, minute(-1));
      await lookAt(assetId, START, { setAt: minute(-2), why: assetId === A ? "charging" : "command" });
    }
    expect(await tick()).toEqual([[B]]);
  });

  it("are made good after minutes without a tick: all proofs, and of the others what is no crowd", async () => {
    const { tick, lookAt, schedule, member } = await world([]);
    await schedule.join({ ...member(A), periodMinutes: 7 });
    await tick(minute(-31));
    for (const [index, assetId] of cars.slice(0, 60).entries())
      await lookAt(assetId, minute(-1 - (index % 30)), { why: index < 30 ? "command" : "backoff" });
    const looked = (await tick()).flat();
    expect(looked).toHaveLength(30 + 20);
    expect(looked).toEqual(expect.arrayContaining(cars.slice(0, 30)));
    expect(await tick(minute(1))).toEqual([]);
  });
});

describe("what was sent and did not come back", () => {
  it("is sent again after five minutes, to whom it did not reach, as long as there is no other turn", async () => {
    const { ticks, fetched, finish } = await world([A, B, C]);
    const looks = await ticks(0, 14, async (request, now) => {
      if (request.assets[0]?.assetId !== A || now !== START) return;
      await finish(request, now);
      await fetched(A, plusMs(now, 1000));
    });
    const first = [A, B, C].map((assetId) => [0, assetId, "routine"]);
    const again = (count: number) => [B, C].map((assetId) => [count, assetId, "routine"]);
    expect(looks).toEqual([...first, ...[5, 10].flatMap(again)]);
  });

  it("is not sent again when it did come back", async () => {
    const { ticks, fetched, finish } = await world([A]);
    const looks = await ticks(0, 14, async (request, now) => {
      await fetched(A, plusMs(now, 1000));
      await finish(request, now);
    });
    expect(looks).toEqual([[0, A, "routine"]]);
  });

  it("is not sent again by two ticks", async () => {
    const { tick } = await world([A]);
    await tick();
    const both = await Promise.all([tick(minute(5)), tick(minute(5))]);
    expect(both.flat(2)).toEqual([A]);
  });
});

describe("a vendor whose last looks all failed for its own reasons", () => {
  const down = { transient: 1 } as const;

  it("is looked at once a minute, proofs first, and everybody has their own turn again when it is back", async () => {
    const { scheduler, ticks, lookAt, finish, failed, log } = await world([A, B, C]);
    for (const count of [3, 2, 1]) {
      await scheduler.deps.schedule.claimRun("acme-cars", aRun(minute(-count)));
      await finish(aBatch(minute(-count)), minute(-count), down);
    }
    await lookAt(B, minute(1), { why: "command" });
    const looks = await ticks(0, 3, async (request, now) => {
      const fails = now < minute(2);
      if (fails) await failed(request.assets[0]?.assetId ?? "", "transient", plusMs(now, 1000));
      await finish(request, plusMs(now, 2000), fails ? down : {});
    });
    expect(looks).toEqual([
      [0, A, "probe"],
      [1, B, "probe"],
      [2, B, "probe"],
      [3, B, "command"],
    ]);
    expect(log.of("VENDOR_HELD")).toHaveLength(3);
    expect(await ticks(4, 32)).toEqual(expect.arrayContaining([A, B, C].map((id) => [15, id, "routine"])));
  });

  it.each<[string, Partial<Record<FaultClass, number>>[]]>([
    ["one of them was good", [{ transient: 1 }, {}, { "vendor-outage": 1 }]],
    [
      "they failed for reasons of their own",
      [{ "device-offline": 1 }, { "credentials-revoked": 1 }, { "our-fault": 1 }],
    ],
    ["there are two", [{ transient: 1 }, { transient: 1 }]],
  ])("is not held back when %s", async (_, batches) => {
    const { tick, finish, scheduler } = await world([A, B, C]);
    for (const [index, faults] of batches.entries()) {
      await scheduler.deps.schedule.claimRun("acme-cars", aRun(minute(-1 - index)));
      await finish(aBatch(minute(-1 - index)), minute(-1 - index), faults);
    }
    expect((await tick()).flat()).toEqual([A, B, C]);
  });
});

describe("many batches", () => {
  const many = [{ ...ACME, limits: { ...ACME.limits, batchSize: 1 } }];
  const some = cars.slice(0, 40);

  it("are spread over most of the minute", async () => {
    const { scheduler, requests } = await world(some, many);
    let passedMs = 0;
    const sentAtMs: number[] = [];
    const { send } = scheduler.deps;
    scheduler.deps.now = () => plusMs(START, passedMs);
    scheduler.deps.pause = async (ms) => {
      passedMs += ms;
    };
    scheduler.deps.send = (...given) => {
      sentAtMs.push(passedMs);
      return send(...given);
    };
    expect(await requests(START)).toHaveLength(some.length);
    expect(Math.max(...sentAtMs)).toBeGreaterThan(50_000);
    expect(Math.max(...sentAtMs)).toBeLessThan(60_000);
    expect(new Set(sentAtMs).size).toBe(some.length);
  });

  it("stop when the vendor turns out to be down", async () => {
    const { scheduler, requests, finish } = await world(some, many);
    const { send } = scheduler.deps;
    let passedMs = 0;
    scheduler.deps.now = () => plusMs(START, passedMs);
    scheduler.deps.pause = async (ms) => {
      passedMs += ms;
    };
    scheduler.deps.send = async (name, request) => {
      await finish(request, START, { "vendor-outage": 1 });
      return send(name, request);
    };
    const sent = await requests(START);
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(sent.length).toBeLessThan(8);
  });
});

describe("what cannot be read", () => {
  it("of one integration does not stop another's minute, and is told", async () => {
    const { scheduler, schedule, member, log } = await world([A], [ACME, { ...ACME, name: "bolt" }]);
    await schedule.join(member(B, "bolt"));
    const { ledger } = schedule;
    schedule.ledger = async (name, ...range) => {
      if (name === "acme-cars") throw new Error("throttled");
      return ledger(name, ...range);
    };
    await expect(scheduler.tick(START)).rejects.toThrow("throttled");
    schedule.ledger = ledger;
    expect(log.of("SCHEDULE_FAILED")).toMatchObject([{ fields: { integration: "acme-cars" } }]);
    expect((await schedule.ledger("bolt", START)).map(({ expected }) => expected)).toEqual([1]);
  });

  it("of one asset is left out by name, and the others go on", async () => {
    const { scheduler, tick, readings, log } = await world([A, B]);
    const { latest } = readings;
    readings.latest = async (ids, stream) => {
      if (ids.includes(A)) throw new Error("stored item in readings does not fit its schema");
      return latest(ids, stream);
    };
    const member = { key: `wheel#acme-cars ${C}`, error: new Error("does not fit") };
    scheduler.deps.refusedRows = () => [member];
    expect((await tick()).flat()).toEqual([A, B]);
    expect(log.of("SCHEDULE_ROW_REFUSED").map(({ fields }) => fields.key)).toEqual([
      `readings ${A} charge`,
      member.key,
    ]);
    expect(scheduler.meter.counts.get("stored_rows_refused")).toBe(1);
  });
});

describe("what is measured", () => {
  it("is how many of a turn's assets could not be read, those left out whose owner must act", async () => {
    const { scheduler, tick, fetched, failed } = await world(cars.slice(0, 6));
    const [, , read = "", old = "", failing = "", theirs = ""] = cars;
    await fetched(read, minute(-15));
    await fetched(old, minute(-31));
    await failed(failing, "device-offline", minute(-1), 3);
    await failed(theirs, "credentials-revoked", minute(-61), 9);
    await tick();
    const dimensions = { service: "scheduler", integration: "acme-cars" };
    expect(scheduler.meter.sent).toEqual(
      expect.arrayContaining([
        { name: "assets_checked", value: 5, dimensions },
        { name: "assets_not_read", value: 4, dimensions },
      ]),
    );
  });

  it("is a vendor that is down, at each minute until it is back, though nobody is looked at meanwhile", async () => {
    const { scheduler, schedule, ticks } = await world([A]);
    const causes = fakeCausesStore();
    scheduler.deps.causes = causes;
    const outage = { integration: "acme-cars", faultClass: "vendor-outage", since: START } as const;
    const minutesDown = () => scheduler.meter.sent.filter(({ name }) => name === "vendor_down");
    await ticks(1, 3);
    expect(minutesDown()).toEqual([]);
    const begun = { ...outage, assetsAffected: 1, energyAtRiskKwh: 0 };
    await causes.putOutage({ outage: begun, untoldSince: START, step: 1 });
    await ticks(4, 7);
    const dimensions = { service: "scheduler", integration: "acme-cars" };
    expect(minutesDown()).toEqual([1, 1, 1, 1].map((value) => ({ name: "vendor_down", value, dimensions })));
    const { outage: told, step } = (await causes.outage("acme-cars")) ?? expect.fail();
    await causes.putOutage({ outage: { ...told, endedAt: minute(7) }, untoldSince: minute(7), step: step + 1 });
    await ticks(8, 10);
    expect(minutesDown()).toHaveLength(4);
    expect((await schedule.ledger("acme-cars", START)).flatMap(({ results }) => results)).toEqual([]);
  });

  it("is how far the wheel is behind", async () => {
    const { scheduler, tick } = await world([A]);
    const lags = async (count: number) => {
      await tick(minute(count));
      return scheduler.meter.sent.findLast(({ name }) => name === "scheduler_lag_seconds")?.value;
    };
    scheduler.deps.now = () => minute(60);
    expect([await lags(60), await lags(61), await lags(62)]).toEqual([0, 0, 0]);
    expect(await lags(82)).toBe(19 * 60);
  });
});

const aRun = (at: Instant) => ({
  minute: at,
  part: "charge#due",
  attempt: 1,
  claimedAt: at,
  expected: 1,
  batches: 1,
  held: 0,
});
const aBatch = (at: Instant) => aPoll([C], at, { batchId: batchKey(aRun(at), 0) });
