import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toReading } from "../../lambdas/integrations/tesla/adapter.ts";
import { TeslaChargeState } from "../../lambdas/integrations/tesla/api.ts";
import { Reading } from "../../shared/domain/reading.ts";
import { anAsset, at } from "../builders.ts";

const NOW = at("2026-11-20T23:00Z");
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const chargeStates = fc.record(
  {
    charging_state: maybe(fc.constantFrom("Disconnected", "Stopped", "Starting", "Charging", "Complete", "NoPower")),
    battery_level: maybe(fc.integer({ min: 0, max: 100 })),
    energy_remaining: maybe(fc.double({ min: 0, max: 100, noNaN: true })),
    charge_limit_soc: maybe(fc.integer({ min: 50, max: 100 })),
    charge_current_request: maybe(fc.integer({ min: 0, max: 48 })),
    charger_actual_current: maybe(fc.integer({ min: 0, max: 48 })),
    charger_voltage: maybe(fc.integer({ min: 0, max: 250 })),
    charger_phases: maybe(fc.integer({ min: 1, max: 3 })),
    charger_power: maybe(fc.integer({ min: 0, max: 250 })),
    fast_charger_present: maybe(fc.boolean()),
    scheduled_charging_pending: maybe(fc.boolean()),
  },
  { requiredKeys: [] },
);
const toldAt = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) });

describe("any charge state", () => {
  it("is a reading as the platform stores it, made when the car says", () => {
    fc.assert(
      fc.property(chargeStates, toldAt, (fields, timestamp) => {
        const reading = toReading(TeslaChargeState.parse({ ...fields, timestamp }), anAsset(), NOW);
        expect(Reading.parse(reading)).toEqual(reading);
        expect(Date.parse(reading.observedAt)).toBe(timestamp);
      }),
    );
  });

  it("leaves unknown what the car leaves out", () => {
    const reading = toReading(TeslaChargeState.parse({ timestamp: Date.parse(NOW) }), anAsset(), NOW);
    const { assetId: _id, stream: _stream, observedAt: _at, receivedAt: _received, ...values } = reading;
    expect(new Set(Object.values(values))).toEqual(new Set([null]));
  });

  it("draws volts times amps times phases on AC, however the car makes whole kW of it", () => {
    const amps = fc.integer({ min: 0, max: 48 });
    const told = fc.constantFrom<[number, number]>([1, 1], [2, 3], [3, 3]);
    const rounding = fc.constantFrom(Math.floor, Math.round, Math.ceil, () => 0);
    fc.assert(
      fc.property(amps, told, rounding, (current, [phases, real], whole) => {
        const kw = (230 * current * real) / 1000;
        const state = { charging_state: "Charging", charger_actual_current: current, charger_voltage: 230 };
        const told = { ...state, charger_phases: phases, charger_power: whole(kw), timestamp: Date.parse(NOW) };
        expect(toReading(TeslaChargeState.parse(told), anAsset(), NOW).powerKw).toBeCloseTo(kw, 9);
      }),
    );
  });
});
