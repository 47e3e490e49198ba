import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CostSlot } from "../../lambdas/optimiser/costs.ts";
import { type PlanAnswer, type PlanProblem, plan } from "../../lambdas/optimiser/plan.ts";
import { epochMs } from "../../shared/domain/instant.ts";

const START_MS = Date.parse("2026-11-20T18:00:00Z");
const HALF_HOUR_MS = 1_800_000;

/** Consecutive slots; the first may begin late, so that those after it lie on the half-hours. */
function slots(prices: readonly (number | null)[], lengthsMs: readonly number[] = []): CostSlot[] {
  let startMs = START_MS + HALF_HOUR_MS - (lengthsMs[0] ?? HALF_HOUR_MS);
  return prices.map((price, index) => {
    const endMs = startMs + (lengthsMs[index] ?? HALF_HOUR_MS);
    const slot = {
      startMs,
      endMs,
      costPencePerKwh: price,
      pricePencePerKwh: price,
      carbonGramsPerKwh: 100,
      estimated: false,
    };
    startMs = endMs;
    return slot;
  });
}

function problem(changes: Partial<PlanProblem> & Pick<PlanProblem, "slots" | "energyKwh">): PlanProblem {
  return {
    nowKwh: 0,
    maxPowerKw: 7.2,
    minPowerKw: 1.44,
    reserveMs: 0,
    runMs: HALF_HOUR_MS,
    isCharging: false,
    ...changes,
  };
}

/** One letter per half-hour: # full power, - something less, . off. */
function drawn(answer: PlanAnswer, count: number, maxPowerKw = 7.2): string {
  return Array.from({ length: count }, (_, index) => {
    const at = START_MS + index * HALF_HOUR_MS;
    const window = answer.windows.find((one) => epochMs(one.startsAt) <= at && at < epochMs(one.endsAt));
    return !window ? "." : window.powerKw > maxPowerKw - 0.001 ? "#" : "-";
  }).join("");
}

const delivered = (answer: PlanAnswer) => answer.windows.reduce((sum, window) => sum + window.energyKwh, 0);

describe("a plan drawn as a night", () => {
  it.each([
    ["..##..", [30, 30, 10, 10, 30, 30], 7.2],
    ["##....", [10, 10, 10, 10, 10, 10], 7.2], // ties go to the earlier slot
    [".#.#..", [30, -5, 30, 0, 30, 30], 7.2],
    ["..#-..", [30, 30, 10, 11, 30, 30], 5.4],
    ["......", [30, 30, 10, 11, 30, 30], 0],
  ])("%s", (picture, prices, energyKwh) => {
    expect(drawn(plan(problem({ slots: slots(prices), energyKwh })), 6)).toBe(picture);
  });

  it("lifts the last slot to the 6 A minimum and takes the difference from the dearest other", () => {
    const answer = plan(problem({ slots: slots([10, 11, 30]), energyKwh: 3.7 }));
    expect(answer.windows.map((window) => window.energyKwh)).toEqual([2.98, 0.72]);
    expect(answer.windows.every((window) => window.powerKw >= 1.44)).toBe(true);
  });

  it("charges now up to the level asked for, then waits for the cheap slot", () => {
    const answer = plan(problem({ slots: slots([40, 40, 10, 40]), energyKwh: 5.4, nowKwh: 1.8 }));
    expect(answer.windows.map(({ reason, energyKwh }) => [reason, energyKwh])).toEqual([
      ["charge-now-minimum", 1.8],
      ["cheapest", 3.6],
    ]);
    expect(epochMs(answer.windows[0]?.endsAt ?? ("" as never)) - START_MS).toBe(HALF_HOUR_MS / 2);
  });

  it("gives full power from now and the shortfall when the target is impossible", () => {
    const answer = plan(problem({ slots: slots([40, 10]), energyKwh: 9 }));
    expect(drawn(answer, 2)).toBe("##");
    expect(answer).toMatchObject({ shortfallKwh: 1.8, shortfallPercent: 20 });
    expect(answer.windows[0]?.reason).toBe("impossible-target");
  });

  it("uses slots without a price last, and says so", () => {
    const answer = plan(problem({ slots: slots([null, 50, null]), energyKwh: 5.4 }));
    expect(answer.windows.map((window) => window.reason)).toEqual(["no-signal", "cheapest"]);
  });

  it("charges from now at full power when no price is known at all", () => {
    const answer = plan(problem({ slots: slots([null, null, null]), energyKwh: 3.6 }));
    expect(drawn(answer, 3)).toBe("#..");
    expect(answer.windows[0]?.reason).toBe("no-signal");
  });

  it("keeps a reserve before the deadline where there is room, and gives it up where there is none", () => {
    const reserveMs = 600_000;
    const roomy = plan(problem({ slots: slots([40, 40, 10]), energyKwh: 2.4, reserveMs }));
    expect(roomy.windows.at(-1)?.endsAt).toBe("2026-11-20T19:20:00.000Z");
    const tight = plan(problem({ slots: slots([40, 40, 10]), energyKwh: 10.6, reserveMs }));
    expect(tight).toMatchObject({ shortfallKwh: 0 });
    expect(tight.windows[0]?.reason).toBe("deadline");
  });
});

/** Every set of slots that may be on, each filled greedily: exponential, and plainly right. */
function cheapestByForce(input: PlanProblem): number {
  const hours = input.slots.map((slot) => (slot.endMs - slot.startMs) / 3_600_000);
  let best = Infinity;
  for (let mask = 0; mask < 1 << input.slots.length; mask++) {
    const on = input.slots
      .map((slot, i) => ({ cost: slot.costPencePerKwh ?? 0, hours: hours[i] ?? 0, is: (mask >> i) & 1 }))
      .filter((s) => s.is);
    const low = on.reduce((sum, slot) => sum + slot.hours * input.minPowerKw, 0);
    const high = on.reduce((sum, slot) => sum + slot.hours * input.maxPowerKw, 0);
    if (low > input.energyKwh + 1e-9 || high < input.energyKwh - 1e-9) continue;
    let left = input.energyKwh - low;
    let cost = on.reduce((sum, slot) => sum + slot.hours * input.minPowerKw * slot.cost, 0);
    for (const slot of [...on].sort((a, b) => a.cost - b.cost)) {
      const more = Math.min(left, slot.hours * (input.maxPowerKw - input.minPowerKw));
      cost += more * slot.cost;
      left -= more;
    }
    best = Math.min(best, cost);
  }
  return best;
}

describe("every plan", () => {
  const prices = fc.array(fc.integer({ min: -20, max: 60 }), { minLength: 1, maxLength: 9 });
  const anyProblem = fc
    .tuple(
      prices,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0.01, max: 1.2, noNaN: true }),
    )
    .map(([list, firstMinutes, lastMinutes, share]) => {
      const all = slots(
        list,
        list.map((_, i) => (i === 0 ? firstMinutes : i === list.length - 1 ? lastMinutes : 30) * 60_000),
      );
      const hours = all.reduce((sum, slot) => sum + (slot.endMs - slot.startMs) / 3_600_000, 0);
      return problem({ slots: all, energyKwh: share * hours * 7.2 });
    });

  it("costs exactly what the best of all on/off patterns costs", () => {
    fc.assert(
      fc.property(anyProblem, (input) => {
        const best = cheapestByForce(input);
        fc.pre(Number.isFinite(best) && input.energyKwh > 0.001);
        expect(plan(input).costPence).toBeCloseTo(best, 2);
      }),
      { numRuns: 400 },
    );
  });

  it("uses both short ends beside a long slot that must give its least", () => {
    const night = slots([0, 1, 0], [3 * 60_000, 30 * 60_000, 3 * 60_000]);
    const input = problem({ slots: night, energyKwh: 1.0845 });
    expect(plan(input).costPence).toBeCloseTo(cheapestByForce(input), 6);
  });

  it("is as exact on a grid finer than the prices, with an uneven first and last cell", () => {
    const runMs = 600_000;
    const shortNight = fc.tuple(
      fc.array(fc.integer({ min: -20, max: 60 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0.02, max: 0.99, noNaN: true }),
    );
    fc.assert(
      fc.property(shortNight, ([list, lastMinutes, share]) => {
        const night = slots(
          list,
          list.map((_, i) => (i === list.length - 1 ? lastMinutes : 30) * 60_000),
        );
        const hours = night.reduce((sum, slot) => sum + (slot.endMs - slot.startMs) / 3_600_000, 0);
        const input = problem({ slots: night, energyKwh: share * hours * 7.2, runMs });
        const cells = night.flatMap((slot) => {
          const count = Math.max(1, Math.floor((slot.endMs - slot.startMs) / runMs));
          return Array.from({ length: count }, (_, i) => ({
            ...slot,
            startMs: slot.startMs + i * runMs,
            endMs: i === count - 1 ? slot.endMs : slot.startMs + (i + 1) * runMs,
          }));
        });
        const best = cheapestByForce({ ...input, slots: cells });
        fc.pre(Number.isFinite(best));
        expect(plan(input).costPence).toBeCloseTo(best, 2);
      }),
      { numRuns: 300 },
    );
  });

  it("delivers what was asked or says what is missing, within the power limits and the time", () => {
    fc.assert(
      fc.property(anyProblem, (input) => {
        const answer = plan(input);
        const possible = input.slots.reduce(
          (sum, slot) => sum + ((slot.endMs - slot.startMs) / 3_600_000) * input.maxPowerKw,
          0,
        );
        expect(delivered(answer) + answer.shortfallKwh).toBeGreaterThanOrEqual(input.energyKwh - 1e-3);
        expect(answer.shortfallKwh).toBeCloseTo(Math.max(0, input.energyKwh - possible), 2);
        for (const window of answer.windows) {
          expect(window.powerKw).toBeLessThanOrEqual(input.maxPowerKw + 1e-3);
          expect(window.powerKw).toBeGreaterThanOrEqual(input.minPowerKw - 1e-3);
          expect(epochMs(window.startsAt)).toBeGreaterThanOrEqual(START_MS);
        }
      }),
    );
  });

  it("never costs more than charging at once, and is the same when made again", () => {
    fc.assert(
      fc.property(anyProblem, (input) => {
        const answer = plan(input);
        expect(plan(input)).toEqual(answer);
        const flat = input.slots.map((slot) => ({ ...slot, costPencePerKwh: null }));
        const atOnce = plan({ ...input, slots: flat });
        fc.pre(answer.shortfallKwh === 0 && Math.abs(delivered(atOnce) - delivered(answer)) < 1e-3);
        const bill = atOnce.windows.reduce((sum, window) => sum + priceOf(input, window), 0);
        expect(answer.costPence ?? 0).toBeLessThanOrEqual(bill + 1e-2);
      }),
    );
  });

  it("moves with the clock: shifting every slot shifts every window", () => {
    fc.assert(
      fc.property(anyProblem, fc.integer({ min: 1, max: 300 }), (input, halfHours) => {
        const by = halfHours * HALF_HOUR_MS;
        const moved = plan({
          ...input,
          slots: input.slots.map((slot) => ({ ...slot, startMs: slot.startMs + by, endMs: slot.endMs + by })),
        });
        expect(moved.windows.map((window) => epochMs(window.startsAt) - by)).toEqual(
          plan(input).windows.map((window) => epochMs(window.startsAt)),
        );
      }),
    );
  });
});

function priceOf(input: PlanProblem, window: PlanAnswer["windows"][number]): number {
  const [from, to] = [epochMs(window.startsAt), epochMs(window.endsAt)];
  return input.slots.reduce((sum, slot) => {
    const overlapMs = Math.min(to, slot.endMs) - Math.max(from, slot.startMs);
    return overlapMs > 0 ? sum + (overlapMs / 3_600_000) * window.powerKw * (slot.pricePencePerKwh ?? 0) : sum;
  }, 0);
}
