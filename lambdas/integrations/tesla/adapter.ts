import type { Car } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import { type Instant, instant } from "../../../shared/domain/instant.ts";
import type { ChargeReading, ChargeState } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { TeslaChargeState } from "./api.ts";

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

/** A charge state as our reading. Throws `malformed-message` on a state word that is not Tesla's. */
export function toReading(data: TeslaChargeState, asset: Car, receivedAt: Instant): ChargeReading {
  const word = data.charging_state;
  if (word !== null && !Object.hasOwn(STATES, word)) {
    throw new VendorError({
      fault: "malformed-message",
      operation: "vehicle_data",
      message: `unknown charging_state "${word.slice(0, 30)}"`,
    });
  }
  const state = word === null ? null : (STATES[word] ?? null);
  return {
    assetId: asset.assetId,
    stream: "charge",
    observedAt: instant(data.timestamp),
    receivedAt,
    state,
    plugged: state === null ? null : state !== "disconnected",
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
 * `charger_phases` says 2 on three-phase supplies.
 */
function powerKw(data: TeslaChargeState, asset: Car, state: ChargeState | null): number | null {
  if (data.fast_charger_present) return data.charger_power;
  const { charger_voltage: volts, charger_actual_current: amps } = data;
  if (volts === null || amps === null) return data.charger_power;
  if (state !== "charging" && state !== "starting" && amps === 0) return 0;
  const phases = data.charger_phases === 2 ? 3 : (data.charger_phases ?? asset.supply.phases);
  return (volts * amps * phases) / 1000;
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

/**
 * What the car said to a command. True when the wanted state held already.
 * Throws `customer-must-act` when the cable is out, and `transient` (may have acted) when it gave no reason.
 */
export function tookWithoutEffect(
  command: TeslaCommand,
  answer: { result: boolean; reason?: string | null | undefined },
): boolean {
  if (answer.result) return false;
  const reason = answer.reason ?? "";
  if (HOLDS.includes(reason)) return true;
  if (reason === "not_charging" && command.name === "charge_stop") return true;
  if (reason === "disconnected") {
    // Nothing draws through a cable that is out: for a stop that is the wanted state.
    if (command.name === "charge_stop") return true;
    throw new VendorError({
      fault: "customer-must-act",
      operation: command.name,
      message: "the cable is not plugged in",
    });
  }
  if (reason === "") {
    throw new VendorError({
      fault: "transient",
      operation: command.name,
      message: "the car gave no reason",
      mayHaveActed: true,
    });
  }
  if (reason.startsWith("car could not execute command")) {
    throw new VendorError({
      fault: "customer-must-act",
      operation: command.name,
      message: "the car could not execute the command",
    });
  }
  throw new VendorError({
    fault: "malformed-message",
    operation: command.name,
    message: `unknown reason "${reason.slice(0, 60)}"`,
  });
}
