import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toCalls, toLook, type ViessmannCall } from "../../lambdas/integrations/viessmann/adapter.ts";
import { ViessmannFeatures } from "../../lambdas/integrations/viessmann/api.ts";
import type { HeatMode } from "../../shared/domain/reading.ts";
import { VendorError } from "../../shared/errors.ts";
import { aHeatPump, CHARGE, hotWater, NOW, TARGET } from "./viessmann-bench.ts";

type Plant = { charging: boolean; targetC: number };
type Device = { executable: boolean; constraints: { min: number; max: number; stepping: number } };

const MODES: HeatMode[] = ["normal", "boost", "reduced"];
const bands = fc
  .record({ hotWaterMinC: fc.integer({ min: 30, max: 60 }), widthK: fc.integer({ min: 0, max: 20 }) })
  .map(({ hotWaterMinC, widthK }) => ({
    hotWaterMinC,
    hotWaterMaxC: Math.min(65, Math.max(35, hotWaterMinC + widthK)),
  }));
const devices = fc.record({
  executable: fc.boolean(),
  constraints: fc.record({
    min: fc.integer({ min: 10, max: 40 }),
    max: fc.integer({ min: 45, max: 70 }),
    stepping: fc.constantFrom(0.5, 1, 2, 5),
  }),
});
/** The owner's own target: often the enrolled one, from which alone we reduce. */
const ownTargets = fc.option(fc.integer({ min: 30, max: 70 }), { nil: undefined });
/** A mode, and after how many of its calls the platform dies. */
const steps = fc.array(fc.record({ mode: fc.constantFrom(...MODES), survives: fc.integer({ min: 0, max: 2 }) }), {
  maxLength: 8,
});

function told(plant: Plant, device: Device) {
  return ViessmannFeatures.parse({ data: hotWater({ ...plant, ...device }) }).data;
}

function applied(plant: Plant, { feature, name, params }: ViessmannCall): Plant {
  if (feature === CHARGE) return { ...plant, charging: name === "activate" };
  expect(feature).toBe(TARGET);
  return { ...plant, targetC: params.temperature ?? Number.NaN };
}

/** The calls of a mode; none where they are refused. */
function callsFor(mode: HeatMode, plant: Plant, device: Device, changes: Parameters<typeof aHeatPump>[0]) {
  try {
    return toCalls({ kind: "heat.mode", mode }, told(plant, device), aHeatPump(changes));
  } catch (error) {
    expect(error).toBeInstanceOf(VendorError);
    return [];
  }
}

describe("the owner's comfort", () => {
  it("is never left on our account, whatever is asked in whatever order and wherever we die", () => {
    fc.assert(
      fc.property(bands, devices, ownTargets, steps, (preferences, device, own, asked) => {
        const targetC = own ?? preferences.hotWaterMaxC;
        let plant: Plant = { charging: false, targetC };
        for (const { mode, survives } of asked) {
          for (const call of callsFor(mode, plant, device, {
            preferences: { ...preferences, carbonWeightPencePerKg: 0 },
          }).slice(0, survives)) {
            plant = applied(plant, call);
            const { min, max, stepping } = device.constraints;
            if (call.feature === TARGET) {
              expect(plant.targetC).toBeGreaterThanOrEqual(preferences.hotWaterMinC);
              expect(plant.targetC).toBeLessThanOrEqual(preferences.hotWaterMaxC);
              expect(plant.targetC).toBeGreaterThanOrEqual(min);
              expect(plant.targetC).toBeLessThanOrEqual(max);
              expect(((plant.targetC - min) / stepping) % 1).toBeCloseTo(0);
            }
            // A charge heats to the target.
            if (call.name === "activate") expect(plant.targetC).toBeLessThanOrEqual(preferences.hotWaterMaxC);
            expect(device.executable).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("comes back with `normal` after anything, to the target that the owner had set", () => {
    fc.assert(
      fc.property(bands, devices, ownTargets, steps, (preferences, device, own, asked) => {
        const targetC = own ?? preferences.hotWaterMaxC;
        const before = toLook(
          told({ charging: false, targetC }, device),
          aHeatPump({ preferences: { ...preferences, carbonWeightPencePerKg: 0 } }),
          NOW,
        );
        fc.pre(before.reading?.stream === "heat" && before.reading.mode === "normal");
        let plant: Plant = { charging: false, targetC };
        for (const { mode, survives } of asked) {
          for (const call of callsFor(mode, plant, device, {
            preferences: { ...preferences, carbonWeightPencePerKg: 0 },
          }).slice(0, survives))
            plant = applied(plant, call);
        }
        for (const call of callsFor("normal", plant, device, {
          preferences: { ...preferences, carbonWeightPencePerKg: 0 },
        }))
          plant = applied(plant, call);
        expect(plant).toEqual({ charging: false, targetC });
      }),
      { numRuns: 500 },
    );
  });

  it("reads back the mode that its calls bring, and asks nothing more then", () => {
    fc.assert(
      fc.property(fc.constantFrom(...MODES), fc.constantFrom(...MODES), (before, wanted) => {
        const device: Device = { executable: true, constraints: { min: 10, max: 60, stepping: 1 } };
        let plant: Plant = { charging: false, targetC: 55 };
        for (const mode of [before, wanted])
          for (const call of callsFor(mode, plant, device, {})) plant = applied(plant, call);
        expect(toLook(told(plant, device), aHeatPump(), NOW).reading).toMatchObject({ mode: wanted });
        expect(callsFor(wanted, plant, device, {})).toEqual([]);
      }),
    );
  });
});
