import type { Command, CommandStatus } from "../../shared/domain/command.ts";
import { epochMs, instant } from "../../shared/domain/instant.ts";
import { tally } from "../../shared/tally.ts";
import { type AlarmReport, alarmReports } from "./alarms.ts";
import { type FaultsNamed, faultsNamed, type Naming, type NightInjection } from "./faults-named.ts";
import { assetsOf, loadsOf } from "./fleet.ts";
import { type GridEventReport, gridEventReport } from "./grid-event.ts";
import { type HeatPumpReport, type HeatPumpTotals, heatPumpReport, heatPumpTotals } from "./heat-pump-report.ts";
import type { TrueSignals } from "./hindsight.ts";
import type { NightInputs } from "./inputs.ts";
import { type Invariant, invariants } from "./invariants.ts";
import type { Outcome } from "./outcome.ts";
import { actsItself } from "./pairs.ts";
import { type Planning, planningOf } from "./planning.ts";
import { type SolarSiteReport, solarSiteReport } from "./production.ts";
import { type StayReport, type StayTotals, stayReport, stayTotals } from "./stay-report.ts";
import { type CallSum, type VendorLoad, vendorCalls, vendorLoads } from "./vendor-calls.ts";
import { overBudgets, overLimits } from "./vendor-limits.ts";

/** One command of the night, as the platform's ledger has it at the end. */
type CommandReport = Pick<
  Command,
  "assetId" | "commandId" | "action" | "reason" | "status" | "issuedAt" | "notBefore"
> &
  Partial<Pick<Command, "acceptedAt" | "endedAt" | "faultClass" | "evidence">>;

/** The totals at the top are of cars and chargers together. */
export type Report = StayTotals & {
  night: { date: string; zone: string; startsAt: string; endsAt: string };
  seed: number;
  faults: string;
  notes: string[];
  cars: StayReport[];
  chargers: StayReport[];
  heatPumps: HeatPumpReport[];
  solarSites: SolarSiteReport[];
  /** Each kind that the fleet has, by itself. */
  byKind: { cars?: StayTotals; chargers?: StayTotals; heatPumps?: HeatPumpTotals };
  /** Money as planned, with the bound that proves it. */
  planning: Planning;
  /** What was metered while a grid event lasted, if there was one. */
  gridEvent?: GridEventReport;
  /** How many commands ended in each state. */
  commands: Record<CommandStatus, number>;
  /** Every command, asset by asset in the order of issue, so that a reader can follow each. */
  commandLedger: CommandReport[];
  missedBy: Record<string, number>;
  vendorCalls: CallSum[];
  vendorLoads: VendorLoad[];
  faultsRaised: Record<string, number>;
  injectedFaults: Record<string, number>;
  /** Troubles that only a command meets, such as a start with nothing plugged in. */
  obstacles: Record<string, number>;
  /** Each trouble that there was, so that a reader can hold what an asset did against it. */
  injections: (Omit<NightInjection, "fromMs" | "toMs"> & { from: string; to: string })[];
  faultsNamed: FaultsNamed;
  deadLetters: Outcome["deadLetters"];
  /** Every time that an alarm was in ALARM; `told` when that told its topics. */
  alarms: AlarmReport[];
  invariants: Invariant[];
  timings?: Record<string, number>;
  /** Where the night's time went: real seconds inside each Lambda, busiest first. */
  lambdas?: { name: string; invocations: number; seconds: number }[];
  peakMemoryMb?: number;
};

export function report(inputs: NightInputs, signals: TrueSignals, outcome: Outcome): Report {
  const { night } = inputs;
  const cars = inputs.cars.filter(actsItself).map((car) => stayReport(car, signals, outcome));
  const chargers = inputs.chargers.map((charger) => stayReport(charger, signals, outcome));
  const stays = [...cars, ...chargers];
  const heatPumps = inputs.heatPumps.map((pump) => heatPumpReport(pump, night, signals, outcome));
  const faults = faultsNamed(namings(inputs, outcome), outcome.injections);
  const lastsMs = night.endsAtMs - night.startsAtMs;
  const devices = tally(assetsOf(inputs), ({ integration }) => integration);
  const manifests = inputs.vendors.map(({ manifest }) => manifest);
  return {
    night: { date: night.date, zone: night.zone, startsAt: instant(night.startsAtMs), endsAt: instant(night.endsAtMs) },
    seed: inputs.seed,
    faults: inputs.faults,
    notes: inputs.notes,
    cars,
    chargers,
    heatPumps,
    solarSites: solarSites(inputs, outcome),
    ...stayTotals(stays),
    byKind: {
      ...(cars.length > 0 && { cars: stayTotals(cars) }),
      ...(chargers.length > 0 && { chargers: stayTotals(chargers) }),
      ...(heatPumps.length > 0 && { heatPumps: heatPumpTotals(heatPumps) }),
    },
    planning: planningOf(outcome.portfolioPlans, outcome.assetPlans),
    ...(inputs.event && { gridEvent: gridEventReport(inputs.event, inputs, outcome) }),
    commands: tally(outcome.commands, (command) => command.status) as Report["commands"],
    commandLedger: outcome.commands.map(commandReport).sort(byAssetAndTime),
    missedBy: tally(
      outcome.commands.filter((command) => command.faultClass),
      (command) => command.faultClass ?? "",
    ),
    vendorCalls: vendorCalls(outcome.calls),
    vendorLoads: vendorLoads(outcome.calls, devices, lastsMs),
    faultsRaised: tally(
      outcome.events.filter(({ name }) => name === "FaultRaised" || name === "VendorOutageBegan"),
      (event) => event.faultClass ?? "",
    ),
    injectedFaults: tally(
      outcome.injections.filter(({ onlyIfAsked }) => !onlyIfAsked),
      ({ kind }) => kind,
    ),
    obstacles: tally(
      outcome.injections.filter(({ onlyIfAsked }) => onlyIfAsked),
      ({ kind }) => kind,
    ),
    injections: outcome.injections.map(({ fromMs, toMs, ...injection }) => ({
      ...injection,
      from: instant(fromMs),
      to: instant(toMs),
    })),
    faultsNamed: faults,
    deadLetters: outcome.deadLetters,
    alarms: alarmReports(outcome.ringings),
    invariants: invariants({
      commands: outcome.commands,
      effective: outcome.effective,
      stays: stays.map(({ assetId, ready, couldBeReady, neededKwh, deliveredKwh }) => ({
        assetId,
        ready,
        couldBeReady,
        missingKwh: neededKwh - deliveredKwh,
      })),
      actedForByCharger: inputs.cars.flatMap(({ asset }) => (asset.chargerId === undefined ? [] : asset.assetId)),
      comfortBreaches: outcome.comfortBreaches,
      overLimits: overLimits(outcome.calls, manifests),
      overBudgets: overBudgets(outcome.calls, manifests, { devices, lastsMs }),
      faults,
      refusals: outcome.refusals,
      droppedDeliveries: outcome.droppedDeliveries,
    }),
  };
}

function solarSites(inputs: NightInputs, outcome: Outcome): SolarSiteReport[] {
  const loads = loadsOf(inputs);
  return inputs.solarSites.map(({ assetId, integration, site }) => {
    const atHome = loads.filter((load) => load.site.siteId === site.siteId);
    const drawn = atHome.flatMap((load) => outcome.intervals(load.assetId));
    return solarSiteReport({ assetId, integration, zone: site.timeZone }, outcome.production, drawn);
  });
}

/** Every fault the platform named: in an event, and as what a command failed by. */
function namings(inputs: NightInputs, { events, commands }: Outcome): Naming[] {
  const assets = new Map(assetsOf(inputs).map((asset) => [asset.assetId, asset]));
  const naming = (assetId: string, atMs: number, raised: Naming["raised"] | undefined): Naming[] => {
    const asset = assets.get(assetId);
    if (!asset || !raised) return [];
    return [{ atMs, assetId, accountId: asset.accountId, integration: asset.integration, raised }];
  };
  return [
    ...events
      .filter(({ name }) => name === "FaultRaised")
      .flatMap(({ assetId, atMs, faultClass }) => naming(assetId ?? "", atMs, faultClass)),
    // Told once for all assets of the vendor.
    ...events.flatMap(({ name, atMs, integration, faultClass }) =>
      name === "VendorOutageBegan" && integration && faultClass
        ? { atMs, assetId: "all", accountId: "all", integration, raised: faultClass }
        : [],
    ),
    ...commands
      .filter(({ status }) => status === "missed" || status === "rejected" || status === "expired")
      .flatMap(({ assetId, endedAt, faultClass }) => (endedAt ? naming(assetId, epochMs(endedAt), faultClass) : [])),
  ];
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

function byAssetAndTime(a: CommandReport, b: CommandReport): number {
  const key = ({ assetId, issuedAt, commandId }: CommandReport) => `${assetId} ${issuedAt} ${commandId}`;
  return key(a) < key(b) ? -1 : 1;
}
