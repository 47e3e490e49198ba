/** Virtual time as the simulator sees it: epoch milliseconds, never going back. */
export type SimulatorClock = { now(): number };

/** The owner's own schedule, kept by the car. */
export type OwnSchedule =
  | { mode: "Off" }
  | { mode: "StartAt"; minutesAfterLocalMidnight: number }
  /** `departureMinutes` (after local midnight) is set by command; without it the session's departure is known. */
  | { mode: "DepartBy"; marginMinutes: number; departureMinutes?: number };

/** From plugging in until unplugging, epoch ms. The charge on arrival is what the drive before left; absent: unchanged. */
export type Session = { arrivesAt: number; departsAt: number; socOnArrivalPercent?: number };

export type CarSpec = {
  vin: string;
  accountId: string;
  /** Usable. */
  batteryCapacityKwh: number;
  /** Battery kWh per grid kWh. */
  chargeEfficiency: number;
  voltageV: number;
  phases: 1 | 3;
  maxCurrentA: number;
  /** The truth, with fractions; what the car tells is whole percents. */
  initialSocPercent: number;
  chargeLimitPercent: number;
  ownSchedule: OwnSchedule;
  timeZone: string;
  /** In order of time, not overlapping. */
  sessions: Session[];
  /** Added to the time the car reports; 0 if absent. */
  clockSkewMs?: number;
  /** Above 2^53 unless given. */
  id?: bigint;
  /** Grid-side power that its charger has put into it until now; such a car draws nothing by itself. */
  fedBy?: () => readonly PowerInterval[];
};

/** A stretch of constant grid-side power above zero; end exclusive, epoch ms. */
export type PowerInterval = { startsAtMs: number; endsAtMs: number; powerKw: number };

/** What the car really does. Not what it tells. */
export type Phase = "disconnected" | "stopped" | "starting" | "charging" | "complete" | "no-power";

/** Things that happen to a car itself, whatever its vendor's cloud does. */
export type CarTroubles = {
  /** The charger offers nothing. */
  noPower: { startsAtMs: number; endsAtMs: number }[];
  unpluggedAtMs: number[];
  /** The car begins by itself although nobody asked: at these times, */
  selfStartsAtMs: number[];
  /** or so long after each stop command. */
  restartsAfterStopMs?: number;
};

export const NO_TROUBLES: CarTroubles = { noPower: [], unpluggedAtMs: [], selfStartsAtMs: [] };

/** How much a driver needs at departure: energy in the battery, or charge. */
export type Need = { storedKwh: number } | { socPercent: number };

/** A change the car will make. */
export type Change =
  | { what: "start" | "stop" }
  | { what: "amps"; amps: number }
  | { what: "limit"; percent: number }
  | { what: "schedule"; schedule: OwnSchedule };

/** `atMs`: when the car acts. `visibleAtMs`: when its cloud tells. `unannounced`: the vendor does not know it is coming. */
export type Effect = { atMs: number; visibleAtMs: number; change: Change; unannounced: boolean };

/** The parts of a car's state that its cloud tells late. */
export type Words = {
  phase: Phase;
  /** A per phase, now flowing. */
  currentA: number;
  requestedA: number;
  limitPercent: number;
  schedule: OwnSchedule;
  /** When the car would begin by itself. */
  ownStartMs: number | undefined;
};

export type CarTruth = {
  gridEnergyKwh: number;
  storedKwh: number;
  socPercent: number;
  plugged: boolean;
  charging: boolean;
  powerKw: number;
  phase: Phase;
  connectivity: "online" | "asleep" | "waking";
  chargeLimitPercent: number;
  requestedA: number;
  /** Index into the car's sessions while plugged in. */
  session: number | undefined;
  intervals: PowerInterval[];
  /** How often power began to flow (contactor closings). */
  starts: number;
};
