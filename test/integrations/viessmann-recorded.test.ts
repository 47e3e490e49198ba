import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { toCalls, toLook } from "../../lambdas/integrations/viessmann/adapter.ts";
import { ViessmannFeatures } from "../../lambdas/integrations/viessmann/api.ts";
import { errorOf } from "../../lambdas/integrations/viessmann/api-errors.ts";
import { at } from "../builders.ts";
import { aHeatPump, CHARGE, TARGET } from "./viessmann-bench.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA;
const FOLDER = new URL(
  "vendors/viessmann/",
  SHARED === undefined ? new URL("../../../shared/data/", import.meta.url) : pathToFileURL(`${SHARED}/`),
);
const NOW = at("2026-11-20T23:00Z");
const ErrorFile = z.object({ httpStatus: z.number(), body: z.unknown() });
const IDLE = "features_vitocal250a_idle.json";
const RUNNING = "features_vitocal222s_compressor_active_no_power_sensor.json";

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

const featuresOf = (name: string) => ViessmannFeatures.parse(recorded(name)).data;

function faultOf(name: string, nowMs = Date.parse(NOW)) {
  const { httpStatus, body } = ErrorFile.parse(recorded(name));
  return errorOf({ status: httpStatus, headers: new Headers(), text: JSON.stringify(body) }, "features", "GET", nowMs);
}

describe.skipIf(!existsSync(FOLDER))("payloads recorded by others", () => {
  it("tell of a heat pump that rests, with its power in watts", () => {
    expect(toLook(featuresOf(IDLE), aHeatPump(), NOW).reading).toEqual({
      assetId: "pump-0001",
      stream: "heat",
      observedAt: "2025-10-05T10:09:15.988Z",
      receivedAt: NOW,
      mode: "normal",
      compressorOn: false,
      powerKw: 0,
      powerEstimated: false,
      hotWaterC: 46.8,
      indoorC: null,
      outdoorC: 12.2,
    });
  });

  it("tell of one that runs at 20 turns a second, whose power sensor is not connected", () => {
    expect(toLook(featuresOf(RUNNING), aHeatPump(), NOW).reading).toEqual({
      assetId: "pump-0001",
      stream: "heat",
      observedAt: "2025-10-05T16:26:28.712Z",
      receivedAt: NOW,
      mode: "normal",
      compressorOn: true,
      powerKw: 0.889,
      powerEstimated: true,
      hotWaterC: 50.9,
      indoorC: null,
      outdoorC: 12.1,
    });
  });

  it("would take a boost, and a lower target where the owner's own is the enrolled one", () => {
    const boost = { kind: "heat.mode", mode: "boost" } as const;
    const reduced = { kind: "heat.mode", mode: "reduced" } as const;
    const lower = { feature: TARGET, name: "setTargetTemperature", params: { temperature: 50 } };
    expect(toCalls(boost, featuresOf(IDLE), aHeatPump())).toEqual([{ feature: CHARGE, name: "activate", params: {} }]);
    expect(toCalls(reduced, featuresOf(IDLE), aHeatPump())).toEqual([lower]);
    expect(() => toCalls(reduced, featuresOf(RUNNING), aHeatPump())).toThrow(/could not be given back/);
  });

  it("fail: the heat pump is offline, and its gateway is not", () => {
    expect(faultOf("error_400_device_offline.json")).toMatchObject({ fault: "device-offline", mayHaveActed: false });
    expect(faultOf("error_400_device_offline.json").message).toMatch(/does not answer its gateway/);
  });

  it("fail: the day's calls are used up, until a moment in March 2020", () => {
    expect(faultOf("error_429_rate_limit.json")).toMatchObject({ fault: "quota-exhausted", retryAfterMs: 0 });
    const before = 1_584_462_010_106 - 3_600_000;
    expect(faultOf("error_429_rate_limit.json", before)).toMatchObject({ retryAfterMs: 3_600_000 });
  });
});
