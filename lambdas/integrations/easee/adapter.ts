import type { Asset } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../../shared/domain/instant.ts";
import type { ChargeReading, ChargeState } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Look } from "../../../shared/integration/contract.ts";
import { oddity, unknownOf } from "../../../shared/integration/odd.ts";
import type { EaseeCommandResult } from "./api.ts";
import { malformed, type Snapshot } from "./snapshot.ts";
import { blockedBecause, COMMAND_STATES, isOwnSchedule, type Mode, OP_MODES, REASONS, UNKNOWN_MODE } from "./words.ts";

export type Charger = Extract<Asset, { kind: "charger" }>;

/** Below this nothing is drawn, whatever the mode says. */
const DRAWING_KW = 0.1;
/** The standard's least current: what is set below it pauses. */
const LEAST_A = 6;
/** A mode that power has contradicted for this long was not told anew when it changed. */
const STALE_MODE_MS = MINUTE_MS;
const MOST_MINUTES = 24 * 60;

/**
 * The charger's values as our look: offline when it has no cloud and they are only the last known ones. Without a mode
 * that is Easee's, what it does is unknown. Throws `malformed-message` when nothing tells when it was measured.
 */
export function toLook(snapshot: Snapshot, asset: Charger, last: ChargeReading | undefined, receivedAt: Instant): Look {
  if (isOffline(snapshot)) return { online: false };
  // The flat state's heartbeat would be a time, but not that of any value.
  if (snapshot.measuredAt === undefined) throw malformed("no value carries its time");
  const mode = OP_MODES.get(snapshot.opMode?.value ?? Number.NaN) ?? UNKNOWN_MODE;
  const powerKw = powerOf(snapshot, mode);
  const state = stateOf(snapshot, mode, powerKw);
  return {
    online: true,
    reading: {
      assetId: asset.assetId,
      stream: "charge",
      observedAt: snapshot.measuredAt,
      receivedAt,
      state,
      plugged: state === "charging" ? true : mode.plugged,
      powerKw,
      socPercent: null,
      storedKwh: null,
      sessionKwh: sessionOf(snapshot, mode.plugged, last),
      chargeLimitPercent: null,
      currentLimitA: snapshot.dynamicA?.value ?? null,
      // That a plan holds charging back is told; that there is none is not.
      ownScheduleActive: isOwnSchedule(mode, reasonOf(snapshot)) ? true : null,
    },
    ...unknownOf([...snapshot.odd, ...unknownCodes(snapshot)]),
  };
}

function unknownCodes({ opMode, reason }: Snapshot): string[] {
  return [
    ...(opMode && !OP_MODES.has(opMode.value) ? [oddity("chargerOpMode", opMode.value)] : []),
    ...(reason && !REASONS.has(reason.value) ? [oddity("reasonForNoCurrent", reason.value)] : []),
  ];
}

/** A charger without a cloud tells the last known values and goes on at its offline limit. */
function isOffline({ online, opMode }: Snapshot): boolean {
  return online === false || (opMode !== undefined && OP_MODES.get(opMode.value)?.offline === true);
}

/** The mode that a command rests on: here an unknown one is an error, for nothing is done on a guess. */
function modeOf({ opMode }: Snapshot): Mode {
  const mode = opMode && OP_MODES.get(opMode.value);
  if (!mode) throw malformed(opMode ? `unknown chargerOpMode ${opMode.value}` : "chargerOpMode is missing");
  return mode;
}

function reasonOf({ reason }: Snapshot) {
  return reason && REASONS.get(reason.value);
}

/**
 * Power as told, kW. A stop leaves the last power standing for a sample or two: such a figure, older than the mode that
 * ended it, is unknown rather than drawn.
 */
function powerOf({ powerKw, opMode }: Snapshot, mode: Mode): number | null {
  if (powerKw === undefined) return null;
  const hasEnded = mode !== UNKNOWN_MODE && mode.state !== "charging";
  const isResidual = powerKw.value > DRAWING_KW && hasEnded && !isNewer(powerKw.at, opMode?.at);
  return isResidual ? null : powerKw.value;
}

function stateOf(snapshot: Snapshot, mode: Mode, powerKw: number | null): ChargeState | null {
  const { opMode, powerKw: told, dynamicA } = snapshot;
  const isDrawing = powerKw !== null && powerKw > DRAWING_KW;
  if (mode.state === "charging") {
    if (isDrawing || powerKw === null) return "charging";
    if (dynamicA !== undefined && dynamicA.value < LEAST_A) return "stopped";
    return reasonOf(snapshot)?.noPower ? "no-power" : "starting";
  }
  // Power that flows long after the mode said otherwise: the mode is stale.
  if (isDrawing && isNewer(told?.at, opMode?.at, STALE_MODE_MS)) return "charging";
  // A plan of its owner's is not overridden: until it ends nothing is offered, whoever asks.
  const isWithheld = reasonOf(snapshot)?.noPower || isOwnSchedule(mode, reasonOf(snapshot));
  return mode.state === "stopped" && isWithheld ? "no-power" : mode.state;
}

function isNewer(at: Instant | null | undefined, than: Instant | null | undefined, byMs = 0): boolean {
  return !!at && !!than && epochMs(at) - epochMs(than) > byMs;
}

/** The counter shows false zeros in a session, and keeps its last value between the plug and the next session's first. */
function sessionOf({ sessionKwh }: Snapshot, plugged: boolean | null, last: ChargeReading | undefined): number | null {
  if (sessionKwh === undefined || plugged === false) return null;
  const isSameSession = last?.plugged === true && plugged === true;
  if (sessionKwh.value === 0 && isSameSession) return last.sessionKwh ?? 0;
  // Without a mode a zero is as likely a false one.
  if (sessionKwh.value === 0 && plugged === null) return null;
  const isFormer = last?.plugged === false && sessionKwh.at !== null && sessionKwh.at <= last.observedAt;
  return isFormer ? null : Math.max(0, sessionKwh.value);
}

/** One call of Easee's command interface. */
export type EaseeCommand = { name: string; body?: Record<string, number> };

/**
 * The calls that bring a charger to the wanted state until then; none when it holds already and would only spill into the
 * next session. A limit is always sent: what is set may end before ours would. Pausing and resuming have no life, and
 * resuming sets 32 A, so neither is used. Throws `customer-must-act` when a start can never work now.
 */
export function toCommands(action: Action, snapshot: Snapshot, until: Instant, now: Instant): EaseeCommand[] {
  if (isOffline(snapshot))
    throw new VendorError({ fault: "device-offline", operation: action.kind, message: "the charger has no cloud" });
  const mode = modeOf(snapshot);
  switch (action.kind) {
    case "charge.stop":
      return mode.state === "disconnected" ? [] : [limit(0, until, now)];
    case "charge.start": {
      const blocked = blockedBecause(mode, reasonOf(snapshot));
      if (blocked !== undefined)
        throw new VendorError({ fault: "customer-must-act", operation: action.kind, message: blocked });
      const set = limit(Math.max(LEAST_A, action.currentA), until, now);
      // First the limit, so that what is authorised starts within it.
      const needsStart = mode.needsStart === true || reasonOf(snapshot)?.needsStart === true;
      return needsStart ? [set, { name: "start_charging" }] : [set];
    }
    case "heat.mode":
      throw new VendorError({ fault: "our-fault", operation: action.kind, message: "a charger has no heat mode" });
  }
}

/** A limit with a life: should we be gone, the charger is its owner's again. No minutes at all would mean for ever. */
function limit(amps: number, until: Instant, now: Instant): EaseeCommand {
  const minutes = Math.ceil((epochMs(until) - epochMs(now)) / MINUTE_MS);
  return {
    name: "set_dynamic_charger_current",
    body: { amps, minutes: Math.min(MOST_MINUTES, Math.max(1, minutes)) },
  };
}

/** Throws when the charger refused a queued command or was never reached; what is still on its way is for readings to tell. */
export function checkResult({ state, wasAccepted }: EaseeCommandResult, operation: string): void {
  const isTold = state !== null && state !== undefined;
  const outcome = isTold ? COMMAND_STATES.get(String(state).toLowerCase()) : undefined;
  if (isTold && outcome === undefined) {
    const message = `unknown command state "${String(state).slice(0, 30)}"`;
    throw new VendorError({ fault: "malformed-message", operation, message, mayHaveActed: true });
  }
  if (outcome === "expired")
    throw new VendorError({ fault: "device-offline", operation, message: "the charger was not reached in time" });
  // Its mode was looked at just before and allowed it: a second try meets another moment.
  if (outcome === "rejected" || wasAccepted === false)
    throw new VendorError({ fault: "transient", operation, message: "the charger refused the command" });
}
