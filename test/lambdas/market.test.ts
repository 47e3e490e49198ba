import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { costSlots } from "../../lambdas/optimiser/costs.ts";
import { marketKey, marketOf, seriesOf, seriesOfAll } from "../../lambdas/optimiser/market.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS } from "../../shared/domain/instant.ts";
import type { SeriesId, Slot } from "../../shared/domain/signal.ts";
import { Tariff } from "../../shared/domain/tariff.ts";
import { at, slotDay } from "../builders.ts";
import { clockChanges, shownMinutes, ZONES_WITH_CHANGES } from "./clock-changes.ts";

const DEFAULTS = { price: "octopus-agile#C", carbon: "carbon-intensity#national" } as const;
const LONDON = { timeZone: "Europe/London" };
const NIGHT = { from: "00:30", to: "05:30", pencePerKwh: 7.5 };
const GO: Tariff = { kind: "time-of-use", rates: [NIGHT], otherwisePencePerKwh: 30 };
const FLAT: Tariff = { kind: "flat", pencePerKwh: 25 };
const CARBON: ReadonlyMap<SeriesId, readonly Slot[]> = new Map([[DEFAULTS.carbon, []]]);

const priceOf = (tariff: Tariff, timeZone: string, from: Instant, to: Instant) =>
  marketOf({ timeZone, tariff }, CARBON, { from, to }, DEFAULTS).price;

describe("what a site sees of the stored signals", () => {
  it.each([
    ["names nothing", LONDON, DEFAULTS],
    ["is on Agile", { ...LONDON, tariff: { kind: "agile" } as const }, DEFAULTS],
    ["is elsewhere", { ...LONDON, region: "J" } as const, { price: "octopus-agile#J", carbon: "carbon-intensity#14" }],
    [
      "is in London and says so",
      { ...LONDON, region: "C" } as const,
      { price: DEFAULTS.price, carbon: "carbon-intensity#13" },
    ],
    ["has a flat tariff", { ...LONDON, tariff: FLAT }, { carbon: DEFAULTS.carbon }],
    ["has a night tariff elsewhere", { ...LONDON, tariff: GO, region: "P" } as const, { carbon: "carbon-intensity#1" }],
  ])("when it %s", (_what, site, expected) => {
    expect(seriesOf(site, DEFAULTS)).toEqual(expected);
  });

  it("is loaded once for all sites", () => {
    const sites = [LONDON, { ...LONDON, region: "J" } as const, { ...LONDON, tariff: FLAT }, LONDON];
    expect(seriesOfAll(sites, DEFAULTS)).toEqual([
      "carbon-intensity#14",
      "carbon-intensity#national",
      "octopus-agile#C",
      "octopus-agile#J",
    ]);
    expect(seriesOfAll([], DEFAULTS)).toEqual([]);
  });

  it("is given as loaded, and a series that nobody loaded is an error that names it", () => {
    const [from, to] = [at("2026-11-20T18:00Z"), at("2026-11-21T12:00Z")];
    const price = slotDay({ from, to, cheapFrom: from, cheapTo: from });
    const loaded = new Map<SeriesId, readonly Slot[]>([
      [DEFAULTS.price, price],
      ["carbon-intensity#national", []],
    ]);
    expect(marketOf(LONDON, loaded, { from, to }, DEFAULTS)).toEqual({ price, carbon: [] });
    expect(() => marketOf({ ...LONDON, region: "J" }, loaded, { from, to }, DEFAULTS)).toThrow(
      "octopus-agile#J was not loaded: load every series that seriesOfAll names",
    );
  });

  it("knows no zone that does not exist", () => {
    const [from, to] = [at("2026-11-20T18:00Z"), at("2026-11-21T12:00Z")];
    expect(() => priceOf(GO, "Europe/Atlantis", from, to)).toThrow(RangeError);
  });
});

/** `UTC start-end price` of each slot. */
function drawn(tariff: Tariff, zone: string, from: string, to: string): string[] {
  return priceOf(tariff, zone, at(from), at(to)).map(
    ({ startsAt, endsAt, value }) => `${startsAt.slice(8, 16)} ${endsAt.slice(8, 16)} ${value}`,
  );
}

describe("a tariff over a night", () => {
  it("is one slot when it is flat", () => {
    expect(drawn(FLAT, "Europe/London", "2026-10-24T12:00Z", "2026-10-26T12:00Z")).toEqual(["24T12:00 26T12:00 25"]);
  });

  it.each([
    ["5 h in winter", "2026-11-20", ["20T12:00 21T00:30 30", "21T00:30 21T05:30 7.5", "21T05:30 21T12:00 30"]],
    [
      "4 h when clocks go forward",
      "2026-03-28",
      ["28T12:00 29T00:30 30", "29T00:30 29T04:30 7.5", "29T04:30 29T12:00 30"],
    ],
    [
      "6 h when clocks go back",
      "2026-10-24",
      ["24T12:00 24T23:30 30", "24T23:30 25T05:30 7.5", "25T05:30 25T12:00 30"],
    ],
  ])("has %s from 00:30 to 05:30 in London", (_what, evening, expected) => {
    const nextNoon = instant(Date.parse(`${evening}T12:00Z`) + 24 * HOUR_MS);
    expect(drawn(GO, "Europe/London", `${evening}T12:00Z`, nextNoon)).toEqual(expected);
  });

  it.each([
    // 01:00 to 02:00 is skipped: what would begin in it begins at 02:00, and what lies in it is not.
    ["begins in the skipped hour", "01:30", "05:30", "2026-03-28", ["29T01:00 29T04:30"]],
    ["ends in the skipped hour", "00:00", "01:30", "2026-03-28", ["29T00:00 29T01:00"]],
    ["lies in the skipped hour", "01:15", "01:45", "2026-03-28", []],
    // 01:00 to 02:00 comes twice, from midnight UTC and from 01:00 UTC.
    ["begins in the repeated hour", "01:30", "05:30", "2026-10-24", ["25T00:30 25T01:00", "25T01:30 25T05:30"]],
    ["ends in the repeated hour", "00:30", "01:30", "2026-10-24", ["24T23:30 25T00:30", "25T01:00 25T01:30"]],
    ["lies in the repeated hour", "01:15", "01:45", "2026-10-24", ["25T00:15 25T00:45", "25T01:15 25T01:45"]],
    ["is all but the repeated hour", "02:00", "01:00", "2026-10-24", ["24T12:00 25T00:00", "25T02:00 25T12:00"]],
  ])("is right where a rate %s", (_what, from, to, evening, expected) => {
    const nextNoon = instant(Date.parse(`${evening}T12:00Z`) + 24 * HOUR_MS);
    const tariff: Tariff = { kind: "time-of-use", rates: [{ from, to, pencePerKwh: 7 }], otherwisePencePerKwh: 30 };
    const cheap = drawn(tariff, "Europe/London", `${evening}T12:00Z`, nextNoon).filter((slot) => slot.endsWith(" 7"));
    expect(cheap.map((slot) => slot.slice(0, -2))).toEqual(expected);
  });

  it("begins and ends where it is asked to, to the millisecond", () => {
    const [from, to] = [
      instant(Date.parse("2026-11-20T18:03Z") + 7),
      instant(Date.parse("2026-11-21T06:59Z") + 59_999),
    ];
    const slots = priceOf(GO, "Europe/London", from, to);
    expect(slots.map(({ startsAt, endsAt }) => [startsAt, endsAt])).toEqual([
      [from, at("2026-11-21T00:30Z")],
      [at("2026-11-21T00:30Z"), at("2026-11-21T05:30Z")],
      [at("2026-11-21T05:30Z"), to],
    ]);
    expect(priceOf(GO, "Europe/London", to, to)).toEqual([]);
  });

  it("is known for every moment that is planned, and nothing of it is estimated", () => {
    const [from, to] = [at("2026-10-24T18:00Z"), at("2026-10-26T07:00Z")];
    const market = marketOf({ ...LONDON, tariff: GO }, CARBON, { from, to }, DEFAULTS);
    const slots = costSlots({ ...market, from, to, carbonWeightPencePerKg: 10 });
    expect(slots.every(({ pricePencePerKwh, estimated }) => pricePencePerKwh !== null && !estimated)).toBe(true);
    const cheapMs = slots.reduce(
      (sum, { startMs, endMs, costPencePerKwh }) => sum + (costPencePerKwh === 7.5 ? endMs - startMs : 0),
      0,
    );
    expect(cheapMs).toBe(11 * HOUR_MS);
  });
});

/** A tariff whose edges crowd the hours in which clocks change. */
const aTariff: fc.Arbitrary<Tariff> = fc
  .record({
    edges: fc.uniqueArray(
      fc.oneof(
        fc.integer({ min: 0, max: 24 * 4 - 1 }).map((quarter) => quarter * 15),
        fc.integer({ min: 0, max: 4 * 60 }),
      ),
      { minLength: 2, maxLength: 8 },
    ),
    prices: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }),
    rotate: fc.boolean(),
  })
  .map(({ edges, prices, rotate }) => {
    const times = edges.toSorted((a, b) => a - b).map(hhmm);
    if (rotate) times.push(times.shift() ?? "00:00");
    const rates = times.flatMap((from, i) => {
      const to = times[i + 1];
      return i % 2 === 0 && to ? [{ from, to, pencePerKwh: 5 * (prices[i] ?? 0) }] : [];
    });
    return Tariff.parse({ kind: "time-of-use", rates, otherwisePencePerKwh: 10 });
  });

function hhmm(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** The price when clocks show `time`: text order is time order. */
function priceShown(tariff: Tariff, time: string): number {
  if (tariff.kind !== "time-of-use") throw new Error("a time-of-use tariff expected");
  const found = tariff.rates.find(({ from, to }) =>
    from < to ? from <= time && time < to : from <= time || time < to,
  );
  return found?.pencePerKwh ?? tariff.otherwisePencePerKwh;
}

/** Minutes before and after a clock change that are looked at. */
const AROUND = 30 * 60;

function asTheClockShows(zone: string, changeAtMs: number): void {
  const originMs = changeAtMs - AROUND * MINUTE_MS;
  const shown = shownMinutes(zone, originMs, changeAtMs + AROUND * MINUTE_MS);
  const span = fc.tuple(fc.integer({ min: 0, max: AROUND + 90 }), fc.integer({ min: 1, max: 2 * AROUND }));
  fc.assert(
    fc.property(aTariff, span, (tariff, [first, length]) => {
      const end = Math.min(first + length, 2 * AROUND);
      const minuteAt = (minute: number) => instant(originMs + minute * MINUTE_MS);
      const slots = priceOf(tariff, zone, minuteAt(first), minuteAt(end));
      expect([slots[0]?.startsAt, slots.at(-1)?.endsAt]).toEqual([minuteAt(first), minuteAt(end)]);
      const laid: number[] = [];
      for (const [i, slot] of slots.entries()) {
        expect(slot.startsAt < slot.endsAt).toBe(true);
        if (i > 0) expect([slot.startsAt, slot.value === slots[i - 1]?.value]).toEqual([slots[i - 1]?.endsAt, false]);
        const minutes = (epochMs(slot.endsAt) - epochMs(slot.startsAt)) / MINUTE_MS;
        for (let minute = 0; minute < minutes; minute++) laid.push(slot.value);
      }
      expect(laid).toEqual(shown.slice(first, end).map((time) => priceShown(tariff, time)));
    }),
    { numRuns: 4 },
  );
}

describe("a time-of-use tariff is what the clock shows, minute by minute,", () => {
  it.each(ZONES_WITH_CHANGES)("on every clock-change day from 2023 to 2027 in %s", (zone) => {
    const changes = clockChanges(zone);
    expect(changes).toHaveLength(10);
    for (const { atMs } of changes) asTheClockShows(zone, atMs);
  });

  it.each(["Asia/Kolkata", "UTC"])("and on any day in %s, whose clocks never change", (zone) => {
    expect(clockChanges(zone)).toEqual([]);
    for (let month = 0; month < 12; month++) asTheClockShows(zone, Date.UTC(2026, month, 1 + month));
  });
});

describe("a market's key", () => {
  const key = (site: Parameters<typeof marketKey>[0]) => marketKey(site, DEFAULTS);

  it("is that of the series where the price is a series", () => {
    expect(key(LONDON)).toBe("octopus-agile#C carbon-intensity#national");
    expect(key({ ...LONDON, tariff: { kind: "agile" } })).toBe(key(LONDON));
    // Where it stands matters to Agile only by its region.
    expect(key({ timeZone: "Europe/Oslo" })).toBe(key(LONDON));
    expect(key({ ...LONDON, region: "J" })).toBe("octopus-agile#J carbon-intensity#14");
  });

  it("tells tariffs apart by price, time, zone and carbon", () => {
    const sites = [
      { ...LONDON, tariff: FLAT },
      { ...LONDON, tariff: { ...FLAT, pencePerKwh: 26 } },
      { ...LONDON, tariff: FLAT, region: "C" as const },
      { ...LONDON, tariff: GO },
      { timeZone: "Europe/Oslo", tariff: GO },
      { ...LONDON, tariff: { ...GO, rates: [{ ...NIGHT, to: "05:00" }] } },
    ];
    expect(new Set(sites.map(key)).size).toBe(sites.length);
    expect(key({ timeZone: "Europe/Oslo", tariff: FLAT })).toBe(key({ ...LONDON, tariff: FLAT }));
  });

  it("is equal just when the prices of a day are", () => {
    const [from, to] = [at("2026-11-20T00:00Z"), at("2026-11-21T00:00Z")];
    const rewritten = fc.tuple(aTariff, fc.boolean()).map(([tariff, split]) => {
      if (tariff.kind !== "time-of-use") return [tariff, tariff] as const;
      // The same prices in other words: rates backwards, and a rate that says what holds otherwise.
      const rates = tariff.rates.toReversed().filter((rate) => !split || rate.pencePerKwh !== 10);
      return [tariff, rates.length > 0 ? { ...tariff, rates } : ({ kind: "flat", pencePerKwh: 10 } as const)] as const;
    });
    fc.assert(
      fc.property(rewritten, aTariff, ([one, same], other) => {
        expect(key({ ...LONDON, tariff: same })).toBe(key({ ...LONDON, tariff: one }));
        const prices = [one, other].map((tariff) => JSON.stringify(priceOf(tariff, "Europe/London", from, to)));
        expect(key({ ...LONDON, tariff: one }) === key({ ...LONDON, tariff: other })).toBe(prices[0] === prices[1]);
      }),
    );
  });
});

const CASE = new URL("../../../shared/data/optimiser-cases/s04-dst-spring-46-slots.json", import.meta.url);

describe.skipIf(!existsSync(CASE))("the shared case of a clock-change night", () => {
  it("has the prices that its local tariff lays", () => {
    const { time, priceClasses, localTariff } = JSON.parse(readFileSync(CASE, "utf8"));
    const { cheapFromLocal, cheapToLocal, cheap, day } = localTariff.go;
    const rates = [{ from: cheapFromLocal, to: cheapToLocal, pencePerKwh: cheap }];
    const startMs = Date.parse(time.startUtc);
    const slotMs = time.slotMinutes * MINUTE_MS;
    const tariff: Tariff = { kind: "time-of-use", rates, otherwisePencePerKwh: day };
    const laid = priceOf(tariff, time.zone, instant(startMs), instant(startMs + time.slots * slotMs));
    const halves = laid.flatMap(({ startsAt, endsAt, value }) =>
      Array.from({ length: (epochMs(endsAt) - epochMs(startsAt)) / slotMs }, () => value),
    );
    expect(halves).toEqual(priceClasses.go);
  });
});
