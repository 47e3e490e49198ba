import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { costSlots } from "../../lambdas/optimiser/costs.ts";
import { type Market, marketOf } from "../../lambdas/optimiser/market.ts";
import { type PlanAnswer, plan } from "../../lambdas/optimiser/plan.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { nextLocalTime } from "../../shared/zone.ts";
import { HALF_HOUR_MS } from "../builders.ts";
import { type ClockChange, clockChanges, shownMinutes, ZONES_WITH_CHANGES } from "./clock-changes.ts";

const MAX_POWER_KW = 7.36;
const MIN_POWER_KW = 1.38;
const RUNS_PER_DAY = 3;

/** A car that comes in the day before a change of the clocks, or just after it. */
type Stay = {
  /** Minutes before the change; the car comes at a whole minute. */
  comesBefore: number;
  /** Minutes into the local day. */
  readyBy: number;
  energyKwh: number;
  /** Of half-hours, from the one in which the car comes. */
  pricesPence: readonly number[];
};

const aStay: fc.Arbitrary<Stay> = fc.record({
  comesBefore: fc.oneof(fc.integer({ min: -90, max: 150 }), fc.integer({ min: 0, max: 22 * 60 })),
  // Clocks change between midnight and three: half the cars must be ready about then.
  readyBy: fc.oneof(fc.integer({ min: 0, max: 4 * 60 }), fc.integer({ min: 0, max: 24 * 60 - 1 })),
  // More than a car takes in half an hour at 6 A: less would be rounded up to the shortest run.
  energyKwh: fc.oneof(fc.double({ min: 0.7, max: 40, noNaN: true }), fc.double({ min: 40, max: 200, noNaN: true })),
  pricesPence: fc.array(fc.integer({ min: -5, max: 40 }), { minLength: 56, maxLength: 56 }),
});

const hhmm = (minute: number) =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");

function halfHours(now: Instant, pricesPence: readonly number[]): Slot[] {
  const firstMs = epochMs(now) - (epochMs(now) % HALF_HOUR_MS);
  return pricesPence.map((value, i) => {
    const startsAt = instant(firstMs + i * HALF_HOUR_MS);
    return { startsAt, endsAt: plusMs(startsAt, HALF_HOUR_MS), value, kind: "actual", issuedAt: now };
  });
}

function planned(market: Market, now: Instant, readyBy: Instant, energyKwh: number): PlanAnswer {
  const slots = costSlots({ ...market, from: now, to: readyBy, carbonWeightPencePerKg: 0 });
  // Every moment from now to the deadline once, whatever clocks show.
  expect([slots[0]?.startMs, slots.at(-1)?.endMs]).toEqual([epochMs(now), epochMs(readyBy)]);
  slots.forEach((slot, i) => {
    expect(slot.startMs < slot.endMs && slot.endMs === (slots[i + 1]?.startMs ?? slot.endMs)).toBe(true);
  });
  return plan({
    energyKwh,
    nowKwh: 0,
    maxPowerKw: MAX_POWER_KW,
    minPowerKw: MIN_POWER_KW,
    slots,
    reserveMs: 2 * MINUTE_MS,
    runMs: 10 * MINUTE_MS,
    isCharging: false,
  });
}

/** What is possible in the hours that truly pass is delivered, in windows between now and the deadline. */
function isKept(answer: PlanAnswer, now: Instant, readyBy: Instant, energyKwh: number): void {
  const possibleKwh = ((epochMs(readyBy) - epochMs(now)) / HOUR_MS) * MAX_POWER_KW;
  const wantedKwh = Math.min(energyKwh, possibleKwh);
  const deliveredKwh = answer.windows.reduce((sum, window) => sum + window.energyKwh, 0);
  // Windows are rounded to a milliwatt-hour each, the shortfall to a watt-hour.
  expect(deliveredKwh).toBeCloseTo(wantedKwh, 3);
  expect(answer.shortfallKwh).toBeCloseTo(energyKwh - wantedKwh, 2);
  let before: Instant = now;
  for (const { startsAt, endsAt, powerKw, energyKwh: windowKwh } of answer.windows) {
    expect(before <= startsAt && startsAt < endsAt && endsAt <= readyBy).toBe(true);
    expect(((epochMs(endsAt) - epochMs(startsAt)) / HOUR_MS) * powerKw).toBeCloseTo(windowKwh, 2);
    expect(powerKw).toBeLessThanOrEqual(MAX_POWER_KW + 1e-3);
    before = endsAt;
  }
}

/** Below this a deadline leaves no choice to speak of. */
const hasRoom = (now: Instant, readyBy: Instant) => epochMs(readyBy) - epochMs(now) >= 30 * MINUTE_MS;

const shifted = (answer: PlanAnswer, ms: number) => ({
  ...answer,
  windows: answer.windows.map((window) => ({
    ...window,
    startsAt: plusMs(window.startsAt, ms),
    endsAt: plusMs(window.endsAt, ms),
  })),
});

/** Minutes around a change that a stay can reach. */
const BEFORE = 24 * 60;
const AFTER = 30 * 60;

/** What clocks show around a change, and what they would show had nobody changed them, minute by minute. */
type Clocks = { shown: readonly string[]; unchanged: readonly string[] };

function clocksAround({ zone, atMs }: ClockChange): Clocks {
  const shown = shownMinutes(zone, atMs - BEFORE * MINUTE_MS, atMs + AFTER * MINUTE_MS);
  return { shown, unchanged: shown.map((label, i) => (i < BEFORE ? label : (shown[i - 24 * 60] ?? ""))) };
}

/** The first moment after `now` at which clocks show `time`, found minute by minute. */
function firstShown(
  { atMs, byMinutes }: ClockChange,
  { shown, unchanged }: Clocks,
  now: Instant,
  time: string,
): Instant {
  const originMs = atMs - BEFORE * MINUTE_MS;
  const found = shown.findIndex((label, i) => {
    if (originMs + i * MINUTE_MS <= epochMs(now)) return false;
    const isNear = i >= BEFORE && i < BEFORE + Math.abs(byMinutes);
    if (!isNear) return label === time;
    // A skipped time is when clocks that nobody changed would show it; of a repeated one the first counts, not this.
    return byMinutes > 0 && (label === time || unchanged[i] === time);
  });
  return instant(originMs + found * MINUTE_MS);
}

type Property = (change: ClockChange, stay: Stay, now: Instant) => void;

function eachChange(zone: string, property: Property): void {
  for (const change of clockChanges(zone)) {
    fc.assert(
      fc.property(aStay, (stay) => property(change, stay, instant(change.atMs - stay.comesBefore * MINUTE_MS))),
      { numRuns: RUNS_PER_DAY },
    );
  }
}

describe.each(ZONES_WITH_CHANGES)("on every clock-change day from 2023 to 2027 in %s", (zone) => {
  it("a car's ready-by is the moment that clocks show it first, or would have shown it", () => {
    const clocks = new Map(clockChanges(zone).map((change) => [change.atMs, clocksAround(change)]));
    eachChange(zone, (change, { readyBy }, now) => {
      const around = clocks.get(change.atMs) ?? clocksAround(change);
      expect(nextLocalTime(now, zone, hhmm(readyBy))).toBe(firstShown(change, around, now, hhmm(readyBy)));
    });
  });

  it("a car gets its energy in the hours that truly pass", () => {
    eachChange(zone, (_change, stay, now) => {
      const readyBy = nextLocalTime(now, zone, hhmm(stay.readyBy));
      fc.pre(hasRoom(now, readyBy));
      const market = { price: halfHours(now, stay.pricesPence), carbon: [] };
      isKept(planned(market, now, readyBy, stay.energyKwh), now, readyBy, stay.energyKwh);
    });
  });

  it("a car on a night tariff does too, at the night's price wherever that is enough", () => {
    const rates = [{ from: "00:30", to: "05:30", pencePerKwh: 7 }];
    const site = { timeZone: zone, tariff: { kind: "time-of-use", rates, otherwisePencePerKwh: 30 } } as const;
    const series = { price: "octopus-agile#C", carbon: "carbon-intensity#national" } as const;
    eachChange(zone, (_change, stay, now) => {
      const readyBy = nextLocalTime(now, zone, hhmm(stay.readyBy));
      fc.pre(hasRoom(now, readyBy));
      const market = marketOf(site, new Map([[series.carbon, []]]), { from: now, to: readyBy }, series);
      const answer = planned(market, now, readyBy, stay.energyKwh);
      isKept(answer, now, readyBy, stay.energyKwh);
      // All but the reserve before the deadline, and what is left of a cell of ten minutes at each end.
      const cheapMs = market.price.reduce(
        (ms, slot) => ms + (slot.value === 7 ? epochMs(slot.endsAt) - epochMs(slot.startsAt) : 0),
        0,
      );
      const cheapKwh = ((cheapMs - 42 * MINUTE_MS) / HOUR_MS) * MAX_POWER_KW;
      if (stay.energyKwh <= cheapKwh) expect(answer.costPence).toBeCloseTo(7 * stay.energyKwh, 1);
    });
  });

  it("a plan is that of the same hours in a week without a change", () => {
    eachChange(zone, (_change, stay, now) => {
      const readyBy = nextLocalTime(now, zone, hhmm(stay.readyBy));
      fc.pre(hasRoom(now, readyBy));
      const market = { price: halfHours(now, stay.pricesPence), carbon: [] };
      const here = planned(market, now, readyBy, stay.energyKwh);
      const shiftMs = (7 + (stay.readyBy % 60)) * 24 * HOUR_MS;
      const then = plusMs(now, shiftMs);
      const later = { price: halfHours(then, stay.pricesPence), carbon: [] };
      expect(planned(later, then, plusMs(readyBy, shiftMs), stay.energyKwh)).toEqual(shifted(here, shiftMs));
    });
  });
});
