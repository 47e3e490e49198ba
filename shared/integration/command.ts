import { createHash } from "node:crypto";
import { type Asset, STREAM_OF_KIND } from "../domain/asset.ts";
import type { Command } from "../domain/command.ts";
import { isEnded, STREAM_OF_ACTION } from "../domain/command.ts";
import type { CommandRow } from "../domain/command-row.ts";
import type { NewEvent } from "../domain/events.ts";
import { FAULT_TREATMENT, type FaultClass } from "../domain/fault.ts";
import { epochMs, type Instant, plusMs } from "../domain/instant.ts";
import { proves } from "../domain/proof.ts";
import { activity, type Reading } from "../domain/reading.ts";
import { triage } from "../domain/triage.ts";
import { ConfigError, VendorError } from "../errors.ts";
import { tell } from "../outbox.ts";
import type { Target } from "./contract.ts";
import type { IntegrationDeps } from "./deps.ts";
import { faultChange, outageNow } from "./fault-change.ts";
import { lookForProof } from "./next-look.ts";
import { record, telemetryRecorded } from "./poll.ts";

/** What becomes of the queue message: done with, or sent again to arrive after a while. */
export type Handled = { done: true } | { done: false; retryAfterMs: number };

const DONE: Handled = { done: true };
const AGAIN: Handled = { done: false, retryAfterMs: 1000 };
// A `sending` row this old belongs to a worker that is gone: longer than a worker can live.
const SENDING_LEASE_MS = 90_000;
const RETRY_MS = 30_000;
/** A device is made ready this long before its moment, not sooner: it would fall asleep again, and waking costs money. */
const READY_BEFORE_MS = 60_000;
/** A device takes up to this long to become ready. */
const READY_AFTER_MS = 45_000;
const LONGEST_RETRY_MS = 300_000;
/** Commands that failed together, in an outage, are not repeated together: each waits up to this share longer. */
const SPREAD = 0.5;
const RECENT_COMMANDS = 5;
/** A device that is seen at work and so often said to be out of reach: somebody must know. */
const TOLD_AT_ATTEMPT = 3;
const UNREACHABLE_AT_WORK =
  "The vendor's cloud cannot reach a device that draws power, so it goes on as it is: if it must stop, stop it by hand; tell the vendor.";
/** A vendor's cloud may tell the state before a command for as long as this after it. */
const TOLD_AFTER_MS = 60_000;

/**
 * Carries out one issued command. The row is `sending` before the vendor is called, so a crash leaves a trace; what may
 * have acted is read back before it is repeated; what arrives twice finds the row moved on.
 */
export async function runCommand(key: { assetId: string; commandId: string }, deps: IntegrationDeps): Promise<Handled> {
  const command = await deps.commands.get(key);
  if (!command) throw new Error(`command ${key.commandId} was announced but is not in the ledger`);
  if (isEnded(command.status) || command.status === "accepted") {
    deps.log.info("COMMAND_DUPLICATE", { commandId: command.commandId, status: command.status });
    return DONE;
  }
  const [asset] = await deps.assets.get([command.assetId]);
  if (!asset?.consent.control) return end(command, "withdrawn", "the customer has not consented to control", deps);

  try {
    return await advance(command, asset, deps);
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    return failed(await deps.commands.get(key), asset, error, deps);
  }
}

async function advance(command: CommandRow, asset: Asset, deps: IntegrationDeps): Promise<Handled> {
  const now = deps.now();
  if (command.status === "sending") {
    if (now < command.checkAt) return { done: false, retryAfterMs: RETRY_MS };
    const unknown = await deps.commands.transition(command, "unknown", { checkAt: command.notAfter });
    return unknown ? advance(unknown, asset, deps) : DONE;
  }
  const recent = await deps.commands.recent(asset.assetId, RECENT_COMMANDS);
  if (command.status === "issued") {
    // The verifier ends what is too late; nothing may be sent any more.
    if (now >= command.notAfter) return DONE;
    const newest = await deps.commands.newest(asset.assetId);
    if (newest && newest.commandId !== command.commandId)
      return end(command, "withdrawn", "a newer command for the same asset", deps);
  }

  const untilReadyingMs = epochMs(command.notBefore) - READY_BEFORE_MS - epochMs(now);
  if (command.status === "issued" && untilReadyingMs > 0) return { done: false, retryAfterMs: untilReadyingMs };

  const accessToken = await deps.tokens.accessToken(asset.accountId);
  const known = (await deps.readings.latest([asset.assetId], STREAM_OF_KIND[asset.kind])).get(asset.assetId)?.reading;
  const last = isOvertaken(known, command, recent) ? undefined : known;
  const withToken = <T>(call: (target: Target) => Promise<T>) =>
    deps.withToken(asset, accessToken, (token) => call({ asset, accessToken: token, last }));

  if (command.status === "unknown") return readBack(command, asset, withToken, deps);

  const early = now < command.notBefore;
  // Made ready in the time before its moment: it goes out at once, and a device that fell asleep again says so.
  const isPrepared = !early && command.attempts === 0 && wasPreparedFor(command, now);
  const prepared = isPrepared ? { ready: true as const } : await withToken((target) => deps.vendor.prepare(target));
  if (!prepared.ready || early) {
    const waitMs = prepared.ready
      ? epochMs(command.notBefore) - epochMs(deps.now())
      : Math.max(prepared.waitMs, paceMs(command, deps));
    deps.log.info("COMMAND_DEFERRED", { commandId: command.commandId, waitMs });
    return { done: false, retryAfterMs: Math.max(0, waitMs) };
  }
  if (deps.now() >= command.notAfter) return DONE;
  const sending = await deps.commands.transition(command, "sending", {
    attempts: command.attempts + 1,
    checkAt: plusMs(deps.now(), SENDING_LEASE_MS),
  });
  // Somebody was first, or a newer command came: the message comes once more and sees which.
  if (!sending) return AGAIN;
  const taken = await withToken(async (target) => {
    // The last thing before the vendor: the write and a renewed token may have taken long.
    if (deps.now() >= command.notAfter) return undefined;
    return deps.vendor.command(target, command.action, { until: command.notAfter });
  });
  if (!taken) return end(sending, "expired", "its time ran out in the last step before the vendor was called", deps);
  deps.log.info("COMMAND_SENT", {
    commandId: command.commandId,
    action: command.action.kind,
    withoutEffect: taken.withoutEffect,
  });
  return accept(sending, asset, taken.withoutEffect, deps);
}

function confirmWithinMs(command: Command, deps: IntegrationDeps): number {
  const ms = deps.manifest.confirmWithinMs[command.action.kind];
  if (ms === undefined)
    throw new ConfigError(`the manifest of ${deps.manifest.name} has no confirmWithinMs for ${command.action.kind}`);
  return ms;
}

/** True just after the moment of a command that was issued well before it. */
function wasPreparedFor(command: Command, now: Instant): boolean {
  const leadMs = epochMs(command.notBefore) - epochMs(command.issuedAt);
  return leadMs >= READY_AFTER_MS && epochMs(now) - epochMs(command.notBefore) < READY_AFTER_MS;
}

/** True when another command was sent after the reading: what that set, the reading does not tell. */
function isOvertaken(reading: Reading | undefined, command: Command, recent: readonly Command[]): boolean {
  return recent.some((other) => {
    if (!reading || other.commandId === command.commandId || other.attempts === 0) return false;
    const sentAt = other.acceptedAt ?? other.endedAt ?? other.checkAt;
    return reading.observedAt <= plusMs(sentAt, TOLD_AFTER_MS);
  });
}

/** Nobody knows whether it acted: look, and either take it as done or put it back to be sent. */
async function readBack(
  command: CommandRow,
  asset: Asset,
  withToken: <T>(call: (target: Target) => Promise<T>) => Promise<T>,
  deps: IntegrationDeps,
): Promise<Handled> {
  const look = await withToken((target) => deps.vendor.look(target, { expectAwake: true }));
  const owes = faultChange(await knownOf(command, deps), undefined);
  const recorded = await record(asset, look, deps, undefined, owes);
  if (recorded) await deps.bus.publish([telemetryRecorded(deps.manifest.name, [recorded])]);
  // Like the verifier: what the device said before the command proves nothing about it.
  const fresh = look.reading && look.reading.observedAt > command.issuedAt ? look.reading : undefined;
  if (fresh && proves(command.action, fresh)) return accept(command, asset, false, deps);
  const again = await deps.commands.transition(command, "issued", { checkAt: command.notAfter });
  return again ? advance(again, asset, deps) : DONE;
}

async function accept(
  command: CommandRow,
  asset: Asset,
  withoutEffect: boolean,
  deps: IntegrationDeps,
): Promise<Handled> {
  const now = deps.now();
  const checkAt = plusMs(now, confirmWithinMs(command, deps));
  await lookForProof(asset, STREAM_OF_ACTION[command.action.kind], deps);
  const accepted = await deps.commands.transition(command, "accepted", { acceptedAt: now, withoutEffect, checkAt }, [
    { name: "CommandAccepted", detail: { ...reference(command), withoutEffect } },
  ]);
  if (accepted) await tell([accepted], deps);
  return DONE;
}

async function failed(
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
  const { retry, nextStep } = FAULT_TREATMENT[fault];

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
  if (FAULT_TREATMENT[fault].sharedBy === "account") await noteForLooks(command, fault, deps);
  const owed: NewEvent[] = [
    { name: "CommandRejected", detail: { ...reference(command), faultClass: fault } },
    faultRaised(asset, fault, nextStep),
  ];
  const changes = { endedAt: deps.now(), faultClass: fault, evidence: error.message };
  const rejected = await deps.commands.transition(command, "rejected", changes, owed);
  if (!rejected) return DONE;
  deps.log.warn("COMMAND_REJECTED", fields);
  await tell([rejected], deps);
  return DONE;
}

/** Half the time since it was first tried: quick at first, rare in a long outage. */
function paceMs(command: Command, deps: IntegrationDeps): number {
  const firstTriedAt = Math.max(epochMs(command.issuedAt), epochMs(command.notBefore) - READY_BEFORE_MS);
  return Math.min(LONGEST_RETRY_MS, Math.max(0, epochMs(deps.now()) - firstTriedAt) / 2);
}

/** A command's own share of 1, always the same. */
function shareOf({ assetId, commandId }: Command): number {
  return createHash("sha256").update(`${assetId} ${commandId}`).digest().readUInt16BE() / 0xffff;
}

async function knownOf(command: Command, deps: IntegrationDeps) {
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

async function end(
  command: CommandRow,
  to: "withdrawn" | "expired",
  evidence: string,
  deps: IntegrationDeps,
): Promise<Handled> {
  const name = to === "withdrawn" ? "CommandWithdrawn" : "CommandExpired";
  const owed: NewEvent[] = [{ name, detail: reference(command) }];
  const ended = await deps.commands.transition(command, to, { endedAt: deps.now(), evidence }, owed);
  if (ended) await tell([ended], deps);
  return DONE;
}

function reference(command: Command) {
  return { commandId: command.commandId, assetId: command.assetId, integration: command.integration };
}
