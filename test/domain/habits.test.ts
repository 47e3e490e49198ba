import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Habits, MOST_STAYS, observe } from "../../shared/domain/habits.ts";
import { epochMs, HOUR_MS, instant, MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import type { ChargeReading } from "../../shared/domain/reading.ts";
import { aReading, at } from "../builders.ts";

const START = at("2026-11-20T18:00Z");
const LATER = at("2027-12-31T00:00Z");
const BATTERY = { capacityKwh: 60, chargeEfficiency: 0.9 };

function seen(hours: number, plugged: boolean | null, changes: Partial<ChargeReading> = {}): ChargeReading {
  return aReading({ observedAt: plusMs(START, hours * HOUR_MS), plugged, ...changes });
}

/** All that is known after these readings, the last one first seen at `LATER`. */
function habitsAfter(readings: readonly ChargeReading[], battery?: typeof BATTERY): Habits | undefined {
  return readings.reduce<Habits | undefined>(
    (habits, reading) => observe(habits, reading, LATER, battery) ?? habits,
    undefined,
  );
}

describe("the habits of a car or charger", () => {
  it("begin with the first plug-in and tell a stay once it ends", () => {
    expect(habitsAfter([seen(0, false)])).toBeUndefined();
    const plugged = habitsAfter([seen(0, false), seen(1, true)]);
    expect(plugged).toMatchObject({ version: 1, stays: [], present: { pluggedInAt: plusMs(START, HOUR_MS) } });
    expect(habitsAfter([seen(0, false), seen(1, true), seen(3, true), seen(13, false)])).toMatchObject({
      version: 2,
      stays: [{ pluggedInAt: plusMs(START, HOUR_MS), pluggedOutAt: plusMs(START, 13 * HOUR_MS) }],
      present: null,
    });
  });

  it("take a plug seen late for the moment when it was measured, and never for one to come", () => {
    const ahead = seen(0, true, { observedAt: at("2026-11-20T18:04Z") });
    expect(observe(undefined, ahead, at("2026-11-20T18:01Z"))?.present?.pluggedInAt).toBe(at("2026-11-20T18:01Z"));
    expect(observe(undefined, ahead, at("2026-11-20T20:00Z"))?.present?.pluggedInAt).toBe(at("2026-11-20T18:04Z"));
  });

  it("learn nothing from an unknown plug, a repeated reading or one older than what is known", () => {
    const known = habitsAfter([seen(0, true), seen(12, false)]);
    for (const reading of [seen(13, null), seen(12, false), seen(12, true), seen(6, true), seen(14, false)])
      expect(observe(known, reading, LATER)).toBeUndefined();
    expect(observe(undefined, seen(0, null), LATER)).toBeUndefined();
  });

  it("know a session's energy, which a charger forgets with the plug-out", () => {
    const session = (hours: number, sessionKwh: number) => seen(hours, true, { sessionKwh });
    const readings = [session(0, 0), session(1, 6.4), session(2, 6.9), session(3, 11.2)];
    expect(observe(habitsAfter(readings.slice(0, 2)), readings[2] as ChargeReading, LATER)).toBeUndefined();
    expect(habitsAfter([...readings, seen(10, false, { sessionKwh: null })])?.stays).toMatchObject([
      { energyKwh: 11.2 },
    ]);
  });

  it("know a car's energy from its battery, at the grid's side", () => {
    const stored = (hours: number, plugged: boolean, storedKwh: number) => seen(hours, plugged, { storedKwh });
    const readings = [stored(0, true, 30), stored(3, true, 39), stored(12, false, 48)];
    expect(habitsAfter(readings, BATTERY)?.stays).toMatchObject([{ energyKwh: 20 }]);
    // Seen only after a drive: what was told before counts.
    expect(habitsAfter([...readings.slice(0, 2), stored(14, false, 20)], BATTERY)?.stays).toMatchObject([
      { energyKwh: 10 },
    ]);
    const percent = [20, 80].map((socPercent, index) => seen(index * 9, index === 0, { storedKwh: null, socPercent }));
    expect(habitsAfter(percent, BATTERY)?.stays).toMatchObject([{ energyKwh: 40 }]);
    expect(habitsAfter(percent)?.stays).toMatchObject([{ energyKwh: null }]);
  });

  it("forget a cable that was only tried", () => {
    const [tried, out] = [seen(0, true), seen(0.1, false)];
    expect(habitsAfter([tried, out])).toMatchObject({ version: 2, stays: [], present: null });
  });

  it("hold the latest stays of any life, in order, whole, each by its own plug-in and plug-out", () => {
    const life = fc.array(
      fc.record({
        gapMs: fc.integer({ min: 0, max: 40 * HOUR_MS }),
        plugged: fc.constantFrom(true, false, null),
        sessionKwh: fc.option(fc.integer({ min: 0, max: 60 })),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(life, (steps) => {
        let [ms, habits] = [epochMs(START), undefined as Habits | undefined];
        const ended: { from: number; to: number }[] = [];
        let since: number | undefined;
        let lastEdge = Number.NEGATIVE_INFINITY;
        for (const { gapMs, plugged, sessionKwh } of steps) {
          ms += gapMs;
          const reading = aReading({ observedAt: instant(ms), plugged, sessionKwh });
          const next = observe(habits, reading, LATER);
          if (next) expect(next.version).toBe((habits?.version ?? 0) + 1);
          habits = next ?? habits;
          expect(observe(habits, reading, LATER)).toBeUndefined();
          if (plugged === null || ms <= lastEdge) continue;
          if (plugged && since === undefined) since = lastEdge = ms;
          if (!plugged && since !== undefined) {
            if (ms - since >= 10 * MINUTE_MS) {
              ended.push({ from: since, to: ms });
              lastEdge = ms;
            } else lastEdge = ended.at(-1)?.to ?? Number.NEGATIVE_INFINITY;
            since = undefined;
          }
        }
        if (!habits) return;
        expect(Habits.parse(habits)).toEqual(habits);
        const told = habits.stays.map((one) => ({ from: epochMs(one.pluggedInAt), to: epochMs(one.pluggedOutAt) }));
        expect(told).toEqual(ended.slice(-MOST_STAYS));
        expect(habits.present === null).toBe(since === undefined);
      }),
    );
  });
});
