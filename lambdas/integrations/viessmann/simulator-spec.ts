export type SimulatorClock = { now(): number };

/** How a machine tells its electrical power: most do not. */
export const POWER_SENSORS = ["watt", "not-connected", "missing", "kilowatt", "percent"] as const;

export type PumpSpec = {
  /** `installation/gateway/device`. */
  id: string;
  accountId: string;
  /** IANA zone, in which the day's energy starts anew. */
  timeZone: string;
  ratedPowerKw: number;
  /** What the owner set. */
  ownTargetC: number;
  /** The band for the tank that the owner gave us. */
  hotWaterMinC: number;
  hotWaterMaxC: number;
  initialHotWaterC: number;
  powerSensor: (typeof POWER_SENSORS)[number];
  /** Showers in the morning and in the evening. */
  draws: boolean;
};

/** Power over [startsAtMs, endsAtMs). */
export type Interval = { startsAtMs: number; endsAtMs: number; powerKw: number };

/** The tank left the band while a command of ours held the heat pump. */
export type Breach = { atMs: number; detail: string };

/** What a heat pump really does. */
export type PumpTruth = {
  hotWaterC: number;
  /** The electricity that the heat in the tank takes to make, kWh above 0 °C. */
  storedKwh: number;
  targetC: number;
  charging: boolean;
  compressorOn: boolean;
  powerKw: number;
  intervals: readonly Interval[];
  /** Starts of the compressor: each costs life. */
  starts: number;
  /** Of the tank, since the start. */
  lowestC: number;
  highestC: number;
  breaches: readonly Breach[];
};

/** The device's own bounds of its hot-water target. */
export const TARGET_BOUNDS = { min: 10, max: 60, stepping: 1 } as const;
