import { describe, expect, it } from "vitest";
import { connectSolarEdge } from "../../lambdas/integrations/solaredge/client.ts";
import { HOUR_MS, type Instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { anAsset, at } from "../builders.ts";
import {
  type Answer,
  aBench,
  aProduction,
  aSite,
  aTarget,
  BASE,
  NO_METER,
  problem,
  quarters,
  rejection,
} from "./solaredge-bench.ts";

const DAY = quarters(
  "2026-08-24T03:00Z",
  Array.from({ length: 40 }, () => 500),
);
const look = (bench: ReturnType<typeof aBench>, siteId = "1000001") =>
  bench.client.look(aTarget({ asset: aSite({ vendorAssetId: siteId }) }), { expectAwake: true });

describe("looking at a SolarEdge site", () => {
  it("asks for quarters in watt-hours over a span of its own, on the site's wall clock", async () => {
    const bench = aBench([DAY, NO_METER]);
    await look(bench);
    expect(bench.sent[0]?.href).toBe(
      `${BASE}/sites/1000001/energy?resolution=QUARTER_HOUR&from=2026-08-24T04%3A00%3A00&to=2026-08-24T14%3A00%3A00&unit=WH`,
    );
    expect(bench.names()).toEqual(["energy", "devices"]);
  });

  it("learns once a week whether there is a meter", async () => {
    const bench = aBench([DAY, NO_METER]);
    await look(bench);
    bench.pass(HOUR_MS);
    await look(bench);
    bench.pass(7 * 24 * HOUR_MS);
    await look(bench).catch(() => undefined);
    expect(bench.names()).toEqual(["energy", "devices", "energy", "energy", "devices"]);
  });

  it("spends nothing when no newer quarter can be known", async () => {
    const bench = aBench([DAY, NO_METER]);
    const last = aProduction({ observedAt: at("2026-08-24T13:00Z"), productionKw: 1 });
    await expect(bench.client.look(aTarget({ last }), { expectAwake: true })).resolves.toEqual({ online: true });
    expect(bench.sent).toEqual([]);
  });

  it("asks beyond an hour that comes twice, because no parameter can name it", async () => {
    const bench = aBench([DAY, NO_METER], { now: at("2026-10-25T01:20Z") });
    const last = aProduction({ observedAt: at("2026-10-25T00:45Z"), producedKwh: 0 });
    await bench.client.look(aTarget({ last }), { expectAwake: true });
    const { searchParams } = bench.sent[0] ?? new URL(BASE);
    expect([searchParams.get("from"), searchParams.get("to")]).toEqual(["2026-10-25T00:45:00", "2026-10-25T02:00:00"]);
  });

  it("refuses an asset that is no solar site", async () => {
    const bench = aBench([DAY]);
    const work = bench.client.look(aTarget({ asset: anAsset() }), { expectAwake: true });
    expect(await rejection(work)).toMatchObject({ fault: "our-configuration" });
    expect(bench.sent).toEqual([]);
  });
});

describe("credits", () => {
  it("are not spent on a month that is over: no call until the next one", async () => {
    const month = problem(429, "Rate limit exceeded", { "x-ratelimit-remaining-minute": "7" });
    const bench = aBench([month, DAY, { ...NO_METER }], { now: at("2026-08-27T12:05Z") });
    expect(await rejection(look(bench))).toMatchObject({ fault: "quota-exhausted" });
    for (let hour = 0; hour < 4 * 24; hour++) {
      bench.pass(HOUR_MS);
      expect(await rejection(look(bench, `${hour}`))).toMatchObject({ fault: "quota-exhausted" });
    }
    expect(bench.sent).toHaveLength(1);
    bench.pass(12 * HOUR_MS);
    await look(bench);
    expect(bench.sent).toHaveLength(3);
  });

  it("are not spent in a minute that the vendor closed, for any site", async () => {
    const minute = problem(429, "", { "x-ratelimit-remaining-minute": "0", "retry-after": "40" });
    const bench = aBench([minute, DAY, NO_METER]);
    expect(await rejection(look(bench))).toMatchObject({ fault: "rate-limited", retryAfterMs: 40_000 });
    bench.pass(10_000);
    expect(await rejection(look(bench, "2"))).toMatchObject({ fault: "rate-limited", retryAfterMs: 30_000 });
    expect(bench.sent).toHaveLength(1);
    bench.pass(30_000);
    await look(bench, "2");
    expect(bench.sent).toHaveLength(3);
  });

  it("go to ten calls a minute at most, and half a look is never begun", async () => {
    const bench = aBench([DAY, NO_METER]);
    for (const siteId of ["1", "2", "3", "4"]) await look(bench, siteId);
    // A new site may take three calls; two are left.
    expect(await rejection(look(bench, "5"))).toMatchObject({ fault: "rate-limited", retryAfterMs: MINUTE_MS });
    expect(bench.sent).toHaveLength(8);
    bench.pass(MINUTE_MS);
    await look(bench, "5");
    expect(bench.sent).toHaveLength(10);
  });

  it("end before the vendor ends them, and begin anew with the month", async () => {
    const bench = aBench([problem(401, "expired")], { now: at("2026-08-01T00:05Z") });
    const faults: unknown[] = [];
    for (let minute = 0; minute < 2100; minute++) {
      bench.pass(MINUTE_MS);
      faults.push(await rejection(look(bench)));
    }
    expect(faults.at(-1)).toMatchObject({ fault: "quota-exhausted", status: undefined });
    expect(bench.sent.length).toBeGreaterThan(1950);
    expect(bench.sent.length).toBeLessThan(2000);
    bench.pass(31 * 24 * HOUR_MS);
    expect(await rejection(look(bench))).toMatchObject({ fault: "token-expired" });
  });

  it.each<[string, Answer | "cut", number]>([
    ["a broken connection", "cut", 10 * MINUTE_MS],
    ["a web page", { status: 502, body: "<html>" }, 10 * MINUTE_MS],
    ["a silent gateway", quarters("2026-08-24T03:00Z", [null]), 55 * MINUTE_MS],
  ])("are not spent again at once on %s", async (_, answer, standsMs) => {
    const bench = aBench([answer, NO_METER]);
    const first = await rejection(look(bench));
    const { length } = bench.sent;
    bench.pass(standsMs - MINUTE_MS);
    expect(await rejection(look(bench))).toBe(first);
    expect(bench.sent).toHaveLength(length);
    bench.pass(MINUTE_MS);
    await rejection(look(bench));
    expect(bench.sent.length).toBeGreaterThan(length);
  });

  it("are never spent again on a retired interface", async () => {
    const bench = aBench([{ status: 410, body: {} }]);
    await rejection(look(bench));
    bench.pass(365 * 24 * HOUR_MS);
    expect(await rejection(look(bench))).toMatchObject({ fault: "api-retired" });
    expect(bench.sent).toHaveLength(1);
  });
});

describe("a token", () => {
  it("that is old is asked with again at once after it was renewed", async () => {
    const bench = aBench([problem(401, "expired"), DAY, NO_METER]);
    expect(await rejection(look(bench))).toMatchObject({ fault: "token-expired" });
    await expect(look(bench)).resolves.toMatchObject({ online: true });
  });
});

describe("the days on which clocks change", () => {
  /** Hourly looks over a day at a vendor that knows 100 Wh for each quarter; each period begins where the last ended. */
  async function sumOfDay(from: Instant, hours: number, zone: string) {
    let now = from;
    let energyKwh = 0;
    let endedAt = from;
    let last = aProduction({ observedAt: from, producedKwh: 0 });
    const client = connectSolarEdge({
      endpoint: () => new URL(BASE),
      now: () => now,
      count: () => undefined,
      fetch: async (input) => {
        const isDevices = String(input).includes("/devices");
        const body = isDevices ? NO_METER.body : quarters(plusMs(from, -2 * HOUR_MS), Array(140).fill(100)).body;
        return new Response(JSON.stringify(body));
      },
    });
    for (let hour = 1; hour <= hours; hour++) {
      now = plusMs(from, hour * HOUR_MS + 4 * MINUTE_MS);
      const { reading } = await client.look(aTarget({ asset: aSite({ timeZone: zone }), last }), { expectAwake: true });
      if (reading?.stream !== "production") throw new Error("no reading");
      expect(reading.producedFrom).toBe(endedAt);
      endedAt = reading.observedAt;
      energyKwh += reading.producedKwh ?? Number.NaN;
      last = reading;
    }
    return { energyKwh: Number(energyKwh.toFixed(6)), endedAt };
  }

  it.each([
    ["Europe/London", "2026-10-25T00:00+01:00", 25],
    ["Europe/London", "2026-03-29T00:00Z", 23],
    ["America/Chicago", "2026-11-01T00:00-05:00", 25],
    ["Australia/Lord_Howe", "2026-08-24T00:00+10:30", 24],
  ])("%s from %s has %i hours of energy", async (zone, midnight, hours) => {
    const from = at(midnight);
    const expected = { energyKwh: hours * 0.4, endedAt: plusMs(from, hours * HOUR_MS) };
    expect(await sumOfDay(from, hours, zone)).toEqual({
      ...expected,
      energyKwh: Number(expected.energyKwh.toFixed(6)),
    });
  });
});
