import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { toLook, tookWithoutEffect } from "../../lambdas/integrations/tesla/adapter.ts";
import {
  TeslaCommandAnswer,
  TeslaVehicle,
  TeslaVehicleData,
  TeslaWakeAnswer,
} from "../../lambdas/integrations/tesla/api.ts";
import { errorOf } from "../../lambdas/integrations/tesla/api-errors.ts";
import { applyRecord } from "../../lambdas/integrations/tesla/telemetry.ts";
import { TelemetryRecord } from "../../lambdas/integrations/tesla/telemetry-record.ts";
import { isOnline } from "../../lambdas/integrations/tesla/words.ts";
import { anAsset, at } from "../builders.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA;
const FOLDER = SHARED
  ? new URL("vendors/tesla/", pathToFileURL(`${SHARED}/`))
  : new URL("../../../shared/data/vendors/tesla/", import.meta.url);
const NOW = at("2026-11-20T23:00Z");
const ErrorFile = z.object({ httpStatus: z.number(), body: z.unknown() });

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

function readingOf(name: string) {
  const look = toLook(TeslaVehicleData.parse(recorded(name)).response, anAsset(), NOW, []);
  expect(look.unknown).toBeUndefined();
  return look.reading;
}

function faultOf(name: string) {
  const { httpStatus, body } = ErrorFile.parse(recorded(name));
  const answer = { status: httpStatus, headers: new Headers(), text: JSON.stringify(body) };
  return errorOf(answer, "vehicle_data", "GET", Date.parse(NOW)).fault;
}

describe.skipIf(!existsSync(FOLDER))("payloads recorded by others", () => {
  it("tell of a car that stopped in January 2024", () => {
    expect(readingOf("vehicle_data_stopped.json")).toEqual({
      assetId: "car-0001",
      stream: "charge",
      observedAt: "2024-01-19T23:38:40.649Z",
      receivedAt: NOW,
      state: "stopped",
      plugged: true,
      powerKw: 0,
      socPercent: 77,
      storedKwh: 46.92,
      sessionKwh: null,
      chargeLimitPercent: 80,
      currentLimitA: 16,
      ownScheduleActive: false,
    });
  });

  it("tell of an American car on one phase, finer than its whole kW and without the energy in its battery", () => {
    expect(readingOf("vehicle_data_charging_us_single_phase.json")).toMatchObject({
      observedAt: "2022-08-27T22:59:35.268Z",
      state: "charging",
      powerKw: 7.744,
      socPercent: 78,
      storedKwh: null,
      currentLimitA: 32,
    });
  });

  it("list a car that is online", () => {
    const list = z.object({ response: z.array(TeslaVehicle) }).parse(recorded("vehicles_list_online.json"));
    expect(list.response.map(({ state }) => isOnline(state))).toEqual([true]);
  });

  it("say asleep to a wake", () => {
    expect(TeslaWakeAnswer.parse(recorded("wake_up_response_asleep.json")).response.state).toBe("asleep");
  });

  it.each([
    ["command_ok.json", false],
    ["command_already_set.json", true],
  ])("take a command: %s", (name, withoutEffect) => {
    const answer = TeslaCommandAnswer.parse(recorded(name)).response;
    expect(tookWithoutEffect({ name: "charge_start", body: {} }, answer)).toBe(withoutEffect);
  });

  it.each([
    ["error_408_offline_or_asleep.json", "device-offline"],
    ["error_403_missing_scopes.json", "customer-must-act"],
  ])("fail: %s is %s", (name, fault) => {
    expect(faultOf(name)).toBe(fault);
  });

  it.each<[name: string, stamp: object, expected: object]>([
    ["telemetry_record_shape.json", {}, { unknown: [], dropped: "undated" }],
    ["telemetry_record_shape.json", { createdAt: NOW }, { unknown: [], online: true }],
    [
      "telemetry_string_values.json",
      { vin: "TESTVIN0000000001", createdAt: NOW },
      {
        unknown: [],
        online: true,
        reading: { observedAt: NOW, storedKwh: 42.88, powerKw: 0, socPercent: null, state: null },
      },
    ],
  ])("are pushed: %s with %j", (name, stamp, expected) => {
    const record = TelemetryRecord.parse({ ...z.looseObject({}).parse(recorded(name)), ...stamp });
    const applied = applyRecord({ assetId: "car-0001", previous: undefined }, record, NOW);
    expect(applied).toMatchObject(expected);
    expect(applied.reading === undefined).toBe(!("reading" in expected));
  });
});
