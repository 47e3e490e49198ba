import { describe, expect, it } from "vitest";
import { type CostSlot, costSlots } from "../../lambdas/optimiser/costs.ts";
import { epochMs, HOUR_MS } from "../../shared/domain/instant.ts";
import type { Slot } from "../../shared/domain/signal.ts";
import { at, HALF_HOUR_MS, slotsFrom } from "../builders.ts";

const lay = (input: { price?: Slot[]; carbon?: Slot[]; from: string; to: string; weight?: number }) =>
  costSlots({
    price: input.price ?? [],
    carbon: input.carbon ?? [],
    from: at(input.from),
    to: at(input.to),
    carbonWeightPencePerKg: input.weight ?? 0,
  });

/** `startMinute: price`, an estimated price marked `~`, from the start of the slots. */
const drawn = (slots: CostSlot[]) =>
  slots
    .map((slot) => {
      const minute = (slot.startMs - (slots[0]?.startMs ?? 0)) / 60_000;
      return `${minute}:${slot.estimated ? "~" : ""}${slot.pricePencePerKwh}`;
    })
    .join(" ");

function expectGapless(slots: CostSlot[], from: string, to: string): void {
  expect(slots[0]?.startMs).toBe(epochMs(at(from)));
  expect(slots.at(-1)?.endMs).toBe(epochMs(at(to)));
  for (const [index, slot] of slots.entries()) {
    expect(slot.endMs).toBeGreaterThan(slot.startMs);
    if (index > 0) expect(slot.startMs).toBe(slots[index - 1]?.endMs);
  }
}

describe("the cost of energy", () => {
  it("is the published price, cut to the span asked for", () => {
    const price = slotsFrom("2026-11-20T18:00Z", [10, 20, 30]);
    const slots = lay({ price, from: "2026-11-20T18:10Z", to: "2026-11-20T19:15Z" });
    expect(drawn(slots)).toBe("0:10 20:20 50:30");
    expectGapless(slots, "2026-11-20T18:10Z", "2026-11-20T19:15Z");
  });

  it("takes a missing slot from the same time of the day before, marked", () => {
    const price = [...slotsFrom("2026-11-19T18:00Z", [1, 2, 3, 4]), ...slotsFrom("2026-11-20T18:00Z", [10, 20])];
    const slots = lay({ price, from: "2026-11-20T18:00Z", to: "2026-11-20T20:00Z" });
    expect(drawn(slots)).toBe("0:10 30:20 60:~3 90:~4");
    expectGapless(slots, "2026-11-20T18:00Z", "2026-11-20T20:00Z");
  });

  it("fills a hole in the middle, not only the end", () => {
    const price = [
      ...slotsFrom("2026-11-19T18:00Z", [1, 2, 3]),
      ...slotsFrom("2026-11-20T18:00Z", [10]),
      ...slotsFrom("2026-11-20T19:00Z", [30]),
    ];
    expect(drawn(lay({ price, from: "2026-11-20T18:00Z", to: "2026-11-20T19:30Z" }))).toBe("0:10 30:~2 60:30");
  });

  it("prefers yesterday to the day before, and looks no further back than two days", () => {
    const price = [
      ...slotsFrom("2026-11-17T18:00Z", [1, 1, 1, 1]),
      ...slotsFrom("2026-11-18T18:00Z", [2, 2, 2]),
      ...slotsFrom("2026-11-19T18:00Z", [3]),
    ];
    expect(drawn(lay({ price, from: "2026-11-20T18:00Z", to: "2026-11-20T20:00Z" }))).toBe("0:~3 30:~2 60:~2 90:null");
  });

  it("is unknown where no price is known, never zero", () => {
    const slots = lay({
      carbon: slotsFrom("2026-11-20T18:00Z", [100]),
      from: "2026-11-20T18:00Z",
      to: "2026-11-20T19:00Z",
    });
    expect(slots.map((slot) => [slot.costPencePerKwh, slot.carbonGramsPerKwh])).toEqual([
      [null, 100],
      [null, null],
    ]);
  });

  it("is one unknown slot when nothing at all is known", () => {
    const slots = lay({ from: "2026-11-20T18:00Z", to: "2026-11-21T07:00Z" });
    expect(slots).toHaveLength(1);
    expectGapless(slots, "2026-11-20T18:00Z", "2026-11-21T07:00Z");
  });

  it("keeps a negative price negative", () => {
    const price = slotsFrom("2026-11-20T18:00Z", [-5]);
    expect(lay({ price, from: "2026-11-20T18:00Z", to: "2026-11-20T18:30Z" })[0]?.costPencePerKwh).toBe(-5);
  });

  it("lays hourly carbon under half-hourly prices", () => {
    const price = slotsFrom("2026-11-20T18:00Z", [10, 20, 30, 40]);
    const carbon = slotsFrom("2026-11-20T18:00Z", [100, 300], HOUR_MS);
    const slots = lay({ price, carbon, from: "2026-11-20T18:00Z", to: "2026-11-20T20:00Z", weight: 20 });
    expect(slots.map((slot) => [slot.pricePencePerKwh, slot.carbonGramsPerKwh, slot.costPencePerKwh])).toEqual([
      [10, 100, 12],
      [20, 100, 22],
      [30, 300, 36],
      [40, 300, 46],
    ]);
  });

  it("lays half-hourly carbon over an hourly price", () => {
    const price = slotsFrom("2026-11-20T18:00Z", [10], HOUR_MS);
    const carbon = slotsFrom("2026-11-20T18:00Z", [100, 200]);
    const slots = lay({ price, carbon, from: "2026-11-20T18:00Z", to: "2026-11-20T19:00Z", weight: 10 });
    expect(slots.map((slot) => slot.costPencePerKwh)).toEqual([11, 12]);
  });

  it("counts unknown carbon as nothing, and says that it is unknown", () => {
    const price = slotsFrom("2026-11-20T18:00Z", [10]);
    const [slot] = lay({ price, from: "2026-11-20T18:00Z", to: "2026-11-20T18:30Z", weight: 50 });
    expect(slot).toMatchObject({ costPencePerKwh: 10, carbonGramsPerKwh: null });
  });

  it.each([
    ["long, of 25 hours", "2026-10-24T23:00Z", "2026-10-26T00:00Z", 50],
    ["short, of 23 hours", "2026-03-29T00:00Z", "2026-03-29T23:00Z", 46],
  ])("has no gap and no overlap on a day that is %s", (_, from, to, count) => {
    const values = Array.from({ length: count }, (_value, index) => index + 1);
    const today = lay({ price: slotsFrom(from, values), from, to });
    expect(today.map((slot) => slot.pricePencePerKwh)).toEqual(values);
    expect(today.every((slot) => slot.endMs - slot.startMs === HALF_HOUR_MS && !slot.estimated)).toBe(true);
    expectGapless(today, from, to);

    const yesterday = new Date(epochMs(at(from)) - 24 * HOUR_MS).toISOString();
    const estimated = lay({ price: slotsFrom(yesterday, values.slice(0, 48)), from, to });
    expectGapless(estimated, from, to);
    expect(estimated.slice(0, 46).every((slot) => slot.estimated)).toBe(true);
  });
});
