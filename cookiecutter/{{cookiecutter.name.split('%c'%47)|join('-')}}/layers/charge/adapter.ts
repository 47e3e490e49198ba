import type { Asset } from "../../../shared/domain/asset.ts";
import type { Action } from "../../../shared/domain/command.ts";
import { type Instant, instant } from "../../../shared/domain/instant.ts";
import type { ChargeReading, ChargeState } from "../../../shared/domain/reading.ts";
import { VendorError } from "../../../shared/errors.ts";
import type { VendorCommand, VendorDevice } from "./device.ts";

/** The vendor's words for what a device does. A word that is not here is an error, never a default. TODO */
const STATES: Record<string, ChargeState> = {
  unplugged: "disconnected",
  paused: "stopped",
  charging: "charging",
  full: "complete",
};

/** Throws `malformed-message` on a status that is not the vendor's. */
export function toReading(device: VendorDevice, asset: Asset, receivedAt: Instant): ChargeReading {
  const state = Object.hasOwn(STATES, device.status) ? STATES[device.status] : undefined;
  if (state === undefined) {
    throw new VendorError({
      fault: "malformed-message",
      operation: "device",
      message: `unknown status "${device.status.slice(0, 30)}"`,
    });
  }
  return {
    assetId: asset.assetId,
    stream: "charge",
    observedAt: instant(device.measuredAtMs),
    receivedAt,
    state,
    plugged: state !== "disconnected",
    powerKw: thousandth(device.powerW),
    socPercent: device.batteryPercent ?? null,
    storedKwh: null,
    sessionKwh: thousandth(device.sessionWh),
    chargeLimitPercent: null,
    currentLimitA: device.currentA ?? null,
    ownScheduleActive: null,
  };
}

/** Throws `unsupported-by-device` on an action that is not of charging. */
export function toCommand(action: Action): VendorCommand {
  switch (action.kind) {
    case "charge.start":
      return { charge: true, currentA: action.currentA };
    case "charge.stop":
      return { charge: false };
    case "heat.mode":
      throw new VendorError({
        fault: "unsupported-by-device",
        operation: action.kind,
        message: "it charges and does not heat",
      });
  }
}

/** True when the device is in the wanted state already. */
export function holds(device: VendorDevice, wanted: VendorCommand): boolean {
  if (!wanted.charge) return device.status !== "charging";
  return device.status === "full" || (device.status === "charging" && device.currentA === wanted.currentA);
}

function thousandth(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : value / 1000;
}
