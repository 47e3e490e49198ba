import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changes, signalUpdated } from "../../lambdas/signals/changes.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { aSlot, at } from "./builders.ts";

const EARLIER = at("2023-11-20T10:00Z");
const LATER = at("2023-11-20T10:30Z");
const T = "2023-11-20T12:00Z";

function one(before: Partial<Slot>, next: Partial<Slot>) {
  return (
    changes([aSlot(T, 10, { issuedAt: EARLIER, ...before })], [aSlot(T, 10, { issuedAt: LATER, ...next })]).length === 1
  );
}

describe("what counts as a change", () => {
  it.each<[string, Partial<Slot>, Partial<Slot>, boolean]>([
    ["the same again", {}, {}, false],
    ["a revised actual", {}, { value: 11 }, true],
    ["a revised forecast", { kind: "forecast" }, { kind: "forecast", value: 11 }, true],
    ["an actual after a forecast", { kind: "forecast" }, { value: 11 }, true],
    ["an actual that equals its forecast", { kind: "forecast" }, {}, true],
    ["a forecast after an actual", {}, { kind: "forecast", value: 11 }, false],
    ["an older answer", {}, { value: 11, issuedAt: at("2023-11-20T09:00Z") }, false],
    ["an answer of the same moment", {}, { value: 11, issuedAt: EARLIER }, false],
  ])("%s", (_what, before, next, changed) => {
    expect(one(before, next)).toBe(changed);
  });

  it("is nothing when the same answer comes twice, whatever it holds", () => {
    const slot = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      value: fc.integer(),
      kind: fc.constantFrom("actual" as const, "forecast" as const),
    });
    fc.assert(
      fc.property(fc.uniqueArray(slot, { selector: (s) => s.hour }), (rows) => {
        const slots = rows.map(({ hour, value, kind }) =>
          aSlot(`2023-11-20T${String(hour).padStart(2, "0")}:00Z`, value, { kind, issuedAt: EARLIER }),
        );
        const again = slots.map((s) => ({ ...s, issuedAt: LATER }));
        expect(changes([], slots)).toHaveLength(slots.length);
        expect(changes(slots, again)).toEqual([]);
      }),
    );
  });
});

describe("who hears of it", () => {
  const series = { series: "octopus-agile#C", measure: "price" } as const;
  const now = at("2023-11-20T12:10Z");

  it("tells of changed slots that have not ended, the running one included", () => {
    const fetched = ["2023-11-20T11:30Z", "2023-11-20T12:00Z", "2023-11-20T13:00Z"].map((start) => aSlot(start, 1));
    expect(signalUpdated(series, changes([], fetched), now)).toEqual({
      name: "SignalUpdated",
      detail: { ...series, from: "2023-11-20T12:00:00.000Z", to: "2023-11-20T13:30:00.000Z", changedSlots: 2 },
    });
  });

  it("keeps quiet about a corrected past", () => {
    expect(signalUpdated(series, changes([], [aSlot("2023-11-20T11:30Z", 1)]), now)).toBeUndefined();
  });

  it("keeps quiet when a value is confirmed but not changed", () => {
    const before = [aSlot(T, 5, { kind: "forecast", issuedAt: EARLIER })];
    expect(signalUpdated(series, changes(before, [aSlot(T, 5, { issuedAt: LATER })]), now)).toBeUndefined();
  });
});
