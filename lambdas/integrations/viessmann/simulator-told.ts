import type { Plant, Told } from "./simulator-plant.ts";
import { TARGET_BOUNDS } from "./simulator-spec.ts";

type Property = { type: string; value: unknown; unit?: string };
type Command = { isExecutable: boolean; name: string; params: Record<string, unknown>; uri: string };
type Feature = { feature: string; timestamp: string; properties: Record<string, Property>; commands: object };

/** What troubles make a device tell otherwise. */
export type Distortion = { notExecutable: boolean; stuckTank: Told | undefined };

/** Every feature of a device, as its cloud tells them: each with the time of its own last change. */
export function toldFeatures(
  plant: Plant,
  bootedAtMs: number,
  base: string,
  distortion: Distortion,
): { data: object[] } {
  const isExecutable = !distortion.notExecutable;
  const told = (name: string) => plant.told(name);
  const bare = { isExecutable, params: {} };
  const features: Feature[] = [
    flag("heating.dhw.oneTimeCharge", told("charging"), {
      activate: bare,
      deactivate: { isExecutable: true, params: {} },
    }),
    setting("heating.dhw.temperature.main", told("targetC"), "celsius", {
      setTargetTemperature: {
        isExecutable,
        params: { temperature: { type: "number", required: true, constraints: TARGET_BOUNDS } },
      },
    }),
    word("heating.dhw.operating.modes.active", "efficient", bootedAtMs),
    word("heating.circuits.0.operating.modes.active", "heating", bootedAtMs),
    sensor("heating.dhw.sensors.temperature.hotWaterStorage", distortion.stuckTank ?? told("hotWaterC"), "celsius"),
    sensor("heating.dhw.sensors.temperature.dhwCylinder", distortion.stuckTank ?? told("hotWaterC"), "celsius"),
    sensor("heating.circuits.0.sensors.temperature.supply", told("supplyC"), "celsius"),
    sensor("heating.circuits.0.sensors.temperature.room", told("roomC"), "Celsius"),
    sensor("heating.sensors.temperature.outside", told("outdoorC"), "celsius"),
    flag("heating.compressors.0", told("active"), {}),
    setting("heating.compressors.0.speed.current", told("speed"), "revolutionsPerSecond", {}),
    // Enabled, not on: seen so on plants that rest.
    flag("heating.heatingRod", { value: true, atMs: bootedAtMs }, {}),
    feature("heating.buffer.sensors.temperature.main", bootedAtMs, {}),
    feature("heating.power.consumption.total", told("dayKwh").atMs, {
      day: { type: "array", unit: "kilowattHour", value: [told("dayKwh").value, 9.4] },
    }),
    ...power(plant, bootedAtMs),
  ];
  return {
    data: features.map((one) => ({
      apiVersion: 1,
      deviceId: "0",
      isEnabled: Object.keys(one.properties).length > 0,
      isReady: true,
      ...one,
      commands: withAddresses(one, base),
    })),
  };
}

/** Electrical power in one of the forms that machines have, or not at all. */
function power(plant: Plant, bootedAtMs: number): Feature[] {
  const { value, atMs } = plant.told("watt");
  const watt = Number(value);
  switch (plant.spec.powerSensor) {
    case "watt":
      return [sensor("heating.inverters.0.sensors.power.output", { value: watt, atMs }, "watt")];
    case "kilowatt":
      return [setting("heating.compressors.0.power.consumption.current", { value: watt / 1000, atMs }, "kilowatt", {})];
    case "percent": {
      const share = Math.round((watt / 1000 / plant.spec.ratedPowerKw) * 100);
      return [
        sensor("heating.compressors.0.sensors.power", { value: share, atMs }, "percent"),
        setting("heating.compressors.0.power", { value: plant.spec.ratedPowerKw, atMs: bootedAtMs }, "kilowatt", {}),
      ];
    }
    case "not-connected": {
      const status = { type: "string", value: "notConnected" };
      return [feature("heating.inverters.0.sensors.power.output", bootedAtMs, { status })];
    }
    case "missing":
      return [];
  }
}

type Bare = Record<string, { isExecutable: boolean; params: Record<string, unknown> }>;

function feature(name: string, atMs: number, properties: Record<string, Property>, commands: Bare = {}): Feature {
  return { feature: name, timestamp: new Date(atMs).toISOString(), properties, commands };
}

function sensor(name: string, { value, atMs }: Told, unit: string): Feature {
  const status = { type: "string", value: "connected" };
  return feature(name, atMs, { status, value: { type: "number", unit, value } });
}

function setting(name: string, { value, atMs }: Told, unit: string, commands: Bare): Feature {
  return feature(name, atMs, { value: { type: "number", unit, value } }, commands);
}

function flag(name: string, { value, atMs }: Told, commands: Bare): Feature {
  return feature(name, atMs, { active: { type: "boolean", value } }, commands);
}

function word(name: string, value: string, atMs: number): Feature {
  return feature(name, atMs, { value: { type: "string", value } });
}

function withAddresses({ feature: name, commands }: Feature, base: string): Record<string, Command> {
  return Object.fromEntries(
    Object.entries(commands).map(([command, rest]) => [
      command,
      { ...rest, name: command, uri: `${base}/${name}/commands/${command}` },
    ]),
  );
}
