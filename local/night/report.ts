import type { Command, CommandStatus } from "../../shared/domain/command.ts";
import { instant } from "../../shared/domain/instant.ts";
import { round } from "../../shared/domain/units.ts";
import type { PowerInterval } from "../../shared/integration/simulation.ts";
import { tally } from "../../shared/tally.ts";
import type { NightCar } from "./cars.ts";
import { type Bill, chargeNow, hindsight, type TrueSignals } from "./hindsight.ts";
import type { NightInputs } from "./inputs.ts";
import { type EffectiveCall, type Invariant, invariants } from "./invariants.ts";

/** What really happened, from the vendors' simulators and the platform's own ledgers. */
export type Outcome = {
  intervals: (car: NightCar) => readonly PowerInterval[];
  couldBeReady: (car: NightCar) => boolean;
  commands: Command[];
  effective: EffectiveCall[];
  vendorCalls: { kind: string; calls: number; priceUsd: number }[];
  injectedFaults: Record<string, number>;
  events: { name: string; assetId: string | undefined; faultClass: string | undefined }[];
  deadLetters: { queue: string; messages: number }[];
  refusals: string[];
  droppedDeliveries: string[];
};

export type CarReport = {
  assetId: string;
  arrivesAt: string;
  readyBy: string;
  neededKwh: number;
  deliveredKwh: number;
  couldBeReady: boolean;
  ready: boolean;
  actual: Bill;
  chargeNow: Bill;
  hindsight: Bill;
};

/** One command of the night, as the platform's ledger has it at the end. */
type CommandReport = Pick<
  Command,
  "assetId" | "commandId" | "action" | "reason" | "status" | "issuedAt" | "notBefore"
> &
  Partial<Pick<Command, "acceptedAt" | "endedAt" | "faultClass" | "evidence">>;

export type Report = {
  night: { date: string; zone: string; startsAt: string; endsAt: string };
  seed: number;
  faults: string;
  notes: string[];
  cars: CarReport[];
  totals: { actual: Bill; chargeNow: Bill; hindsight: Bill };
  savedAgainstChargeNow: { costPercent: number; carbonPercent: number };
  /** How much dearer than the best possible with hindsight, over the cars that got as much energy as that would give. */
  aboveHindsightPercent: number;
  /** How many commands ended in each state. */
  commands: Record<CommandStatus, number>;
  /** Every command, car by car in the order of issue, so that a reader can follow each car. */
  commandLedger: CommandReport[];
  missedBy: Record<string, number>;
  vendorCalls: Outcome["vendorCalls"];
  faultsRaised: Record<string, number>;
  injectedFaults: Record<string, number>;
  deadLetters: Outcome["deadLetters"];
  invariants: Invariant[];
  timings?: Record<string, number>;
  /** Where the night's time went: real seconds inside each Lambda, busiest first. They overlap on several cores. */
  lambdas?: { name: string; invocations: number; seconds: number }[];
  peakMemoryMb?: number;
};

/** A car counts as ready with this much missing: less than a percent of a small battery. */
const READY_TOLERANCE_KWH = 0.1;

export function report(inputs: NightInputs, signals: TrueSignals, outcome: Outcome): Report {
  const cars = inputs.cars.map((car) => carReport(car, signals, outcome));
  const totals = {
    actual: total(cars.map((car) => car.actual)),
    chargeNow: total(cars.map((car) => car.chargeNow)),
    hindsight: total(cars.map((car) => car.hindsight)),
  };
  const comparable = cars.filter((car) => car.actual.energyKwh >= car.hindsight.energyKwh - READY_TOLERANCE_KWH);
  const cost = (which: "actual" | "hindsight") => total(comparable.map((car) => car[which])).costPence;
  const { night } = inputs;
  return {
    night: { date: night.date, zone: night.zone, startsAt: instant(night.startsAtMs), endsAt: instant(night.endsAtMs) },
    seed: inputs.seed,
    faults: inputs.faults,
    notes: inputs.notes,
    cars,
    totals,
    savedAgainstChargeNow: {
      costPercent: percent(totals.chargeNow.costPence - totals.actual.costPence, totals.chargeNow.costPence),
      carbonPercent: percent(totals.chargeNow.carbonGrams - totals.actual.carbonGrams, totals.chargeNow.carbonGrams),
    },
    aboveHindsightPercent: percent(cost("actual") - cost("hindsight"), Math.abs(cost("hindsight"))),
    commands: tally(outcome.commands, (command) => command.status) as Report["commands"],
    commandLedger: outcome.commands.map(commandReport).sort(byCarAndTime),
    missedBy: tally(
      outcome.commands.filter((command) => command.faultClass),
      (command) => command.faultClass ?? "",
    ),
    vendorCalls: outcome.vendorCalls,
    faultsRaised: tally(
      outcome.events.filter((event) => event.name === "FaultRaised"),
      (event) => event.faultClass ?? "",
    ),
    injectedFaults: outcome.injectedFaults,
    deadLetters: outcome.deadLetters,
    invariants: invariants({
      commands: outcome.commands,
      effective: outcome.effective,
      cars: cars.map((car) => ({
        assetId: car.assetId,
        ready: car.ready,
        couldBeReady: car.couldBeReady,
        missingKwh: car.neededKwh - car.deliveredKwh,
      })),
      refusals: outcome.refusals,
      droppedDeliveries: outcome.droppedDeliveries,
    }),
  };
}

function carReport(car: NightCar, signals: TrueSignals, outcome: Outcome): CarReport {
  const untilReady = outcome
    .intervals(car)
    .map((interval) => ({ ...interval, endsAtMs: Math.min(interval.endsAtMs, car.readyByMs) }))
    .filter((interval) => interval.endsAtMs > interval.startsAtMs);
  const actual = signals.bill(untilReady);
  const isReady = actual.energyKwh >= car.session.energyKwh - READY_TOLERANCE_KWH;
  return {
    assetId: car.asset.assetId,
    arrivesAt: instant(car.session.arrivesAtMs),
    readyBy: instant(car.readyByMs),
    neededKwh: round(car.session.energyKwh, 3),
    deliveredKwh: round(actual.energyKwh, 3),
    couldBeReady: isReady || outcome.couldBeReady(car),
    ready: isReady,
    actual,
    chargeNow: chargeNow(car, signals),
    hindsight: hindsight(car, signals),
  };
}

function commandReport(command: Command): CommandReport {
  const { assetId, commandId, action, reason, status, issuedAt, notBefore } = command;
  const { acceptedAt, endedAt, faultClass, evidence } = command;
  return {
    ...{ assetId, commandId, action, reason, status, issuedAt, notBefore },
    ...(acceptedAt && { acceptedAt }),
    ...(endedAt && { endedAt }),
    ...(faultClass && { faultClass }),
    ...(evidence !== undefined && { evidence }),
  };
}

function byCarAndTime(a: CommandReport, b: CommandReport): number {
  const key = ({ assetId, issuedAt, commandId }: CommandReport) => `${assetId} ${issuedAt} ${commandId}`;
  return key(a) < key(b) ? -1 : 1;
}

function total(bills: readonly Bill[]): Bill {
  return bills.reduce<Bill>(
    (sum, bill) => ({
      energyKwh: sum.energyKwh + bill.energyKwh,
      costPence: sum.costPence + bill.costPence,
      carbonGrams: sum.carbonGrams + bill.carbonGrams,
    }),
    { energyKwh: 0, costPence: 0, carbonGrams: 0 },
  );
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : round((100 * part) / whole, 2);
}
