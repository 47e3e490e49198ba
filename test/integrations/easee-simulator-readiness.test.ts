import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Charger } from "../../lambdas/integrations/easee/simulator-charger.ts";
import { reachableKwh } from "../../lambdas/integrations/easee/simulator-readiness.ts";
import type { Troubles } from "../../lambdas/integrations/easee/simulator-spec.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/domain/instant.ts";
import { aSpec } from "./easee-world.ts";

const NONE: Troubles = { offline: [], ownPlan: [], unpluggedAtMs: [] };
const spec = aSpec();
const arrivesAtMs = spec.sessions[0]?.arrivesAt ?? 0;
const hours = (count: number) => arrivesAtMs + count * HOUR_MS;
const span = (from: number, to: number) => ({ startsAtMs: hours(from), endsAtMs: hours(to) });

describe("what a car could have had", () => {
  // Four hours of 7.36 kW, less the three minutes that any platform needs.
  const allKwh = 7.36 * 3.95;
  it.each<[string, Partial<typeof spec>, Partial<Troubles>, boolean, number]>([
    ["is all that the supply gives", {}, {}, true, allKwh],
    [
      "is the offline limit's while there is no cloud",
      { offlineCurrentA: 6 },
      { offline: [span(1, 2)] },
      true,
      allKwh - 7.36 + 1.38,
    ],
    ["is nothing under the owner's own plan", {}, { ownPlan: [span(1, 2)] }, true, allKwh - 7.36],
    ["ends when the car leaves early", {}, { unpluggedAtMs: [hours(2)] }, true, allKwh - 2 * 7.36],
    ["waits for the cloud that must start it", { needsStart: true }, { offline: [span(-1, 1)] }, true, allKwh - 7.36],
    ["is nothing when we may not start it", { needsStart: true }, {}, false, 0],
    ["is nothing when there is no stay", { sessions: [] }, {}, true, 0],
  ])("%s", (_, changes, troubles, mayBeStarted, expectedKwh) => {
    const kwh = reachableKwh(aSpec(changes), { ...NONE, ...troubles }, mayBeStarted, hours(4));
    expect(kwh).toBeCloseTo(expectedKwh, 6);
  });

  it("is never more than a charger gives that nobody commands, and hardly less", () => {
    const spans = fc.array(
      fc.tuple(fc.integer({ min: -60, max: 800 }), fc.integer({ min: 1, max: 200 })).map(([from, minutes]) => ({
        startsAtMs: arrivesAtMs + from * MINUTE_MS,
        endsAtMs: arrivesAtMs + (from + minutes) * MINUTE_MS,
      })),
      { maxLength: 3 },
    );
    const troubled = fc.record({
      offline: spans,
      ownPlan: spans,
      unpluggedAtMs: fc.array(fc.integer({ min: arrivesAtMs, max: hours(13) }), { maxLength: 1 }),
      offlineCurrentA: fc.constantFrom(6, 16, 32),
      untilMs: fc.integer({ min: arrivesAtMs, max: hours(14) }),
    });
    const holds = fc.property(troubled, ({ offlineCurrentA, untilMs, ...troubles }) => {
      const wanting = { arrivesAt: arrivesAtMs, departsAt: hours(13), wantsKwh: 500 };
      const one = aSpec({ offlineCurrentA, sessions: [wanting] });
      const charger = new Charger(one, arrivesAtMs - HOUR_MS, 7, troubles);
      const givenKwh = charger
        .truth(untilMs)
        .intervals.reduce(
          (sum, { startsAtMs, endsAtMs, powerKw }) => sum + (powerKw * (endsAtMs - startsAtMs)) / HOUR_MS,
          0,
        );
      const reachKwh = reachableKwh(one, troubles, true, untilMs);
      // Each of at most four starts takes up to 40 s.
      expect(reachKwh).toBeLessThanOrEqual(givenKwh + 1e-9);
      expect(reachKwh).toBeGreaterThanOrEqual(givenKwh - 7.36 / 20 - 1e-9);
    });
    expect(() => fc.assert(holds)).not.toThrow();
  });
});
