import { countOutcome } from "../command-outcome.ts";
import { type Asset, STREAM_OF_KIND } from "../domain/asset.ts";
import { type Command, isEnded, STREAM_OF_ACTION } from "../domain/command.ts";
import type { CommandRow } from "../domain/command-row.ts";
import type { NewEvent } from "../domain/events.ts";
import { epochMs, type Instant, plusMs } from "../domain/instant.ts";
import { proves } from "../domain/proof.ts";
import type { Reading } from "../domain/reading.ts";
import { ConfigError, VendorError } from "../errors.ts";
import { tell } from "../outbox.ts";
import type { CommandKey } from "../store/commands.ts";
import {
  DONE,
  failed,
  type Handled,
  knownOf,
  paceMs,
  READY_BEFORE_MS,
  RECENT_COMMANDS,
  RETRY_MS,
  reference,
} from "./command-failure.ts";
import type { Target } from "./contract.ts";
import type { IntegrationDeps } from "./deps.ts";
import { lookForProof } from "./next-look.ts";
import { record } from "./poll.ts";
import { TELLS_ITSELF, tellReadings } from "./tell.ts";

/** Somebody was first, or our own write was done and not answered: the message comes once more and sees which. */
const AGAIN: Handled = { done: false, retryAfterMs: 1000 };
// A `sending` row this old belongs to a worker that is gone: longer than a worker can live.
const SENDING_LEASE_MS = 90_000;
/** A device takes up to this long to become ready. */
const READY_AFTER_MS = 45_000;
/** A vendor's cloud may tell the state before a command for as long as this after it. */
const TOLD_AFTER_MS = 60_000;

/**
 * Carries out one issued command. The row is `sending` before the vendor is called, so a crash leaves a trace; what may
 * have acted is read back before it is repeated; what arrives twice finds the row moved on.
 */
export async function runCommand(key: CommandKey, deps: IntegrationDeps): Promise<Handled> {
  const command = await deps.commands.get(key);
  if (!command) return ofNobody(key, deps);
  if (isEnded(command.status) || command.status === "accepted") {
    deps.log.info("COMMAND_DUPLICATE", { commandId: command.commandId, status: command.status });
    return DONE;
  }
  const [asset] = await deps.assets.get([command.assetId]);
  const mayAct = asset?.consent.control || command.purpose === "release";
  if (!asset || !mayAct) return end(command, "withdrawn", "the customer has not consented to control", deps);

  try {
    return await advance(command, asset, deps);
  } catch (error) {
    const now = error instanceof VendorError ? await deps.commands.get(key) : undefined;
    return afterError(now, asset, error, deps);
  }
}

/** What a vendor's error makes of a command; of one that another worker is sending, nothing: it fared otherwise. */
async function afterError(
  command: CommandRow | undefined,
  asset: Asset,
  error: unknown,
  deps: IntegrationDeps,
  { isSender } = { isSender: false },
): Promise<Handled> {
  if (!(error instanceof VendorError)) throw error;
  await deps.budget.block(asset, error);
  if (command?.status === "sending" && !isSender) return { done: false, retryAfterMs: RETRY_MS };
  return failed(command, asset, error, deps);
}

/** A customer who was removed leaves messages on their way. Of an asset that is there, a missing command is an error. */
async function ofNobody({ assetId, commandId }: CommandKey, deps: IntegrationDeps): Promise<Handled> {
  const [asset] = await deps.assets.get([assetId]);
  if (asset) throw new Error(`command ${commandId} was announced but is not in the ledger`);
  deps.log.info("COMMAND_OF_NOBODY", { commandId });
  return DONE;
}

async function advance(command: CommandRow, asset: Asset, deps: IntegrationDeps): Promise<Handled> {
  const now = deps.now();
  if (command.status === "sending") {
    if (now < command.checkAt) return { done: false, retryAfterMs: RETRY_MS };
    const unknown = await deps.commands.transition(command, "unknown", { checkAt: command.notAfter });
    return unknown ? advance(unknown, asset, deps) : AGAIN;
  }
  const recent = await deps.commands.recent(asset.assetId, RECENT_COMMANDS);
  if (command.status === "issued") {
    // The verifier ends what is too late; nothing may be sent any more.
    if (now >= command.notAfter) return DONE;
    const newest = await deps.commands.newest(asset.assetId);
    if (newest && newest.commandId !== command.commandId)
      return end(command, "withdrawn", "a newer command for the same asset", deps);
    const heldBack = await heldBackBy(command, deps);
    if (heldBack) return end(command, "withdrawn", heldBack, deps);
  }

  const untilReadyingMs = epochMs(command.notBefore) - (isWorthReadying(command) ? READY_BEFORE_MS : 0) - epochMs(now);
  if (command.status === "issued" && untilReadyingMs > 0) return { done: false, retryAfterMs: untilReadyingMs };

  const { refused } = await deps.budget.lease(command.status === "unknown" ? "read-back" : "command", [asset]);
  if (refused[0]) return deferred(command, refused[0].retryAfterMs, deps);
  try {
    return await act(command, asset, recent, deps);
  } finally {
    await deps.budget.settle([asset]);
  }
}

/** Calls the vendor, with what that costs leased. */
async function act(
  command: CommandRow,
  asset: Asset,
  recent: readonly Command[],
  deps: IntegrationDeps,
): Promise<Handled> {
  const accessToken = await deps.tokens.accessToken(asset.accountId);
  const known = (await deps.readings.latest([asset.assetId], STREAM_OF_KIND[asset.kind])).get(asset.assetId)?.reading;
  const last = isOvertaken(known, command, recent) ? undefined : known;
  const withToken = <T>(call: (target: Target) => Promise<T>) =>
    deps.withToken(asset, accessToken, (token) => call({ asset, accessToken: token, last }));

  if (command.status === "unknown") return readBack(command, asset, withToken, deps);

  const now = deps.now();
  const early = now < command.notBefore;
  // Made ready in the time before its moment: it goes out at once, and a device that fell asleep again says so.
  const isPrepared = !early && command.attempts === 0 && wasPreparedFor(command, now);
  const prepared = isPrepared ? { ready: true as const } : await withToken((target) => deps.vendor.prepare(target));
  if (!prepared.ready || early) {
    const waitMs = prepared.ready
      ? epochMs(command.notBefore) - epochMs(deps.now())
      : Math.max(prepared.waitMs, paceMs(command, deps));
    return deferred(command, Math.max(0, waitMs), deps);
  }
  if (deps.now() >= command.notAfter) return DONE;
  // Once more: a token and a device that is made ready may take long.
  const heldBack = await heldBackBy(command, deps);
  if (heldBack) return end(command, "withdrawn", heldBack, deps);
  const ramp = await deps.budget.ramp(asset, command.action);
  if (!ramp.granted) return deferred(command, ramp.retryAfterMs, deps);
  const sending = await deps.commands.transition(command, "sending", {
    attempts: command.attempts + 1,
    checkAt: plusMs(deps.now(), SENDING_LEASE_MS),
  });
  if (!sending) return AGAIN;
  let taken: Awaited<ReturnType<typeof deps.vendor.command>> | undefined;
  try {
    taken = await withToken(async (target) => {
      // The last thing before the vendor: the write and a renewed token may have taken long.
      if (deps.now() >= command.notAfter) return undefined;
      return deps.vendor.command(target, command.action, { until: command.notAfter });
    });
  } catch (error) {
    return afterError(sending, asset, error, deps, { isSender: true });
  }
  if (!taken) return end(sending, "expired", "its time ran out in the last step before the vendor was called", deps);
  deps.log.info("COMMAND_SENT", {
    commandId: command.commandId,
    action: command.action.kind,
    withoutEffect: taken.withoutEffect,
  });
  return accept(sending, asset, taken.withoutEffect, deps);
}

function deferred({ commandId }: Command, waitMs: number, deps: IntegrationDeps): Handled {
  deps.log.info("COMMAND_DEFERRED", { commandId, waitMs });
  return { done: false, retryAfterMs: waitMs };
}

/** What the kill switch says against a command; it throws where it cannot be read, and then nothing is sent. */
async function heldBackBy({ purpose }: Command, deps: IntegrationDeps): Promise<string | undefined> {
  if (purpose === "release") return undefined;
  const { isOn, since, reason } = await deps.killSwitch.read();
  return isOn ? `the kill switch is on since ${since}: ${reason}` : undefined;
}

function confirmWithinMs(command: Command, deps: IntegrationDeps): number {
  const ms = deps.manifest.confirmWithinMs[command.action.kind];
  if (ms === undefined)
    throw new ConfigError(`the manifest of ${deps.manifest.name} has no confirmWithinMs for ${command.action.kind}`);
  return ms;
}

/** True for a command that was issued well before its moment; another would have its device made ready twice. */
function isWorthReadying({ notBefore, issuedAt }: Command): boolean {
  return epochMs(notBefore) - epochMs(issuedAt) >= READY_AFTER_MS;
}

/** True just after the moment of a command whose device was made ready before it. */
function wasPreparedFor(command: Command, now: Instant): boolean {
  return isWorthReadying(command) && epochMs(now) - epochMs(command.notBefore) < READY_AFTER_MS;
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
  const recorded = await record(asset, look, deps, { known: await knownOf(command, deps), by: TELLS_ITSELF });
  if (recorded) await tellReadings(deps.manifest.name, [recorded], deps);
  // Like the verifier: what the device said before the command proves nothing about it.
  const fresh = look.reading && look.reading.observedAt > command.issuedAt ? look.reading : undefined;
  if (fresh && proves(command.action, fresh)) return accept(command, asset, false, deps);
  const again = await deps.commands.transition(command, "issued", { checkAt: command.notAfter });
  return again ? advance(again, asset, deps) : AGAIN;
}

async function accept(
  command: CommandRow,
  asset: Asset,
  withoutEffect: boolean,
  deps: IntegrationDeps,
): Promise<Handled> {
  const now = deps.now();
  await lookForProof(asset, STREAM_OF_ACTION[command.action.kind], deps);
  const checkAt = plusMs(now, confirmWithinMs(command, deps));
  const accepted = await deps.commands.transition(command, "accepted", { acceptedAt: now, withoutEffect, checkAt }, [
    { name: "CommandAccepted", detail: { ...reference(command), withoutEffect } },
  ]);
  if (accepted) await tell([accepted], deps);
  return DONE;
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
  if (ended && to === "expired") countOutcome(ended, { to }, deps.meter);
  if (ended) await tell([ended], deps);
  return DONE;
}
