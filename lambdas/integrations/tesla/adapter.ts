import type { Car } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import type { FaultClass } from "../../../shared/domain/fault.ts";
import { type Instant, instant } from "../../../shared/domain/instant.ts";
import type { ChargeReading, ChargeState } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { TeslaChargeState } from "./api.ts";
import { meaningOf } from "./api-errors.ts";

/** Tesla's words for what a car does. A word that is not here is an error, never a default. */
const STATES: Record<string, ChargeState | null> = {
  Disconnected: "disconnected",
  Stopped: "stopped",
  Starting: "starting",
  Charging: "charging",
  Complete: "complete",
  NoPower: "no-power",
  // Seen while the car measures its pack: says nothing about drawing.
  Calibrating: null,
  // Tesla's own word for a value it does not have.
  "<invalid>": null,
};

/** Tesla's word as ours: null says nothing about the car, undefined is a word that is not Tesla's. */
export function chargeState(word: string): ChargeState | null | undefined {
  return Object.hasOwn(STATES, word) ? STATES[word] : undefined;
}

/** Whether the cable is in, by Tesla's word and ours. A car that measures its pack is plugged in; null says nothing. */
export function pluggedIn(word: string | null, state: ChargeState | null): boolean | null {
  if (state === null) return word === "Calibrating" ? true : null;
  return state !== "disconnected";
}

/** A charge state as our reading. Throws `malformed-message` on a state word that is not Tesla's. */
export function toReading(data: TeslaChargeState, asset: Car, receivedAt: Instant): ChargeReading {
  const word = data.charging_state;
  const state = word === null ? null : chargeState(word);
  if (state === undefined) {
    throw new VendorError({
      fault: "malformed-message",
      operation: "vehicle_data",
      message: `unknown charging_state "${word?.slice(0, 30)}"`,
    });
  }
  return {
    assetId: asset.assetId,
    stream: "charge",
    observedAt: instant(data.timestamp),
    receivedAt,
    state,
    plugged: pluggedIn(word, state),
    powerKw: powerKw(data, asset, state),
    socPercent: data.battery_level,
    storedKwh: data.energy_remaining,
    sessionKwh: null,
    chargeLimitPercent: data.charge_limit_soc,
    currentLimitA: data.charge_current_request,
    ownScheduleActive: data.scheduled_charging_pending,
  };
}

/**
 * `charger_power` is whole kW and reads 0 below half a kilowatt, so AC power is computed from volts and amps.
 */
function powerKw(data: TeslaChargeState, asset: Car, state: ChargeState | null): number | null {
  // Whatever else is told was not cleared when the cable came out.
  if (state === "disconnected") return 0;
  // Direct current passes the car's own charger by, whose volts and amps say nothing then.
  if (data.fast_charger_present || data.charger_phases === 0) return data.charger_power;
  const { charger_voltage: volts, charger_actual_current: amps } = data;
  if (volts === null || amps === null) return data.charger_power;
  if (state !== "charging" && state !== "starting" && amps === 0) return 0;
  const kw = (phases: number) => (volts * amps * phases) / 1000;
  const [likely, other] = phasesOf(data.charger_phases, asset);
  const wholeKw = data.charger_power ?? 0;
  const isOther = wholeKw > 0 && Math.abs(wholeKw - kw(other)) < 1 && Math.abs(wholeKw - kw(likely)) > 1;
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
