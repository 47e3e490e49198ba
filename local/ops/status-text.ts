import { powerOfCurrent } from "../../shared/domain/asset.ts";
import type { Reachability } from "../../shared/domain/reading.ts";
import { actionText } from "./command-words.ts";
import { ago, type LocalClock, localClock } from "./local-time.ts";
import { planLines } from "./plan-text.ts";
import { wrapped } from "./printable.ts";
import type { Fault, Status } from "./status.ts";

/** The status for a person: at most 80 columns, no colour, the same in a pipe. */
export function statusText(status: Status): string {
  const clock = localClock(status.asset.timeZone, status.at);
  return [
    `${status.asset.assetId} on ${status.target}`,
    ...field("now", `${clock.dayTime(status.at)}, ${clock.name}`),
    ...assetLines(status, clock),
    "",
    ...readingLines(status, clock),
    "",
    ...planLines(status, clock),
    "",
    ...commandLines(status, clock),
    ...(status.fault ? ["", ...faultLines(status.fault, clock)] : []),
  ].join("\n");
}

function assetLines({ asset, account, at }: Status, clock: LocalClock): string[] {
  const { preferences, supply, battery } = asset;
  const supplyKw = powerOfCurrent(supply, supply.maxCurrentA).toFixed(1);
  const atOnce = preferences.chargeNowToPercent > 0 ? `, ${preferences.chargeNowToPercent} % at once` : "";
  const carbon =
    preferences.carbonWeightPencePerKg > 0 ? `, a kilogram of CO2 counts ${preferences.carbonWeightPencePerKg} p` : "";
  const departure = preferences.nextDepartureAt;
  return [
    ...field("asset", `${asset.kind}, ${asset.integration}, fleet ${asset.fleetId}`),
    ...field("account", `${asset.accountId}, ${account}`),
    ...field("battery", `${battery.capacityKwh} kWh usable`),
    ...field("supply", `${supplyKw} kW (${supply.maxCurrentA} A at ${supply.voltageV} V, phases: ${supply.phases})`),
    ...field("wants", `${preferences.targetSocPercent} % by ${preferences.readyBy} each day${atOnce}${carbon}`),
    ...(departure && departure > at ? field("", `next time by ${clock.dayTime(departure)} instead`) : []),
    ...field(
      "control",
      asset.consent.control ? `agreed ${clock.dayTime(asset.consent.givenAt)}` : "NOT agreed: it is only read",
    ),
  ];
}

function readingLines({ reading, reachability, at }: Status, clock: LocalClock): string[] {
  if (!reading) return ["Reading", ...field("state", "none yet"), ...reachLine(reachability, at)];
  const plug = reading.plugged === null ? "plug unknown" : reading.plugged ? "plugged in" : "not plugged in";
  const state = [
    reading.state ?? "state unknown",
    ...(reading.state === "disconnected" ? [] : [plug]),
    measured(reading.powerKw, "kW", "power unknown"),
    `${measured(reading.socPercent, "%", "charge unknown", 0)}${reading.storedKwh === null ? "" : ` (${reading.storedKwh.toFixed(1)} kWh)`}`,
  ];
  const held = [
    ...(reading.chargeLimitPercent === null ? [] : [`the car's own limit is ${reading.chargeLimitPercent} %`]),
    ...(reading.ownScheduleActive ? ["the owner's own schedule is active"] : []),
  ];
  return [
    "Reading",
    ...field("measured", `${clock.dayTime(reading.observedAt)}, ${ago(reading.observedAt, at)}`),
    ...field("state", state.join(", ")),
    ...(held.length > 0 ? field("", held.join(", ")) : []),
    ...reachLine(reachability, at),
  ];
}

function reachLine(reach: Reachability | null, at: Status["at"]): string[] {
  if (!reach) return field("reachable", "not tried yet");
  const tried = `tried ${ago(reach.lastFetchedAt, at)}`;
  if (reach.failures > 0) {
    const times = reach.failures === 1 ? "the last attempt failed" : `the last ${reach.failures} attempts failed`;
    return field("reachable", `${reach.online === false ? "no, offline" : "no"}: ${times}, ${tried}`);
  }
  if (reach.online === false)
    return field("reachable", `the vendor says asleep or offline, asked ${ago(reach.lastFetchedAt, at)}`);
  return field("reachable", `yes, ${tried}`);
}

function commandLines({ openCommands, at }: Status, clock: LocalClock): string[] {
  if (openCommands.length === 0) return ["Open command: none"];
  return openCommands.flatMap((command) => [
    `Open command: ${actionText(command.action)}, ${command.status}`,
    ...field(
      "issued",
      `${clock.dayTime(command.issuedAt)}, ${ago(command.issuedAt, at)}; attempts: ${command.attempts}`,
    ),
    ...field("because", command.reason),
    ...(command.evidence ? field("so far", command.evidence) : []),
    ...field("judged", `by ${clock.dayTime(command.checkAt)}`),
  ]);
}

const KNOWN_FROM: Record<Fault["from"], string> = {
  account: "the vendor refused the login",
  reading: "the last attempt to read it",
  command: "the last verdict on a command",
};

function faultLines(fault: Fault, clock: LocalClock): string[] {
  return [
    `Fault: ${fault.faultClass}`,
    ...field("known from", `${KNOWN_FROM[fault.from]}, ${clock.dayTime(fault.since)}`),
    ...(fault.detail ? field("detail", fault.detail) : []),
    ...field("next step", `${fault.nextStep} (${fault.actor})`),
  ];
}

function measured(value: number | null, unit: string, unknown: string, digits = 1): string {
  return value === null ? unknown : `${value.toFixed(digits)} ${unit}`;
}

function field(name: string, text: string): string[] {
  return wrapped(`  ${name.padEnd(12)}`, text);
}
