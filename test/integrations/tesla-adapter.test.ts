import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toLook } from "../../lambdas/integrations/tesla/adapter.ts";
import { TeslaChargeState } from "../../lambdas/integrations/tesla/api.ts";
import { MINUTE_MS } from "../../shared/domain/instant.ts";
import { ChargeReading, Reading } from "../../shared/domain/reading.ts";
import { oddity } from "../../shared/integration/odd.ts";
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
/** What a car that is online tells, as a look. */
const lookOf = (fields: Record<string, unknown>, state: unknown = "online") =>
  toLook(
    { state, charge_state: TeslaChargeState.parse({ timestamp: Date.parse(NOW), ...fields }) },
    anAsset(),
    NOW,
    [],
  );
const readingOf = (fields: Record<string, unknown>) => ChargeReading.parse(lookOf(fields).reading);
const toldAt = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) });

describe("any charge state", () => {
  it("is a reading as the platform stores it, made when the car says", () => {
    fc.assert(
      fc.property(chargeStates, toldAt, (fields, timestamp) => {
        const look = lookOf({ ...fields, timestamp });
        expect(Reading.parse(look.reading)).toEqual(look.reading);
        expect(Date.parse(look.reading?.observedAt ?? "")).toBe(timestamp);
        expect(look.unknown).toBeUndefined();
      }),
    );
  });

  it("leaves unknown what the car leaves out", () => {
    const { assetId: _id, stream: _stream, observedAt: _at, receivedAt: _received, ...values } = readingOf({});
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
        const told = { ...state, charger_phases: phases, charger_power: whole(kw) };
        expect(readingOf(told).powerKw).toBeCloseTo(kw, 9);
      }),
    );
  });
});

describe("a value that nobody documents", () => {
  const SOUND = {
    charging_state: "Charging",
    battery_level: 57,
    energy_remaining: 34.25,
    charge_limit_soc: 80,
    charge_current_request: 16,
    charger_actual_current: 16,
    charger_voltage: 230,
    charger_phases: 3,
    charger_power: 11,
    fast_charger_present: false,
    scheduled_charging_pending: false,
  };
  const ODD = ["a word never seen", "12345678901234567890", 1.2345e19, -1e9, {}, [], "2026-11-20T22:00:00"];

  it.each<[keyof typeof SOUND, Partial<ChargeReading>]>([
    ["charging_state", { state: null, plugged: null }],
    ["battery_level", { socPercent: null }],
    ["energy_remaining", { storedKwh: null }],
    ["charge_limit_soc", { chargeLimitPercent: null }],
    ["charge_current_request", { currentLimitA: null }],
    // The power is then known to the whole kW only.
    ["charger_actual_current", { powerKw: 11 }],
    ["charger_voltage", { powerKw: 11 }],
    ["charger_phases", {}],
    ["charger_power", {}],
    ["fast_charger_present", {}],
    ["scheduled_charging_pending", { ownScheduleActive: null }],
  ])("as %s loses only itself, and is told", (field, changes) => {
    const sound = readingOf(SOUND);
    for (const odd of ODD) {
      const look = lookOf({ ...SOUND, [field]: odd });
      expect(look.reading).toEqual({ ...sound, ...changes });
      expect(look.unknown).toEqual([oddity(field, odd)]);
    }
  });

  it.each(["a word never seen", 17, {}])(
    "as the reach of a car (%j) leaves that to how lately it was heard",
    (word) => {
      const heard = (agoMs: number) => lookOf({ ...SOUND, timestamp: Date.parse(NOW) - agoMs }, word);
      expect(heard(MINUTE_MS)).toMatchObject({ online: true, reading: { state: "charging" } });
      expect(heard(10 * MINUTE_MS)).toMatchObject({ online: false, reading: { state: "charging" } });
      expect(heard(10 * MINUTE_MS).unknown).toEqual([oddity("state", word)]);
    },
  );
});
