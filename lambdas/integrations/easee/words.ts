import type { ChargeState } from "../../../shared/domain/reading.ts";

export type Mode = {
  state: ChargeState | null;
  plugged: boolean | null;
  /** The charger has no cloud: all its values are the last known ones. */
  offline?: true;
  /** Its owner's plan holds charging back. */
  ownSchedule?: true;
  /** A start has to be authorised. */
  needsStart?: true;
  /** Why a start can never work now, and what its owner can do. */
  blocked?: string;
};

const BROKEN = "the charger reports an error; its owner should look at the app, or call an installer";
const UNPLUGGED = "the cable is not plugged in";
const OWN_PLAN = "the owner's own plan in the charger's app holds charging back; it is not overridden";

/** Nothing follows from a number that nobody documents. */
export const UNKNOWN_MODE: Mode = { state: null, plugged: null };

/**
 * Observation 109, `chargerOpMode`: 0 to 8 as documented, 100 and above as clients have met them
 * (github.com/nordicopen/pyeasee). A number that is not here is told as unknown, and no command rests on it.
 */
export const OP_MODES: ReadonlyMap<number, Mode> = new Map<number, Mode>([
  [0, { state: null, plugged: null, offline: true }],
  [1, { state: "disconnected", plugged: false, blocked: UNPLUGGED }],
  [2, { state: "stopped", plugged: true }],
  [3, { state: "charging", plugged: true }],
  // The car has stopped asking, which it also does when it pauses by itself.
  [4, { state: "complete", plugged: true }],
  [5, { state: "no-power", plugged: null, blocked: BROKEN }],
  [6, { state: "stopped", plugged: true }],
  [7, { state: "stopped", plugged: true, needsStart: true }],
  [8, { state: "stopped", plugged: true }],
  [100, { state: "starting", plugged: true }],
  // On its way from drawing to not drawing: neither.
  [101, { state: null, plugged: true }],
  [102, { state: null, plugged: null, offline: true }],
  [103, { state: "no-power", plugged: true }],
  [104, { state: "stopped", plugged: true, needsStart: true }],
  [105, { state: "stopped", plugged: true, ownSchedule: true }],
  [106, { state: "stopped", plugged: true, ownSchedule: true }],
  [107, { state: "stopped", plugged: true }],
  [108, { state: "no-power", plugged: true }],
  [109, { state: "no-power", plugged: null }],
  [157, { state: "no-power", plugged: true, blocked: "the charger stopped because the car behaves erratically" }],
  [158, { state: "no-power", plugged: null, blocked: BROKEN }],
  [159, { state: "no-power", plugged: null, blocked: BROKEN }],
  [160, { state: "no-power", plugged: null, blocked: BROKEN }],
  [161, { state: "no-power", plugged: null, blocked: BROKEN }],
]);

type Reason = {
  /** Nothing is offered, whatever the mode says. */
  noPower?: true;
  ownSchedule?: true;
  needsStart?: true;
  blocked?: string;
};

const LIMITED: Reason = { noPower: true };
const INSTALLER: Reason = { noPower: true, blocked: "the charger's wiring or set-up is wrong; an installer must look" };

/** Fine, the car's own wish, or a limit that is known to be told while charging goes on: nothing follows from them. */
const WITHOUT_CONSEQUENCE = [0, 25, 26, 27, 28, 29, 30, 50, 52, 75, 77, 78, 79, 80, 81, 100];

/**
 * Observation 96, `reasonForNoCurrent`, as far as it changes what we tell or do. Reverse engineered by others and still
 * growing, and a diagnosis beside the mode: of a number that is not here only the number is told.
 */
export const REASONS: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  ...WITHOUT_CONSEQUENCE.map((code): [number, Reason] => [code, {}]),
  // Some limit is too low: circuit, dynamic circuit, offline, fuse, equaliser, charger.
  ...[1, 2, 3, 4, 10, 51].map((code): [number, Reason] => [code, LIMITED]),
  // Queue and load balancing.
  [5, LIMITED],
  [6, LIMITED],
  [7, INSTALLER],
  [9, INSTALLER],
  [11, INSTALLER],
  [53, { noPower: true, blocked: "the charger is disabled; its owner must enable it in the app" }],
  [54, { ownSchedule: true }],
  [55, { needsStart: true }],
  [56, { noPower: true, blocked: BROKEN }],
  [57, { blocked: "the charger stopped because the car behaves erratically" }],
  [76, { ownSchedule: true }],
]);

/** Why a start can never work now, in words for its owner; undefined when nothing is in the way. */
export function blockedBecause(mode: Mode, reason: Reason | undefined): string | undefined {
  if (mode.blocked !== undefined) return mode.blocked;
  if (reason?.blocked !== undefined) return reason.blocked;
  return isOwnSchedule(mode, reason) ? OWN_PLAN : undefined;
}

/** The reason for a plan and for a missing authorisation is one code: the mode tells them apart. */
export function isOwnSchedule(mode: Mode, reason: Reason | undefined): boolean {
  return mode.ownSchedule === true || (reason?.ownSchedule === true && mode.needsStart !== true);
}

/** States of a command that was taken, by number and by name. */
export const COMMAND_STATES: ReadonlyMap<string, "pending" | "expired" | "executed" | "rejected"> = new Map([
  ["1", "pending"],
  ["sent", "pending"],
  ["2", "expired"],
  ["expired", "expired"],
  ["3", "executed"],
  ["executed", "executed"],
  ["4", "rejected"],
  ["rejected", "rejected"],
]);
