import { type Action, type Command, isEnded } from "../../shared/domain/command.ts";
import { epochMs } from "../../shared/domain/instant.ts";

export type Invariant = { name: string; held: boolean; violations: string[] };

/** A vendor call that changed what a car does. */
export type EffectiveCall = { atMs: number; assetId: string; kind: Action["kind"] };
export type CarVerdict = { assetId: string; ready: boolean; couldBeReady: boolean; missingKwh: number };

/** The promises that a run must keep, whatever went wrong around it. */
export function invariants(input: {
  commands: readonly Command[];
  effective: readonly EffectiveCall[];
  cars: readonly CarVerdict[];
  refusals: readonly string[];
  droppedDeliveries: readonly string[];
}): Invariant[] {
  return [
    invariant("every car that could be ready is ready", lateCars(input.cars)),
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
    invariant("no call or delivery was lost in silence", [...input.refusals, ...input.droppedDeliveries]),
  ];
}

function invariant(name: string, violations: string[]): Invariant {
  return { name, held: violations.length === 0, violations };
}

function lateCars(cars: readonly CarVerdict[]): string[] {
  return cars
    .filter((car) => car.couldBeReady && !car.ready)
    .map((car) => `${car.assetId} lacks ${car.missingKwh.toFixed(2)} kWh`);
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
    else violations.push(`${call.assetId} ${call.kind} at ${new Date(call.atMs).toISOString()}`);
  }
  return violations;
}
