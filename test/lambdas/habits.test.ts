import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { departureOf, LAXITY_RESERVE_MS, MISSED_TIMES, usualKwh, withReserve } from "../../lambdas/optimiser/habits.ts";
import { plan } from "../../lambdas/optimiser/plan.ts";
import type { Habits, PastStay } from "../../shared/domain/habits.ts";
import { epochMs, HOUR_MS, type Instant, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { isWorkingDay, localDate, localTime, localToInstant, nextLocalTime, plusDays } from "../../shared/zone.ts";
import { at } from "../builders.ts";

const LONDON = "Europe/London";

/** A stay from one local time to another, that of the next day where it is earlier. */
function stayOf(date: string, from: string, to: string, energyKwh: number | null = 10, zone = LONDON): PastStay {
  const pluggedInAt = localToInstant(date, from, zone);
  return { pluggedInAt, pluggedOutAt: nextLocalTime(pluggedInAt, zone, to), energyKwh };
}

function habitsOf(stays: PastStay[], pluggedInAt?: Instant): Habits {
  const present = pluggedInAt === undefined ? null : { pluggedInAt, energyKwh: 0, storedAtPlugInKwh: null };
  return { assetId: "car-0001", version: 3, stays, present };
}

/** Every night for two weeks from Monday 2 November 2026, leaving at the times given in turn. */
function nights(times: readonly string[], count = 14): PastStay[] {
  return Array.from({ length: count }, (_, day) =>
    stayOf(plusDays("2026-11-02", day), "18:00", times[day % times.length] as string),
  );
}

function ask(habits: Habits | undefined, changes: Partial<Parameters<typeof departureOf>[0]> = {}) {
  return departureOf({
    statedReadyBy: at("2026-11-20T08:00Z"),
    habits,
    timeZone: LONDON,
    now: at("2026-11-19T19:00Z"),
    chargeMs: 2 * HOUR_MS,
    ...changes,
  });
}

describe("when a car should be ready", () => {
  const since = at("2026-11-19T17:50Z");

  it("is by the time when four of five such stays still went on, if that is before the time stated", () => {
    const times = ["07:30", "07:10", "07:40", "07:20", "09:00"];
    // Ten working mornings, two of each: the second earliest is the 20th percentile.
    expect(ask(habitsOf(nights(times), since))).toMatchObject({
      promisedBy: at("2026-11-20T08:00Z"),
      aimFor: at("2026-11-20T07:10Z"),
      note: expect.stringContaining("07:10"),
    });
    const stated = at("2026-11-20T06:45Z");
    expect(ask(habitsOf(nights(times), since), { statedReadyBy: stated })).toEqual({
      promisedBy: stated,
      aimFor: stated,
    });
  });

  it("is what was stated with too few stays of this kind of day, or none known", () => {
    const stated = { promisedBy: at("2026-11-20T08:00Z"), aimFor: at("2026-11-20T08:00Z") };
    expect(ask(undefined)).toEqual(stated);
    expect(ask(habitsOf(nights(["07:00"], 9), since))).toEqual(stated);
    expect(ask(habitsOf(nights(["07:00"], 10), since)).aimFor).toBe(at("2026-11-20T07:00Z"));
    const weekends = [0, 7, 14, 21, 28, 35, 42, 49].flatMap((days) => {
      const date = plusDays("2026-08-08", days);
      return [stayOf(date, "09:00", "11:00"), stayOf(date, "12:00", "15:00")];
    });
    expect(ask(habitsOf(weekends, since))).toEqual(stated);
  });

  it("counts only the stays that could still be this one", () => {
    // Half of the cars are only there for lunch.
    const lunches = Array.from({ length: 14 }, (_, day) => stayOf(plusDays("2026-11-02", day), "12:00", "13:00"));
    expect(ask(habitsOf([...lunches, ...nights(["07:00"])], since)).aimFor).toBe(at("2026-11-20T07:00Z"));
    // At 07:15 those who leave at 07:00 have gone: this one is of the others.
    const habits = habitsOf(nights(["07:00", "07:30"]), since);
    const late = at("2026-11-20T07:15Z");
    expect(ask(habits, { now: late, chargeMs: 0 }).aimFor).toBe(at("2026-11-20T07:30Z"));
    expect(ask(habits, { now: at("2026-11-20T07:45Z"), chargeMs: 0 }).aimFor).toBe(at("2026-11-20T08:00Z"));
  });

  it("knows from a Friday on both the Saturday and the Monday", () => {
    const friday = {
      now: at("2026-11-20T19:00Z"),
      statedReadyBy: at("2026-11-23T08:00Z"),
    };
    const leaves = (saturday: string) =>
      Array.from({ length: 28 }, (_, day) => {
        const date = plusDays("2026-10-19", day);
        return stayOf(date, "18:00", isWorkingDay(plusDays(date, 1)) ? "07:00" : saturday);
      });
    const plugged = at("2026-11-20T18:00Z");
    expect(ask(habitsOf(leaves("10:00"), plugged), friday).aimFor).toBe(at("2026-11-21T10:00Z"));
    const stays = leaves("10:00").filter(({ pluggedOutAt }) => isWorkingDay(localDate(pluggedOutAt, LONDON)));
    expect(ask(habitsOf(stays, plugged), friday).aimFor).toBe(at("2026-11-23T07:00Z"));
  });

  it("is never so early that it could not be full: a habit is a wish, what was said is the promise", () => {
    const habits = habitsOf(nights(["07:00"]), since);
    const now = at("2026-11-20T05:30Z");
    expect(ask(habits, { now, chargeMs: 2 * HOUR_MS }).aimFor).toBe(at("2026-11-20T07:30Z"));
    expect(ask(habits, { now, chargeMs: 5 * HOUR_MS })).toMatchObject({
      promisedBy: at("2026-11-20T08:00Z"),
      aimFor: at("2026-11-20T08:00Z"),
    });
  });

  it("holds whatever the history: between now and the promise, later as the night goes on, by local time", () => {
    const zones = fc.constantFrom("Europe/London", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kathmandu");
    const clock = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`);
    const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), clock, clock), { maxLength: 42 });
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 365 }), history, clock, (timeZone, day, past, statedTime) => {
        const today = plusDays("2026-01-01", day);
        const stays = past.map(([ago, from, to]) => stayOf(plusDays(today, -ago), from, to, 5, timeZone));
        const plugged = localToInstant(today, "18:00", timeZone);
        const statedReadyBy = nextLocalTime(plugged, timeZone, statedTime);
        let before = plugged;
        for (let ms = epochMs(plugged); ms < epochMs(statedReadyBy); ms += HOUR_MS) {
          const now = instant(ms);
          const asked = { statedReadyBy, habits: habitsOf(stays, plugged), timeZone, now, chargeMs: 0 };
          const { promisedBy, aimFor, note } = departureOf(asked);
          expect(promisedBy).toBe(statedReadyBy);
          expect(aimFor > now && aimFor <= promisedBy).toBe(true);
          expect(aimFor >= before).toBe(true);
          before = aimFor;
          expect(note === undefined).toBe(aimFor === promisedBy);
          // A habit's moment is the local time at which some stay ended, unless clocks skip one that day.
          if (note === undefined) continue;
          const ends = stays.map(({ pluggedOutAt }) => localTime(pluggedOutAt, timeZone));
          const skips = ends.some(
            (time) => localTime(localToInstant(localDate(aimFor, timeZone), time, timeZone), timeZone) !== time,
          );
          if (!skips) expect(ends).toContain(localTime(aimFor, timeZone));
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("what a car needs", () => {
  it("is usually what four of five stays took at most, once enough are known", () => {
    const stays = [10, 2, 8, 4, 6, 12, 14, 20, 16, 18].map((kwh, day) =>
      stayOf(plusDays("2026-11-02", day), "18:00", "07:00", kwh),
    );
    expect(usualKwh(habitsOf(stays))).toBe(16);
    expect(usualKwh(habitsOf(stays.map((one, day) => (day < 3 ? { ...one, energyKwh: null } : one))))).toBeUndefined();
    expect(usualKwh(undefined)).toBeUndefined();
  });
});

describe("the half hour before a deadline", () => {
  const now = at("2026-11-20T00:00Z");
  const promisedBy = at("2026-11-20T07:00Z");

  /** Seven hours at 30 p, but the last half hour at `lastPence`; 7 kW. */
  function planned(lastPence: number | null, energyKwh: number, aimFor = promisedBy) {
    const asked: number[] = [];
    const slots = Array.from({ length: 14 }, (_, index) => {
      const price = index === 13 ? lastPence : 30 + index / 100;
      return {
        startMs: epochMs(now) + index * 30 * MINUTE_MS,
        endMs: epochMs(now) + (index + 1) * 30 * MINUTE_MS,
        costPencePerKwh: price,
        pricePencePerKwh: price,
        carbonGramsPerKwh: null,
        estimated: false,
      };
    });
    const limits = { nowKwh: 0, maxPowerKw: 7, minPowerKw: 1.4, runMs: 10 * MINUTE_MS, isCharging: false };
    const answer = withReserve(
      (reserveMs) => {
        asked.push(reserveMs);
        return plan({ ...limits, energyKwh, slots, reserveMs });
      },
      {
        departure: { promisedBy, aimFor },
        now,
        chargeMs: (energyKwh / 7) * HOUR_MS,
        leastReserveMs: 2 * MINUTE_MS,
        carbonWeightPencePerKg: 0,
      },
    );
    return { answer, asked, endsAt: answer.windows.at(-1)?.endsAt as Instant };
  }

  it("stays free where the energy there saves less than the risk that the car leaves", () => {
    expect(planned(20, 3).endsAt <= at("2026-11-20T06:30Z")).toBe(true);
    // 3.5 kWh at 8 p insure 0.055 × 16 × 8 p each, and save 22 p.
    expect(planned(8, 3).endsAt > at("2026-11-20T06:30Z")).toBe(true);
    const even = 30 / (1 + 0.055 * MISSED_TIMES);
    expect(planned(even + 1, 3).endsAt <= at("2026-11-20T06:30Z")).toBe(true);
    expect(planned(even - 1, 3).endsAt > at("2026-11-20T06:30Z")).toBe(true);
  });

  it("is not kept where it would leave the car short, nor given up for a price that nobody knows", () => {
    const full = planned(20, 48.5);
    expect(full.answer.shortfallKwh).toBe(0);
    expect(planned(null, 3).endsAt <= at("2026-11-20T06:30Z")).toBe(true);
  });

  it("comes before the time when cars usually leave, as far as there is room", () => {
    const aimFor = at("2026-11-20T05:00Z");
    expect(planned(1, 3, aimFor).asked).toEqual([2 * HOUR_MS + LAXITY_RESERVE_MS, 2 * HOUR_MS]);
    expect(planned(1, 3, aimFor).endsAt <= plusMs(aimFor, -LAXITY_RESERVE_MS)).toBe(true);
    // 42 kWh take six of the seven hours.
    expect(planned(1, 42, aimFor).asked).toEqual([HOUR_MS]);
    expect(planned(1, 42, aimFor).answer.shortfallKwh).toBe(0);
  });
});
