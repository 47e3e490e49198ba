import { draw } from "../../../shared/integration/simulation-random.ts";
import type { Pump } from "./simulator-pump.ts";
import type { Manner } from "./simulator-spec.ts";

const DAY_MS = 24 * 3_600_000;
/** Sensors report about this often. */
const REPORT_MS = 2 * 60_000;

export function mannerOf(pump: Pump, seed: number): Manner {
  const { deviceId, manner } = pump.spec;
  const unit = (about: string) => draw(seed, deviceId, about);
  const power = unit("power");
  return {
    tellsPower: power < 0.3 ? "W" : power < 0.6 ? "kW" : "none",
    lux: unit("lux") < 0.7 ? "50004" : "48132",
    connectionState: unit("state") < 0.2 ? "integer" : "word",
    looseTimes: unit("times") < 0.3,
    duplicates: unit("twice") < 0.3,
    ...manner,
  };
}

/** The points of a device as its cloud tells them. `booted`: sensors have not measured since the device started. */
export function toldPoints(pump: Pump, manner: Manner, nowMs: number, seed: number, booted: boolean): unknown[] {
  const { deviceId } = pump.spec;
  const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}${manner.looseTimes ? "+0" : "+00:00"}`;
  const startedMs = Date.UTC(2026, 0, 1) - Math.floor(draw(seed, deviceId, "boot") * 30) * DAY_MS;
  const lagMs = Math.floor(draw(seed, deviceId, "lag") * 20_000);
  const reportedMs = Math.floor((nowMs - lagMs) / REPORT_MS) * REPORT_MS;
  const point = (id: string, unit: string, value: number, atMs: number, more: object = {}) => ({
    category: "F730 CU 3x400V",
    parameterId: id,
    parameterName: `Para\u00admeter ${id}`,
    parameterUnit: unit,
    writable: false,
    timestamp: time(atMs),
    value,
    strVal: `${value}${unit}`,
    smartHomeCategories: [],
    minValue: null,
    maxValue: null,
    stepValue: 1,
    enumValues: [],
    scaleValue: "0.1",
    zoneId: null,
    ...more,
  });
  const sensor = (id: string, celsius: number, category: string) =>
    booted
      ? point(id, "°C", 0, startedMs, { smartHomeCategories: [category] })
      : point(id, "°C", tenths(celsius), reportedMs, { smartHomeCategories: [category] });
  const { lux } = pump.shown(nowMs);
  const status = pump.task === "off" ? 20 : 60;
  return [
    sensor("40004", pump.outdoorC, "sh-outdoorTemp"),
    ...(manner.duplicates
      ? [point("40013", "°C", tenths(pump.waterC - 3), reportedMs - DAY_MS, { smartHomeCategories: ["sh-hwTemp"] })]
      : []),
    sensor("40013", pump.waterC, "sh-hwTemp"),
    sensor("40033", pump.roomC, "sh-indoorTemp"),
    point("40047", "°C", -32768, startedMs, { smartHomeCategories: ["sh-supplyTemp"] }),
    point("40079", "A", tenths(6 + 4 * draw(seed, deviceId, "house", reportedMs)), reportedMs),
    point("40145", "°C", 0, startedMs),
    point("41778", "Hz", pump.frequencyHz, pump.taskSinceMs),
    point("43009", "°C", tenths(30 + draw(seed, deviceId, "supply", reportedMs)), reportedMs),
    point("43427", "", status, pump.taskSinceMs, { strVal: status === 20 ? "off" : "runs", scaleValue: "1" }),
    ...toldPower(pump, manner).map(({ unit, value }) =>
      point("22130", unit, value, reportedMs, {
        smartHomeCategories: ["sh-electricPowerUsedCurrently"],
        scaleValue: "1",
      }),
    ),
    point("47398", "°C", 20.5, startedMs, { writable: true, minValue: 50, maxValue: 350, stepValue: 5 }),
    ...(manner.lux === "none"
      ? []
      : [
          point(manner.lux, "", lux ? 1 : 0, startedMs, {
            writable: true,
            strVal: lux ? "on" : "off",
            scaleValue: "1",
            enumValues: (manner.lux === "50004" ? ["0", "1"] : ["4", "3", "2", "1", "0"]).map((value) => ({
              value,
              text: value,
              icon: "",
            })),
          }),
        ]),
  ];
}

function toldPower(pump: Pump, { tellsPower }: Manner): { unit: string; value: number }[] {
  if (tellsPower === "none") return [];
  return [{ unit: tellsPower, value: tellsPower === "W" ? Math.round(pump.powerKw * 1000) : tenths(pump.powerKw) }];
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
