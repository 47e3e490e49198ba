import { type Action, type Command, isEnded } from "../../shared/domain/command.ts";
import { epochMs } from "../../shared/domain/instant.ts";
import type { ComfortBreach } from "../../shared/integration/simulation.ts";
import { asksInVain, type FaultsNamed } from "./faults-named.ts";

export type Invariant = { name: string; held: boolean; violations: string[] };

/** A vendor call that changed what a device does. */
export type EffectiveCall = { atMs: number; assetId: string; kind: Action["kind"] };
export type StayVerdict = { assetId: string; ready: boolean; couldBeReady: boolean; missingKwh: number };

/** Of a hundred names that are given to faults, as many must be right. */
const NAMED_RIGHTLY_PERCENT = 95;

/** The promises that a run must keep, whatever went wrong around it. */
export function invariants(input: {
  commands: readonly Command[];
  effective: readonly EffectiveCall[];
  stays: readonly StayVerdict[];
  /** Cars whose charger acts for them. */
  actedForByCharger: readonly string[];
  comfortBreaches: readonly ComfortBreach[];
  overLimits: string[];
  overBudgets: string[];
  faults: FaultsNamed;
  refusals: readonly string[];
  droppedDeliveries: readonly string[];
}): Invariant[] {
  return [
    invariant("every car that could be ready is ready", lateCars(input.stays)),
    invariant(
      "no heat pump left its comfort band on our account",
      input.comfortBreaches.map(({ atMs, assetId, detail }) => `${assetId} at ${iso(atMs)}: ${detail}`),
    ),
    invariant(
      "every command has ended",
      input.commands
        .filter((command) => !isEnded(command.status))
        .map((command) => `${command.assetId} ${command.commandId} is ${command.status}`),
    ),
    invariant(
      "every missed or rejected command has a fault class",
      input.commands
        .filter((command) => (command.status === "missed" || command.status === "rejected") && !command.faultClass)
        .map((command) => `${command.assetId} ${command.commandId}`),
    ),
    invariant(
      "no command took effect twice, none without being issued",
      twiceInEffect(input.commands, input.effective),
    ),
    invariant(
      "never two actuators on one load",
      input.effective.filter(({ assetId }) => input.actedForByCharger.includes(assetId)).map(callText),
    ),
    invariant(
      `faults are named rightly: at least ${NAMED_RIGHTLY_PERCENT} %, none wrongly for the customer`,
      wronglyNamed(input.faults),
    ),
    invariant("no vendor limit was exceeded", input.overLimits),
    invariant("no money budget was exceeded", input.overBudgets),
    invariant("no call or delivery was lost in silence", [...input.refusals, ...input.droppedDeliveries]),
  ];
}

function invariant(name: string, violations: string[]): Invariant {
  return { name, held: violations.length === 0, violations };
}

function lateCars(stays: readonly StayVerdict[]): string[] {
  return stays
    .filter((stay) => stay.couldBeReady && !stay.ready)
    .map((stay) => `${stay.assetId} lacks ${stay.missingKwh.toFixed(2)} kWh`);
}

/** A few wrong names are borne; one that sends a customer to act in vain is not. */
function wronglyNamed({ rightPercent, wrong }: FaultsNamed): string[] {
  const isTooMany = rightPercent !== null && rightPercent < NAMED_RIGHTLY_PERCENT;
  return wrong
    .filter((one) => isTooMany || asksInVain(one))
    .map(({ at, assetId, raised, truth }) => `${assetId} at ${at}: ${raised}, truly ${truth}`);
}

/** Each effective call must fall into the life of a command of its kind that no other effective call has used up. */
function twiceInEffect(commands: readonly Command[], effective: readonly EffectiveCall[]): string[] {
  const used = new Set<string>();
  const violations: string[] = [];
  for (const call of effective) {
    const owner = commands.find(
      (command) =>
        command.assetId === call.assetId &&
        command.action.kind === call.kind &&
        command.attempts > 0 &&
        !used.has(command.commandId) &&
        epochMs(command.issuedAt) <= call.atMs &&
        (command.endedAt === undefined || call.atMs <= epochMs(command.endedAt)),
    );
    if (owner) used.add(owner.commandId);
    else violations.push(callText(call));
  }
  return violations;
}

function callText({ assetId, kind, atMs }: EffectiveCall): string {
  return `${assetId} ${kind} at ${iso(atMs)}`;
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
