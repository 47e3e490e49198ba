import type { Reachability } from "../../shared/domain/reading.ts";
import { kindLines, paysLine } from "./asset-text.ts";
import { actionText } from "./command-words.ts";
import { ago, type LocalClock, localClock } from "./local-time.ts";
import { planLines } from "./plan-text.ts";
import { field } from "./printable.ts";
import { streamLines } from "./reading-text.ts";
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
  return [
    ...field("asset", `${asset.kind}, ${asset.integration}, fleet ${asset.fleetId}`),
    ...field("account", `${asset.accountId}, ${account}`),
    ...kindLines(asset, at, clock),
    ...paysLine(asset),
    ...field(
      "control",
      asset.consent.control ? `agreed ${clock.dayTime(asset.consent.givenAt)}` : "NOT agreed: it is only read",
    ),
  ];
}

function readingLines({ asset, reading, reachability, at }: Status, clock: LocalClock): string[] {
  if (!reading) return ["Reading", ...field("state", "none yet"), ...reachLine(reachability, at)];
  return [
    "Reading",
    ...field("measured", `${clock.dayTime(reading.observedAt)}, ${ago(reading.observedAt, at)}`),
    ...streamLines(reading, asset.kind, clock),
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
