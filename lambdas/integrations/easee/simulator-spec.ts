/** Virtual time as the simulator sees it: epoch milliseconds, never going back. */
export type SimulatorClock = { now(): number };

/** A half-open stretch of time, epoch ms. */
export type Span = { startsAtMs: number; endsAtMs: number };
/** Constant grid-side power above zero. */
export type PowerInterval = Span & { powerKw: number };

/** From plugging in until unplugging, epoch ms. The car stops asking when it has what it wants. */
export type Session = { arrivesAt: number; departsAt: number; wantsKwh: number };

export type ChargerSpec = {
  id: string;
  accountId: string;
  voltageV: number;
  phases: 1 | 3;
  maxCurrentA: number;
  /** What it offers while it has no cloud. */
  offlineCurrentA?: number;
  /** Each session must be authorised. */
  needsStart?: boolean;
  /** In order of time, not overlapping. */
  sessions: readonly Session[];
};

/** Things that happen to a charger itself, whatever its cloud does. */
export type Troubles = {
  /** No cloud. */
  offline: readonly Span[];
  /** The owner's own plan holds charging back. */
  ownPlan: readonly Span[];
  unpluggedAtMs: readonly number[];
};

export type Limit = { amps: number; endsAtMs: number };

/** What is so, whatever the cloud tells. */
export type ChargerTruth = {
  opMode: number;
  plugged: boolean;
  online: boolean;
  powerKw: number;
  offeredA: number;
  /** Grid-side energy of the session that lasts, or of the last one, kWh. */
  sessionKwh: number;
  limit: Limit | undefined;
  intervals: readonly PowerInterval[];
};
