import { hash } from "node:crypto";
import { countOutcome } from "../command-outcome.ts";
import type { Asset } from "../domain/asset.ts";
import { type Command, isEnded, STREAM_OF_ACTION } from "../domain/command.ts";
import type { CommandRow } from "../domain/command-row.ts";
import type { NewEvent } from "../domain/events.ts";
import { FAULT_TREATMENT, type FaultClass } from "../domain/fault.ts";
import { epochMs } from "../domain/instant.ts";
import { activity } from "../domain/reading.ts";
import { triage } from "../domain/triage.ts";
import type { VendorError } from "../errors.ts";
import { tell } from "../outbox.ts";
import type { IntegrationDeps } from "./deps.ts";
import { outageNow } from "./fault-change.ts";

/** What becomes of the queue message: done with, or sent again to arrive after a while. */
export type Handled = { done: true } | { done: false; retryAfterMs: number };

export const DONE: Handled = { done: true };
/** A message comes again after this long where nothing says otherwise. */
export const RETRY_MS = 30_000;
/** A device is made ready this long before its moment, not sooner: it would fall asleep again, and waking costs money. */
export const READY_BEFORE_MS = 60_000;
export const RECENT_COMMANDS = 5;
const LONGEST_RETRY_MS = 300_000;
/** Commands that failed together, in an outage, are not repeated together: each waits up to this share longer. */
const SPREAD = 0.5;
/** A device that is seen at work and so often said to be out of reach: somebody must know. */
const TOLD_AT_ATTEMPT = 3;
const UNREACHABLE_AT_WORK =
  "The vendor's cloud cannot reach a device that draws power, so it goes on as it is: if it must stop, stop it by hand; tell the vendor.";

/** What a vendor's error makes of a command: unknown where it may have acted, waiting where it may pass, else rejected. */
export async function failed(
  command: CommandRow | undefined,
  asset: Asset,
  error: VendorError,
  deps: IntegrationDeps,
): Promise<Handled> {
  if (!command || isEnded(command.status)) return DONE;
  const outage = await outageNow(deps.manifest.name, deps);
  const fault = triage({ said: error.fault, outage, failures: 1, standing: null });
  const fields = { commandId: command.commandId, fault, reason: error.message };
  const retryAfterMs = Math.round(
    Math.max(error.retryAfterMs ?? 0, RETRY_MS, paceMs(command, deps)) * (1 + SPREAD * shareOf(command)),
  );
  const { retry, nextStep, sharedBy } = FAULT_TREATMENT[fault];

  if (command.status === "sending" && (error.mayHaveActed || retry)) {
    const isContradicted = await isSeenAtWork(command, fault, deps);
    const told = isContradicted ? { toldFault: fault } : {};
    const unknown = await deps.commands.transition(
      command,
      "unknown",
      { checkAt: command.notAfter, evidence: error.message, ...told },
      isContradicted ? [faultRaised(asset, fault, UNREACHABLE_AT_WORK)] : [],
    );
    deps.log.warn("COMMAND_UNKNOWN", fields);
    // The vendor's answer shows that nothing was done: it may be sent again without reading back.
    const last =
      unknown && !error.mayHaveActed
        ? await deps.commands.transition(unknown, "issued", { checkAt: command.notAfter })
        : unknown;
    if (last) await tell([last], deps);
    return { done: false, retryAfterMs };
  }
  if (retry || command.status === "unknown") {
    deps.log.info("COMMAND_DEFERRED", fields);
    return { done: false, retryAfterMs };
  }
  if (sharedBy === "account") await noteForLooks(command, fault, deps);
  const owed: NewEvent[] = [
    { name: "CommandRejected", detail: { ...reference(command), faultClass: fault } },
    faultRaised(asset, fault, nextStep),
  ];
  const changes = { endedAt: deps.now(), faultClass: fault, evidence: error.message };
  const rejected = await deps.commands.transition(command, "rejected", changes, owed);
  if (!rejected) return DONE;
  countOutcome(command, { to: "rejected", faultClass: fault }, deps.meter);
  deps.log.warn("COMMAND_REJECTED", fields);
  await tell([rejected], deps);
  return DONE;
}

/** Half the time since it was first tried: quick at first, rare in a long outage. */
export function paceMs(command: Command, deps: IntegrationDeps): number {
  const firstTriedAt = Math.max(epochMs(command.issuedAt), epochMs(command.notBefore) - READY_BEFORE_MS);
  return Math.min(LONGEST_RETRY_MS, Math.max(0, epochMs(deps.now()) - firstTriedAt) / 2);
}

/** A command's own share of 1, always the same. */
function shareOf({ assetId, commandId }: Command): number {
  return hash("sha256", `${assetId} ${commandId}`, "buffer").readUInt16BE() / 0xffff;
}

export async function knownOf(command: Command, deps: IntegrationDeps) {
  const stream = STREAM_OF_ACTION[command.action.kind];
  return (await deps.readings.latest([command.assetId], stream)).get(command.assetId);
}

/** True once for a command: when the cloud has not reached the device for the third time, and its last word was work. */
async function isSeenAtWork(command: Command, fault: FaultClass, deps: IntegrationDeps): Promise<boolean> {
  if (fault !== "device-offline" || command.attempts !== TOLD_AT_ATTEMPT) return false;
  return activity((await knownOf(command, deps))?.reading) === "charging";
}

/** A dead login ends reading too: noted where looks find it, so that the next good one tells when it is over. */
async function noteForLooks(command: Command, faultClass: FaultClass, deps: IntegrationDeps): Promise<void> {
  const known = await knownOf(command, deps);
  if (known?.reach.faultClass === faultClass) return;
  await deps.readings.recordFailure(command.assetId, STREAM_OF_ACTION[command.action.kind], {
    lastFetchedAt: deps.now(),
    online: null,
    failures: (known?.reach.failures ?? 0) + 1,
    faultClass,
  });
}

function faultRaised({ assetId, accountId, integration }: Asset, faultClass: FaultClass, nextStep: string): NewEvent {
  return { name: "FaultRaised", detail: { assetId, accountId, integration, faultClass, nextStep } };
}

export function reference(command: Command) {
  return { commandId: command.commandId, assetId: command.assetId, integration: command.integration };
}
