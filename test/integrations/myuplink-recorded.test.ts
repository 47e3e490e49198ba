import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { modeOf, toLook } from "../../lambdas/integrations/myuplink/adapter.ts";
import { MyUplinkMode, MyUplinkPoints } from "../../lambdas/integrations/myuplink/api.ts";
import { limitsOf, scaledValue } from "../../lambdas/integrations/myuplink/points.ts";
import { at } from "../builders.ts";
import { aPump } from "./myuplink-bench.ts";

const OVERRIDE = process.env.HEADROOM_SHARED_DATA;
const ROOT = OVERRIDE ? pathToFileURL(`${OVERRIDE}/`) : new URL("../../../shared/data/", import.meta.url);
const FOLDER = new URL("vendors/myuplink/", ROOT);
const NOW = at("2026-11-20T23:00Z");

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}
const points = () => MyUplinkPoints.parse(recorded("device_points_nibe_smo20_excerpt.json"));
const point = (id: string) => points().filter(({ parameterId }) => parameterId === id);

describe.skipIf(!existsSync(FOLDER))("payloads recorded by others", () => {
  it("tell of a controller in March 2024 whose outdoor unit runs at a third of its speed", () => {
    const { smartHomeMode } = MyUplinkMode.parse(recorded("smart_home_mode.json"));
    expect(toLook(points(), { word: smartHomeMode }, aPump(), NOW).reading).toEqual({
      assetId: "pump-0001",
      stream: "heat",
      observedAt: "2024-03-15T09:39:12.000Z",
      receivedAt: NOW,
      mode: "normal",
      compressorOn: true,
      powerKw: 1,
      powerEstimated: true,
      hotWaterC: 55.5,
      indoorC: null,
      outdoorC: 11.7,
    });
  });

  it("tell the mode in a word", () => {
    expect(modeOf(MyUplinkMode.parse(recorded("smart_home_mode.json")).smartHomeMode)).toBe("normal");
  });

  it("have sensors that are not there", () => {
    expect(["40047", "40048", "41164"].flatMap((id) => point(id).map(scaledValue))).toEqual([null, null, null]);
  });

  it("have one parameter three times, with limits in raw steps", () => {
    expect(point("40940").map(scaledValue)).toEqual([-458, -458, -458.5]);
    expect(point("40940").map(limitsOf)).toEqual([
      { least: -3000, most: 3000 },
      undefined,
      { least: -3000, most: 3000 },
    ]);
  });
});
