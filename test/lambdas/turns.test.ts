import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choose, roomFor } from "../../lambdas/scheduler/choose.ts";
import {
  cursorAfter,
  IN_FLIGHT_MINUTES,
  LOOK_BACK_MINUTES,
  type Turn,
  turnsOf,
} from "../../lambdas/scheduler/turns.ts";
import { plusMs } from "../../shared/domain/instant.ts";
import { minuteAt, minuteNumber, slotAt, slotOf } from "../../shared/domain/wheel.ts";
import type { Latest } from "../../shared/store/readings.ts";
import type { Cursor, Member, Run } from "../../shared/store/schedule.ts";
import { aReach, at } from "../builders.ts";

const START = minuteNumber(at("2026-11-20T18:00Z"));

/** The decisions alone, over a fleet on one wheel: what each tick would send, and what comes back at once. */
function wheel(periodMinutes: number, count: number, options: { isLost?: (minute: number) => boolean } = {}) {
  const slots = new Map<number, Member[]>();
  for (let index = 0; index < count; index++) {
    const assetId = `car-${index}`;
    const member = { integration: "acme", assetId, accountId: "c", stream: "charge", periodMinutes } as const;
    const slot = slotOf(assetId, periodMinutes);
    slots.set(slot, [...(slots.get(slot) ?? []), member]);
  }
  const runs = new Map<string, Run>();
  const latest = new Map<string, Latest>();
  const looks: { minute: number; assetId: string; kind: Turn["kind"] }[] = [];
  let cursor: Cursor | undefined;
  let newest = 0;

  const list = (turn: Turn) => {
    const members = turn.kind === "due" ? [] : (slots.get(slotAt(turn.minute, turn.periodMinutes)) ?? []);
    // Any division into quarters will do here.
    return members.filter((_, index) => turn.quarter === undefined || index % 4 === turn.quarter);
  };
  const tick = (minute: number) => {
    const tickAt = minuteAt(minute);
    const wheels = [`charge#${periodMinutes}`];
    newest = Math.max(newest, minute);
    const from = minuteAt((cursor ? Math.min(minute, minuteNumber(cursor.through)) : minute) - LOOK_BACK_MINUTES);
    const standing = {
      tickAt,
      cursor,
      streams: ["charge" as const],
      wheels,
      ledger: [...runs.values()].filter((run) => run.minute >= from),
      isOpen: false,
    };
    const turns = turnsOf(standing);
    const listed = turns.turns.map((turn) => ({ turn, members: list(turn) }));
    let left = roomFor(listed.reduce((sum, { members }) => sum + members.length, 0));
    let taken = 0;
    for (const turn of turns.missed) {
      const members = list(turn);
      if (members.length > left && taken > 0) break;
      left -= members.length;
      taken += 1;
      listed.push({ turn, members });
    }
    for (const { turn, looks: chosen } of choose(listed, (_, id) => latest.get(id), {
      tickAt,
      now: minuteAt(newest),
      isOpen: false,
    }).chosen) {
      const key = `${turn.minute}#${turn.part}`;
      if ((runs.get(key)?.attempt ?? 0) >= turn.attempt || list(turn).length === 0) continue;
      const isLost = options.isLost?.(minute) ?? false;
      const batch = { attempt: turn.attempt, assets: chosen.length, startedAt: tickAt, ok: chosen.length };
      runs.set(key, {
        minute: turn.minute,
        part: turn.part,
        attempt: turn.attempt,
        claimedAt: tickAt,
        expected: chosen.length,
        batches: 1,
        held: 0,
        results: isLost ? [] : [{ ...batch, finishedAt: tickAt }],
      });
      if (isLost) continue;
      for (const { assetId } of chosen) {
        looks.push({ minute: newest, assetId, kind: turn.kind });
        latest.set(assetId, { reading: undefined, reach: aReach(plusMs(minuteAt(newest), 1000)) });
      }
    }
    cursor = cursorAfter(cursor, turns, taken);
  };
  return { tick, looks, members: [...slots.values()].flat() };
}

const from = (first: number, minutes: number) => Array.from({ length: minutes }, (_, index) => first + index);
const anyPeriod = fc.constantFrom(1, 5, 10, 15, 30, 60, 180);
/** Minutes between the looks at each asset. */
function gapsOf(looks: readonly { minute: number; assetId: string }[]): Map<string, number[]> {
  const gaps = new Map<string, number[]>();
  const last = new Map<string, number>();
  for (const { minute, assetId } of looks) {
    const before = last.get(assetId);
    if (before !== undefined) gaps.set(assetId, [...(gaps.get(assetId) ?? []), minute - before]);
    last.set(assetId, minute);
  }
  return gaps;
}

describe("the wheel, whatever the fleet", () => {
  it("looks at each member once a period, and always in its slot", () => {
    fc.assert(
      fc.property(anyPeriod, fc.integer({ min: 0, max: 60 }), fc.nat(500), (period, count, offset) => {
        const { tick, looks, members } = wheel(period, count);
        from(START + offset, 3 * period).forEach(tick);
        expect(looks).toHaveLength(3 * count);
        for (const { minute, assetId } of looks) expect(minute % period).toBe(slotOf(assetId, period));
        expect(new Set(looks.map(({ assetId }) => assetId)).size).toBe(members.length);
      }),
      { numRuns: 25 },
    );
  });

  it("takes no harm from ticks that come twice, late, out of order or not at all", () => {
    const disturbed = fc.array(fc.constantFrom("once", "twice", "never", "late"), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(5, 15, 30, 60), disturbed, (period, fates) => {
        const { tick, looks, members } = wheel(period, 40);
        from(START - period, period).forEach(tick);
        let late: number[] = [];
        for (const [index, fate] of fates.entries()) {
          const minute = START + index;
          if (fate === "late") late.push(minute);
          else if (fate !== "never") {
            tick(minute);
            if (fate === "twice") tick(minute);
            late.forEach(tick);
            late = [];
          }
        }
        const settled = looks.length;
        from(START + fates.length, period).forEach(tick);
        // Nobody is looked at again before half their period is over …
        for (const gaps of gapsOf(looks).values()) expect(Math.min(...gaps)).toBeGreaterThanOrEqual(period / 2 - 1);
        // … and afterwards each has their own turn as ever, unless they were looked at just before it.
        const since = new Set(looks.slice(settled).map(({ assetId }) => assetId));
        for (const { assetId } of members) {
          const last = looks.findLast((look) => look.assetId === assetId)?.minute ?? 0;
          expect(since.has(assetId) || START + fates.length - last < period / 2).toBe(true);
        }
        for (const { minute, assetId, kind } of looks.slice(settled))
          if (kind === "own") expect(minute % period).toBe(slotOf(assetId, period));
      }),
      { numRuns: 25 },
    );
  });

  it("comes back from any outage in its own phase, with little more than its own work a minute", () => {
    fc.assert(
      fc.property(fc.constantFrom(15, 30, 60, 180), fc.integer({ min: 1, max: 300 }), (period, outage) => {
        const { tick, looks, members } = wheel(period, 400);
        from(START, period).forEach(tick);
        const before = looks.length;
        const back = START + period + outage;
        from(back, 2 * period).forEach(tick);
        const after = looks.slice(before);
        for (const minute of from(back, 2 * period)) {
          const own = members.filter(({ assetId }) => minute % period === slotOf(assetId, period)).length;
          expect(after.filter((look) => look.minute === minute).length).toBeLessThanOrEqual(own + roomFor(own));
        }
        const second = after.filter(({ minute }) => minute >= back + period);
        expect(second.every(({ kind }) => kind === "own")).toBe(true);
        expect(new Set(second.map(({ assetId }) => assetId)).size).toBe(members.length);
      }),
      { numRuns: 10 },
    );
  });

  it("makes good only what would wait long for its next turn", () => {
    const { tick, looks } = wheel(60, 300);
    from(START, 60).forEach(tick);
    const before = looks.length;
    const back = START + 60 + 90;
    from(back, 60).forEach(tick);
    const missed = looks.slice(before).filter(({ kind }) => kind === "missed");
    expect(missed.length).toBeGreaterThan(50);
    for (const { minute, assetId } of missed) {
      const next = back + ((slotOf(assetId, 60) - (back % 60) + 60) % 60);
      expect(next - minute).toBeGreaterThan(15);
    }
  });

  it("sends out again what was lost, until the next turn", () => {
    const { tick, looks } = wheel(15, 30, { isLost: (minute) => minute < START + 15 });
    from(START, 45).forEach(tick);
    const first = new Map(looks.toReversed().map(({ assetId, minute }) => [assetId, minute - START]));
    expect(first.size).toBe(30);
    for (const [assetId, minute] of first) {
      const slot = (slotOf(assetId, 15) - (START % 15) + 15) % 15;
      // Repeated at 5 and 10 minutes as soon as nothing is lost any more.
      expect(minute).toBe(
        [slot + IN_FLIGHT_MINUTES, slot + 2 * IN_FLIGHT_MINUTES, slot + 15].find((turn) => turn >= 15),
      );
    }
  });

  it("spreads a fleet so that no minute has a quarter more than the mean", () => {
    const serial = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(5, 10, 15, 30),
        serial,
        fc.constantFrom("car", "home-ev", "x"),
        (period, first, name) => {
          const counts = new Array<number>(period).fill(0);
          for (let index = 0; index < 1000 * period; index++) {
            const slot = slotOf(`${name}-${first + index}`, period);
            counts[slot] = (counts[slot] ?? 0) + 1;
          }
          expect(Math.max(...counts)).toBeLessThan(1250);
          expect(Math.min(...counts)).toBeGreaterThan(750);
        },
      ),
      { numRuns: 20 },
    );
  });
});

it("takes up what was asked for before the first tick of all, which may be late or lost like any other", () => {
  const { turns } = turnsOf({
    ...{ tickAt: minuteAt(START), cursor: undefined, streams: ["charge"], wheels: ["charge#15"], ledger: [] },
    isOpen: false,
  });
  const due = turns.filter(({ kind }) => kind === "due").map(({ minute }) => minute);
  expect(due).toContain(minuteAt(START));
  expect(due).toContain(minuteAt(START - 3));
});
