import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyRecord } from "../../lambdas/integrations/tesla/telemetry.ts";
import { byTime, TelemetryRecord } from "../../lambdas/integrations/tesla/telemetry-record.ts";
import { MINUTE_MS, plusMs } from "../../shared/domain/instant.ts";
import { type ChargeReading, Reading } from "../../shared/domain/reading.ts";
import { aReading, at, charging } from "../builders.ts";
import { aRecord, connection, RECEIVED_AT, typed, VIN } from "./tesla-telemetry-bench.ts";

const apply = (previous: ChargeReading | undefined, record: unknown, receivedAt = RECEIVED_AT) =>
  applyRecord({ assetId: "car-0001", previous }, TelemetryRecord.parse(record), receivedAt);

/** What a record makes of a car of which nothing is known. */
const told = (fields: Record<string, string>) => apply(undefined, aRecord(fields)).reading;

const BEFORE = at("2026-11-20T22:59:00Z");
const STOPPED = aReading({ observedAt: BEFORE, powerKw: 0, state: "stopped", ownScheduleActive: false });
const CHARGING = charging({ observedAt: BEFORE, powerKw: 11, state: "charging" });

describe("a pushed record", () => {
  it("is read as texts, as an older configuration sends them", () => {
    const fields = { DetailedChargeState: "Charging", ACChargingPower: "10.900000162422657", BatteryLevel: "53.375" };
    expect(told({ ...fields, ChargeLimitSoc: "80", ScheduledChargingPending: "false" })).toEqual({
      assetId: "car-0001",
      stream: "charge",
      observedAt: "2026-11-20T23:00:00.232Z",
      receivedAt: RECEIVED_AT,
      state: "charging",
      plugged: true,
      powerKw: 10.9,
      socPercent: 53.375,
      storedKwh: null,
      sessionKwh: null,
      chargeLimitPercent: 80,
      currentLimitA: null,
      ownScheduleActive: false,
    });
  });

  it("is read with types, as a newer one sends them", () => {
    const record = typed({
      DetailedChargeState: { detailedChargeStateValue: "DetailedChargeStateStopped" },
      ACChargingPower: { doubleValue: 0 },
      Soc: { doubleValue: 71.4 },
      EnergyRemaining: { doubleValue: 42.88 },
      ChargeLimitSoc: { intValue: 90 },
      ChargeCurrentRequest: { intValue: 16 },
      ScheduledChargingPending: { booleanValue: true },
    });
    expect(apply(undefined, record).reading).toMatchObject({
      state: "stopped",
      plugged: true,
      powerKw: 0,
      socPercent: 71.4,
      storedKwh: 42.88,
      chargeLimitPercent: 90,
      currentLimitA: 16,
      ownScheduleActive: true,
    });
  });

  it("is read as a compatible service sends it, values by name", () => {
    const data = { DetailedChargeState: "DetailedChargeStateNoPower", BatteryLevel: 41, ACChargingPower: null };
    expect(apply(undefined, { vin: VIN, createdAt: "2026-11-20T23:00:00Z", data }).reading).toMatchObject({
      state: "no-power",
      socPercent: 41,
      powerKw: null,
    });
  });

  it.each<[unknown, string, boolean]>([
    ["DetailedChargeStateDisconnected", "disconnected", false],
    ["DetailedChargeStateNoPower", "no-power", true],
    ["DetailedChargeStateStarting", "starting", true],
    ["DetailedChargeStateCharging", "charging", true],
    ["DetailedChargeStateComplete", "complete", true],
    ["DetailedChargeStateStopped", "stopped", true],
    [1, "disconnected", false],
    [4, "charging", true],
    [6, "stopped", true],
  ])("tells the state %s", (detailedChargeStateValue, state, plugged) => {
    const { reading, unknown } = apply(undefined, typed({ DetailedChargeState: { detailedChargeStateValue } }));
    expect(reading).toMatchObject({ state, plugged });
    expect(unknown).toEqual([]);
  });

  it.each([[{}], [{ invalid: true }], [{ stringValue: "" }], [{ stringValue: "  " }], [{ stringValue: "<invalid>" }]])(
    "makes a value unknown, never zero, by %j",
    (value) => {
      const { reading, unknown } = apply(CHARGING, typed({ ACChargingPower: value, DetailedChargeState: value }));
      expect(reading).toMatchObject({ powerKw: null, state: null, plugged: null, socPercent: CHARGING.socPercent });
      expect(unknown).toEqual([]);
    },
  );

  it.each<[string, unknown, Partial<ChargeReading>]>([
    [
      "DetailedChargeState",
      { detailedChargeStateValue: "DetailedChargeStateDreaming" },
      { state: null, plugged: null },
    ],
    ["DetailedChargeState", { detailedChargeStateValue: 17 }, { state: null, plugged: null }],
    ["DetailedChargeState", { stringValue: "constructor" }, { state: null, plugged: null }],
    ["ACChargingPower", { stringValue: "eleven" }, { powerKw: null }],
    ["ACChargingPower", { stringValue: "12345678901234567890" }, { powerKw: null }],
    ["BatteryLevel", { doubleValue: 153 }, { socPercent: null }],
    ["ScheduledChargingPending", { intValue: 1 }, { ownScheduleActive: null }],
  ])("keeps a %s that is not understood raw, and its field unknown", (key, value, expected) => {
    const { reading, unknown } = apply(CHARGING, typed({ [key]: value }));
    expect(reading).toMatchObject(expected);
    expect(unknown).toEqual([{ key, raw: String(Object.values(value as object)[0]) }]);
  });

  it("says nothing by the words of the charger's own works", () => {
    for (const word of [
      "Enable",
      "Idle",
      "ClearFaults",
      "QualifyLineConfig",
      "SystemConfig",
      "Startup",
      "Disconnected",
    ])
      expect(apply(STOPPED, aRecord({ ChargeState: word }))).toEqual({ online: true, unknown: [] });
  });

  it("proves that the car is connected although it tells nothing of ours", () => {
    const { reading, online } = apply(STOPPED, aRecord({ Odometer: "46882.7", DoorState: "" }));
    expect(reading).toBeUndefined();
    expect(online).toBe(true);
  });

  it("prefers what the driver sees to what a cold battery can give, in whatever order they stand", () => {
    expect(told({ BatteryLevel: "57", Soc: "55.2" })?.socPercent).toBe(57);
    expect(told({ Soc: "55.2", BatteryLevel: "57" })?.socPercent).toBe(57);
    expect(apply(undefined, typed({ Soc: { doubleValue: 55.2 }, BatteryLevel: {} })).reading?.socPercent).toBe(55.2);
  });
});

describe("the power of a car that pushes", () => {
  it("is a load while the cabin is warmed from the mains, and that is not charging", () => {
    expect(apply(STOPPED, aRecord({ ACChargingPower: "3.3", PackCurrent: "0" })).reading).toMatchObject({
      state: "stopped",
      powerKw: 3.3,
    });
    expect(told({ ChargeState: "Enable", ACChargingPower: "3.3" })).toMatchObject({ state: null, powerKw: 3.3 });
  });

  it("ends with the cable, whatever was told before and stays told", () => {
    const out = apply(CHARGING, aRecord({ DetailedChargeState: "Disconnected", PackCurrent: "24.3" })).reading;
    expect(out).toMatchObject({ state: "disconnected", plugged: false, powerKw: 0 });
    expect(apply(out, aRecord({ ACChargingPower: "11" })).reading?.powerKw).toBe(0);
  });

  it("is unknown after a stop until it is told", () => {
    const stopped = apply(CHARGING, aRecord({ DetailedChargeState: "Stopped" })).reading;
    expect(stopped).toMatchObject({ state: "stopped", powerKw: null });
    expect(apply(stopped, aRecord({ ACChargingPower: "0" })).reading).toMatchObject({ state: "stopped", powerKw: 0 });
  });

  it("stands when the state only says what fits it, or the same again", () => {
    const hovering = apply(STOPPED, aRecord({ ACChargingPower: "0.2" })).reading;
    expect(apply(hovering, aRecord({ DetailedChargeState: "Charging" })).reading?.powerKw).toBe(0.2);
    expect(apply(STOPPED, aRecord({ DetailedChargeState: "Complete" })).reading?.powerKw).toBe(0);
    expect(apply(STOPPED, aRecord({ DetailedChargeState: "Charging" })).reading?.powerKw).toBeNull();
    const warming = apply(STOPPED, aRecord({ ACChargingPower: "3.3" })).reading;
    expect(apply(warming, aRecord({ DetailedChargeState: "Stopped" })).reading?.powerKw).toBe(3.3);
  });

  it("is the direct current's when that flows, and not when it is told to be nothing", () => {
    expect(told({ DCChargingPower: "121.5", ACChargingPower: "0" })?.powerKw).toBe(121.5);
    expect(told({ DCChargingPower: "0", ACChargingPower: "7.2" })?.powerKw).toBe(7.2);
    expect(apply(CHARGING, aRecord({ DCChargingPower: "0" })).reading?.powerKw).toBe(11);
  });
});

describe("a fast charge", () => {
  it("is not ended by the alternating current being none, and is by its own", () => {
    const fast = apply(CHARGING, aRecord({ DCChargingPower: "61.3" })).reading;
    expect(apply(fast, aRecord({ ACChargingPower: "0" })).reading?.powerKw).toBe(61.3);
    const stopped = apply(fast, aRecord({ DetailedChargeState: "Stopped", DCChargingPower: "59.9" })).reading;
    expect(stopped).toMatchObject({ state: "stopped", powerKw: 59.9 });
    expect(apply(stopped, aRecord({ DCChargingPower: "0" })).reading?.powerKw).toBe(0);
  });
});

describe("a car that stays starting", () => {
  it("charges when it draws", () => {
    const starting = apply(STOPPED, aRecord({ DetailedChargeState: "Starting" })).reading;
    expect(starting).toMatchObject({ state: "starting", powerKw: null });
    const drawing = apply(starting, aRecord({ ACChargingPower: "7.1" })).reading;
    expect(drawing).toMatchObject({ state: "charging", powerKw: 7.1 });
    expect(apply(drawing, aRecord({ DetailedChargeState: "Starting" })).reading?.state).toBe("charging");
    expect(apply(starting, aRecord({ ACChargingPower: "0.1" })).reading?.state).toBe("starting");
  });
});

describe("what a record leaves out", () => {
  it("stands while the car keeps talking", () => {
    const { reading } = apply(CHARGING, aRecord({ BatteryLevel: "61" }));
    expect(reading).toEqual({
      ...CHARGING,
      socPercent: 61,
      storedKwh: null,
      observedAt: "2026-11-20T23:00:00.232Z",
      receivedAt: RECEIVED_AT,
    });
  });

  it("is unknown after a silence that may have been a drive, but for what people set", () => {
    const old = charging({
      observedAt: plusMs(RECEIVED_AT, -20 * MINUTE_MS),
      chargeLimitPercent: 80,
      currentLimitA: 16,
    });
    expect(apply(old, aRecord({ BatteryLevel: "33" })).reading).toMatchObject({
      state: null,
      plugged: null,
      powerKw: null,
      socPercent: 33,
      storedKwh: null,
      chargeLimitPercent: 80,
      currentLimitA: 16,
    });
  });

  it("keeps the charge told when only the energy is", () => {
    const { reading } = apply(CHARGING, aRecord({ EnergyRemaining: "34.5" }));
    expect(reading).toMatchObject({ socPercent: CHARGING.socPercent, storedKwh: 34.5 });
  });
});

describe("the time of a record", () => {
  it("is the car's, to the millisecond, whatever the number of digits", () => {
    for (const [text, expected] of [
      ["2026-11-20T23:00:00.232436601Z", "2026-11-20T23:00:00.232Z"],
      ["2026-11-20T23:00:00.9Z", "2026-11-20T23:00:00.900Z"],
      ["2026-11-20T23:00:00Z", "2026-11-20T23:00:00.000Z"],
    ])
      expect(apply(undefined, aRecord({ BatteryLevel: "50" }, text)).reading?.observedAt).toBe(expected);
  });

  it("without a zone is refused, and without any is not taken for now", () => {
    expect(TelemetryRecord.safeParse(aRecord({ BatteryLevel: "50" }, "2026-11-20T23:00:00")).success).toBe(false);
    expect(apply(undefined, aRecord({ BatteryLevel: "50" }, null))).toEqual({ unknown: [], dropped: "undated" });
  });

  it("in the future is refused", () => {
    const tomorrow = aRecord({ BatteryLevel: "50" }, "2026-11-21T23:00:00Z");
    expect(apply(CHARGING, tomorrow)).toEqual({ unknown: [], dropped: "future" });
  });

  it("before the last reading makes it say nothing, resent or late", () => {
    const late = { ...aRecord({ DetailedChargeState: "Stopped" }, "2026-11-20T22:58:59.9Z"), isResend: true };
    expect(apply(CHARGING, late)).toEqual({ unknown: [], dropped: "older" });
  });

  it("orders records of one millisecond", () => {
    const record = (nanos: string) => TelemetryRecord.parse(aRecord({}, `2026-11-20T23:00:00.${nanos}Z`));
    const order = ["232436700", "2324366", "232436601", "1"].map(record).toSorted(byTime);
    expect(order.map(({ createdAt }) => createdAt?.nanos)).toEqual([
      100_000_000, 232_436_600, 232_436_601, 232_436_700,
    ]);
  });
});

describe("a connection", () => {
  it("tells whether the car is in reach, and nothing of its charge", () => {
    expect(apply(CHARGING, connection("CONNECTED"))).toEqual({ online: true, unknown: [] });
    expect(apply(CHARGING, connection("DISCONNECTED"))).toEqual({ online: false, unknown: [] });
  });

  it("that ended before the car was heard last has been replaced by another", () => {
    const old = connection("DISCONNECTED", "2026-11-20T22:58:00Z");
    expect(apply(CHARGING, old)).toEqual({ unknown: [], dropped: "older" });
  });

  it("in an unknown word is unknown", () => {
    expect(apply(CHARGING, connection("LINGERING"))).toEqual({ unknown: [{ key: "status", raw: "LINGERING" }] });
  });

  it("is not told by alerts and errors", () => {
    const common = { vin: VIN, createdAt: "2026-11-20T23:00:00Z" };
    expect(apply(CHARGING, { ...common, alerts: [{ name: "VCFRONT_a192" }] })).toEqual({ unknown: [] });
    expect(apply(CHARGING, { ...common, errors: [{ name: "stream_error" }] })).toEqual({ unknown: [] });
  });
});

describe("any records", () => {
  const key = fc.constantFrom(
    ...["DetailedChargeState", "ACChargingPower", "DCChargingPower", "Soc", "BatteryLevel", "EnergyRemaining"],
    ...["ChargeLimitSoc", "ChargeCurrentRequest", "ScheduledChargingPending", "ChargeState", "Location"],
  );
  const scalar = fc.oneof(
    fc.string(),
    fc.double(),
    fc.integer({ min: -5, max: 120 }).map(String),
    fc.boolean(),
    fc.constantFrom("DetailedChargeStateCharging", "Stopped", "Disconnected", "NoPower", "", "<invalid>"),
  );
  const value = fc.oneof(
    fc.constant({}),
    fc.constant({ invalid: true }),
    scalar.map((stringValue) => ({ stringValue })),
    fc.anything(),
  );
  const records = fc.array(
    fc.record({
      data: fc.array(fc.record({ key, value }), { maxLength: 4 }),
      createdAt: fc.integer({ min: -40 * MINUTE_MS, max: 4 * MINUTE_MS }).map((ms) => plusMs(RECEIVED_AT, ms)),
      vin: fc.constant(VIN),
    }),
    { maxLength: 12 },
  );

  it("leave a reading as the platform stores it, never older than before", () => {
    fc.assert(
      fc.property(records, (list) => {
        let reading: ChargeReading | undefined;
        for (const record of list) {
          const next = apply(reading, record).reading;
          if (!next) continue;
          expect(Reading.parse(next)).toEqual(next);
          if (reading) expect(next.observedAt >= reading.observedAt).toBe(true);
          reading = next;
        }
      }),
    );
  });

  it("that come twice change nothing the second time", () => {
    fc.assert(
      fc.property(records, (list) => {
        const play = (twice: boolean) =>
          list
            .map((record) => TelemetryRecord.parse(record))
            .toSorted(byTime)
            .flatMap((record) => (twice ? [record, record] : [record]))
            .reduce<ChargeReading | undefined>(
              (reading, record) =>
                applyRecord({ assetId: "car-0001", previous: reading }, record, RECEIVED_AT).reading ?? reading,
              undefined,
            );
        expect(play(true)).toEqual(play(false));
      }),
    );
  });
});
