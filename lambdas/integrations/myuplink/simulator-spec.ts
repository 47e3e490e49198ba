/** Virtual time as the simulator sees it: epoch milliseconds, never going back. */
export type SimulatorClock = { now(): number };

export type PumpSpec = {
  deviceId: string;
  accountId: string;
  ratedPowerKw: number;
  /** The owner's band for hot water, °C; the pump's own settings lie inside. */
  waterMinC: number;
  waterMaxC: number;
  /** What the rooms are kept at, °C. */
  roomC: number;
  /** The owner's band for the rooms, °C; without one nobody minds. */
  roomMinC?: number;
  roomMaxC?: number;
  /** How this series tells things; drawn by seed if absent. */
  manner?: Partial<Manner>;
};

/** How one series differs from another in what it tells. */
export type Manner = {
  tellsPower: "W" | "kW" | "none";
  lux: "50004" | "48132" | "none";
  connectionState: "word" | "integer";
  /** Times end in `+0`. */
  looseTimes: boolean;
  /** Hot water comes twice, an older value first. */
  duplicates: boolean;
};

/** Grid-side power, constant over [startsAtMs, endsAtMs). */
export type PowerInterval = { startsAtMs: number; endsAtMs: number; powerKw: number };

/** Water or rooms left the band while a command of ours held the pump. */
export type Breach = { atMs: number; detail: string };

/** What the pump really does. Not what it tells. */
export type PumpTruth = {
  mode: string;
  lux: boolean;
  powerKw: number;
  waterC: number;
  roomC: number;
  /** The electricity that the heat in water and rooms takes to make, kWh above 0 °C. */
  storedKwh: number;
  starts: number;
  breaches: readonly Breach[];
  intervals: PowerInterval[];
};
