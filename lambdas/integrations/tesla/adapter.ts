import type { Car } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { epochMs, type Instant, MINUTE_MS } from "../../../shared/domain/instant.ts";
import type { ChargeReading } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { Look } from "../../../shared/integration/contract.ts";
import { oddity, unknownOf } from "../../../shared/integration/odd.ts";
import type { TeslaVehicleData } from "./api.ts";
import { meaningOf } from "./api-errors.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { isOnline } from "./words.ts";

/** A car heard this lately is in reach, whatever its cloud calls that. */
const HEARD_MS = 2 * MINUTE_MS;
const MOST_PHASES = 3;

/**
 * What Tesla's cloud tells of a car as our look, with what was `odd` before. Is its word for the car's reach unknown, how
 * lately the car was heard decides. Throws `malformed-message` when neither that nor anything else is told.
 */
export function toLook(
  { state, charge_state: data }: TeslaVehicleData,
  asset: Car,
  receivedAt: Instant,
  odd: readonly string[],
): Look {
  const told = isOnline(state);
  if (!data) {
    if (told === undefined) throw unknownReach("vehicle_data", state);
    return { online: told, ...unknownOf(odd) };
  }
  const snapshot = snapshotOf(data);
  const ageMs = epochMs(receivedAt) - epochMs(snapshot.measuredAt);
  return {
    online: told ?? ageMs < HEARD_MS,
    reading: {
      assetId: asset.assetId,
      stream: "charge",
      observedAt: snapshot.measuredAt,
      receivedAt,
      state: snapshot.state,
      plugged: snapshot.plugged,
      powerKw: powerKw(snapshot, asset),
      socPercent: snapshot.socPercent,
      storedKwh: snapshot.storedKwh,
      sessionKwh: null,
      chargeLimitPercent: snapshot.chargeLimitPercent,
      currentLimitA: snapshot.currentLimitA,
      ownScheduleActive: snapshot.ownScheduleActive,
    },
    ...unknownOf([...odd, ...oddReach(state), ...snapshot.odd]),
  };
}

/** A word for a car's reach that is not Tesla's, to be told beside a look. */
export function oddReach(state: unknown): string[] {
  return state === null || state === undefined || isOnline(state) !== undefined ? [] : [oddity("state", state)];
}

/** Whether a command can be sent, which rests on the word: here an unknown one is an error. */
export function isInReach(state: unknown): boolean {
  const told = isOnline(state);
  if (told === undefined) throw unknownReach("vehicle", state);
  return told;
}

function unknownReach(operation: string, state: unknown): VendorError {
  return new VendorError({ fault: "malformed-message", operation, message: `unknown ${oddity("state", state)}` });
}

/**
 * `charger_power` is whole kW and reads 0 below half a kilowatt, so AC power is computed from volts and amps.
 */
function powerKw({ state, wholeKw, volts, drawnA, phases, isDirectCurrent }: Snapshot, asset: Car): number | null {
  // Whatever else is told was not cleared when the cable came out.
  if (state === "disconnected") return 0;
  // Direct current passes the car's own charger by, whose volts and amps say nothing then.
  if (isDirectCurrent || phases === 0) return wholeKw;
  if (volts === null || drawnA === null) return wholeKw;
  const kw = (count: number) => (volts * drawnA * count) / 1000;
  const told = wholeKw ?? 0;
  // Whether it is direct is not told, and alternating current cannot be this much.
  if (isDirectCurrent === null && told > kw(MOST_PHASES) + 1) return told;
  if (state !== "charging" && state !== "starting" && drawnA === 0) return 0;
  const [likely, other] = phasesOf(phases, asset);
  const isOther = told > 0 && Math.abs(told - kw(other)) < 1 && Math.abs(told - kw(likely)) > 1;
  return kw(isOther ? other : likely);
}

/** How many phases the car most likely draws on, and how many it may: three are often told as 2. */
function phasesOf(told: number | null, { supply }: Car): [likely: number, other: number] {
  if (told === 2) return [3, 2];
  if (told !== null) return [told, told];
  return supply.phases === 3 ? [3, 1] : [1, 3];
}

/** One call of Tesla's command interface. */
export type TeslaCommand = { name: "charge_start" | "charge_stop" | "set_charging_amps"; body: Record<string, number> };

/** The calls that bring a car to the wanted state; the current is left out when the car already has it. */
export function toCommands(action: Action, last: ChargeReading | undefined): TeslaCommand[] {
  switch (action.kind) {
    case "charge.stop":
      return [{ name: "charge_stop", body: {} }];
    case "charge.start": {
      const amps: TeslaCommand = { name: "set_charging_amps", body: { charging_amps: action.currentA } };
      const start: TeslaCommand = { name: "charge_start", body: {} };
      return last?.currentLimitA === action.currentA ? [start] : [amps, start];
    }
    case "heat.mode":
      throw new VendorError({ fault: "our-fault", operation: action.kind, message: "a car has no heat mode" });
  }
}

/** The wanted state holds already: success without effect. */
const HOLDS = ["already_set", "already_standard", "is_charging", "requested", "complete"];

/** Why a car refuses, beyond what an error answer says too. */
const REFUSALS: Record<string, readonly [FaultClass, string]> = {
  disconnected: ["customer-must-act", "the cable is not plugged in"],
  no_power: ["customer-must-act", "the charger offers no power"],
  "unspecified error": ["transient", "the car could not do it and did not say why"],
};

// What the car itself said, told by the signing proxy: teslamotors/vehicle-command pkg/vehicle/infotainment.go.
const SAID_BY_CAR = /^car could not execute command:\s*/;

/**
 * What the car said to a command. True when the wanted state held already.
 * Throws the class of its reason, and `transient` (may have acted) when it gave none.
 */
export function tookWithoutEffect(
  command: TeslaCommand,
  answer: { result: boolean; reason?: string | null | undefined },
): boolean {
  if (answer.result) return false;
  const told = answer.reason ?? "";
  const reason = told.replace(SAID_BY_CAR, "").trim();
  if (HOLDS.includes(reason)) return true;
  // Nothing draws through a cable that is out: for a stop that is the wanted state.
  if (command.name === "charge_stop" && (reason === "not_charging" || reason === "disconnected")) return true;
  if (reason === "") throw refused(command, "transient", "the car gave no reason", true);
  const known = (Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason] : undefined) ?? meaningOf(reason);
  if (known) throw refused(command, ...known);
  if (SAID_BY_CAR.test(told)) throw refused(command, "customer-must-act", "the car could not execute the command");
  throw refused(command, "malformed-message", `unknown reason "${reason.slice(0, 60)}"`);
}

function refused(command: TeslaCommand, fault: FaultClass, message: string, mayHaveActed = false): VendorError {
  return new VendorError({ fault, operation: command.name, message, mayHaveActed });
}
