/** Virtual time as the simulator sees it: epoch milliseconds, never going back. */
export type SimulatorClock = { now(): number };

export type SiteSpec = {
  /** SolarEdge's number of the site. */
  siteId: string;
  accountId: string;
  peakPowerKw: number;
  timeZone: string;
  /** With one, the cloud tells what the house takes and gives. */
  hasMeter: boolean;
  /** What draws behind the meter beside the household itself, kW; nothing if absent. */
  loadKw?: (atMs: number) => number;
  /** London's if absent. */
  latitudeDegrees?: number;
};

/** The gateway talks to nobody from start to end; what it kept is told afterwards. Epoch ms, end exclusive. */
export type Silence = { startsAtMs: number; endsAtMs: number };

/** Constant power over [startsAtMs, endsAtMs). */
export type Step = { startsAtMs: number; endsAtMs: number; productionKw: number; consumptionKw: number };

export const QUARTER_MS = 900_000;
export const STEP_MS = 300_000;
